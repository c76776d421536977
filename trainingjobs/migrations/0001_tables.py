"""Tables of this app."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('trainingjobs', '0001_initial'), ('trainingjobs', '0002_submission_token'), ('trainingjobs', '0003_hinted_at'), ('trainingjobs', '0004_queues_approval_pause'), ('trainingjobs', '0005_outbox_moves'), ('trainingjobs', '0006_queued_at'), ('trainingjobs', '0007_attempt_is_warm')]

    initial = True

    dependencies = [
        ('experiments', '0001_tables'),
        ('finance', '0001_tables'),
        ('people', '0001_tables'),
        ('projects', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Worker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='worker')),
                ('resources', models.CharField(help_text='Comma-separated: cpu,gpu.', max_length=20, verbose_name='serves')),
                ('slots', models.PositiveIntegerField(verbose_name='slots')),
                ('started_at', models.DateTimeField(verbose_name='since')),
                ('seen_at', models.DateTimeField(verbose_name='seen')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='StepTiming',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recipe', models.SlugField(verbose_name='recipe')),
                ('params', models.JSONField(verbose_name='settings')),
                ('digest', models.CharField(db_index=True, help_text='Of recipe, settings and parent.', max_length=64)),
                ('asked_at', models.DateTimeField()),
                ('measured_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('asked', 'Waiting for a worker'), ('measured', 'Measured'), ('failed', 'Failed')], default='asked', max_length=8)),
                ('startup_s', models.FloatField(help_text='From the start of the trainer to its first step.', null=True)),
                ('step_s', models.FloatField(null=True)),
                ('steps', models.PositiveIntegerField(help_text='Steps that the whole job would take.', null=True)),
                ('timed_steps', models.PositiveIntegerField(null=True)),
                ('cpu_core_seconds', models.FloatField(null=True)),
                ('gib', models.FloatField(null=True)),
                ('error', models.TextField(blank=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='experiments.modelversion')),
            ],
            options={
                'ordering': ['-asked_at'],
            },
        ),
        migrations.CreateModel(
            name='TrainingJob',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('recipe', models.SlugField(verbose_name='recipe')),
                ('params', models.JSONField(verbose_name='settings')),
                ('submitted_at', models.DateTimeField(verbose_name='submitted')),
                ('submission', models.UUIDField(editable=False, help_text='Token of the form it came from: a form sent twice is one job.', null=True, unique=True)),
                ('resource', models.CharField(choices=[('cpu', 'CPU'), ('gpu', 'GPU')], default='cpu', max_length=3, verbose_name='queue')),
                ('priority', models.SmallIntegerField(choices=[(-1, 'Low'), (0, 'Normal'), (1, 'High')], default=0, verbose_name='priority')),
                ('time_limit_s', models.FloatField(blank=True, help_text='Seconds that it may run, over all attempts.', null=True, verbose_name='time limit')),
                ('needs_approval', models.BooleanField(default=False, verbose_name='needs approval')),
                ('state', models.CharField(choices=[('awaiting', 'Awaiting approval'), ('queued', 'Queued'), ('running', 'Running'), ('paused', 'Paused'), ('succeeded', 'Finished'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=10, verbose_name='state')),
                ('queued_at', models.DateTimeField(null=True, verbose_name='in the queue since')),
                ('hinted_at', models.DateTimeField(help_text='When a worker was last told to look at it.', null=True)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('worker', models.CharField(blank=True, max_length=120, verbose_name='worker')),
                ('lost_workers', models.PositiveIntegerField(default=0)),
                ('trainer_deaths', models.PositiveIntegerField(default=0, help_text='In a row without a new checkpoint.')),
                ('checkpoint', models.CharField(blank=True, help_text="Newest good one, relative to the job's folder.", max_length=200)),
                ('cancel_requested_at', models.DateTimeField(null=True)),
                ('pause_requested_at', models.DateTimeField(null=True)),
                ('pause_reason', models.CharField(blank=True, choices=[('asked', 'Somebody asked for it'), ('budget', 'Its money is used up')], max_length=6, verbose_name='why it is paused')),
                ('started_at', models.DateTimeField(null=True, verbose_name='started')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('step', models.PositiveIntegerField(default=0)),
                ('steps', models.PositiveIntegerField(default=0)),
                ('epoch', models.FloatField(default=0)),
                ('epochs', models.PositiveIntegerField(default=0)),
                ('progress_message', models.CharField(blank=True, max_length=200)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_message', models.TextField(blank=True)),
                ('error_mend', models.TextField(blank=True)),
                ('forecast_seconds_low', models.FloatField()),
                ('forecast_seconds_mid', models.FloatField()),
                ('forecast_seconds_high', models.FloatField()),
                ('forecast_micro_low', models.BigIntegerField()),
                ('forecast_micro_mid', models.BigIntegerField()),
                ('forecast_micro_high', models.BigIntegerField()),
                ('cpu_core_seconds', models.FloatField(default=0)),
                ('gpu_seconds', models.FloatField(default=0)),
                ('gib_seconds', models.FloatField(default=0)),
                ('energy_wh', models.FloatField(default=0)),
                ('cost_micro', models.BigIntegerField(default=0, help_text='Millionths of a currency unit, so far.', verbose_name='cost')),
                ('charge', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='job', to='finance.journalentry')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='experiments.modelversion', verbose_name='start from')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='projects.project', verbose_name='project')),
                ('rate_card', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='finance.ratecard', verbose_name='rate card')),
                ('reservation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='job', to='finance.reservation')),
                ('retry_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='retries', to='trainingjobs.trainingjob', verbose_name='retry of')),
                ('run', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='job', to='experiments.run', verbose_name='run')),
                ('submitted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'ordering': ['-submitted_at'],
                'indexes': [models.Index(fields=['state', 'submitted_at'], name='trainingjob_state_e364f6_idx'), models.Index(fields=['project', '-submitted_at'], name='trainingjob_project_130622_idx'), models.Index(fields=['recipe', 'state', '-finished_at'], name='trainingjob_recipe_bbb1dc_idx')],
                'constraints': [models.UniqueConstraint(fields=('project', 'number'), name='one_job_number_per_project'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'running')), models.Q(('state', 'running'), _negated=True), _connector='OR'), name='running_job_has_lease'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state__in', ['succeeded', 'failed', 'cancelled'])), models.Q(('finished_at', None), ('state__in', ['awaiting', 'queued', 'running', 'paused'])), _connector='OR'), name='terminal_job_has_end'), models.CheckConstraint(condition=models.Q(('state', 'paused'), ('pause_reason', ''), _connector='XOR'), name='paused_job_says_why'), models.CheckConstraint(condition=models.Q(('priority__range', (-1, 1))), name='priority_low_to_high')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fence', models.PositiveIntegerField()),
                ('worker', models.CharField(max_length=120)),
                ('pid', models.PositiveIntegerField(null=True)),
                ('pid_started', models.FloatField(help_text='Start time of the process, so that a pid used again is not taken for it.', null=True)),
                ('started_at', models.DateTimeField()),
                ('is_warm', models.BooleanField(help_text='Whether a trainer took it that had its libraries in memory already.', null=True)),
                ('first_event_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(choices=[('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed'), ('died', 'Trainer died'), ('lost', 'Worker lost'), ('cancelled', 'Cancelled'), ('released', 'Handed back'), ('paused', 'Paused')], default='running', max_length=10)),
                ('exit_code', models.IntegerField(null=True)),
                ('cpu_core_seconds', models.FloatField(default=0)),
                ('gib_seconds', models.FloatField(default=0)),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='trainingjobs.trainingjob')),
            ],
            options={
                'ordering': ['job', 'fence'],
                'constraints': [models.UniqueConstraint(fields=('job', 'fence'), name='one_attempt_per_fence')],
            },
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(choices=[('approved', 'Approved'), ('declined', 'Declined')], max_length=8, verbose_name='decision')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('reason', models.TextField(blank=True, max_length=2000, verbose_name='reason')),
                ('digest', models.CharField(max_length=64)),
                ('reserved_minor', models.BigIntegerField(verbose_name='price decided on')),
                ('voided_at', models.DateTimeField(null=True, verbose_name='voided')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='trainingjobs.trainingjob')),
            ],
            options={
                'ordering': ['job', '-id'],
            },
        ),
    ]
