"""What is written stays: the database refuses to change or delete it."""

from django.db import migrations

from people.append_only import append_only


class Migration(migrations.Migration):
    replaces = [("finance", "0003_append_only"), ("finance", "0006_sums_and_triggers")]
    dependencies = [("finance", "0001_tables")]
    operations = [append_only("finance_journalentry", "finance_ledgerentry", "finance_rolerate", "finance_exchangerate", "finance_timeentry", "finance_rateadjustment")]
