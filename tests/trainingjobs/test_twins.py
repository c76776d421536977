import struct

import numpy as np
import pytest
from django.utils import timezone

from engine.data.images import load_images
from engine.recipes import RECIPES
from experiments.models import Dataset
from trainingjobs import twins
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services import submit_job
from trainingjobs.services.claim import claim_job
from trainingjobs.twins import digest_now, twin_of

IMAGES = RECIPES["image-classifier"]


def write_pictures(folder, seed):
    """Four small MNIST files."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for part, rows in (("train", 60), ("t10k", 30)):
        pictures = random.integers(0, 255, (rows, 28, 28), dtype=np.uint8)
        labels = (np.arange(rows) % 10).astype(np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">IIII", 2051, rows, 28, 28) + pictures.tobytes()
        )
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, rows) + labels.tobytes())


@pytest.fixture
def finished(project, engineer, compute_line):
    """A finished image classifier on a data set with that digest."""

    def finish(dataset, digest):
        job = submit_job(project=project, recipe="image-classifier", params={"dataset": dataset}, by=engineer)
        claim = claim_job(job.pk)
        run = claim.job.run
        run.dataset = Dataset.objects.get_or_create(digest=digest, defaults={"name": dataset, "rows": 1})[0]
        run.save()
        TrainingJob.objects.filter(pk=job.pk).update(
            state=JobState.SUCCEEDED, finished_at=timezone.now(), lease_until=None
        )
        return job

    return finish


def twin(project, dataset="digits"):
    return twin_of(project.lead, IMAGES, IMAGES.Params(dataset=dataset), None)


def test_the_same_job_on_built_in_data_is_a_twin(project, finished):
    job = finished("digits", "a" * 64)
    assert twin(project) == job


def test_a_twin_of_another_project_is_told_to_those_who_see_it(project, finished, manager, viewer, stranger):
    job = finished("digits", "a" * 64)
    params = IMAGES.Params(dataset="digits")
    assert [twin_of(user, IMAGES, params, None) for user in (manager, viewer, stranger)] == [job, job, None]


def test_a_recipe_that_reads_no_data_has_twins_too(project, engineer, compute_line):
    probe, settings = RECIPES["probe"], {"steps": 3, "seconds": 1.0}
    job = submit_job(project=project, recipe="probe", params=settings, by=engineer)
    run = claim_job(job.pk).job.run
    run.dataset = Dataset.objects.create(name="No data", digest="0" * 64, rows=0)
    run.save()
    assert twin_of(project.lead, probe, probe.Params(**settings), None) == job
    assert twin_of(project.lead, probe, probe.Params(steps=4, seconds=1.0), None) is None


def test_a_folder_whose_pictures_changed_makes_another_job(project, finished, settings):
    folder = settings.DATASETS_DIR / "scans"
    write_pictures(folder, seed=1)
    job = finished("scans", load_images("scans", settings.DATASETS_DIR, validation_share=0.1, limit=0, seed=0).digest)
    assert twin(project, "scans") == job
    write_pictures(folder, seed=2)
    assert twin(project, "scans") is None
    write_pictures(folder, seed=1)
    assert twin(project, "scans") == job


def test_the_data_are_read_once_while_the_files_stay_as_they_are(settings, monkeypatch):
    import engine.data.images

    write_pictures(settings.DATASETS_DIR / "scans", seed=3)
    first = digest_now("scans")
    monkeypatch.setattr(engine.data.images, "load_images", None)
    assert digest_now("scans") == first


def test_data_that_are_gone_or_broken_have_no_twin(project, finished, settings):
    finished("scans", "b" * 64)
    assert twin(project, "scans") is None
    (settings.DATASETS_DIR / "scans").mkdir(parents=True)
    assert twin(project, "scans") is None
    (settings.DATASETS_DIR / "scans" / "train-images-idx3-ubyte").write_bytes(b"nonsense")
    twins._digest_of.cache_clear()
    assert twin(project, "scans") is None


def test_a_job_that_waits_with_the_same_settings_is_a_twin(project, engineer, compute_line):
    job = submit_job(project=project, recipe="image-classifier", params={}, by=engineer)
    assert twin(project) == job
    assert twin_of(project.lead, IMAGES, IMAGES.Params(epochs=3), None) is None


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_what_failed_or_was_cancelled_is_no_twin(project, finished, state):
    job = finished("digits", "a" * 64)
    TrainingJob.objects.filter(pk=job.pk).update(state=state)
    assert twin(project) is None
