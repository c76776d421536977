"""People and what they cost by REST: what HR and finance systems send."""

import pytest
from django.utils import timezone

from finance.models import TimeEntry
from finance.services.journal import reverse_entry
from people.models import Employment


@pytest.fixture
def told(labour, department):
    return {"source": "hr", "external_id": "E-1", "name": "Lena Hoffmann", "role": "ml-engineer",
            "department": department.code, "user": "lena.hoffmann"}  # fmt: skip


@pytest.fixture
def hours(labour):
    return {"source": "hr", "external_id": "T-9", "employment_external_id": "E-1", "line": labour.time_entry.line_id,
            "worked_on": "2026-01-12", "minutes": 90}  # fmt: skip


def test_the_same_employment_again_changes_nothing_and_other_facts_add_a_row(told, finance_user, api):
    client = api(finance_user)
    assert client.post("/api/v1/employments/", told).status_code == 201
    assert Employment.objects.count() == 1
    answer = client.post("/api/v1/employments/", {**told, "fte_percent": 80, "valid_from": "2026-03-01"}).json()
    assert (answer["fte_percent"], answer["hours_per_week"], answer["valid_to"]) == (80, 32.0, None)
    assert client.get("/api/v1/employments/?on=2026-02-28").json()["results"][0]["valid_to"] == "2026-03-01"


def test_a_role_nobody_knows_is_named(told, finance_user, api):
    answer = api(finance_user).post("/api/v1/employments/", {**told, "role": "wizard"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "role")


def test_worked_time_is_posted_for_the_employment_of_the_day(hours, finance_user, api, budget):
    answer = api(finance_user).post("/api/v1/time-entries/", hours)
    assert (answer.status_code, answer.json()["person"]) == (201, "Lena Hoffmann")
    assert budget.lines.get(category="people").spent_minor == 9_000 + 13_500


def test_the_same_time_again_is_the_same_and_other_time_under_its_number_a_conflict(hours, finance_user, api):
    client = api(finance_user)
    first = client.post("/api/v1/time-entries/", hours)
    again = client.post("/api/v1/time-entries/", hours)
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", first.json())
    answer = client.post("/api/v1/time-entries/", {**hours, "minutes": 91})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_recorded")


def test_nobody_records_the_time_of_another(hours, make_user, project, api):
    from projects.models import Membership

    other = make_user("jun.tanaka")
    Membership.objects.create(project=project, user=other)
    answer = api(other).post("/api/v1/time-entries/", hours)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "employment_external_id")
    assert TimeEntry.objects.count() == 1


def test_a_member_reads_neither_the_hours_of_others_nor_what_single_hours_cost(labour, viewer, engineer, manager, api):
    entry = TimeEntry.objects.get()
    reversed_by = reverse_entry(entry=entry.journal_entry, memo="Wrong", effective_on=entry.worked_on,
                                at=timezone.now(), by=manager)  # fmt: skip
    assert [row["id"] for row in api(engineer).get("/api/v1/time-entries/").json()["results"]] == [entry.pk]
    assert api(viewer).get("/api/v1/time-entries/").json()["results"] == []
    for member in (viewer, engineer):
        for posted in (entry.journal_entry, reversed_by):
            assert api(member).get(f"/api/v1/journal-entries/{posted.pk}/").status_code == 404
    seen = {row["id"] for row in api(manager).get("/api/v1/journal-entries/").json()["results"]}
    assert {entry.journal_entry_id, reversed_by.pk} <= seen


def test_the_budget_page_lists_what_hours_cost_for_those_who_see_rates_only(labour, sign_in, engineer, manager):
    pages = [sign_in(user).get("/projects/TRI/budget/").content.decode() for user in (manager, engineer)]
    assert ["min of ML engineer" in page for page in pages] == [True, False]
    assert ["not listed here" in page for page in pages] == [False, True]


def test_what_a_member_reads_of_worked_time_tells_no_rate(labour, engineer, api):
    row = api(engineer).get("/api/v1/time-entries/").json()["results"][0]
    assert not {"role_rate", "cost", "hour", "journal_entry"} & set(row)


