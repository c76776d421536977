"""Targets that are a band; conditions of a go with their day and person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from people.append_only import append_only

BAND = models.Q(direction="within", target_high__gt=models.F("target"))
NO_BAND = models.Q(("direction", "within"), _negated=True) & models.Q(target_high=None)


def high_end() -> models.FloatField:
    return models.FloatField(blank=True, null=True, verbose_name="upper end of the band")


def person(**options: object) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, **options
    )


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0002_triggers")]
    operations = [
        migrations.AddField("kpi", "target_high", high_end()),
        migrations.AddField("kpitarget", "value_high", high_end()),
        migrations.AlterField(
            "kpi",
            "direction",
            models.CharField(
                choices=[
                    ("higher", "Higher is better"),
                    ("lower", "Lower is better"),
                    ("within", "Within a band is better"),
                ],
                max_length=6,
                verbose_name="direction",
            ),
        ),
        migrations.AddConstraint(
            "kpi", models.CheckConstraint(condition=BAND | NO_BAND, name="kpi_band_has_two_ends")
        ),
        migrations.CreateModel(
            name="GateCondition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("text", models.CharField(max_length=500, verbose_name="condition")),
                ("due_on", models.DateField(verbose_name="due")),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terms",
                        to="outcomes.gatedecision",
                        verbose_name="decision",
                    ),
                ),
                ("owner", person(verbose_name="who sees to it")),
            ],
            options={
                "ordering": ["due_on", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("decision", "position"), name="one_condition_per_position")
                ],
            },
        ),
        migrations.CreateModel(
            name="ConditionFulfilment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.CharField(max_length=500, verbose_name="where it can be seen")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("by", person(verbose_name="by")),
                (
                    "condition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fulfilment",
                        to="outcomes.gatecondition",
                        verbose_name="condition",
                    ),
                ),
            ],
            options={"ordering": ["at"]},
        ),
        append_only("outcomes_gatecondition", "outcomes_conditionfulfilment"),
    ]
