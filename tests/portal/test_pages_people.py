"""The pages of people and of what an hour of a role costs."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from finance.models import JournalEntry, RoleRate
from finance.services.labour import record_role_rate, record_time
from people.chain import newest_link, seal
from people.models import Department
from people.services import add_job_role, record_employment
from portal.boards.people import month_before, people_on, rows_of, sum_of, weekdays
from projects.services import allocate

TODAY = date(2026, 6, 17)


@pytest.fixture
def role(finance_user):
    return add_job_role(code="ml-engineer", name="ML engineer", by=finance_user)


@pytest.fixture
def employ(role, department, finance_user):
    def one(number, **changes):
        facts = {"name": f"Person {number}", "role": role, "department": department, "fte_percent": 100,
                 "valid_from": date(2026, 1, 1), "at": timezone.now(), "by": finance_user}  # fmt: skip
        return record_employment(source="hr", external_id=number, **facts | changes)

    return one


@pytest.fixture
def give(project, manager):
    def one(employment, number, hours, **changes):
        return allocate(employment=employment, project=project, hours_per_week=hours, valid_from=date(2026, 2, 1),
                        source="plan", external_id=number, by=manager, **changes)  # fmt: skip

    return one


@pytest.fixture
def rate(role, finance_user):
    return record_role_rate(role=role, hour_minor=6_000, currency="EUR", valid_from=date(2026, 1, 1), source="erp",
                            external_id="R-1", at=timezone.now(), by=finance_user)  # fmt: skip


@pytest.fixture
def work(budget, finance_user, rate):
    def one(employment, day, minutes=480):
        number = JournalEntry.objects.count()
        return record_time(employment=employment, line=budget.lines.get(category="people"), worked_on=day,
                           minutes=minutes, source="hr", external_id=f"T-{number}", at=timezone.now(),
                           by=finance_user)  # fmt: skip

    return one


def row(day=TODAY):
    (one,) = rows_of(list(people_on(day)), day)
    return one


def test_a_week_has_five_days_and_the_month_before_is_a_full_one():
    assert weekdays(date(2026, 5, 1), date(2026, 6, 1)) == 21
    assert month_before(TODAY) == (date(2026, 5, 1), date(2026, 6, 1))
    assert month_before(date(2026, 1, 31)) == (date(2025, 12, 1), date(2026, 1, 1))


def test_utilisation_is_worked_of_capacity(employ, work):
    person = employ("1", fte_percent=50)
    work(person, date(2026, 5, 4))
    work(person, date(2026, 5, 5), 240)
    work(person, date(2026, 6, 1))
    assert (row().worked_hours, row().month_hours) == (12, 84)
    assert row().utilisation == pytest.approx(12 / 84)


def test_capacity_follows_the_share_of_each_part_of_the_month(employ):
    employ("1")
    employ("1", fte_percent=50, valid_from=date(2026, 5, 18))
    assert row().month_hours == 11 * 8 + 10 * 4


def test_who_was_not_employed_then_has_no_utilisation(employ):
    employ("1", valid_from=date(2026, 6, 2))
    assert row().utilisation is None


def test_more_than_the_hours_there_are_is_a_figure_and_tentative_hours_are_not(employ, give):
    person = employ("1", fte_percent=60)
    give(person, "a", 20)
    give(person, "b", 10)
    give(person, "c", 8, status="tentative")
    give(person, "d", 8, valid_to=date(2026, 3, 1))
    assert (row().given_hours, row().tentative_hours, row().over_hours) == (30, 8, 6)
    summed = sum_of(people_on(TODAY))
    assert (summed.people, summed.hours, summed.given_hours, summed.over) == (1, 24, 30, 1)


def test_exactly_the_hours_there_are_is_not_too_much(employ, give):
    give(employ("1", fte_percent=33), "a", 13)
    assert (row().over_hours, sum_of(people_on(TODAY)).over) == (0, 0)


def test_an_allocation_stays_with_the_person_through_a_change_of_role(employ, give):
    give(employ("1"), "a", 20)
    employ("1", fte_percent=80, valid_from=date(2026, 5, 1))
    assert row().given_hours == sum_of(people_on(TODAY)).given_hours == 20


def test_the_page_says_who_works_on_what(employ, give, manager, sign_in):
    person = employ("1", fte_percent=25)
    give(person, "a", 20)
    html = sign_in(manager).get("/people/").content.decode()
    assert "Person 1" in html
    assert "over by 10 h" in html
    assert "TRI" in html


def test_the_page_is_filtered_sorted_and_handed_out_as_csv(employ, manager, sign_in):
    employ("1")
    employ("2", department=Department.objects.create(code="lab", name="Lab"), name="=cmd()")
    client = sign_in(manager)
    html = client.get("/people/?department=lab&sort=-given").content.decode()
    assert "=cmd()" in html
    assert "Person 1" not in html
    lines = client.get("/people.csv?sort=-name").content.decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["Person 1", "'=cmd()"]
    assert client.get("/people/?department=%00nowhere&sort=nonsense&page=x").status_code == 200


def test_the_page_asks_as_often_for_many_as_for_one(employ, give, work, manager, sign_in):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/people/")
        return len(asked)

    def hire(number):
        role = add_job_role(code=f"role-{number}", name=f"Role {number}", by=None)
        person = employ(f"{number}", role=role, department=Department.objects.create(code=number, name=f"Lab {number}"))
        give(person, f"certain-{number}", 20)
        give(person, f"tentative-{number}", 10, status="tentative")

    client = sign_in(manager)
    hire("1")
    work(employ("9"), month_before(timezone.localdate())[0])
    few = queries()
    for number in range(2, 9):
        hire(str(number))
        work(employ(f"9{number}"), month_before(timezone.localdate())[0])
    assert queries() == few


def test_an_empty_page_says_what_would_be_there(manager, sign_in):
    assert "No employment is recorded" in sign_in(manager).get("/people/").content.decode()
    assert "No rate of a role yet" in sign_in(manager).get("/people/rates/").content.decode()


def test_only_managers_and_finance_find_people_in_the_menu(manager, engineer, sign_in):
    assert 'href="/people/"' in sign_in(manager).get("/").content.decode()
    assert 'href="/people/"' not in sign_in(engineer).get("/").content.decode()


def test_a_new_rate_leads_to_what_it_changes_and_moves_nothing(employ, work, role, finance_user, sign_in):
    work(employ("1"), date(2026, 5, 4), 60)
    client, entries = sign_in(finance_user), JournalEntry.objects.count()
    typed = {"role": role.pk, "hour": "66.00", "currency": "EUR", "valid_from": "2026-05-01", "external_id": "List 7"}
    html = client.post("/people/rates/new/", typed, follow=True).content.decode()
    assert "It would change 1 entry of worked time by" in html
    assert "2026-05" in html
    assert JournalEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hour": "12.345"}, "more digits"),
        ({"hour": "a lot"}, "is not an amount"),
        ({"hour": "-1"}, "Correct the sign"),
        ({"currency": "eur"}, "three capital letters"),
        ({"valid_to": "2026-01-01"}, "is not after"),
        ({"external_id": ""}, "Missing"),
    ],
)
def test_a_rate_that_cannot_be_is_shown_back_as_typed(role, finance_user, sign_in, changes, told):
    typed = {"role": role.pk, "hour": "66.00", "currency": "EUR", "valid_from": "2026-05-01", "external_id": "List 7"}
    answer = sign_in(finance_user).post("/people/rates/new/", typed | changes)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert told in html
    assert 'value="2026-05-01"' in html
    assert not RoleRate.objects.exists()


def test_finance_posts_the_adjustment_and_a_manager_sees_why_he_does_not(
    employ, work, role, manager, finance_user, sign_in
):
    work(employ("1"), date(2026, 5, 4), 60)
    late = record_role_rate(role=role, hour_minor=6_600, currency="EUR", valid_from=date(2026, 5, 1), source="erp",
                            external_id="R-2", at=timezone.now() + timedelta(seconds=1), by=finance_user)  # fmt: skip
    address = f"/people/rates/{late.pk}/"
    assert "Only finance posts" in sign_in(manager).get(address).content.decode()
    assert sign_in(manager).post(address, {"effective_on": "2026-06-01"}).status_code == 403
    client = sign_in(finance_user)
    assert client.post(address, {"effective_on": "no day"}).status_code == 422
    assert (
        "1 adjustment is posted" in client.post(address, {"effective_on": "2026-06-01"}, follow=True).content.decode()
    )
    assert JournalEntry.objects.get(kind="adjustment").effective_on == date(2026, 6, 1)
    assert "It changes nothing that is posted" in client.get(address).content.decode()


def test_the_audit_page_shows_the_chain_in_words_and_hands_it_out(employ, manager, sign_in):
    employ("1")
    client = sign_in(manager)
    assert "None is sealed" in client.get("/audit/").content.decode()
    seal()
    html = client.get("/audit/").content.decode()
    assert newest_link().digest in html.replace("<wbr>", "")
    assert "Employment" in html
    assert "people.employment" not in html
    lines = b"".join(client.get("/audit/export/").streaming_content).decode().splitlines()
    assert json.loads(lines[-1])["digest"] == newest_link().digest
