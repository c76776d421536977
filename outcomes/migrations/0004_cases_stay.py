"""A version of a business case stays as written: another one replaces it."""

from django.db import migrations

from people.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0003_bands_and_conditions")]
    operations = [append_only("outcomes_businesscase", "outcomes_cashflow")]
