"""The outbox comes from trainingjobs: the table is there already, with its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_sign_in_attempt"), ("trainingjobs", "0005_outbox_moves")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="OutboxMessage",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("topic", models.CharField(max_length=60)),
                        ("payload", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("not_before", models.DateTimeField(db_index=True)),
                        ("delivered_at", models.DateTimeField(null=True)),
                        ("tries", models.PositiveIntegerField(default=0)),
                        ("last_error", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["id"],
                        "indexes": [
                            models.Index(fields=["delivered_at", "not_before"], name="trainingjob_deliver_2946a7_idx")
                        ],
                    },
                )
            ]
        ),
        migrations.RenameIndex(
            model_name="outboxmessage",
            old_name="trainingjob_deliver_2946a7_idx",
            new_name="people_outb_deliver_0a6ec3_idx",
        ),
    ]
