"""Money and periods by REST as on the pages: open, plan anew, meter, limit."""

import pytest

from finance.models import Budget, BudgetLine, FiscalPeriod
from people.models import AuditEntry


@pytest.fixture
def opened(project, manager, api):
    """A budget that is planned by versions and used by nobody."""
    body = {"project": "TRI", "name": "2028", "currency": "EUR"}
    answer = api(manager).post("/api/v1/budgets/open/", body)
    assert answer.status_code == 201, answer.json()
    return Budget.objects.get(pk=answer.json()["id"])


@pytest.fixture
def periods(finance_user, api):
    answer = api(finance_user).post("/api/v1/fiscal-periods/", {"first": "2026-01-15", "months": 3})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def planned(amount, category="people", period="2026-01"):
    return {"period": period, "category": category, "station": "data", "amount": amount}


@pytest.fixture
def approved(opened, periods, manager, api):
    client = api(manager)
    version = client.post("/api/v1/budget-versions/", {"budget": opened.pk, "lines": [planned("100.00")]}).json()
    assert client.post(f"/api/v1/budget-versions/{version['id']}/approve/").status_code == 200
    return opened


def test_a_budget_is_opened_without_money(opened, manager, api):
    body = api(manager).get(f"/api/v1/budgets/{opened.pk}/").json()
    assert (body["lines"], body["versions"], body["is_metered"]) == ([], [], False)
    assert AuditEntry.objects.filter(verb="open_budget", subject_id=str(opened.pk)).exists()


def test_a_second_budget_of_one_name_is_refused(opened, manager, api):
    answer = api(manager).post("/api/v1/budgets/open/", {"project": "TRI", "name": "2028", "currency": "EUR"})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 1)


def test_opening_twice_under_one_key_opens_once(project, manager, api):
    client, body = api(manager), {"project": "TRI", "name": "2028", "currency": "EUR"}
    first, again = (client.post("/api/v1/budgets/open/", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotent-Replayed"] == "true"


def test_months_that_have_a_period_keep_it(periods, finance_user, api):
    client = api(finance_user)
    assert [row["name"] for row in periods] == ["2026-01", "2026-02", "2026-03"]
    assert client.post("/api/v1/fiscal-periods/2026-02/status/", {"status": "closed"}).status_code == 200
    again = client.post("/api/v1/fiscal-periods/", {"first": "2026-02-01", "months": 3}).json()
    assert [row["status"] for row in again] == ["closed", "open", "open"]
    assert FiscalPeriod.objects.count() == 4
    reopened = client.post("/api/v1/fiscal-periods/2026-02/status/", {"status": "open"})
    assert (reopened.status_code, reopened.json()["code"]) == (409, "period_closed")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"first": "9999-12-01", "months": 2}, "first"),
        ({"first": "2026-01-01", "months": 0}, "months"),
        ({"first": "2026-01-01", "months": 121}, "months"),
        ({"first": "soon", "months": 1}, "first"),
        ({"months": 1}, "first"),
    ],
)
def test_periods_that_cannot_be_are_refused_by_field(sent, field, finance_user, api):
    answer = api(finance_user).post("/api/v1/fiscal-periods/", sent)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_draft_is_written_anew_until_it_is_approved(opened, periods, manager, api):
    client = api(manager)
    draft = client.post("/api/v1/budget-versions/", {"budget": opened.pk, "lines": [planned("100.00")]}).json()
    address = f"/api/v1/budget-versions/{draft['id']}"
    changed = client.post(f"{address}/change/", {"reason": "Less", "lines": [planned("80.50"), planned("1", "data")]})
    assert [line["amount"] for line in changed.json()["lines"]] == ["80.50", "1.00"]
    assert (changed.json()["reason"], changed.json()["number"]) == ("Less", 1)
    client.post(f"{address}/approve/")
    refused = client.post(f"{address}/change/", {"lines": [planned("5.00")]})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_a_draft")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (planned("1.00", period="1999-01"), "lines.0.period"),
        (planned("1.001"), "lines.0.amount"),
        ({**planned("1.00"), "cost_centre": "none"}, "lines.0.cost_centre"),
    ],
)
def test_a_draft_with_a_fault_stays_as_it_was(line, field, opened, periods, manager, api):
    client = api(manager)
    draft = client.post("/api/v1/budget-versions/", {"budget": opened.pk, "lines": [planned("100.00")]}).json()
    answer = client.post(f"/api/v1/budget-versions/{draft['id']}/change/", {"lines": [line]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert client.get(f"/api/v1/budget-versions/{draft['id']}/").json()["lines"] == draft["lines"]


def meter(amount, category="people", station="deployment", **more):
    return {"tranches": [{"station": station, "amounts": [{"category": category, "amount": amount}]}], **more}


def test_metering_holds_the_money_of_later_stages_back(approved, manager, api):
    client = api(manager)
    answer = client.post(f"/api/v1/budgets/{approved.pk}/meter/", meter("60.00"))
    assert answer.status_code == 200, answer.json()
    assert answer.json()["is_metered"] is True
    assert answer.json()["lines"][0]["released"] == "0.00"
    (tranche,) = client.get(f"/api/v1/tranches/?budget={approved.pk}").json()["results"]
    assert (tranche["station"], tranche["lines"][0]["amount"], tranche["released_at"]) == ("deployment", "60.00", None)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (meter("60.00", expires_on="2020-01-01"), "in_past"),
        (meter("0.00"), "no_tranche"),
        (meter("100.01"), "tranches_above_plan"),
        (meter("1.00", category="data"), "no_line"),
        ({"tranches": meter("1.00")["tranches"] * 2}, "duplicate"),
        ({"tranches": []}, "empty"),
    ],
)
def test_tranches_that_cannot_be_meter_nothing(sent, code, approved, manager, api):
    answer = api(manager).post(f"/api/v1/budgets/{approved.pk}/meter/", sent)
    assert answer.status_code == 422
    assert code in {answer.json()["code"], answer.json()["errors"][0]["code"]}
    approved.refresh_from_db()
    assert not approved.is_metered


