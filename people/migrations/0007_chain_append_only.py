from django.db import migrations

from people.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("people", "0006_people_and_integration")]
    operations = [append_only("people_auditlink")]