def test_a_late_rate_shows_its_effect_then_posts_it_once(labour, finance_user, manager, api):
    client = api(finance_user)
    rate = {"source": "erp", "external_id": "R-9", "role": "ml-engineer", "hour": "99.00", "currency": "EUR",
            "valid_from": "2026-01-05"}  # fmt: skip
    address = f"/api/v1/role-rates/{client.post('/api/v1/role-rates/', rate).json()['id']}"
    effect = api(manager).get(f"{address}/effect/").json()
    assert (effect["entries"], effect["rows"][0]["difference"], effect["rows"][0]["is_closed"]) == (1, "9.00", False)
    assert len(client.post(f"{address}/adjust/", {"effective_on": "2026-02-01"}).json()["journal_entries"]) == 1
    assert client.post(f"{address}/adjust/", {"effective_on": "2026-02-01"}).json()["journal_entries"] == []
    assert client.get(f"{address}/effect/").json() == {"entries": 0, "rows": []}


def test_an_allocation_beyond_the_employment_is_refused_in_words(labour, told, finance_user, api):
    client = api(finance_user)
    client.post("/api/v1/employments/", {**told, "valid_from": "2026-01-01", "valid_to": "2026-04-01"})
    sent = {"source": "plan", "external_id": "A-9", "employment_source": "hr", "employment_external_id": "E-1",
            "project": "TRI", "hours_per_week": 8, "valid_from": "2026-03-01"}  # fmt: skip
    answer = client.post("/api/v1/allocations/", sent)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "beyond_employment")
    assert client.post("/api/v1/allocations/", {**sent, "valid_to": "2026-04-01"}).status_code == 201


@pytest.mark.parametrize("source", ["job", "Portal", "Reversal", " role-rate ", "rate-card", "worked-time"])
def test_the_names_under_which_the_portal_posts_are_refused(hours, source, finance_user, api):
    answer = api(finance_user).post("/api/v1/time-entries/", {**hours, "source": source})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "reserved_source")


def test_a_batch_of_hours_is_recorded_whole_and_again_changes_nothing(hours, finance_user, api):
    client, before = api(finance_user), TimeEntry.objects.count()
    batch = {"time_entries": [hours, {**hours, "external_id": "T-10", "minutes": 30}]}
    first = client.post("/api/v1/time-entries/batch/", batch)
    assert (first.status_code, first.json()["recorded"]) == (201, 2)
    assert client.post("/api/v1/time-entries/batch/", batch).json() == first.json()
    assert TimeEntry.objects.count() == before + 2


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"minutes": 1441}, "time_entries.1.minutes"),
        ({"line": 999_999}, "time_entries.1.line"),
        ({"employment_external_id": "nobody"}, "time_entries.1.employment_external_id"),
        ({"minutes": 0}, "time_entries.1"),
    ],
)
def test_with_one_fault_no_hour_of_a_batch_is_recorded(fault, field, hours, finance_user, api):
    before = TimeEntry.objects.count()
    batch = {"time_entries": [hours, {**hours, "external_id": "T-10", **fault}]}
    answer = api(finance_user).post("/api/v1/time-entries/batch/", batch)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert TimeEntry.objects.count() == before


def test_a_batch_into_a_closed_period_is_a_conflict(hours, finance_user, api):
    client = api(finance_user)
    client.post("/api/v1/fiscal-periods/", {"first": "2026-01-01", "months": 1})
    client.post("/api/v1/fiscal-periods/2026-01/status/", {"status": "closed"})
    answer = client.post("/api/v1/time-entries/batch/", {"time_entries": [hours]})
    assert (answer.status_code, answer.json()["code"]) == (409, "period_closed")


def test_a_batch_has_one_row_at_least_and_a_thousand_at_most(told, finance_user, api):
    client = api(finance_user)
    for rows in ([], [told] * 1_001):
        answer = client.post("/api/v1/employments/batch/", {"employments": rows})
        assert (answer.status_code, Employment.objects.count()) == (422, 1)


def test_employments_of_a_batch_are_those_of_the_single_verb(told, finance_user, api):
    rows = [told, {**told, "external_id": "E-7", "name": "Ada Quist", "user": None}]
    answer = api(finance_user).post("/api/v1/employments/batch/", {"employments": rows})
    assert (answer.status_code, answer.json()["recorded"], Employment.objects.count()) == (201, 2, 2)


def test_an_allocation_is_ended_on_a_day_and_not_moved_back(labour, finance_user, api):
    client, address = api(finance_user), f"/api/v1/allocations/{labour.allocation.pk}/end/"
    assert client.post(address, {"on": "2026-03-01"}).json()["valid_to"] == "2026-03-01"
    assert client.post(address, {"on": "2026-03-01"}).status_code == 200
    assert client.post(address, {"on": "2026-04-01"}).status_code == 422
    assert client.post(address, {"on": "2025-12-01"}).json()["valid_to"] == "2026-01-01"
