"""The rate that a budget was made with, beside the rate of a foreign order and of a foreign actual."""

import django.db.models.deletion
from django.db import migrations, models

from people.append_only import append_only


def budget_rate(**options: object) -> models.ForeignKey:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="finance.exchangerate", **options
    )


class Migration(migrations.Migration):
    dependencies = [("finance", "0002_triggers")]
    operations = [
        migrations.AddField("commitment", "budget_rate", budget_rate()),
        migrations.AddField(
            "commitment",
            "budgeted_minor",
            models.BigIntegerField(blank=True, null=True, verbose_name="amount at the budget rate"),
        ),
        migrations.AddField("journalentry", "budget_rate", budget_rate(db_index=False)),
        append_only("finance_journalentry"),
    ]
