"""The outbox belongs to people from here on: the table takes its new name with all rows in it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("trainingjobs", "0004_queues_approval_pause")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("OutboxMessage", "people_outboxmessage")],
            state_operations=[migrations.DeleteModel("OutboxMessage")],
        )
    ]
