"""Probes as jobs: the whole way from Submit to the end, with the real engine."""

import pytest

from engine.shared_memory import FOLDER
from experiments.models import ModelVersion
from portal.invariants import find_breaches
from trainingjobs.folders import attempt_folder, job_folder
from trainingjobs.services import run_one
from trainingjobs.supervisor import live
from trainingjobs.supervisor.strays import strays_of


@pytest.fixture
def run(submit, hints, monkeypatch):
    """Run a probe for as many attempts as it takes; returns the job."""
    monkeypatch.setattr(live.LiveTracker, "_write", lambda self, tracked, points: None)

    def probe(**params):
        job = submit(recipe="probe", **{"steps": 4, "seconds": 0.2, **params})
        while run_one(job.pk):
            job.refresh_from_db()
            assert strays_of(job.pk, job.fence) == []
            assert list(FOLDER.glob(f"throughline-{job.pk}-*")) == []
            assert not (attempt_folder(job.pk, job.fence) / "scratch").exists()
        return job

    return probe


def steps_done(job):
    return sum(len(path.read_text().split()) for path in job_folder(job.pk).glob("attempt-*/steps.txt"))


def test_it_succeeds_without_a_model_and_every_page_of_it_can_be_seen(run, sign_in, engineer):
    job = run()
    assert (job.state, job.run.metrics["steps_run"], steps_done(job)) == ("succeeded", 4.0, 4)
    assert not ModelVersion.objects.exists()
    assert find_breaches() == []
    client = sign_in(engineer)
    for url in (job.get_absolute_url(), job.project.get_absolute_url()):
        assert client.get(url, follow=True).status_code == 200


@pytest.mark.parametrize("mode", ["fail", "crash", "silent"])
def test_it_fails_as_told_and_leaves_nothing_behind(run, mode):
    job = run(exit_mode=mode, exit_at=0.5, children=2, shared_megabytes=1, temp_files=1)
    assert (job.state, steps_done(job), job.fence) == ("failed", 2, 1)
    assert job.error_code == {"fail": "probe_failed"}.get(mode, "crash")
    assert find_breaches() == []


def test_killed_again_and_again_it_is_poison_and_takes_no_step_twice(run, settings):
    job = run(exit_mode="kill", exit_at=0.5, children=1, shared_megabytes=1, temp_files=1)
    assert (job.state, job.error_code) == ("failed", "poison")
    assert steps_done(job) == 2
    assert find_breaches() == []
