"""What a new attempt resumes from, and what stays when a job has ended."""

import tempfile
from pathlib import Path
from uuid import uuid4

import pytest

from engine.shared_memory import FOLDER, attempt_prefix
from trainingjobs.folders import (
    attempt_folder,
    clear_job_folder,
    gather_checkpoints,
    job_folder,
    temporary_files_of,
)


@pytest.fixture
def wrote():
    """Let an attempt write a checkpoint."""
    job = uuid4()

    def write(fence, step, text="state"):
        folder = attempt_folder(job, fence) / "checkpoints" / f"step-{step:09d}"
        folder.mkdir(parents=True)
        (folder / "state.json").write_text(text)
        return job

    return write


def test_the_first_attempt_has_nothing_to_resume_from():
    assert gather_checkpoints(uuid4(), 1) is None
    assert gather_checkpoints(uuid4(), 5) is None


def test_the_newest_two_of_all_earlier_attempts_are_gathered(wrote):
    wrote(1, 1), wrote(1, 2), wrote(2, 3)
    job = wrote(4, 9)  # an attempt does not resume from itself or from later ones
    resume = gather_checkpoints(job, 4)
    assert [path.name for path in sorted(resume.iterdir())] == ["step-000000002", "step-000000003"]
    assert resume == attempt_folder(job, 4) / "resume"


def test_a_step_that_two_attempts_wrote_is_that_of_the_later_one(wrote):
    wrote(1, 5, "early")
    job = wrote(2, 5, "late")
    assert (gather_checkpoints(job, 3) / "step-000000005" / "state.json").read_text() == "late"


def test_what_was_gathered_stays_when_its_writer_drops_it(wrote):
    job = wrote(1, 5)
    resume = gather_checkpoints(job, 2)
    (attempt_folder(job, 1) / "checkpoints" / "step-000000005" / "state.json").unlink()
    assert (resume / "step-000000005" / "state.json").read_text() == "state"


def test_after_the_end_only_what_was_for_going_on_is_removed(wrote):
    job = wrote(1, 5)
    gather_checkpoints(job, 2)
    for name in ("scratch", "artifact", ".artifact.partial"):
        (attempt_folder(job, 1) / name).mkdir()
    clear_job_folder(job)
    left = sorted(path.relative_to(job_folder(job)).as_posix() for path in job_folder(job).rglob("*"))
    assert left == ["attempt-1", "attempt-1/artifact", "attempt-2"]


def test_shared_memory_of_every_attempt_goes_with_the_end(wrote):
    job = wrote(3, 7)
    left = FOLDER / f"{attempt_prefix(str(job), '3')}probe"
    left.write_bytes(b"x")
    clear_job_folder(job)
    assert not left.exists()


def test_temporary_files_of_a_publication_that_was_killed_are_removed_by_the_next(wrote):
    job = wrote(1, 1)
    killed = job_folder(job) / "publishing" / "half"
    killed.mkdir(parents=True)
    with temporary_files_of(job):
        assert not killed.exists()
        assert Path(tempfile.mkdtemp()).parent == job_folder(job) / "publishing"
    assert not (job_folder(job) / "publishing").exists()
    assert Path(tempfile.gettempdir()) != job_folder(job) / "publishing"
