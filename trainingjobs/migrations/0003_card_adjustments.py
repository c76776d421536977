"""What late rate cards changed for jobs, one row for each job beside the entry of the journal."""

import django.db.models.deletion
from django.db import migrations, models

from people.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("finance", "0004_completion"),
        ("trainingjobs", "0002_slot_hours"),
    ]
    operations = [
        migrations.CreateModel(
            "CardAdjustment",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_minor", models.BigIntegerField(verbose_name="difference")),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="card_adjustments",
                        to="trainingjobs.trainingjob",
                    ),
                ),
                (
                    "journal_entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="card_adjustments",
                        to="finance.journalentry",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "journal_entry"), name="one_card_adjustment_per_entry")
                ],
            },
        ),
        append_only("trainingjobs_cardadjustment"),
    ]
