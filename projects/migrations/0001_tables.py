"""Tables of this app."""

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('projects', '0001_initial'), ('projects', '0002_approval_threshold'), ('projects', '0003_demand_plan_history')]

    initial = True

    dependencies = [
        # Theirs first: each of their changes would render our models again, and that takes seconds.
        ('knox', '0009_extend_authtoken_field'),
        ('oauth2_provider', '0022_refreshtoken_token_family_index'),
        ('people', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Portfolio',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Programme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('portfolio', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='programmes', to='projects.portfolio', verbose_name='portfolio')),
            ],
            options={
                'ordering': ['portfolio', 'name'],
                'constraints': [models.UniqueConstraint(fields=('portfolio', 'name'), name='one_programme_name_each')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalProject',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('key', models.CharField(db_index=True, max_length=8, validators=[django.core.validators.RegexValidator('^[A-Z][A-Z0-9]{1,7}$', 'Two to eight capital letters or digits.')], verbose_name='key')),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('summary', models.CharField(blank=True, max_length=240, verbose_name='what it does')),
                ('demand', models.TextField(blank=True, help_text='The business need, in the words of who asked.', verbose_name='demand')),
                ('horizon', models.CharField(choices=[('core', 'Core'), ('adjacent', 'Adjacent'), ('transformational', 'Transformational')], default='core', max_length=16, verbose_name='horizon')),
                ('status', models.CharField(choices=[('active', 'Active'), ('on_hold', 'On hold'), ('killed', 'Killed'), ('completed', 'Completed')], default='active', max_length=10, verbose_name='status')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended')),
                ('station', models.CharField(choices=[('demand', 'Demand'), ('data', 'Data'), ('training', 'Training'), ('compression', 'Compression'), ('deployment', 'Deployment'), ('feedback', 'Feedback')], default='demand', max_length=12, verbose_name='station')),
                ('approval_threshold_minor', models.BigIntegerField(blank=True, help_text="Upper price of one job, in minor units of the budget's currency. Empty: no job needs approval.", null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='approval needed above')),
                ('started_on', models.DateField(verbose_name='since')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='due')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lead', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='lead')),
                ('sponsor', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='people.department', verbose_name='sponsor')),
                ('portfolio', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='projects.portfolio', verbose_name='portfolio')),
                ('programme', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='projects.programme', verbose_name='programme')),
            ],
            options={
                'verbose_name': 'historical project',
                'verbose_name_plural': 'historical projects',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=8, unique=True, validators=[django.core.validators.RegexValidator('^[A-Z][A-Z0-9]{1,7}$', 'Two to eight capital letters or digits.')], verbose_name='key')),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('summary', models.CharField(blank=True, max_length=240, verbose_name='what it does')),
                ('demand', models.TextField(blank=True, help_text='The business need, in the words of who asked.', verbose_name='demand')),
                ('horizon', models.CharField(choices=[('core', 'Core'), ('adjacent', 'Adjacent'), ('transformational', 'Transformational')], default='core', max_length=16, verbose_name='horizon')),
                ('status', models.CharField(choices=[('active', 'Active'), ('on_hold', 'On hold'), ('killed', 'Killed'), ('completed', 'Completed')], default='active', max_length=10, verbose_name='status')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended')),
                ('station', models.CharField(choices=[('demand', 'Demand'), ('data', 'Data'), ('training', 'Training'), ('compression', 'Compression'), ('deployment', 'Deployment'), ('feedback', 'Feedback')], default='demand', max_length=12, verbose_name='station')),
                ('approval_threshold_minor', models.BigIntegerField(blank=True, help_text="Upper price of one job, in minor units of the budget's currency. Empty: no job needs approval.", null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='approval needed above')),
                ('started_on', models.DateField(verbose_name='since')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='due')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='lead')),
                ('members', models.ManyToManyField(related_name='projects', through='projects.Membership', to=settings.AUTH_USER_MODEL)),
                ('portfolio', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='projects.portfolio', verbose_name='portfolio')),
                ('programme', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='projects.programme', verbose_name='programme')),
                ('sponsor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.department', verbose_name='sponsor')),
            ],
            options={
                'ordering': ['key'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ended_on', None), ('status__in', ['active', 'on_hold'])), models.Q(('ended_on__isnull', False), ('status__in', ['killed', 'completed'])), _connector='OR'), name='ended_project_has_day')],
            },
        ),
        migrations.CreateModel(
            name='Milestone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('baseline_on', models.DateField(verbose_name='baseline')),
                ('planned_on', models.DateField(verbose_name='planned')),
                ('actual_on', models.DateField(blank=True, null=True, verbose_name='reached')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='projects.project', verbose_name='project')),
            ],
            options={
                'ordering': ['planned_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('project', 'title'), name='one_milestone_title_per_project')],
            },
        ),
        migrations.AddField(
            model_name='membership',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='projects.project'),
        ),
        migrations.CreateModel(
            name='HistoricalStage',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('station', models.CharField(choices=[('demand', 'Demand'), ('data', 'Data'), ('training', 'Training'), ('compression', 'Compression'), ('deployment', 'Deployment'), ('feedback', 'Feedback')], max_length=12, verbose_name='station')),
                ('planned_start', models.DateField(blank=True, null=True, verbose_name='planned start')),
                ('planned_finish', models.DateField(blank=True, null=True, verbose_name='planned finish')),
                ('forecast_start', models.DateField(blank=True, null=True, verbose_name='expected start')),
                ('forecast_finish', models.DateField(blank=True, null=True, verbose_name='expected finish')),
                ('actual_start', models.DateField(blank=True, null=True, verbose_name='started')),
                ('actual_finish', models.DateField(blank=True, null=True, verbose_name='finished')),
                ('p_success_percent', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='probability of success in percent')),
                ('cost_minor', models.BigIntegerField(blank=True, help_text="In minor units of the budget's currency.", null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='cost of the stage')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='projects.project')),
            ],
            options={
                'verbose_name': 'historical stage',
                'verbose_name_plural': 'historical stages',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalRisk',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('title', models.CharField(max_length=160, verbose_name='what may happen')),
                ('probability_percent', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='probability in percent')),
                ('impact_minor', models.BigIntegerField(validators=[django.core.validators.MinValueValidator(0)], verbose_name='cost if it happens')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('response', models.CharField(choices=[('avoid', 'Avoid'), ('reduce', 'Reduce'), ('transfer', 'Transfer'), ('accept', 'Accept')], max_length=8, verbose_name='response')),
                ('mitigation', models.CharField(blank=True, max_length=240, verbose_name='what is done')),
                ('opened_on', models.DateField(verbose_name='seen on')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='projects.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'historical risk',
                'verbose_name_plural': 'historical risks',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalMilestone',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('baseline_on', models.DateField(verbose_name='baseline')),
                ('planned_on', models.DateField(verbose_name='planned')),
                ('actual_on', models.DateField(blank=True, null=True, verbose_name='reached')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='projects.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'historical milestone',
                'verbose_name_plural': 'historical milestones',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='score')),
                ('text', models.TextField(max_length=2000, verbose_name='what they say')),
                ('source', models.CharField(help_text='Name and desk, for example: Maria López, billing.', max_length=120, verbose_name='from')),
                ('received_at', models.DateTimeField(verbose_name='received')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='projects.project', verbose_name='project')),
            ],
            options={
                'verbose_name_plural': 'feedback',
                'ordering': ['-received_at', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('score__range', (1, 5))), name='score_one_to_five')],
            },
        ),
        migrations.CreateModel(
            name='Demand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('problem', models.TextField(help_text='The business need, in the words of who asks.', verbose_name='problem')),
                ('horizon', models.CharField(choices=[('core', 'Core'), ('adjacent', 'Adjacent'), ('transformational', 'Transformational')], default='core', max_length=16, verbose_name='horizon')),
                ('impact', models.PositiveSmallIntegerField(default=3, verbose_name='impact, 1 to 5')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('under_review', 'Under review'), ('accepted', 'Accepted'), ('shelved', 'On the shelf'), ('rejected', 'Rejected'), ('merged', 'Merged into another')], default='draft', max_length=12, verbose_name='status')),
                ('origin', models.CharField(choices=[('person', 'Asked by somebody'), ('benefit', 'A benefit fell short'), ('feedback', 'Feedback fell short')], default='person', max_length=8, verbose_name='came from')),
                ('reference', models.CharField(blank=True, help_text='What opened it, for example benefit:12; one demand for one cause.', max_length=80, null=True, unique=True, verbose_name='for')),
                ('evidence', models.JSONField(blank=True, default=dict, verbose_name='evidence')),
                ('opened_at', models.DateTimeField(verbose_name='opened at')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('decision_note', models.TextField(blank=True, verbose_name='reason of the decision')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.department', verbose_name='asked by')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='projects.demand', verbose_name='merged into')),
                ('proposer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                ('improves', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='improvement_demands', to='projects.project', verbose_name='improves')),
                ('project', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='source_demand', to='projects.project', verbose_name='became')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('impact__range', (1, 5))), name='impact_one_to_five'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), ('project__isnull', False), _connector='OR'), name='accepted_demand_has_project'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'merged'), _negated=True), ('merged_into__isnull', False), _connector='OR'), name='merged_demand_names_the_other')],
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hours_per_week', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(60)], verbose_name='hours a week')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                ('status', models.CharField(choices=[('tentative', 'Tentative'), ('confirmed', 'Confirmed')], default='confirmed', max_length=9, verbose_name='status')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('external_id', models.CharField(max_length=80, verbose_name='number in the source')),
                ('employment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='people.employment', verbose_name='person')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='projects.project', verbose_name='project')),
            ],
            options={
                'ordering': ['project', 'employment', 'valid_from'],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='one_allocation_per_source_and_id'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='allocation_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='Risk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160, verbose_name='what may happen')),
                ('probability_percent', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='probability in percent')),
                ('impact_minor', models.BigIntegerField(validators=[django.core.validators.MinValueValidator(0)], verbose_name='cost if it happens')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('response', models.CharField(choices=[('avoid', 'Avoid'), ('reduce', 'Reduce'), ('transfer', 'Transfer'), ('accept', 'Accept')], max_length=8, verbose_name='response')),
                ('mitigation', models.CharField(blank=True, max_length=240, verbose_name='what is done')),
                ('opened_on', models.DateField(verbose_name='seen on')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='risks', to='projects.project', verbose_name='project')),
            ],
            options={
                'ordering': ['project', '-probability_percent'],
                'constraints': [models.CheckConstraint(condition=models.Q(('impact_minor__gte', 0), ('probability_percent__range', (1, 99))), name='risk_in_range')],
            },
        ),
        migrations.CreateModel(
            name='Stage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('station', models.CharField(choices=[('demand', 'Demand'), ('data', 'Data'), ('training', 'Training'), ('compression', 'Compression'), ('deployment', 'Deployment'), ('feedback', 'Feedback')], max_length=12, verbose_name='station')),
                ('planned_start', models.DateField(blank=True, null=True, verbose_name='planned start')),
                ('planned_finish', models.DateField(blank=True, null=True, verbose_name='planned finish')),
                ('forecast_start', models.DateField(blank=True, null=True, verbose_name='expected start')),
                ('forecast_finish', models.DateField(blank=True, null=True, verbose_name='expected finish')),
                ('actual_start', models.DateField(blank=True, null=True, verbose_name='started')),
                ('actual_finish', models.DateField(blank=True, null=True, verbose_name='finished')),
                ('p_success_percent', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='probability of success in percent')),
                ('cost_minor', models.BigIntegerField(blank=True, help_text="In minor units of the budget's currency.", null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='cost of the stage')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stages', to='projects.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'station'), name='one_stage_per_station'), models.CheckConstraint(condition=models.Q(('actual_finish', None), ('actual_finish__gte', models.F('actual_start')), _connector='OR'), name='stage_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('planned_start', None), ('planned_finish', None), ('planned_finish__gte', models.F('planned_start')), _connector='OR'), name='stage_plan_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('forecast_start', None), ('forecast_finish', None), ('forecast_finish__gte', models.F('forecast_start')), _connector='OR'), name='stage_forecast_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('p_success_percent', None), ('p_success_percent__lte', 100), _connector='OR'), name='stage_probability_to_100')],
            },
        ),
        migrations.CreateModel(
            name='Dependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lag_days', models.PositiveSmallIntegerField(default=0, verbose_name='days between')),
                ('predecessor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.milestone', verbose_name='first')),
                ('successor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waits_for', to='projects.milestone', verbose_name='then')),
            ],
            options={
                'verbose_name_plural': 'dependencies',
                'constraints': [models.UniqueConstraint(fields=('predecessor', 'successor'), name='one_dependency_each'), models.CheckConstraint(condition=models.Q(('predecessor', models.F('successor')), _negated=True), name='no_milestone_waits_for_itself')],
            },
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('project', 'user'), name='one_membership_each'),
        ),
    ]
