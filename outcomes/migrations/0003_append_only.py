from django.db import migrations

from people.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0002_initial")]
    operations = [append_only("outcomes_measurement")]
