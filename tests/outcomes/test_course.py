"""The course of a project by hand: it moves where no review waits, and whoever ends it ends what is open of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from finance.models import BudgetLine, Commitment, JournalEntry, Reservation
from finance.services.budget import reserve
from finance.services.commitment import commit
from finance.services.journal import post_actual, reverse_entry
from outcomes.gate_effects import closing_of
from outcomes.gate_sets import check
from outcomes.services.course import close_project, move_project
from outcomes.services.gate import ask_review, define_gate, withdraw_review
from people.models import AuditEntry
from people.services import add_job_role, record_employment
from portal.invariants import find_breaches
from projects.models import Allocation, Project, Station
from projects.services import allocate, end_project, enter_station
from trainingjobs.models import JobState
from trainingjobs.services import submit_job

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOON.date()
ENDS = ("killed", "completed")


def refusal_of(verb, **given):
    with pytest.raises(ValidationError) as refusal:
        verb(**given)
    return refusal.value


@pytest.fixture
def review(project, manager, engineer):
    gate = define_gate(horizon="core", station="data", title="Go on?", criteria=[check("Cleared")], by=manager)
    return ask_review(project=project, gate=gate, at=NOON, by=engineer)


@pytest.fixture
def order(budget, finance_user):
    """An order on the line of people; `number` is its own."""

    def one(number, cancellable=True):
        return commit(line=budget.lines.get(category="people"), amount_minor=70_000, supplier="Labels Ltd",
                      memo="Labels", source="erp", external_id=number, at=NOON, by=finance_user,
                      is_cancellable=cancellable)  # fmt: skip

    return one


@pytest.fixture
def employment(department, finance_user):
    role = add_job_role(code="ml-engineer", name="ML engineer", by=None)
    return record_employment(source="hr", external_id="E-1", name="Lena", role=role, department=department,
                             fte_percent=100, valid_from=date(2026, 1, 1), at=NOON, by=finance_user)  # fmt: skip


@pytest.fixture
def busy(project, budget, order, review, employment, manager, engineer, finance_user):
    """A project with a job in line, two orders, money held, an accrual, a person and a review that waits."""
    people = budget.lines.get(category="people")
    submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    reserve(line=people, amount_minor=5_000, reference="travel:1", at=NOON, by=manager)
    order("1")
    order("2", cancellable=False)
    post_actual(line=people, amount_minor=40_000, memo="October", source="erp", external_id="accrual-10",
                effective_on=date(2026, 10, 31), at=NOON, by=finance_user, kind="accrual")  # fmt: skip
    allocate(employment=employment, project=project, hours_per_week=20, valid_from=date(2026, 2, 3), source="hr",
             external_id="A-1", by=manager)  # fmt: skip
    return project


# Moving


def test_a_project_is_moved_by_hand_where_no_review_waits(project, manager):
    moved = move_project(project=project, station=Station.DATA, on=TODAY, at=NOON, by=manager)
    assert (moved.station, project.station) == ("data", "data")
    assert project.stages.get(station="demand").actual_finish == TODAY


def test_while_a_review_waits_its_decision_moves_the_project(review, project, manager):
    move = {"project": project, "station": Station.DATA, "on": TODAY, "at": NOON, "by": manager}
    refusal = refusal_of(move_project, **move)
    assert refusal.code == "review_open"
    assert "Review 1 of TRI waits for its decision: “Go on?”" in refusal.messages[0]
    withdraw_review(review=review, at=NOON, by=manager)
    assert move_project(**move).station == "data"


@pytest.mark.parametrize(
    ("on", "code"), [(TODAY + timedelta(days=1), "in_the_future"), (date(2026, 2, 2), "before_start")]
)
def test_a_day_that_has_not_come_or_was_before_the_stage_is_named_at_its_field(project, manager, on, code):
    by_hand = {"project": project, "on": on, "at": NOON, "by": manager}
    for refusal in (
        refusal_of(move_project, station=Station.DATA, **by_hand),
        refusal_of(close_project, status="completed", **by_hand),
    ):
        assert refusal.error_dict["on"][0].code == code


# Ending


def test_a_kill_by_hand_leaves_nothing_open_that_could_be_closed(busy, review, budget, manager):
    said = closing_of(busy, "killed", TODAY)
    did = close_project(project=busy, status="killed", on=TODAY, at=NOON, by=manager)
    assert (did["jobs_cancelled"], did["reviews_withdrawn"], did["people_freed"]) == (1, 1, said.people)
    assert (did["commitments_cancelled"], did["commitments_kept"]) == (said.commitments.count, 1)
    assert sorted(Commitment.objects.values_list("external_id", "status")) == [("1", "cancelled"), ("2", "open")]
    line = BudgetLine.objects.get(budget=budget, category="people")
    assert (line.reserved_minor, line.committed_minor, line.spent_minor) == (0, 70_000, 0)
    assert AuditEntry.objects.get(verb="close_project").detail["accruals_reversed"] == 1
    assert find_breaches() == []


def test_an_accrual_that_counts_later_is_taken_back_on_its_own_day(busy, budget, manager, finance_user):
    later = date(2026, 11, 30)
    entry = post_actual(line=budget.lines.get(category="people"), amount_minor=100, memo="November", source="erp",
                        external_id="accrual-11", effective_on=later, at=NOON, by=finance_user,
                        kind="accrual")  # fmt: skip
    close_project(project=busy, status="killed", on=TODAY, at=NOON, by=manager)
    assert entry.reversed_by.effective_on == later
    assert find_breaches() == []


def test_a_completed_project_keeps_its_orders_and_frees_the_rest(busy, review, budget, manager):
    said = closing_of(busy, "completed", TODAY)
    assert (said.commitments.count, said.kept_commitments.count, said.accruals.count) == (0, 2, 0)
    did = close_project(project=busy, status="completed", on=TODAY, at=NOON, by=manager)
    assert (did["commitments_kept"], did["accruals_reversed"], did["reservations_released"]) == (2, 0, 1)
    assert busy.jobs.get().state == JobState.CANCELLED
    assert not Reservation.objects.filter(status="open").exists()
    assert Allocation.objects.get().valid_to == TODAY
    review.refresh_from_db()
    assert review.withdrawn_at == NOON
    assert JournalEntry.objects.filter(kind="accrual", reversed_by=None).count() == 1
    assert busy.stages.get(station="demand").actual_finish == TODAY
    assert find_breaches() == []


def test_a_killed_project_has_not_finished_its_stage(project, manager):
    close_project(project=project, status="killed", on=TODAY, at=NOON, by=manager)
    assert project.stages.get(station="demand").actual_finish is None


def test_what_has_ended_is_not_ended_again_and_a_refusal_undoes_all(busy, manager):
    end_project(project=busy, status="killed", on=TODAY, by=manager)
    again = {"project": busy, "status": "completed", "on": TODAY, "at": NOON, "by": manager}
    assert refusal_of(close_project, **again).code == "illegal_step"
    assert busy.jobs.get().state == JobState.QUEUED


def test_an_end_that_closed_nothing_is_found(busy, manager):
    end_project(project=busy, status="killed", on=TODAY, by=manager)
    found = [breach.subject.split()[0] for breach in find_breaches()]
    assert sorted(found) == sorted([str(busy.jobs.get().pk), "reservation", "commitment", "gate", "allocation"])


# After the end


@pytest.mark.parametrize(("end", "status", "owed"), [("killed", "cancelled", 0), ("completed", "open", 70_000)])
def test_a_reversed_invoice_of_a_killed_project_opens_no_order(
    project, order, budget, manager, finance_user, end, status, owed
):
    invoiced = order("1")
    entry = post_actual(line=invoiced.line, amount_minor=70_000, memo="Invoice", source="erp", external_id="inv-1",
                        effective_on=TODAY, at=NOON, by=finance_user, commitment=invoiced)  # fmt: skip
    close_project(project=project, status=end, on=TODAY, at=NOON, by=manager)
    reverse_entry(entry=entry, memo="Wrong", effective_on=TODAY, at=NOON, by=finance_user)
    invoiced.refresh_from_db()
    assert (invoiced.status, invoiced.open_minor) == (status, owed)
    assert BudgetLine.objects.get(pk=invoiced.line_id).committed_minor == owed
    assert find_breaches() == []


def test_an_order_that_binds_is_owed_again_even_after_the_end(project, order, manager, finance_user):
    invoiced = order("1", cancellable=False)
    entry = post_actual(line=invoiced.line, amount_minor=70_000, memo="Invoice", source="erp", external_id="inv-1",
                        effective_on=TODAY, at=NOON, by=finance_user, commitment=invoiced)  # fmt: skip
    close_project(project=project, status="killed", on=TODAY, at=NOON, by=manager)
    reverse_entry(entry=entry, memo="Wrong", effective_on=TODAY, at=NOON, by=finance_user)
    invoiced.refresh_from_db()
    assert (invoiced.status, invoiced.open_minor) == ("open", 70_000)
    assert find_breaches() == []


# At once


def test_a_project_that_is_killed_meanwhile_moves_no_further(behind, project, manager):
    stale = Project.objects.get(pk=project.pk)
    _ended, moved = behind(
        lambda: end_project(project=project, status="killed", on=TODAY, by=manager),
        lambda: enter_station(project=stale, station=Station.DATA, on=TODAY, by=manager),
    )
    assert moved.code == "not_active"
    row = Project.objects.get(pk=project.pk)
    assert (row.status, row.station) == ("killed", "demand")
