"""How long slots of workers were there and free, hour by hour."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trainingjobs", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name='SlotHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField(help_text='Its beginning.', verbose_name='hour')),
                ('resources', models.CharField(help_text='Comma-separated: cpu,gpu.', max_length=20, verbose_name='serves')),
                ('there_s', models.FloatField(default=0, verbose_name='slot-seconds there')),
                ('free_s', models.FloatField(default=0, verbose_name='slot-seconds free')),
                ('free_core_s', models.FloatField(default=0, help_text='Of the cores that free slots hold.', verbose_name='core-seconds free')),
            ],
            options={
                'ordering': ['-hour', 'resources'],
                'constraints': [models.UniqueConstraint(fields=('hour', 'resources'), name='one_slot_hour_per_queues'), models.CheckConstraint(condition=models.Q(('free_core_s__gte', 0), ('free_s__gte', 0), ('there_s__gte', 0)), name='slot_time_not_negative')],
            },
        ),
    ]