def test_a_line_says_what_happens_when_it_is_used_up(budget, opened, finance_user, api):
    client, address = api(finance_user), f"/api/v1/budgets/{budget.pk}/line-policy/"
    lines = client.post(address, {"category": "compute", "policy": "warn"}).json()["lines"]
    assert {line["category"]: line["policy"] for line in lines}["compute"] == "warn"
    assert BudgetLine.objects.get(budget=budget, category="compute").policy == "warn"
    assert client.post(address, {"category": "compute", "policy": "pray"}).json()["errors"][0]["field"] == "policy"
    absent = client.post(f"/api/v1/budgets/{opened.pk}/line-policy/", {"category": "compute", "policy": "warn"})
    (fault,) = absent.json()["errors"]
    assert (absent.status_code, fault["code"], fault["field"]) == (422, "no_line", "category")


def test_a_threshold_is_an_amount_of_the_newest_budget(budget, manager, viewer, api):
    address = "/api/v1/projects/TRI/approval-threshold/"
    assert api(manager).post(address, {"amount": "12.50"}).json() == {
        "project": "TRI",
        "amount": "12.50",
        "currency": "EUR",
    }
    assert api(viewer).get(address).json()["amount"] == "12.50"
    assert api(manager).post(address, {"amount": "12.505"}).json()["errors"][0]["field"] == "amount"
    assert api(manager).post(address, {"amount": None}).json()["amount"] is None
    assert api(manager).post(address, {}).status_code == 422


def test_a_threshold_without_a_budget_has_no_currency(project, manager, api):
    client, address = api(manager), "/api/v1/projects/TRI/approval-threshold/"
    assert client.get(address).json() == {"project": "TRI", "amount": None, "currency": None}
    refused = client.post(address, {"amount": "12.50"})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_budget")
