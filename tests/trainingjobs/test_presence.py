"""A worker says that it is there and sweeps on its own, whatever the broker and the database do."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils import timezone

from trainingjobs import presence
from trainingjobs.models import Worker
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
    def away(slots):
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
