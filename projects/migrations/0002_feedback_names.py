"""Feedback names the model version and the request that it is about."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0001_tables"), ("projects", "0001_tables")]
    operations = [
        migrations.AddField(
            "feedback",
            "model_version",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="voices",
                to="experiments.modelversion",
                verbose_name="about the model",
            ),
        ),
        migrations.AddField(
            "feedback",
            "request_id",
            models.CharField(
                blank=True,
                help_text="The id of a call of the deployed model, as the system that serves it names it.",
                max_length=120,
                verbose_name="about the request",
            ),
        ),
    ]
