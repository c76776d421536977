"""Who is next, why a job waits and when it starts: the policy alone, then over rows."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from trainingjobs.models import JobState, Resource, TrainingJob, Worker
from trainingjobs.queue import Line, Running, Waiting, _ordered, first_in_line, place_of, place_of_new, places

NOW = timezone.now()


def waiting(project=1, priority=0, minutes=1.0, seconds=60.0):
    return Waiting(uuid4(), project, priority, NOW - timedelta(minutes=minutes), seconds)


def line(*jobs, slots=1, running=(), last_start=None):
    return Line(Resource.CPU, slots, list(running), list(jobs), last_start or {})


def order(queue):
    found = places(queue, NOW)
    return sorted(queue.waiting, key=lambda job: found[job.pk].ahead)


def test_the_oldest_of_equals_starts_first():
    young, old = waiting(minutes=1), waiting(minutes=2)
    assert order(line(young, old)) == [old, young]


def test_a_higher_priority_goes_before_what_has_waited_longer():
    old, urgent, idle = waiting(minutes=5), waiting(priority=1, minutes=1), waiting(priority=-1, minutes=9)
    assert order(line(old, urgent, idle)) == [urgent, old, idle]


def test_nobody_waits_longer_than_the_floor_behind_a_higher_priority(settings):
    settings.FAIR_AFTER_S = 900
    aged, urgent = waiting(priority=-1, minutes=16), waiting(priority=1, minutes=1)
    assert order(line(urgent, aged)) == [aged, urgent]


def test_projects_take_turns_however_many_jobs_one_of_them_has():
    flood = [waiting(project=1, minutes=10 - index / 100) for index in range(50)]
    single = waiting(project=2, minutes=0.1)
    assert order(line(*flood, single)).index(single) == 1


def test_a_project_that_already_runs_waits_for_one_that_does_not():
    mine, other = waiting(project=1, minutes=9), waiting(project=2, minutes=1)
    assert order(line(mine, other, slots=2, running=[Running("A-1", 1, 100)])) == [other, mine]


def test_the_project_whose_last_start_is_longest_ago_is_next():
    first, second = waiting(project=1, minutes=9), waiting(project=2, minutes=1)
    starts = {1: NOW - timedelta(minutes=1), 2: NOW - timedelta(hours=1)}
    assert order(line(first, second, last_start=starts)) == [second, first]


def test_a_job_starts_when_slots_before_it_come_free():
    running = [Running("A-1", 1, 30), Running("A-2", 1, 100)]
    jobs = [waiting(minutes=3, seconds=50), waiting(minutes=2), waiting(minutes=1)]
    found = places(line(*jobs, slots=2, running=running), NOW)
    assert [found[job.pk].starts_in_s for job in jobs] == [30, 80, 100]
    assert found[jobs[0].pk].reason == "Next in line: it starts when A-1 ends."
    assert found[jobs[2].pk].reason == "2 jobs of the same project start before it."


def test_a_free_slot_is_taken_within_seconds():
    job = waiting()
    place = places(line(job, slots=2, running=[Running("A-1", 1, 30)]), NOW)[job.pk]
    assert (place.ahead, place.starts_in_s, place.reason) == (0, 0.0, "A slot is free: it starts within seconds.")


def test_the_reason_counts_each_cause():
    urgent, other, own, job = (
        waiting(project=2, priority=1),
        waiting(project=3, minutes=1),
        waiting(project=1, minutes=9),
        waiting(project=1, minutes=2),
    )
    place = places(line(urgent, other, own, job, running=[Running("A-1", 9, 5)]), NOW)[job.pk]
    expected = "1 of higher priority, 1 of the same project, 1 of projects whose turn it is"
    assert place.reason == f"3 jobs start before it: {expected}."


def test_without_a_worker_nothing_has_a_time_and_everything_the_reason():
    job, later = waiting(minutes=2), waiting(minutes=1)
    found = places(line(job, later, slots=0), NOW)
    assert [found[each.pk].ahead for each in (job, later)] == [0, 1]
    assert found[job.pk].starts_in_s is None
    assert "WORKER_RESOURCES=cpu" in found[job.pk].reason


JOBS = st.builds(
    waiting,
    project=st.integers(1, 4),
    priority=st.integers(-1, 1),
    minutes=st.floats(0, 60),
    seconds=st.floats(0, 1000),
)


@given(st.lists(JOBS, max_size=30), st.integers(1, 4), st.lists(st.floats(0, 500), max_size=6))
def test_everybody_has_a_place_of_his_own_and_nobody_starts_before_whom_he_follows(jobs, slots, left):
    running = [Running(f"A-{index}", 1, seconds) for index, seconds in enumerate(left)]
    found = places(line(*jobs, slots=slots, running=running), NOW)
    in_order = sorted(found.values(), key=lambda place: place.ahead)
    assert [place.ahead for place in in_order] == list(range(len(jobs)))
    starts = [place.starts_in_s for place in in_order]
    assert starts == sorted(starts)


@given(st.lists(JOBS, min_size=1, max_size=30))
def test_the_first_place_is_that_of_the_job_that_a_slot_would_claim(jobs):
    queue = line(*jobs)
    keys = dict(zip((job.pk for job in jobs), (key for key, _job in _ordered(queue, NOW)), strict=True))
    assert keys[order(queue)[0].pk] == min(keys.values())


@pytest.fixture
def worker(db):
    return Worker.objects.create(name="here:1", resources="cpu", slots=1, started_at=NOW, seen_at=timezone.now())


def test_a_slot_claims_from_the_queues_that_it_serves(submit, hints):
    cpu, gpu = submit(), submit()
    TrainingJob.objects.filter(pk=gpu.pk).update(resource=Resource.GPU)
    now = timezone.now()
    assert first_in_line(["cpu"], now) == [cpu.pk]
    assert first_in_line(["gpu"], now) == [gpu.pk]
    assert first_in_line(["cpu", "gpu"], now) == [cpu.pk, gpu.pk]


def test_only_queued_jobs_are_in_line(submit, hints):
    job = submit()
    TrainingJob.objects.filter(pk=job.pk).update(state=JobState.PAUSED, pause_reason="asked")
    job.refresh_from_db()
    assert first_in_line(["cpu"], timezone.now()) == []
    assert place_of(job, timezone.now()) is None


def test_a_worker_that_was_not_heard_of_for_a_lease_serves_nothing(submit, hints, worker, settings):
    job, now = submit(), timezone.now()
    assert place_of(job, now).starts_in_s == 0.0
    Worker.objects.update(seen_at=now - timedelta(seconds=settings.LEASE_S + 1))
    assert place_of(job, now).starts_in_s is None


def test_a_new_job_is_told_its_place_behind_those_that_wait(submit, hints, worker, project):
    submit()
    place = place_of_new(Resource.CPU, project.pk, 10.0, timezone.now())
    assert (place.place, place.starts_in_s > 0) == (2, True)


def test_the_queue_asks_as_much_of_the_database_however_long_it_is(
    submit, hints, worker, django_assert_max_num_queries
):
    jobs = [submit() for _ in range(6)]
    with django_assert_max_num_queries(4):
        place_of(jobs[-1], timezone.now())


def test_a_pause_does_not_make_a_job_look_slower(submit, hints, worker):
    from trainingjobs.models import Attempt

    now = timezone.now()
    running, waits = submit(), submit()
    TrainingJob.objects.filter(pk=running.pk).update(
        state=JobState.RUNNING, lease_until=now, started_at=now - timedelta(days=1), step=50, steps=100, fence=2
    )
    facts = {"job": running, "worker": "host:1"}
    day_ago = now - timedelta(days=1)
    Attempt.objects.create(**facts, fence=1, started_at=day_ago, ended_at=day_ago + timedelta(seconds=20))
    Attempt.objects.create(**facts, fence=2, started_at=now - timedelta(seconds=40))
    assert place_of(waits, now).starts_in_s == pytest.approx(60, rel=0.05)


def test_without_room_on_the_disk_nothing_has_a_time_and_everything_the_reason(submit, hints, worker, settings):
    job = submit()
    settings.MIN_FREE_DISK_MB = 10**12
    place = place_of(job, timezone.now())
    assert (place.starts_in_s, place.lacks) == (None, "room")
    assert "too full" in place.reason
