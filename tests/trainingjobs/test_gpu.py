"""Jobs of the GPU queue where no GPU is: nothing crashes, everything says what it waits for."""

import sys

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from engine.recipes import RECIPES
from trainingjobs.models import Resource, StepTiming, Worker
from trainingjobs.price_tag import price_tag
from trainingjobs.queue import first_in_line, place_of
from trainingjobs.services import ask_step_timing, run_one
from trainingjobs.services import dry_run as verbs
from trainingjobs.supervisor import gpu

SLUG = "image-classifier-gpu"


def test_its_jobs_wait_in_the_gpu_queue_and_say_for_what(submit, hints):
    job, now = submit(SLUG), timezone.now()
    assert job.resource == Resource.GPU
    place = place_of(job, now)
    assert (place.starts_in_s, place.lacks) == (None, "worker")
    assert place.reason.startswith("No worker serves the GPU queue now.")


def test_a_worker_serves_only_the_cpu_queue_unless_asked_for_more(submit, hints, settings):
    submit(SLUG)
    assert settings.WORKER_RESOURCES == ["cpu"]
    assert first_in_line(settings.WORKER_RESOURCES, timezone.now()) == []
    assert not run_one()


def test_its_price_has_the_rate_of_the_gpu(project, compute_line, engineer):
    plain, fast = (
        price_tag(project=project, recipe=recipe, params=recipe.parse({}), by=engineer, now=timezone.now())
        for recipe in (RECIPES["image-classifier"], RECIPES[SLUG])
    )
    assert plain.charge.gpu_micro == 0
    assert fast.charge.gpu_micro == pytest.approx(
        fast.forecast.usage.gpu_seconds / 3600 * fast.card.gpu_hour_micro, abs=1
    )


def test_a_machine_without_a_gpu_fails_it_at_once_with_the_mend(submit, hints, settings, trainer):
    settings.WORKER_RESOURCES = ["gpu"]
    trainer("""
        assert spec["device"] == "cuda"
        started()
        say(Failed(code="no_device", message="torch sees no GPU here.", mend="Start it where torch sees one."))
        sys.exit(2)
    """)
    job = submit(SLUG)
    assert run_one()
    job.refresh_from_db()
    assert (job.state, job.error_code, job.fence, job.trainer_deaths) == ("failed", "no_device", 1, 0)


def test_a_dry_run_that_no_worker_could_do_is_refused_at_once(db, engineer, monkeypatch):
    with pytest.raises(ValidationError) as refusal:
        ask_step_timing(recipe=SLUG, params={}, by=engineer)
    assert refusal.value.code == "no_worker"
    assert not StepTiming.objects.exists()


def test_its_dry_run_is_asked_of_a_worker_with_a_gpu(engineer, monkeypatch, django_capture_on_commit_callbacks):
    asked = []

    class Broker:
        def send_task(self, name, args, *, queue, **options):
            asked.append(queue)

    monkeypatch.setattr(verbs, "current_app", Broker())
    now = timezone.now()
    Worker.objects.create(name="host:1", resources="gpu", slots=1, started_at=now, seen_at=now)
    with django_capture_on_commit_callbacks(execute=True):
        ask_step_timing(recipe=SLUG, params={}, by=engineer)
    assert asked == ["jobs.gpu"]


def test_a_worker_that_would_serve_gpus_without_one_does_not_start(settings, monkeypatch):
    settings.WORKER_RESOURCES = ["cpu", "gpu"]
    monkeypatch.setattr(gpu, "COMMAND", (sys.executable, "-c", "raise AssertionError('not compiled with CUDA')"))
    reason = gpu.refusal()
    assert "AssertionError: not compiled with CUDA" in reason
    assert "Set WORKER_RESOURCES=cpu" in reason


def test_a_worker_starts_with_a_gpu_and_without_the_gpu_queue(settings, monkeypatch):
    settings.WORKER_RESOURCES = ["gpu"]
    monkeypatch.setattr(gpu, "COMMAND", (sys.executable, "-c", ""))
    assert gpu.refusal() == ""
    settings.WORKER_RESOURCES = ["cpu"]
    monkeypatch.setattr(gpu, "COMMAND", ("no-such-program",))
    assert gpu.refusal() == ""
