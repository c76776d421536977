from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from people import outbox
from people.models import OutboxMessage


@pytest.fixture
def message(db):
    return outbox.post(topic="parcel", payload={"run": "1"})


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
    monkeypatch.setitem(outbox.TOPICS, "parcel", receiver)
    return receiver


def test_a_message_is_delivered_once(message, receiver):
    assert (outbox.deliver(), outbox.deliver()) == (1, 0)
    message.refresh_from_db()
    assert receiver.got == [{"run": "1"}]
    assert message.delivered_at is not None


def test_a_message_that_cannot_be_delivered_stays_with_the_reason(message, receiver):
    receiver.error = ConnectionError("The receiver is away")
    assert outbox.deliver() == 0
    message.refresh_from_db()
    assert (message.delivered_at, message.tries, message.last_error) == (
        None,
        1,
        "ConnectionError: The receiver is away",
    )
    assert message.not_before > timezone.now()


def test_it_is_tried_again_with_growing_pauses_until_it_arrives(message, receiver):
    receiver.error = ConnectionError("The receiver is away")
    pauses = []
    for _ in range(3):
        OutboxMessage.objects.update(not_before=timezone.now())
        outbox.deliver()
        message.refresh_from_db()
        pauses.append((message.not_before - timezone.now()).total_seconds())
    receiver.error = None
    OutboxMessage.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver() == 1
    message.refresh_from_db()
    assert pauses == sorted(pauses)
    assert pauses[2] > 2 * pauses[0]
    assert (message.tries, message.last_error) == (4, "")


def test_a_message_that_another_process_has_in_hands_is_left_to_it(message, receiver, monkeypatch):
    mine = list(OutboxMessage.objects.due(timezone.now()))
    assert outbox.deliver() == 1
    assert outbox._deliver(mine[0]) is False
    assert len(receiver.got) == 1


def test_a_message_for_later_waits(db, receiver):
    outbox.post(topic="parcel", payload={}, not_before=timezone.now() + timedelta(minutes=1))
    assert outbox.deliver() == 0
    assert receiver.got == []


def test_a_message_that_nobody_takes_stays_and_keeps_no_other_back(message, receiver):
    lost = outbox.post(topic="nobody", payload={})
    outbox.post(topic="parcel", payload={"run": "2"})
    assert outbox.deliver() == 2
    lost.refresh_from_db()
    assert (lost.delivered_at, lost.last_error) == (None, "LookupError: Nobody takes messages of the topic nobody.")


def test_a_message_leaves_only_with_the_transaction_that_posted_it(db, receiver):
    @transaction.atomic
    def failing_verb():
        outbox.post(topic="parcel", payload={})
        raise ValueError("the verb failed")

    with pytest.raises(ValueError, match="the verb failed"):
        failing_verb()
    assert outbox.deliver() == 0


def test_every_part_has_taken_its_topics():
    assert "publish_run" in outbox.TOPICS
