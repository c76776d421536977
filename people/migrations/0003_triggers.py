"""What is written stays: the database refuses to change or delete it."""

from django.db import migrations

from people.append_only import append_only


class Migration(migrations.Migration):
    replaces = [("people", "0002_append_only"), ("people", "0007_chain_append_only")]
    dependencies = [("people", "0002_clients")]
    operations = [append_only("people_auditentry", "people_auditlink")]
