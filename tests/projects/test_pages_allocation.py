"""Hours of a person are given, changed and ended on pages, by the verbs of REST."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from people.models import AuditEntry
from people.services import add_job_role, record_employment
from projects import querysets
from projects.models import Allocation, Portfolio
from projects.services import allocate, end_project, open_project

BEGIN = date(2026, 1, 1)


@pytest.fixture
def person(department, finance_user):
    role = add_job_role(code="ml-engineer", name="ML engineer", by=finance_user)
    return record_employment(source="portal", external_id="E-1", name="Ada Quist", role=role, department=department,
                             fte_percent=100, valid_from=BEGIN, at=timezone.now(), by=finance_user)  # fmt: skip


@pytest.fixture
def typed():
    def one(**changes):
        today = timezone.localdate()
        facts = {"project": "TRI", "hours_per_week": "20", "valid_from": today.isoformat(), "valid_to": "",
                 "status": "confirmed", "external_id": str(uuid4())}  # fmt: skip
        return facts | changes

    return one


@pytest.fixture
def give(person, project, manager):
    def one(**changes):
        facts = {"project": project, "hours_per_week": 30, "valid_from": date(2026, 2, 1), "source": "portal",
                 "external_id": str(uuid4()), "by": manager}  # fmt: skip
        return allocate(employment=person, **facts | changes)

    return one


def test_a_manager_gives_a_project_time(person, project, typed, manager, sign_in):
    client, address = sign_in(manager), f"/people/{person.pk}/time/"
    page = client.get(address, {"project": "TRI"}).content.decode()
    assert '<option value="TRI" selected>' in page
    assert "0 h of 40 h a week are given; 40 h are left." in page
    page = client.post(address, typed(), follow=True).content.decode()
    assert "TRI has 20 h a week of Ada Quist." in page
    row = Allocation.objects.get()
    assert (row.project, row.employment, row.hours_per_week, row.status) == (project, person, 20, "confirmed")
    assert row.source == "portal"


def test_the_same_form_sent_twice_gives_once(person, project, typed, manager, sign_in):
    client, form = sign_in(manager), typed()
    for _time in range(2):
        assert client.post(f"/people/{person.pk}/time/", form).status_code == 302
    assert Allocation.objects.count() == 1
    assert AuditEntry.objects.filter(verb__in=["allocate", "change_allocation"]).count() == 1


def test_a_form_that_was_sent_does_not_change_what_it_made(person, project, typed, manager, sign_in):
    client, form = sign_in(manager), typed()
    client.post(f"/people/{person.pk}/time/", form)
    answer = client.post(f"/people/{person.pk}/time/", form | {"hours_per_week": "5"})
    assert answer.status_code == 422
    assert "This form was sent before" in answer.content.decode()
    assert Allocation.objects.get().hours_per_week == 20


def test_more_than_there_is_is_warned_of_and_kept(person, project, typed, give, manager, sign_in):
    give()
    client, address = sign_in(manager), f"/people/{person.pk}/time/"
    page = client.get(address, {"hours_per_week": "20", "valid_from": "2026-03-01"}).content.decode()
    assert "30 h of 40 h a week are given; 10 h are left." in page
    assert "With this it is 50 h of 40 h: over by 10 h." in page
    tentative = client.get(address, {"hours_per_week": "20", "status": "tentative"}).content.decode()
    assert "With this" not in tentative
    page = client.post(address, typed(), follow=True).content.decode()
    assert "50 h a week are given of the 40 h there are." in page
    assert Allocation.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"project": "NONE"}, "No project with this key is running"),
        ({"project": ""}, "Missing"),
        ({"hours_per_week": "0"}, "greater than or equal to 1"),
        ({"hours_per_week": "61"}, "less than or equal to 60"),
        ({"hours_per_week": "a lot"}, "Enter a whole number"),
        ({"valid_from": "soon"}, "This is not a day"),
        ({"valid_from": "2025-12-01"}, "is employed from"),
        ({"valid_from": "2026-03-01", "valid_to": "2026-03-01"}, "is not after the beginning"),
        ({"status": "certain"}, "Select a valid choice"),
        ({"external_id": "mine"}, "Enter a valid UUID"),
    ],
)
def test_what_cannot_be_is_shown_back_as_typed(person, project, typed, manager, sign_in, changes, told):
    answer = sign_in(manager).post(f"/people/{person.pk}/time/", typed(hours_per_week="17") | changes)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert told in html
    assert f'value="{changes.get("hours_per_week", "17")}"' in html
    assert not Allocation.objects.exists()


def test_time_is_given_within_the_row_of_employment_of_that_day(person, project, typed, manager, finance_user, sign_in):
    later = timezone.localdate() + timedelta(days=30)
    half = record_employment(source="portal", external_id="E-1", name="Ada Quist", role=person.role, fte_percent=50,
                             department=person.department, valid_from=later, at=timezone.now(),
                             by=finance_user)  # fmt: skip
    sign_in(manager).post(f"/people/{person.pk}/time/", typed(valid_from=later.isoformat()))
    assert Allocation.objects.get().employment == half


def test_only_running_projects_get_time(person, project, typed, manager, sign_in):
    end_project(project=project, status="completed", on=timezone.localdate(), by=manager)
    assert sign_in(manager).post(f"/people/{person.pk}/time/", typed()).status_code == 422


def test_among_very_many_projects_a_key_is_typed(person, project, typed, manager, engineer, sign_in, monkeypatch):
    monkeypatch.setattr(querysets, "MOST_OFFERED", 1)
    open_project(key="SIX", title="Six", portfolio=Portfolio.objects.get(), sponsor=project.sponsor, lead=engineer,
                 started_on=BEGIN, by=manager)  # fmt: skip
    client, address = sign_in(manager), f"/people/{person.pk}/time/"
    html = client.get(address).content.decode()
    assert 'list="suggested"' in html
    assert '<option value="SIX">Six</option>' in html
    assert client.post(address, typed(project=" tri ")).status_code == 302
    assert Allocation.objects.get().project == project


def test_an_allocation_is_changed_by_the_same_number(person, project, typed, give, manager, sign_in):
    row, client = give(), sign_in(manager)
    page = client.get(f"/allocations/{row.pk}/").content.decode()
    assert 'value="2026-02-01"' in page
    assert "0 h of 40 h a week are given" in page
    form = typed(hours_per_week="8", valid_from="2026-02-01", status="tentative", change="")
    assert client.post(f"/allocations/{row.pk}/", form).status_code == 302
    row.refresh_from_db()
    assert (row.hours_per_week, row.status, row.source) == (8, "tentative", "portal")
    client.post(f"/allocations/{row.pk}/", form)
    assert AuditEntry.objects.filter(verb="change_allocation").count() == 1


def test_an_allocation_ends_on_a_day(project, give, manager, sign_in):
    row, client = give(), sign_in(manager)
    assert client.post(f"/allocations/{row.pk}/", {"end": "", "on": "never"}).status_code == 422
    page = client.post(f"/allocations/{row.pk}/", {"end": "", "on": timezone.localdate().isoformat()}, follow=True)
    assert "The time for TRI ends on" in page.content.decode()
    row.refresh_from_db()
    assert row.valid_to == timezone.localdate()
    assert client.get(f"/allocations/{row.pk}/").status_code == 404


def test_an_end_after_the_end_is_refused_at_its_field(give, manager, sign_in):
    end = timezone.localdate() + timedelta(days=9)
    row = give(valid_to=end)
    answer = sign_in(manager).post(f"/allocations/{row.pk}/", {"end": "", "on": (end + timedelta(days=1)).isoformat()})
    assert answer.status_code == 422
    assert "already. Choose a day before that" in answer.content.decode()


def test_what_a_planning_system_keeps_is_shown_and_not_changed(person, typed, give, manager, sign_in):
    row, client = give(source="plan", external_id="A-7"), sign_in(manager)
    assert "kept by plan" in client.get(f"/people/{person.pk}/time/").content.decode()
    page = client.get(f"/allocations/{row.pk}/").content.decode()
    assert "plan tells this, as its number A-7. Change it there." in page
    assert "End it" not in page
    for form in (typed(change=""), {"end": "", "on": "2026-06-01"}):
        assert client.post(f"/allocations/{row.pk}/", form).status_code == 403
    row.refresh_from_db()
    assert (row.hours_per_week, row.valid_to) == (30, None)


def test_who_may_not_give_time_is_told_who_may(person, give, typed, engineer, viewer, finance_user, sign_in):
    row = give()
    for user in (engineer, viewer):
        client = sign_in(user)
        for address in (f"/people/{person.pk}/time/", f"/allocations/{row.pk}/"):
            assert client.get(address).status_code == client.post(address, typed(change="")).status_code == 403
        assert "Portfolio managers and finance give" in client.get(f"/people/{person.pk}/time/").content.decode()
    assert sign_in(finance_user).post(f"/people/{person.pk}/time/", typed()).status_code == 302


def test_nobody_has_the_time_of_who_is_not_there(manager, sign_in):
    assert sign_in(manager).get("/people/77/time/").status_code == 404
    assert sign_in(manager).get("/allocations/77/").status_code == 404
