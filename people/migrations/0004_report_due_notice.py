"""A notice may say that a report is due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_triggers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("job_ended", "Job ended"),
                    ("job_paused", "Job paused"),
                    ("approval_asked", "Approval asked"),
                    ("approval_decided", "Approval decided"),
                    ("budget", "Budget"),
                    ("gate", "Gate"),
                    ("improvement", "Improvement demand"),
                    ("report_due", "Report due"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
