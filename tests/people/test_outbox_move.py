import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from people.models import OutboxMessage


@pytest.fixture
def before_the_move(transactional_db):
    """The tables as they were when the outbox was one of the jobs' own; afterwards they are as of today again."""
    executor = MigrationExecutor(connection)
    today = executor.loader.graph.leaf_nodes()
    executor.migrate([("people", "0003_sign_in_attempt"), ("trainingjobs", "0004_queues_approval_pause")])
    yield executor.loader.project_state([("trainingjobs", "0004_queues_approval_pause")]).apps
    MigrationExecutor(connection).migrate(today)


def test_waiting_messages_stay_when_the_outbox_moves(before_the_move):
    old, now = before_the_move.get_model("trainingjobs", "OutboxMessage"), timezone.now()
    kept = old.objects.create(topic="publish_run", payload={"run": "7"}, created_at=now, not_before=now, tries=3)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert list(OutboxMessage.objects.values_list("pk", "topic", "payload", "tries")) == [
        (kept.pk, "publish_run", {"run": "7"}, 3)
    ]
    assert OutboxMessage.objects.create(topic="next", created_at=now, not_before=now).pk > kept.pk
