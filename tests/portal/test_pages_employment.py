"""Who is employed is written down on pages where no HR system tells it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from people.models import AuditEntry, Employment, JobRole
from people.services import add_job_role, record_employment
from projects.services import allocate


@pytest.fixture
def role(finance_user):
    return add_job_role(code="ml-engineer", name="ML engineer", by=finance_user)


@pytest.fixture
def typed(role, department):
    def one(**changes):
        facts = {"name": "Ada Quist", "role": role.pk, "department": department.pk, "fte_percent": "80",
                 "valid_from": "2026-01-01", "valid_to": "", "user": "", "external_id": str(uuid4())}  # fmt: skip
        return facts | changes

    return one


@pytest.fixture
def ada(typed, manager, sign_in):
    sign_in(manager).post("/people/new/", typed())
    return Employment.objects.get()


def spans():
    return list(Employment.objects.order_by("valid_from").values_list("valid_from", "valid_to", "fte_percent"))


def test_a_person_is_employed_and_stands_on_the_board(typed, engineer, finance_user, sign_in):
    client = sign_in(finance_user)
    page = client.post("/people/new/", typed(user=engineer.pk), follow=True).content.decode()
    assert "Ada Quist is employed. Next: give projects time." in page
    row = Employment.objects.get()
    assert (row.source, row.user, row.fte_percent, row.valid_from) == ("portal", engineer, 80, date(2026, 1, 1))
    board = client.get("/people/").content.decode()
    assert "Ada Quist" in board
    assert f'href="/people/{row.pk}/time/"' in board


def test_the_same_form_sent_twice_employs_once_and_never_renames(typed, manager, sign_in):
    client, form = sign_in(manager), typed()
    for _time in range(2):
        assert client.post("/people/new/", form).status_code == 302
    answer = client.post("/people/new/", form | {"name": "Ben Roth"})
    assert answer.status_code == 422
    assert "This form was sent before" in answer.content.decode()
    assert [row.name for row in Employment.objects.all()] == ["Ada Quist"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"role": ""}, "Missing"),
        ({"fte_percent": "101"}, "less than or equal to 100"),
        ({"fte_percent": "0"}, "greater than or equal to 1"),
        ({"valid_from": "once"}, "This is not a day"),
        ({"valid_to": "2026-01-01"}, "is not after the beginning"),
        ({"department": "77"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_shown_back_as_typed(typed, manager, sign_in, changes, told):
    answer = sign_in(manager).post("/people/new/", typed() | changes)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert told in html
    assert 'value="Ada Quist"' in html
    assert not Employment.objects.exists()


def test_a_changed_share_counts_from_its_day(ada, typed, manager, sign_in):
    client = sign_in(manager)
    page = client.get(f"/people/{ada.pk}/employment/").content.decode()
    assert 'value="Ada Quist"' in page
    form = typed(fte_percent="100", valid_from="2026-07-01", change="")
    assert client.post(f"/people/{ada.pk}/employment/", form).status_code == 302
    assert spans() == [(date(2026, 1, 1), date(2026, 7, 1), 80), (date(2026, 7, 1), None, 100)]
    assert client.post(f"/people/{ada.pk}/employment/", form | {"fte_percent": "no"}).status_code == 422


def test_an_employment_ends_on_a_day_and_says_which_time_goes_on(ada, project, manager, sign_in):
    allocate(employment=ada, project=project, hours_per_week=8, valid_from=date(2026, 2, 1), source="portal",
             external_id="A-1", by=manager)  # fmt: skip
    client, address = sign_in(manager), f"/people/{ada.pk}/employment/"
    early = client.post(address, {"end": "", "valid_to": "2025-12-01"})
    assert early.status_code == 422
    assert "is not after the beginning" in early.content.decode()
    page = client.post(address, {"end": "", "valid_to": "2026-12-01"}, follow=True).content.decode()
    assert "time is still given to TRI. End that too." in page
    assert spans() == [(date(2026, 1, 1), date(2026, 12, 1), 80)]
    assert AuditEntry.objects.filter(verb="end_employment").count() == 1


def test_what_an_hr_system_tells_is_shown_and_not_changed(role, department, typed, manager, finance_user, sign_in):
    row = record_employment(source="hr", external_id="E-9", name="Ida Falk", role=role, department=department,
                            fte_percent=100, valid_from=date(2026, 1, 1), at=timezone.now(),
                            by=finance_user)  # fmt: skip
    client, address = sign_in(manager), f"/people/{row.pk}/employment/"
    page = client.get(address).content.decode()
    assert "hr tells this, as its number E-9. Change it there." in page
    assert "End it" not in page
    for form in (typed(change=""), {"end": "", "valid_to": "2026-09-01"}):
        assert client.post(address, form).status_code == 403
    assert spans() == [(date(2026, 1, 1), None, 100)]


def test_who_begins_later_is_found_on_the_board(typed, manager, sign_in):
    begin = timezone.localdate() + timedelta(days=20)
    client = sign_in(manager)
    client.post("/people/new/", typed(valid_from=begin.isoformat()))
    row = Employment.objects.get()
    assert f'href="/people/{row.pk}/time/"' in client.get("/people/").content.decode()
    past = client.get("/people/", {"as_of": (timezone.localdate() - timedelta(days=1)).isoformat()}).content.decode()
    assert f"/people/{row.pk}/time/" not in past
    assert "/people/new/" not in past
    assert f'value="{begin.isoformat()}"' in client.get(f"/people/{row.pk}/time/").content.decode()


def test_the_board_gives_time_to_the_project_that_asked(ada, project, manager, sign_in):
    page = sign_in(manager).get("/people/", {"project": "TRI"}).content.decode()
    assert "Choose whose time TRI gets" in page
    assert f'href="/people/{ada.pk}/time/?project=TRI"' in page


def test_a_role_is_added_once(manager, sign_in):
    client, form = sign_in(manager), {"name": "Tester", "code": "tester"}
    assert "“Tester” can be chosen now" in client.post("/people/roles/new/", form, follow=True).content.decode()
    again = client.post("/people/roles/new/", form)
    assert again.status_code == 422
    assert "already exists" in again.content.decode()
    assert JobRole.objects.get().name == "Tester"


def test_who_may_not_employ_is_told_who_may(ada, typed, engineer, viewer, sign_in):
    for user in (engineer, viewer):
        client = sign_in(user)
        for address in ("/people/new/", "/people/roles/new/", f"/people/{ada.pk}/employment/"):
            assert client.get(address).status_code == client.post(address, typed(change="")).status_code == 403
        assert "Portfolio managers and finance record" in client.get("/people/new/").content.decode()
    assert Employment.objects.count() == 1
    assert sign_in(user).get("/people/").status_code == 403


def test_nobody_is_changed_who_is_not_there(manager, sign_in):
    assert sign_in(manager).get("/people/77/employment/").status_code == 404
