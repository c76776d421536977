from django.db import migrations

from people.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("finance", "0002_initial")]
    operations = [append_only("finance_journalentry"), append_only("finance_ledgerentry")]
