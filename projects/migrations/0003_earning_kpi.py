"""The KPI by which the stages of a project earn, where a manager has chosen one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0001_tables"), ("projects", "0002_feedback_names")]
    operations = [
        migrations.AddField(
            "project",
            "earning_kpi",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="outcomes.kpi",
                verbose_name="KPI that earns",
            ),
        ),
        migrations.AddField(
            "historicalproject",
            "earning_kpi",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="outcomes.kpi",
                verbose_name="KPI that earns",
            ),
        ),
    ]
