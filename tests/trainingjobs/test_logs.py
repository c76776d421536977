import uuid
from types import SimpleNamespace

import pytest

from trainingjobs.folders import attempt_folder
from trainingjobs.logs import PART, AttemptLog, read_tail, tail_of


@pytest.fixture
def job():
    return SimpleNamespace(pk=uuid.uuid4(), fence=2)


@pytest.fixture
def log(job):
    return AttemptLog(attempt_folder(job.pk, job.fence))


def test_a_job_that_has_printed_nothing_has_an_empty_log(job):
    assert read_tail(job) == ""


def test_what_was_written_can_be_read_at_once(job, log):
    log.write("epoch 1\n")
    log.file.write(b"from the trainer\n")
    assert read_tail(job) == "epoch 1\nfrom the trainer\n"


def test_the_newest_attempt_is_read_unless_another_is_named(job, log):
    old = AttemptLog(attempt_folder(job.pk, 1))
    old.write("an earlier attempt")
    log.write("this attempt")
    assert read_tail(job) == "this attempt\n"
    assert read_tail(job, attempt=1) == "an earlier attempt\n"


def test_a_long_log_is_cut_at_a_line_start(job, log):
    for number in range(2000):
        log.write(f"line {number:05}")
    tail = read_tail(job, limit=1000)
    assert len(tail) <= 1000
    assert tail.startswith("line ")
    assert tail.endswith("line 01999\n")


def test_a_flood_leaves_head_and_tail_and_stays_bounded(job, log):
    log.write("the very first line")
    for number in range(12):
        log.file.write(b"".join(b"%02d flood %06d\n" % (number, index) for index in range(PART // 10)))
        log.trim()
    log.write("the very last line")
    folder = attempt_folder(job.pk, job.fence)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 3 * PART + 100
    assert (folder / "log.head.txt").read_text().startswith("the very first line\n")
    assert "[... left out:" in tail_of(folder, 2 * PART)
    tail = read_tail(job)
    assert tail.endswith("11 flood 052427\nthe very last line\n")
    assert len(tail) > 60_000


def test_bytes_that_are_no_text_are_shown_as_such(job, log):
    log.file.write(b"\xff\xfe broken\n")
    assert read_tail(job) == "�� broken\n"
