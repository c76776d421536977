"""Notices tell that an improvement demand is open."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0007_chain_append_only")]
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
                    ("improvement", "Improvement demand"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
