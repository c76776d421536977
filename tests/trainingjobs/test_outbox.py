from datetime import timedelta

import pytest
from django.utils import timezone

from trainingjobs.models import OutboxMessage
from trainingjobs.services import deliver_outbox, outbox


@pytest.fixture
def message(db):
    now = timezone.now()
    return OutboxMessage.objects.create(topic="publish_run", payload={"run": "1"}, created_at=now, not_before=now)


@pytest.fixture
def receiver(monkeypatch):
    """Takes what is delivered; fails as long as `receiver.error` is set."""

    class Receiver:
        error, got = None, []

        def __call__(self, payload):
            if self.error:
                raise self.error
            self.got.append(payload)

    receiver = Receiver()
    receiver.got = []
    monkeypatch.setitem(outbox.TOPICS, "publish_run", receiver)
    return receiver


def test_a_message_is_delivered_once(message, receiver):
    assert (deliver_outbox(), deliver_outbox()) == (1, 0)
    message.refresh_from_db()
    assert receiver.got == [{"run": "1"}]
    assert message.delivered_at is not None


def test_a_message_that_cannot_be_delivered_stays_with_the_reason(message, receiver):
    receiver.error = ConnectionError("MLflow is away")
    assert deliver_outbox() == 0
    message.refresh_from_db()
    assert (message.delivered_at, message.tries, message.last_error) == (None, 1, "ConnectionError: MLflow is away")
    assert message.not_before > timezone.now()


def test_it_is_tried_again_with_growing_pauses_until_it_arrives(message, receiver):
    receiver.error = ConnectionError("MLflow is away")
    pauses = []
    for _ in range(3):
        OutboxMessage.objects.update(not_before=timezone.now())
        deliver_outbox()
        message.refresh_from_db()
        pauses.append((message.not_before - timezone.now()).total_seconds())
    receiver.error = None
    OutboxMessage.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    assert deliver_outbox() == 1
    message.refresh_from_db()
    assert pauses == sorted(pauses)
    assert pauses[2] > 2 * pauses[0]
    assert (message.tries, message.last_error) == (4, "")


def test_a_message_that_another_process_has_in_hands_is_left_to_it(message, receiver, monkeypatch):
    mine = list(OutboxMessage.objects.due(timezone.now()))
    assert deliver_outbox() == 1
    assert outbox._deliver(mine[0]) is False
    assert len(receiver.got) == 1
