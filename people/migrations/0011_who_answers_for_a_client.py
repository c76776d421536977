"""Somebody answers for every client: so far whoever added it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def who_added(apps, editor):
    apps.get_model("people", "ServiceClient").objects.update(kept_by=models.F("created_by"))


class Migration(migrations.Migration):
    dependencies = [("people", "0010_service_clients")]

    operations = [
        migrations.AddField(
            model_name="serviceclient",
            name="kept_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="answered for by",
            ),
        ),
        migrations.RunPython(who_added, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="serviceclient",
            name="kept_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="answered for by",
            ),
        ),
    ]
