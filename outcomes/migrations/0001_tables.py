"""Tables of this app."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('outcomes', '0001_initial'), ('outcomes', '0002_initial'), ('outcomes', '0005_gates_benefits_objectives')]

    initial = True

    dependencies = [
        ('experiments', '0001_tables'),
        ('people', '0001_tables'),
        ('projects', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='EvidenceSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('taken_at', models.DateTimeField(verbose_name='taken at')),
                ('facts', models.JSONField(verbose_name='facts')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
            ],
            options={
                'ordering': ['review', 'taken_at'],
            },
        ),
        migrations.CreateModel(
            name='BusinessCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('discount_rate_bp', models.PositiveIntegerField(help_text='In hundredths of a percent: 800 is 8 %.', validators=[django.core.validators.MaxValueValidator(10000)], verbose_name='discount rate a year')),
                ('starts_on', models.DateField(help_text='The day that year 0 stands for.', verbose_name='begins')),
                ('note', models.CharField(blank=True, max_length=240, verbose_name='note')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='projects.project', verbose_name='project')),
            ],
            options={
                'ordering': ['project', '-version'],
                'constraints': [models.UniqueConstraint(fields=('project', 'version'), name='one_case_version')],
            },
        ),
        migrations.CreateModel(
            name='CashFlow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(30)], verbose_name='year')),
                ('cost_minor', models.BigIntegerField(validators=[django.core.validators.MinValueValidator(0)], verbose_name='cost')),
                ('benefit_minor', models.BigIntegerField(validators=[django.core.validators.MinValueValidator(0)], verbose_name='benefit')),
                ('p_cumulative_percent', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='probability that it comes to this, in percent')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flows', to='outcomes.businesscase', verbose_name='case')),
            ],
            options={
                'ordering': ['case', 'year'],
                'constraints': [models.UniqueConstraint(fields=('case', 'year'), name='one_cash_flow_per_year'), models.CheckConstraint(condition=models.Q(('benefit_minor__gte', 0), ('cost_minor__gte', 0), ('p_cumulative_percent__lte', 100)), name='cash_flow_in_range')],
            },
        ),
        migrations.CreateModel(
            name='FeedbackTriage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('accepted', 'Accepted'), ('answered', 'Answered'), ('declined', 'Declined'), ('duplicate', 'Heard before')], max_length=9, verbose_name='status')),
                ('note', models.CharField(blank=True, max_length=240, verbose_name='note')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('demand', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='voices', to='projects.demand', verbose_name='demand')),
                ('feedback', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='triage', to='projects.feedback', verbose_name='feedback')),
                ('model_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='experiments.modelversion', verbose_name='about the model')),
            ],
            options={
                'verbose_name_plural': 'triages',
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='Gate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('horizon', models.CharField(choices=[('core', 'Core'), ('adjacent', 'Adjacent'), ('transformational', 'Transformational')], max_length=16, verbose_name='horizon')),
                ('station', models.CharField(choices=[('demand', 'Demand'), ('data', 'Data'), ('training', 'Training'), ('compression', 'Compression'), ('deployment', 'Deployment'), ('feedback', 'Feedback')], max_length=12, verbose_name='opens')),
                ('title', models.CharField(max_length=160, verbose_name='question')),
                ('pass_percent', models.PositiveSmallIntegerField(default=60, verbose_name='share of weights that should be met, in percent')),
            ],
            options={
                'ordering': ['horizon', 'id'],
                'constraints': [models.UniqueConstraint(fields=('horizon', 'station'), name='one_gate_per_horizon_and_station'), models.CheckConstraint(condition=models.Q(('station', 'demand'), _negated=True), name='no_gate_before_the_demand'), models.CheckConstraint(condition=models.Q(('pass_percent__lte', 100)), name='gate_pass_to_100')],
            },
        ),
        migrations.CreateModel(
            name='GateCriterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('title', models.CharField(max_length=160, verbose_name='what must be shown')),
                ('kind', models.CharField(choices=[('must_meet', 'Must meet'), ('should_meet', 'Should meet')], max_length=11, verbose_name='kind')),
                ('weight', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='weight')),
                ('fact', models.CharField(choices=[('model_metric', 'Metric of the best model'), ('latency_ms', 'Latency of the best model in ms'), ('cost_share', 'Share of the approved budget that is used or spoken for, in percent'), ('available', 'Money available to commit'), ('kpi_reached', 'Way to the KPI target, in percent'), ('feedback', 'Mean feedback of 90 days'), ('value_signed', 'Signed value contracts'), ('open_risk', 'Exposure of open risks'), ('check', 'Check list')], max_length=14, verbose_name='read from')),
                ('metric', models.CharField(blank=True, max_length=80, verbose_name='metric')),
                ('comparison', models.CharField(choices=[('at_least', 'at least'), ('at_most', 'at most')], default='at_least', max_length=8, verbose_name='comparison')),
                ('threshold', models.FloatField(blank=True, null=True, verbose_name='threshold')),
                ('gate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='outcomes.gate', verbose_name='gate')),
            ],
            options={
                'ordering': ['gate', 'position'],
                'constraints': [models.UniqueConstraint(fields=('gate', 'position'), name='one_criterion_per_position'), models.CheckConstraint(condition=models.Q(('fact', 'check'), ('threshold__isnull', False), _connector='OR'), name='live_fact_has_threshold')],
            },
        ),
        migrations.CreateModel(
            name='GateReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='to be decided by')),
                ('checks', models.JSONField(blank=True, default=dict, verbose_name='answers of the check list')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('gate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='outcomes.gate', verbose_name='gate')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='projects.project', verbose_name='project')),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
                'constraints': [models.UniqueConstraint(fields=('project', 'number'), name='one_review_number_per_project')],
            },
        ),
        migrations.CreateModel(
            name='GateDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('go', 'Go'), ('conditional_go', 'Go with conditions'), ('hold', 'Hold'), ('recycle', 'Do it again'), ('kill', 'Stop the project')], max_length=14, verbose_name='outcome')),
                ('reasons', models.TextField(verbose_name='reasons')),
                ('conditions', models.TextField(blank=True, verbose_name='conditions')),
                ('decided_at', models.DateTimeField(verbose_name='decided at')),
                ('signature', models.CharField(max_length=64, verbose_name='signature')),
                ('effects', models.JSONField(blank=True, default=dict, verbose_name='what it did')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('snapshot', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='outcomes.evidencesnapshot', verbose_name='evidence')),
                ('review', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='outcomes.gatereview', verbose_name='review')),
            ],
            options={
                'ordering': ['-decided_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'conditional_go'), _negated=True), models.Q(('conditions', ''), _negated=True), _connector='OR'), name='conditional_go_names_conditions')],
            },
        ),
        migrations.AddField(
            model_name='evidencesnapshot',
            name='review',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='outcomes.gatereview', verbose_name='review'),
        ),
        migrations.CreateModel(
            name='Kpi',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('definition', models.CharField(blank=True, max_length=240, verbose_name='definition')),
                ('unit', models.CharField(help_text='For example %, min, EUR.', max_length=24, verbose_name='unit')),
                ('direction', models.CharField(choices=[('higher', 'Higher is better'), ('lower', 'Lower is better')], max_length=6, verbose_name='direction')),
                ('aggregation', models.CharField(choices=[('mean', 'Mean of the period'), ('sum', 'Sum of the period'), ('last', 'Last value of the period')], default='last', max_length=4, verbose_name='aggregation')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='source')),
                ('baseline', models.FloatField(verbose_name='baseline')),
                ('target', models.FloatField(verbose_name='target')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kpis', to='projects.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'KPI',
                'verbose_name_plural': 'KPIs',
                'ordering': ['project', 'name'],
                'constraints': [models.UniqueConstraint(fields=('project', 'name'), name='one_kpi_name_per_project')],
            },
        ),
        migrations.CreateModel(
            name='KpiTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='begins')),
                ('ends_on', models.DateField(verbose_name='ends before')),
                ('value', models.FloatField(verbose_name='target')),
                ('amber', models.FloatField(verbose_name='amber beyond')),
                ('red', models.FloatField(verbose_name='red beyond')),
                ('kpi', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='outcomes.kpi', verbose_name='KPI')),
            ],
            options={
                'ordering': ['kpi', 'starts_on'],
                'constraints': [models.UniqueConstraint(fields=('kpi', 'starts_on'), name='one_kpi_target_at_a_time'), models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='kpi_target_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.FloatField(verbose_name='value')),
                ('measured_at', models.DateTimeField(verbose_name='measured at')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='source')),
                ('kpi', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='outcomes.kpi', verbose_name='KPI')),
                ('model_version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='experiments.modelversion', verbose_name='with model')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['measured_at', 'recorded_at'],
                'indexes': [models.Index(fields=['kpi', 'measured_at'], name='outcomes_me_kpi_id_e0e1b7_idx')],
            },
        ),
        migrations.CreateModel(
            name='Objective',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('starts_on', models.DateField(verbose_name='begins')),
                ('ends_on', models.DateField(verbose_name='ends before')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('portfolio', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objectives', to='projects.portfolio', verbose_name='portfolio')),
            ],
            options={
                'ordering': ['portfolio', 'starts_on', 'title'],
                'constraints': [models.UniqueConstraint(fields=('portfolio', 'title'), name='one_objective_title_each'), models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='objective_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='KeyResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('baseline', models.FloatField(verbose_name='baseline')),
                ('target', models.FloatField(verbose_name='target')),
                ('weight', models.PositiveSmallIntegerField(default=1, verbose_name='weight')),
                ('kpi', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='key_results', to='outcomes.kpi', verbose_name='KPI')),
                ('objective', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='key_results', to='outcomes.objective', verbose_name='objective')),
            ],
            options={
                'ordering': ['objective', 'id'],
                'constraints': [models.UniqueConstraint(fields=('objective', 'kpi'), name='one_key_result_per_kpi'), models.CheckConstraint(condition=models.Q(('target', models.F('baseline')), _negated=True), name='key_result_has_a_way'), models.CheckConstraint(condition=models.Q(('weight__gte', 1)), name='key_result_weighs')],
            },
        ),
        migrations.CreateModel(
            name='ValueContract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('status', models.CharField(choices=[('draft', 'Hypothesis'), ('signed', 'Signed'), ('superseded', 'Superseded')], default='draft', max_length=10, verbose_name='status')),
                ('metric', models.CharField(default='test_accuracy', max_length=80, verbose_name='model metric')),
                ('metric_baseline', models.FloatField(help_text="Value of the metric with today's way of working.", verbose_name='metric before')),
                ('sensitivity', models.FloatField(help_text='Change of the KPI, in its unit, for one unit of the metric.', verbose_name='sensitivity')),
                ('sensitivity_sd', models.FloatField(default=0, verbose_name='its standard deviation')),
                ('units_per_year', models.FloatField(help_text='How often the KPI counts in a year, for example parcels.', verbose_name='units a year')),
                ('units_label', models.CharField(max_length=60, verbose_name='what is counted')),
                ('worth_micro', models.BigIntegerField(help_text='Millionths of a currency unit, for one counted unit.', verbose_name='worth of one KPI unit')),
                ('upkeep_minor', models.BigIntegerField(default=0, verbose_name='upkeep a year')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('method', models.CharField(choices=[('agreed', 'Agreed'), ('regression', 'Estimated from measurements')], default='agreed', max_length=10, verbose_name='how the sensitivity was found')),
                ('estimate', models.JSONField(blank=True, default=dict, verbose_name='figures of the estimate')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('valid_to', models.DateField(blank=True, help_text='Exclusive; empty: until replaced.', null=True, verbose_name='valid to')),
                ('basis', models.CharField(blank=True, help_text='Where the sensitivity comes from.', max_length=240, verbose_name='basis')),
                ('signed_at', models.DateTimeField(null=True, verbose_name='signed at')),
                ('kpi', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='outcomes.kpi', verbose_name='KPI')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('signed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='signed by')),
            ],
            options={
                'ordering': ['kpi', '-version'],
                'constraints': [models.UniqueConstraint(fields=('kpi', 'version'), name='one_contract_version'), models.UniqueConstraint(condition=models.Q(('status', 'signed')), fields=('kpi',), name='one_signed_contract_per_kpi'), models.CheckConstraint(condition=models.Q(models.Q(('signed_at', None), ('signed_by', None), ('status', 'draft')), models.Q(models.Q(('status', 'draft'), _negated=True), ('signed_at__isnull', False), ('signed_by__isnull', False)), _connector='OR'), name='signature_is_complete'), models.CheckConstraint(condition=models.Q(('sensitivity_sd__gte', 0), ('units_per_year__gte', 0)), name='contract_spreads_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Benefit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(choices=[('cashable', 'Cashable'), ('non_cashable', 'Not cashable'), ('disbenefit', 'Disbenefit')], default='cashable', max_length=12, verbose_name='kind')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('baseline_minor', models.BigIntegerField(default=0, verbose_name='a month before')),
                ('tolerance_percent', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='shortfall allowed in percent')),
                ('created_at', models.DateTimeField(verbose_name='promised at')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='projects.project', verbose_name='project')),
                ('kpi', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='outcomes.kpi', verbose_name='KPI')),
                ('contract', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='outcomes.valuecontract', verbose_name='value contract')),
            ],
            options={
                'ordering': ['project', 'name'],
                'constraints': [models.UniqueConstraint(fields=('project', 'name'), name='one_benefit_name_per_project')],
            },
        ),
        migrations.CreateModel(
            name='BenefitPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='Its first day.', verbose_name='month')),
                ('planned_minor', models.BigIntegerField(verbose_name='planned')),
                ('benefit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan', to='outcomes.benefit', verbose_name='benefit')),
            ],
            options={
                'ordering': ['benefit', 'month'],
                'constraints': [models.UniqueConstraint(fields=('benefit', 'month'), name='one_benefit_plan_per_month')],
            },
        ),
        migrations.CreateModel(
            name='BenefitRealisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='month')),
                ('actual_minor', models.BigIntegerField(verbose_name='realised')),
                ('attributed_percent', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='owed to the project, in percent')),
                ('note', models.CharField(blank=True, max_length=240, verbose_name='note')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('benefit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='realisations', to='outcomes.benefit', verbose_name='benefit')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['benefit', 'month', 'recorded_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('attributed_percent__lte', 100)), name='attribution_to_100')],
            },
        ),
    ]
