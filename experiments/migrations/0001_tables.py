"""Tables of this app."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('experiments', '0001_initial'), ('experiments', '0002_initial')]

    initial = True

    dependencies = [
        ('projects', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('version', models.CharField(blank=True, max_length=40, verbose_name='version')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest')),
                ('rows', models.PositiveIntegerField(verbose_name='rows')),
                ('splits', models.JSONField(default=dict, verbose_name='splits')),
                ('first_seen_at', models.DateTimeField(auto_now_add=True, verbose_name='first seen')),
            ],
            options={
                'ordering': ['name', '-first_seen_at'],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.SlugField(max_length=60, verbose_name='kind')),
                ('path', models.CharField(help_text='Relative to the jobs folder.', max_length=200, verbose_name='folder')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('size_bytes', models.PositiveBigIntegerField(verbose_name='size')),
                ('signature', models.JSONField(default=dict, verbose_name='signature')),
                ('registered_name', models.CharField(blank=True, max_length=120, verbose_name='registered name')),
                ('registered_version', models.PositiveIntegerField(null=True, verbose_name='registered version')),
                ('created_at', models.DateTimeField(verbose_name='created')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('recipe', models.SlugField(verbose_name='recipe')),
                ('params', models.JSONField(default=dict, verbose_name='settings')),
                ('status', models.CharField(choices=[('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='running', max_length=9, verbose_name='status')),
                ('parameter_count', models.PositiveBigIntegerField(null=True, verbose_name='weights')),
                ('epochs', models.PositiveIntegerField(default=1, verbose_name='epochs')),
                ('metrics', models.JSONField(default=dict, help_text='Final values by name.', verbose_name='metrics')),
                ('report', models.JSONField(default=dict, verbose_name='report')),
                ('versions', models.JSONField(default=dict, verbose_name='library versions')),
                ('mlflow_run_id', models.CharField(blank=True, max_length=32, verbose_name='MLflow run')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('dataset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='experiments.dataset', verbose_name='data set')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='experiments.modelversion', verbose_name='made from')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='projects.project', verbose_name='project')),
            ],
            options={
                'ordering': ['-started_at'],
                'indexes': [models.Index(fields=['project', 'recipe', 'status'], name='experiments_project_878461_idx')],
            },
        ),
        migrations.AddField(
            model_name='modelversion',
            name='run',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='model_version', to='experiments.run', verbose_name='run'),
        ),
        migrations.CreateModel(
            name='MetricSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='metric')),
                ('points', models.BinaryField(default=bytes)),
                ('count', models.PositiveIntegerField(default=0)),
                ('last', models.FloatField(null=True)),
                ('minimum', models.FloatField(null=True)),
                ('maximum', models.FloatField(null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='series', to='experiments.run')),
            ],
            options={
                'verbose_name_plural': 'metric series',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('run', 'name'), name='one_series_per_metric')],
            },
        ),
    ]
