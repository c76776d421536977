"""Clients of other systems: apart, because the tables of OAuth need those of people first."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("people", "0010_service_clients"), ("people", "0011_who_answers_for_a_client")]
    dependencies = [
        ("people", "0001_tables"),
        migrations.swappable_dependency(settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceClient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='name')),
                ('scopes', models.JSONField(default=list, verbose_name='may')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked at')),
                ('application', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='service_client', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('kept_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered for by')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='service_client', to=settings.AUTH_USER_MODEL, verbose_name='acts as')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
    ]
