from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
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
        OutboxMessage.objects.update(not_before=Now())
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


def test_a_message_that_another_process_has_in_hands_is_left_to_it(message, receiver):
    mine = list(OutboxMessage.objects.due())
    assert outbox.deliver() == 1
    assert outbox._deliver(mine[0]) is False
    assert len(receiver.got) == 1


def test_a_message_for_later_waits(db, receiver):
    outbox.post(topic="parcel", payload={}, pause=timedelta(minutes=1))
    assert outbox.deliver() == 0
    assert receiver.got == []


@pytest.fixture(params=[timedelta(days=-1), timedelta(days=1)], ids=["slow", "fast"])
def wrong_clock(request):
    """With it the clock of this process is a day wrong."""
    right = timezone.now
    return patch.object(timezone, "now", lambda: right() + request.param)


def test_a_process_whose_clock_is_wrong_posts_what_is_due_at_once_for_all_others(db, receiver, wrong_clock):
    with wrong_clock:
        outbox.post(topic="parcel", payload={})
    assert outbox.deliver() == 1


def test_a_process_whose_clock_is_wrong_delivers_what_is_due_and_nothing_else(message, receiver, wrong_clock):
    later = outbox.post(topic="parcel", payload={"run": "later"}, pause=timedelta(minutes=1))
    with wrong_clock:
        assert outbox.deliver() == 1
    assert receiver.got == [{"run": "1"}]
    later.refresh_from_db()
    assert later.tries == 0


def test_a_process_whose_clock_is_wrong_takes_nothing_out_of_the_hands_of_another(message, receiver, wrong_clock):
    others = []

    def slow(payload):
        with wrong_clock:
            others.append(outbox.deliver())

    outbox.TOPICS["parcel"] = slow
    assert outbox.deliver() == 1
    assert others == [0]


def test_a_process_whose_clock_is_wrong_holds_a_message_for_its_leases_and_lets_it_rest_as_long_as_any_other(
    message, wrong_clock, settings, monkeypatch
):
    waits = []

    def failing(payload):
        waits.append(OutboxMessage.objects.get().not_before - datetime.now(UTC))
        raise ConnectionError

    monkeypatch.setitem(outbox.TOPICS, "parcel", failing)
    with wrong_clock:
        outbox.deliver()
    waits.append(OutboxMessage.objects.get().not_before - datetime.now(UTC))
    in_hands, resting = waits
    assert timedelta() < in_hands <= timedelta(seconds=4 * settings.LEASE_S)
    assert timedelta() < resting <= timedelta(seconds=5)


def test_a_message_whose_deliverer_died_is_taken_up_again_after_its_leases(message, receiver, settings):
    receiver.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver()
    receiver.error = None
    assert outbox.deliver() == 0
    OutboxMessage.objects.update(not_before=F("not_before") - timedelta(seconds=4 * settings.LEASE_S + 1))
    assert outbox.deliver() == 1


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
