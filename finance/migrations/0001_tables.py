"""Tables of this app."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('finance', '0001_initial'), ('finance', '0002_initial'), ('finance', '0004_line_policy'), ('finance', '0005_periods_commitments_rates'), ('finance', '0007_exchange_variance_index')]

    initial = True

    dependencies = [
        ('people', '0001_tables'),
        ('projects', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('approved_on', models.DateField(verbose_name='approved on')),
                ('is_metered', models.BooleanField(default=False, verbose_name='released by tranches')),
                ('approved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='budgets', to='projects.project', verbose_name='project')),
            ],
            options={
                'ordering': ['project', '-approved_on'],
                'constraints': [models.UniqueConstraint(fields=('project', 'name'), name='one_budget_name_per_project')],
            },
        ),
        migrations.CreateModel(
            name='BudgetLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(choices=[('compute', 'Compute'), ('people', 'People'), ('data', 'Data and labelling'), ('other', 'Other')], max_length=8, verbose_name='category')),
                ('policy', models.CharField(choices=[('stop', 'Stop: refuse what goes over'), ('warn', 'Warn: allow it and say so'), ('ignore', 'Ignore: the plan is only a plan')], default='stop', max_length=6, verbose_name='when it is used up')),
                ('planned_minor', models.BigIntegerField(verbose_name='planned')),
                ('released_minor', models.BigIntegerField(default=0, verbose_name='released')),
                ('reserved_minor', models.BigIntegerField(default=0, verbose_name='reserved')),
                ('committed_minor', models.BigIntegerField(default=0, verbose_name='committed')),
                ('spent_minor', models.BigIntegerField(default=0, verbose_name='spent')),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='finance.budget', verbose_name='budget')),
            ],
            options={
                'ordering': ['budget', 'category'],
                'constraints': [models.UniqueConstraint(fields=('budget', 'category'), name='one_line_per_category'), models.CheckConstraint(condition=models.Q(('committed_minor__gte', 0), ('planned_minor__gte', 0), ('released_minor__gte', 0), ('reserved_minor__gte', 0)), name='plan_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='BudgetVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('superseded', 'Superseded')], default='draft', max_length=10, verbose_name='status')),
                ('reason', models.CharField(blank=True, max_length=240, verbose_name='reason')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('approved_at', models.DateTimeField(null=True, verbose_name='approved at')),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='finance.budget', verbose_name='budget')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
            ],
            options={
                'ordering': ['budget', 'number'],
                'constraints': [models.UniqueConstraint(fields=('budget', 'number'), name='one_budget_version'), models.UniqueConstraint(condition=models.Q(('status', 'approved')), fields=('budget',), name='one_approved_version_per_budget'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('status', 'draft')), models.Q(models.Q(('status', 'draft'), _negated=True), ('approved_at__isnull', False)), _connector='OR'), name='approved_version_has_time')],
            },
        ),
        migrations.CreateModel(
            name='CostCentre',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='finance.costcentre', verbose_name='part of')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('base', models.CharField(max_length=3, verbose_name='currency')),
                ('quote', models.CharField(max_length=3, verbose_name='in')),
                ('kind', models.CharField(choices=[('spot', 'Spot'), ('average', 'Average of the month'), ('closing', 'Closing'), ('budget', 'Budget')], max_length=7, verbose_name='kind')),
                ('valid_on', models.DateField(verbose_name='of the day')),
                ('rate_nano', models.BigIntegerField(verbose_name='rate')),
                ('source', models.CharField(max_length=80, verbose_name='source')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
            ],
            options={
                'ordering': ['base', 'quote', 'kind', '-valid_on', '-recorded_at'],
                'indexes': [models.Index(fields=['base', 'quote', 'kind', '-valid_on'], name='exchange_rate_of_a_day')],
                'constraints': [models.CheckConstraint(condition=models.Q(('rate_nano__gt', 0)), name='exchange_rate_positive'), models.CheckConstraint(condition=models.Q(('base', models.F('quote')), _negated=True), name='exchange_needs_two_currencies')],
            },
        ),
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('supplier', models.CharField(max_length=120, verbose_name='supplier')),
                ('memo', models.CharField(max_length=200, verbose_name='for what')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                ('open_minor', models.BigIntegerField(verbose_name='open')),
                ('transaction_currency', models.CharField(blank=True, max_length=3, verbose_name='currency of the order')),
                ('transaction_minor', models.BigIntegerField(null=True, verbose_name='amount of the order')),
                ('is_cancellable', models.BooleanField(default=True, verbose_name='may be cancelled')),
                ('status', models.CharField(choices=[('open', 'Open'), ('relieved', 'Relieved by actuals'), ('cancelled', 'Cancelled')], default='open', max_length=9, verbose_name='status')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('external_id', models.CharField(max_length=80, verbose_name='number in the source')),
                ('created_at', models.DateTimeField(verbose_name='committed at')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended at')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commitments', to='finance.budgetline', verbose_name='line')),
                ('exchange_rate', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='finance.exchangerate')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='one_commitment_per_source_and_id'), models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0), ('open_minor__gte', 0), ('open_minor__lte', models.F('amount_minor'))), name='commitment_open_within_amount'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('status', 'open')), models.Q(models.Q(('status', 'open'), _negated=True), ('ended_at__isnull', False), ('open_minor', 0)), _connector='OR'), name='ended_commitment_has_time_and_nothing_open')],
            },
        ),
        migrations.CreateModel(
            name='FiscalPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='For example 2026-11.', max_length=20, unique=True, verbose_name='name')),
                ('starts_on', models.DateField(unique=True, verbose_name='begins')),
                ('ends_on', models.DateField(verbose_name='ends before')),
                ('status', models.CharField(choices=[('open', 'Open'), ('soft_closed', 'Soft-closed'), ('closed', 'Closed')], default='open', max_length=11, verbose_name='status')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='closed by')),
            ],
            options={
                'ordering': ['starts_on'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='period_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='FundingTranche',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('station', models.CharField(choices=[('demand', 'Demand'), ('data', 'Data'), ('training', 'Training'), ('compression', 'Compression'), ('deployment', 'Deployment'), ('feedback', 'Feedback')], max_length=12, verbose_name='for the stage')),
                ('released_at', models.DateTimeField(null=True, verbose_name='released at')),
                ('reference', models.CharField(help_text='For example gate-decision:12.', max_length=80, null=True, unique=True, verbose_name='released for')),
                ('expires_on', models.DateField(blank=True, null=True, verbose_name='expires on')),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tranches', to='finance.budget', verbose_name='budget')),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='released by')),
            ],
            options={
                'ordering': ['budget', 'id'],
                'constraints': [models.UniqueConstraint(fields=('budget', 'station'), name='one_tranche_per_stage'), models.CheckConstraint(condition=models.Q(models.Q(('released_at', None), ('released_by', None)), models.Q(('released_at__isnull', False), ('released_by__isnull', False)), _connector='OR'), name='release_is_complete')],
            },
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('actual', 'Actual'), ('accrual', 'Accrual'), ('adjustment', 'Adjustment'), ('reversal', 'Reversal')], default='actual', max_length=10, verbose_name='kind')),
                ('posted_at', models.DateTimeField(db_index=True, verbose_name='posted at')),
                ('effective_on', models.DateField(db_index=True, verbose_name='effective on')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('memo', models.CharField(max_length=200, verbose_name='memo')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('external_id', models.CharField(max_length=80, verbose_name='external id')),
                ('transaction_currency', models.CharField(blank=True, max_length=3, verbose_name='currency of the document')),
                ('transaction_minor', models.BigIntegerField(null=True, verbose_name='amount of the document')),
                ('exchange_rate', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='finance.exchangerate')),
                ('posted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='finance.journalentry')),
            ],
            options={
                'verbose_name_plural': 'journal entries',
                'ordering': ['-effective_on', '-id'],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='one_entry_per_source_and_id')],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(choices=[('expense', 'Project expense'), ('fx_variance', 'Exchange rate variance'), ('clearing', 'Internal clearing')], max_length=11, verbose_name='account')),
                ('station', models.CharField(blank=True, max_length=12, verbose_name='stage')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                ('commitment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to='finance.commitment')),
                ('cost_centre', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to='finance.costcentre')),
                ('journal_entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='finance.journalentry')),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to='finance.budgetline')),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
                'indexes': [models.Index(condition=models.Q(('account', 'fx_variance')), fields=['line'], name='exchange_variance_of_a_line')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('account__in', ['expense', 'fx_variance']), ('line__isnull', False)), models.Q(('account', 'clearing'), ('line', None)), _connector='OR'), name='expense_names_its_line')],
            },
        ),
        migrations.CreateModel(
            name='MonthSpend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(db_index=True, verbose_name='month')),
                ('amount_minor', models.BigIntegerField(default=0, verbose_name='amount')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='months', to='finance.budgetline')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('line', 'month'), name='one_sum_per_line_and_month')],
            },
        ),
        migrations.CreateModel(
            name='PlanLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(choices=[('compute', 'Compute'), ('people', 'People'), ('data', 'Data and labelling'), ('other', 'Other')], max_length=8, verbose_name='category')),
                ('station', models.CharField(choices=[('demand', 'Demand'), ('data', 'Data'), ('training', 'Training'), ('compression', 'Compression'), ('deployment', 'Deployment'), ('feedback', 'Feedback')], max_length=12, verbose_name='stage')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                ('cost_centre', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='finance.costcentre', verbose_name='cost centre')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='finance.fiscalperiod', verbose_name='period')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan_lines', to='finance.budgetversion', verbose_name='version')),
            ],
            options={
                'ordering': ['version', 'period', 'category', 'station'],
                'constraints': [models.UniqueConstraint(fields=('version', 'period', 'category', 'station', 'cost_centre'), name='one_plan_line_each'), models.UniqueConstraint(condition=models.Q(('cost_centre', None)), fields=('version', 'period', 'category', 'station'), name='one_plan_line_without_cost_centre'), models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='plan_line_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='RateCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('cpu_core_hour_micro', models.BigIntegerField(verbose_name='CPU core-hour')),
                ('gpu_hour_micro', models.BigIntegerField(verbose_name='GPU-hour')),
                ('gib_hour_micro', models.BigIntegerField(verbose_name='GiB-hour')),
                ('kwh_micro', models.BigIntegerField(verbose_name='kWh')),
                ('watt_per_core', models.DecimalField(decimal_places=2, max_digits=6, verbose_name='watt per core')),
                ('watt_per_gpu', models.DecimalField(decimal_places=2, max_digits=6, verbose_name='watt per GPU')),
            ],
            options={
                'ordering': ['name', '-version'],
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='one_rate_card_version'), models.CheckConstraint(condition=models.Q(('cpu_core_hour_micro__gte', 0), ('gib_hour_micro__gte', 0), ('gpu_hour_micro__gte', 0), ('kwh_micro__gte', 0), ('watt_per_core__gte', 0), ('watt_per_gpu__gte', 0)), name='rates_not_negative')],
            },
        ),
        migrations.AddField(
            model_name='journalentry',
            name='rate_card',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='finance.ratecard'),
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                ('status', models.CharField(choices=[('open', 'Open'), ('relieved', 'Relieved by an actual'), ('released', 'Released')], default='open', max_length=8, verbose_name='status')),
                ('reference', models.CharField(help_text='What it is for, for example job:<id>.', max_length=80, unique=True, verbose_name='for')),
                ('created_at', models.DateTimeField(verbose_name='reserved at')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended at')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='finance.budgetline')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='reservation_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('status', 'open')), models.Q(models.Q(('status', 'open'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='ended_reservation_has_time')],
            },
        ),
        migrations.AddField(
            model_name='commitment',
            name='reservation',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='commitment', to='finance.reservation', verbose_name='relieves'),
        ),
        migrations.CreateModel(
            name='RoleRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour_minor', models.BigIntegerField(verbose_name='an hour')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('external_id', models.CharField(max_length=80, verbose_name='number in the source')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='people.jobrole', verbose_name='role')),
            ],
            options={
                'ordering': ['role', '-valid_from', '-recorded_at'],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='one_role_rate_per_source_and_id'), models.CheckConstraint(condition=models.Q(('hour_minor__gte', 0)), name='role_rate_not_negative'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='role_rate_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='TimeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('worked_on', models.DateField(db_index=True, verbose_name='day')),
                ('minutes', models.IntegerField(verbose_name='minutes')),
                ('station', models.CharField(blank=True, max_length=12, verbose_name='stage')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('external_id', models.CharField(max_length=80, verbose_name='number in the source')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('employment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='time_entries', to='people.employment', verbose_name='person')),
                ('journal_entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='time_entries', to='finance.journalentry')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='time_entries', to='finance.budgetline', verbose_name='line')),
                ('role_rate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='finance.rolerate', verbose_name='rate')),
            ],
            options={
                'verbose_name_plural': 'time entries',
                'ordering': ['-worked_on', '-id'],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='one_time_entry_per_source')],
            },
        ),
        migrations.CreateModel(
            name='RateAdjustment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField(verbose_name='difference')),
                ('journal_entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rate_adjustments', to='finance.journalentry')),
                ('role_rate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='finance.rolerate')),
                ('time_entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='finance.timeentry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('time_entry', 'role_rate'), name='one_adjustment_per_rate')],
            },
        ),
        migrations.CreateModel(
            name='TrancheLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tranche_lines', to='finance.budgetline', verbose_name='line')),
                ('tranche', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='finance.fundingtranche', verbose_name='tranche')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tranche', 'line'), name='one_tranche_line_each'), models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='tranche_line_not_negative')],
            },
        ),
    ]
