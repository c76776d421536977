"""Employments as HR systems tell them: a change is a new row, the same again is nothing."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from people.models import AuditEntry, Department, Employment
from people.services import add_job_role, record_employment

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@pytest.fixture
def role(db):
    return add_job_role(code="ml-engineer", name="ML engineer", by=None)


@pytest.fixture
def tell(role, department, finance_user):
    def one(**changes):
        facts = {
            "source": "hr",
            "external_id": "E-1",
            "name": "Lena Hoffmann",
            "role": role,
            "department": department,
            "fte_percent": 100,
            "valid_from": date(2026, 1, 1),
            "at": NOW,
            "by": finance_user,
        }
        return record_employment(**facts | changes)

    return one


def spans():
    return list(Employment.objects.order_by("valid_from").values_list("valid_from", "valid_to", "fte_percent"))


def test_a_changed_share_ends_the_row_and_begins_another(tell):
    tell()
    tell(fte_percent=80, valid_from=date(2026, 7, 1))
    assert spans() == [(date(2026, 1, 1), date(2026, 7, 1), 100), (date(2026, 7, 1), None, 80)]
    assert set(AuditEntry.objects.values_list("verb", flat=True)) >= {"record_employment", "end_employment"}


def test_the_same_facts_again_change_nothing(tell):
    first = tell()
    entries = AuditEntry.objects.count()
    assert tell(valid_from=date(2026, 3, 1)) == tell() == first
    assert spans() == [(date(2026, 1, 1), None, 100)]
    assert AuditEntry.objects.count() == entries


def test_a_system_without_history_is_dated_on_receipt(tell):
    tell()
    tell(valid_from=None)
    tell(valid_from=None, name="Lena Hoffmann-Roth")
    assert spans() == [(date(2026, 1, 1), date(2026, 6, 15), 100), (date(2026, 6, 15), None, 100)]


def test_history_that_comes_late_is_put_in_its_place(tell):
    tell()
    tell(fte_percent=50, valid_from=date(2026, 9, 1))
    tell(fte_percent=80, valid_from=date(2026, 5, 1))
    assert spans() == [
        (date(2026, 1, 1), date(2026, 5, 1), 100),
        (date(2026, 5, 1), date(2026, 9, 1), 80),
        (date(2026, 9, 1), None, 50),
    ]


def test_what_held_before_the_first_row_ends_where_that_begins(tell):
    tell()
    tell(fte_percent=60, valid_from=date(2025, 6, 1))
    assert spans() == [(date(2025, 6, 1), date(2026, 1, 1), 60), (date(2026, 1, 1), None, 100)]


def test_a_correction_of_the_same_day_replaces_its_row(tell):
    first = tell()
    assert tell(fte_percent=70).pk == first.pk
    assert spans() == [(date(2026, 1, 1), None, 70)]


def test_who_leaves_and_comes_back_has_a_gap(tell):
    tell()
    tell(valid_to=date(2026, 4, 1))
    tell(valid_from=date(2026, 8, 1))
    assert spans() == [(date(2026, 1, 1), date(2026, 4, 1), 100), (date(2026, 8, 1), None, 100)]


def test_two_sources_do_not_touch_each_other(tell):
    tell()
    tell(source="payroll", fte_percent=50)
    assert Employment.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"fte_percent": -1}, "fte_percent"),
        ({"name": ""}, "name"),
        ({"valid_to": date(2025, 12, 1)}, "valid_to"),
        ({"valid_to": date(2026, 1, 1)}, "valid_to"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_the_row_alone(tell, changes, field):
    tell()
    with pytest.raises(ValidationError) as refusal:
        tell(**changes)
    assert field in refusal.value.message_dict
    assert spans() == [(date(2026, 1, 1), None, 100)]


def test_the_day_of_leaving_is_seen_through_changes_of_role(tell, department):
    lab = Department.objects.create(code="lab", name="Lab")
    first = tell()
    tell(department=lab, valid_from=date(2026, 3, 1))
    tell(department=department, valid_from=date(2026, 5, 1), valid_to=date(2026, 8, 1))
    tell(valid_from=date(2026, 10, 1))
    first.refresh_from_db()
    assert Employment.objects.unbroken_until(first) == date(2026, 8, 1)


def test_hours_a_week_follow_the_share_of_full_time(tell):
    assert (tell().hours_per_week, tell(external_id="E-2", fte_percent=75).hours_per_week) == (40, 30)


def test_a_person_sees_his_own_employment_and_those_who_see_all_see_it(tell, engineer, stranger, manager):
    mine = tell(user=engineer)
    assert list(Employment.objects.visible_to(engineer)) == [mine]
    assert list(Employment.objects.visible_to(manager)) == [mine]
    assert not Employment.objects.visible_to(stranger)


def test_two_systems_that_tell_of_a_new_person_at_once_leave_one_row_open(behind, tell):
    behind(lambda: tell(), lambda: tell(valid_from=date(2026, 3, 1), fte_percent=50))
    assert spans() == [
        (date(2026, 1, 1), date(2026, 3, 1), 100),
        (date(2026, 3, 1), None, 50),
    ]
