"""Whose time a project has: allocated within the employment, over-allocated as a figure, freed at the end."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from people.models import AuditEntry
from people.services import add_job_role, record_employment
from projects.load import Load, tightest
from projects.models import Allocation
from projects.services import allocate, end_allocation, free_people

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@pytest.fixture
def employ(department, finance_user):
    role = add_job_role(code="ml-engineer", name="ML engineer", by=None)

    def one(external_id="E-1", **changes):
        facts = {"source": "hr", "external_id": external_id, "name": "Lena", "role": role, "department": department,
                 "fte_percent": 100, "valid_from": date(2026, 1, 1), "at": NOW, "by": finance_user}  # fmt: skip
        return record_employment(**facts | changes)

    return one


@pytest.fixture
def give(project, manager):
    def one(employment, external_id="A-1", **changes):
        facts = {
            "project": project,
            "hours_per_week": 20,
            "valid_from": date(2026, 2, 1),
            "source": "plan",
            "by": manager,
        }
        return allocate(employment=employment, external_id=external_id, **facts | changes)

    return one


def test_a_project_gets_hours_of_a_person(employ, give):
    row = give(employ())
    assert (row.hours_per_week, row.status, row.valid_to) == (20, "confirmed", None)
    assert AuditEntry.objects.filter(verb="allocate", subject_id=str(row.pk)).count() == 1


def test_the_same_number_again_changes_the_allocation(employ, give):
    person = employ()
    assert give(person).pk == give(person, hours_per_week=8).pk
    assert Allocation.objects.get().hours_per_week == 8


def test_more_than_the_person_has_is_not_refused(employ, give):
    person = employ(fte_percent=50)
    give(person, "A-1", hours_per_week=20)
    give(person, "A-2", hours_per_week=20)
    assert Allocation.objects.count() == 2


@pytest.mark.parametrize(
    ("begin", "end"), [(date(2025, 12, 1), None), (date(2026, 2, 1), None), (date(2026, 2, 1), date(2026, 5, 2))]
)
def test_an_allocation_beyond_the_employment_is_refused(employ, give, begin, end):
    person = employ(valid_to=date(2026, 5, 1))
    with pytest.raises(ValidationError) as refusal:
        give(person, valid_from=begin, valid_to=end)
    assert refusal.value.code == "beyond_employment"
    assert not Allocation.objects.exists()


def test_a_change_of_role_does_not_end_what_a_person_may_be_allocated(employ, give):
    person = employ()
    employ(fte_percent=80, valid_from=date(2026, 4, 1))
    person.refresh_from_db()
    assert give(person).valid_to is None


def test_an_end_before_the_beginning_is_refused(employ, give):
    with pytest.raises(ValidationError) as refusal:
        give(employ(), valid_to=date(2026, 2, 1))
    assert "valid_to" in refusal.value.message_dict


def test_freeing_ends_what_holds_and_what_would_begin(employ, give, project, manager):
    person = employ()
    give(person, "now")
    give(person, "later", valid_from=date(2026, 8, 1), status="tentative")
    give(person, "past", valid_to=date(2026, 3, 1))
    assert free_people(project=project, on=date(2026, 6, 1), by=manager) == 2
    ends = dict(Allocation.objects.values_list("external_id", "valid_to"))
    assert ends == {"now": date(2026, 6, 1), "later": date(2026, 8, 1), "past": date(2026, 3, 1)}
    assert not Allocation.objects.on(date(2026, 8, 1))
    assert free_people(project=project, on=date(2026, 6, 1), by=manager) == 0
    assert AuditEntry.objects.filter(verb="free_people").count() == 1


def test_an_allocation_ends_on_a_day_and_the_same_again_changes_nothing(employ, give, manager):
    row = end_allocation(allocation=give(employ()), on=date(2026, 6, 1), by=manager)
    assert row.valid_to == date(2026, 6, 1)
    written = AuditEntry.objects.filter(verb="change_allocation").get()
    assert (written.detail["to"], written.detail["hours"]) == ("2026-06-01", 20)
    assert end_allocation(allocation=row, on=date(2026, 6, 1), by=manager).valid_to == date(2026, 6, 1)
    assert AuditEntry.objects.filter(verb="change_allocation").count() == 1


def test_what_is_ended_before_it_begins_never_does(employ, give, manager):
    later = give(employ(), valid_from=date(2026, 8, 1))
    assert end_allocation(allocation=later, on=date(2026, 6, 1), by=manager).valid_to == date(2026, 8, 1)
    assert not Allocation.objects.on(date(2026, 8, 1))
    assert not Allocation.objects.from_day(date(2026, 6, 1))


def test_an_end_is_not_moved_back_by_ending(employ, give, manager):
    row = give(employ(), valid_to=date(2026, 5, 1))
    with pytest.raises(ValidationError) as refusal:
        end_allocation(allocation=row, on=date(2026, 6, 1), by=manager)
    assert "on" in refusal.value.message_dict
    row.refresh_from_db()
    assert row.valid_to == date(2026, 5, 1)


def test_the_tightest_day_follows_hours_given_and_hours_there_are(employ, give):
    person = employ()
    give(person, "A-1")
    give(person, "A-2", hours_per_week=15, valid_from=date(2026, 4, 1), valid_to=date(2026, 5, 1))
    give(person, "A-3", hours_per_week=9, status="tentative")
    employ(fte_percent=50, valid_from=date(2026, 7, 1))
    assert tightest(person, date(2026, 3, 1), date(2026, 4, 1)) == Load(date(2026, 3, 1), 40, 20, 9)
    assert tightest(person, date(2026, 3, 1), date(2026, 7, 1)) == Load(date(2026, 4, 1), 40, 35, 9)
    assert tightest(person, date(2026, 3, 1), None).day == date(2026, 7, 1)
    assert tightest(person, date(2026, 3, 1), None).left == 0


def test_an_allocation_that_is_to_change_is_left_out_of_what_is_given(employ, give):
    person = employ()
    row, other = give(person, "A-1"), give(person, "A-2", hours_per_week=25)
    assert tightest(person, date(2026, 3, 1), None).over == 5
    load = tightest(person, date(2026, 3, 1), None, without=row)
    assert (load.given, load.left, load.and_also(20).over) == (other.hours_per_week, 15, 5)
