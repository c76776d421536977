"""How much of a stage is called done; until when a rate card counts, and since when it is known; what of an adjustment exchange rates made."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from people.append_only import append_only


def read_from_the_trail(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """A card of before has been known since the trail tells of it."""
    cards = apps.get_model("finance", "RateCard").objects  # type: ignore[attr-defined]
    trail = apps.get_model("people", "AuditEntry").objects.filter(verb="publish_rate_card")  # type: ignore[attr-defined]
    for number, at in trail.values_list("subject_id", "at"):
        cards.filter(pk=number).update(recorded_at=at)


class Migration(migrations.Migration):
    dependencies = [
        ("finance", "0003_budget_rates"),
        ("people", "0003_triggers"),
        ("projects", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            "StageCompletion",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "station",
                    models.CharField(
                        choices=[
                            ("demand", "Demand"),
                            ("data", "Data"),
                            ("training", "Training"),
                            ("compression", "Compression"),
                            ("deployment", "Deployment"),
                            ("feedback", "Feedback"),
                        ],
                        max_length=12,
                        verbose_name="stage",
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(100)], verbose_name="percent complete"
                    )),
                ("judged_on", models.DateField(verbose_name="as of")),
                ("reason", models.CharField(max_length=240, verbose_name="reason")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                (
                    "judged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="judged by",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="completions",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "ordering": ["-judged_on", "-recorded_at", "-id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("percent__lte", 100)), name="completion_at_most_whole")
                ],
            },
        ),
        append_only("finance_stagecompletion"),
        migrations.AddField(
            "ratecard",
            "recorded_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="recorded at"),
        ),
        migrations.AddField("ratecard", "valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
        migrations.AddConstraint(
            "ratecard",
            models.CheckConstraint(
                condition=models.Q(("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"),
                name="rate_card_ends_after_it_begins",
            ),
        ),
        migrations.AddField(
            "rateadjustment",
            "variance_minor",
            models.BigIntegerField(default=0, verbose_name="of it by exchange rates"),
        ),
        migrations.RemoveConstraint("rateadjustment", "one_adjustment_per_rate"),  # one that was taken back may come again
        migrations.AddConstraint(
            "rateadjustment",
            models.UniqueConstraint(fields=("time_entry", "journal_entry"), name="one_adjustment_per_entry"),
        ),
        append_only("finance_rateadjustment"),  # SQLite has made the table anew
        migrations.RunPython(read_from_the_trail, migrations.RunPython.noop),
    ]
