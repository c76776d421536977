"""How much of a stage somebody calls done: told with a day and a reason, read as of a day, never overwritten."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from finance.models import StageCompletion
from finance.services.completion import judge_completion
from people.models import AuditEntry

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@pytest.fixture
def judge(project, engineer):
    def one(percent, judged_on, *, station="demand", at=NOW):
        return judge_completion(project=project, station=station, percent=percent, judged_on=judged_on,
                                reason="Half of the labels are checked", at=at, by=engineer)  # fmt: skip

    return one


def test_the_newest_judgement_of_a_day_counts_as_it_was_known(judge, project):
    judge(20, date(2026, 6, 1))
    judge(50, date(2026, 6, 10))
    judge(30, date(2026, 6, 1), at=NOW + timedelta(days=3))
    rows = project.completions
    assert rows.shares(date(2026, 5, 31)) == {}
    assert rows.shares(date(2026, 6, 9)) == {"demand": 0.3}
    assert rows.shares(date(2026, 6, 9), NOW + timedelta(days=1)) == {"demand": 0.2}
    assert rows.shares(date(2026, 6, 15)) == {"demand": 0.5}


@pytest.mark.parametrize(
    ("percent", "judged_on", "station", "field"),
    [
        (101, date(2026, 6, 1), "demand", "percent"),
        (10, date(2026, 6, 16), "demand", "judged_on"),
        (10, date(2026, 6, 1), "training", "station"),
        (10, date(2020, 1, 1), "demand", "station"),
    ],
)
def test_a_judgement_that_cannot_be_is_refused(judge, percent, judged_on, station, field):
    with pytest.raises(ValidationError) as refusal:
        judge(percent, judged_on, station=station)
    assert list(refusal.value.error_dict) == [field]
    assert not StageCompletion.objects.exists()


def test_a_judgement_is_audited_and_stays(judge, engineer):
    row = judge(20, date(2026, 6, 1))
    entry = AuditEntry.objects.get(verb="judge_completion")
    assert (entry.actor, entry.subject_id, entry.detail["percent"]) == (engineer, str(row.pk), 20)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StageCompletion.objects.update(percent=90)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.delete()


def test_nothing_is_judged_of_a_stage_that_was_finished_by_then(judge, project):
    project.stages.filter(station="demand").update(actual_finish=date(2026, 6, 10))
    judge(80, date(2026, 6, 9))
    with pytest.raises(ValidationError) as refusal:
        judge(90, date(2026, 6, 10))
    assert refusal.value.error_dict["station"][0].code == "finished"
