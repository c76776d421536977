"""A worker says that it is there and sweeps on its own, whatever the broker and the database do."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.db.models import F, Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from trainingjobs import presence
from trainingjobs.models import SlotHour, Worker
from trainingjobs.services import claim
from trainingjobs.services.claim import claim_job, worker_name


class Timer:
    """Celery's timer: keeps what was asked of it."""

    def __init__(self):
        self.calls = []

    def call_repeatedly(self, seconds, act, args):
        self.calls.append((seconds, act, args))
        return SimpleNamespace(cancel=lambda: self.calls.clear())


@pytest.fixture
def worker(db, monkeypatch):
    monkeypatch.setattr(presence.connection, "close", lambda: None)  # the test's own transaction lives in it
    return SimpleNamespace(concurrency=3, timer=Timer(), steps=[])


@pytest.fixture
def step(worker):
    return presence.Presence(worker)


def test_a_worker_is_seen_from_its_start_until_its_end(worker, step, settings):
    settings.WORKER_RESOURCES = ["gpu"]
    step.start(worker)
    row = Worker.objects.alive().get(name=worker_name())
    assert (row.slots, row.serves("gpu"), row.serves("cpu")) == (3, True, False)
    assert worker.timer.calls[0][0] == settings.HEARTBEAT_S
    step.stop(worker)
    assert worker.timer.calls == []
    assert not Worker.objects.exists()


def test_a_worker_takes_back_what_another_one_lost(worker, step, submit, hints, later):
    job = submit()
    claim_job(job.pk)
    later(job)
    step.start(worker)
    job.refresh_from_db()
    assert (job.state, job.lost_workers) == ("queued", 1)


def test_a_database_that_is_away_does_not_end_the_worker(worker, step, monkeypatch):
    def away(slots, busy):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(presence, "say_present", away)
    step.start(worker)
    assert worker.timer.calls


def test_workers_that_went_away_long_ago_are_forgotten(worker, step):
    long_ago = timezone.now() - timedelta(days=1)
    Worker.objects.create(name="gone:1", resources="cpu", slots=1, started_at=long_ago, seen_at=long_ago)
    step.start(worker)
    assert list(Worker.objects.values_list("name", flat=True)) == [worker_name()]


def test_a_worker_whose_own_clock_is_wrong_is_seen_by_the_clock_of_the_database(db, monkeypatch):
    wrong = timezone.now() - timedelta(hours=3)
    monkeypatch.setattr(timezone, "now", lambda: wrong)
    presence.say_present(2)
    monkeypatch.undo()
    assert Worker.objects.alive().exists()


def beat_after(seconds, slots, busy=0):
    """The next beat of a worker, so long after the one before by the clock of the database."""
    Worker.objects.filter(name=worker_name()).update(seen_at=F("seen_at") - timedelta(seconds=seconds))
    presence.say_present(slots, busy)


def sums():
    return SlotHour.objects.aggregate(there=Sum("there_s"), free=Sum("free_s"), cores=Sum("free_core_s"))


def test_the_time_between_two_beats_counts_for_every_slot_and_free_for_those_without_work(db, monkeypatch):
    monkeypatch.setattr(presence, "cores_of_a_slot", lambda: 2)
    presence.say_present(3)
    assert not SlotHour.objects.exists()
    beat_after(10, slots=3, busy=1)
    assert sums() == pytest.approx({"there": 30, "free": 20, "cores": 40}, rel=0.05)


def test_more_work_than_slots_leaves_none_free(db):
    presence.say_present(1)
    beat_after(10, slots=1, busy=2)
    assert sums()["free"] == 0


def test_a_missed_beat_loses_nothing_and_a_gap_longer_than_a_lease_is_not_idle(db, settings):
    settings.LEASE_S = 30
    presence.say_present(2)
    beat_after(25, slots=2)
    assert sums()["free"] == pytest.approx(50, rel=0.05)
    beat_after(31, slots=2)
    assert sums()["free"] == pytest.approx(50, rel=0.05)
    beat_after(5, slots=2)
    assert sums()["free"] == pytest.approx(60, rel=0.05)


def test_a_clock_of_the_database_that_was_set_back_takes_nothing_away(db):
    presence.say_present(2)
    beat_after(-5, slots=2)
    assert not SlotHour.objects.exists()


def test_a_worker_that_was_killed_and_starts_again_under_its_name_vouches_for_nothing_before(worker, step):
    long_since = timezone.now() - timedelta(seconds=5)
    Worker.objects.create(name=worker_name(), resources="cpu", slots=3, started_at=long_since, seen_at=long_since)
    step.start(worker)
    assert not SlotHour.objects.exists()
    assert Worker.objects.get().started_at > long_since


def test_a_beat_knows_what_the_pool_is_working_on(worker, step, monkeypatch):
    step.start(worker)
    monkeypatch.setattr(presence, "active_requests", {"one", "two"})
    Worker.objects.update(seen_at=F("seen_at") - timedelta(seconds=10))
    step.beat(worker.concurrency)
    assert sums()["free"] == pytest.approx(10, rel=0.05)


def test_workers_of_the_same_queues_share_a_row_an_hour_however_often_they_beat(db, monkeypatch, settings):
    for name, resources in (("a:1", ["cpu"]), ("b:1", ["cpu"]), ("c:1", ["cpu", "gpu"])):
        monkeypatch.setattr(claim, "worker_name", lambda name=name: name)
        settings.WORKER_RESOURCES = resources
        presence.say_present(1)
        for _beat in range(3):
            Worker.objects.filter(name=name).update(seen_at=F("seen_at") - timedelta(seconds=10))
            presence.say_present(1)
    by_queues = dict(SlotHour.objects.order_by().values_list("resources").annotate(Sum("there_s")))
    assert by_queues == pytest.approx({"cpu": 60, "cpu,gpu": 30}, rel=0.05)
    assert SlotHour.objects.values("resources", "hour").count() <= 4  # two, or four at the turn of an hour


def test_time_across_the_turn_of_an_hour_falls_on_both_hours(db):
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    worker = Worker(name="a:1", resources="cpu", slots=2, seen_at=nine + timedelta(seconds=4))
    presence._vouch(worker, nine - timedelta(seconds=6), free=1)
    rows = SlotHour.objects.order_by("hour").values_list("hour", "there_s", "free_s")
    assert list(rows) == [(nine - timedelta(hours=1), 12, 6), (nine, 8, 4)]


def test_a_beat_asks_the_database_a_few_things_however_many_hours_are_kept(db):
    presence.say_present(1)
    beat_after(10, slots=1)
    with CaptureQueriesContext(connection) as few:
        beat_after(10, slots=1)
    hour = datetime(2026, 1, 1, tzinfo=UTC)
    SlotHour.objects.bulk_create(SlotHour(hour=hour + timedelta(hours=n), resources="cpu") for n in range(50))
    with CaptureQueriesContext(connection) as many:
        beat_after(10, slots=1)
    assert len(many) == len(few)


def test_a_slot_holds_as_many_cores_as_a_job_would_be_given_in_it(settings, monkeypatch):
    from engine.recipes import RECIPES

    monkeypatch.setattr("os.sched_getaffinity", lambda pid: range(8))
    settings.WORKER_SLOTS = 2
    monkeypatch.setattr(RECIPES["linear-regression"], "cores", 3)
    assert presence.cores_of_a_slot() == 3
    settings.WORKER_SLOTS = 4
    assert presence.cores_of_a_slot() == 2
