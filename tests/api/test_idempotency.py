"""Who asks twice is served once, and no half of a batch is ever posted."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from knox.models import AuthToken

from finance.models import JournalEntry
from finance.services.period import open_periods, set_period_status
from people.forgetting import forget_old
from people.models import IdempotentRequest


@pytest.fixture
def entry(budget):
    line = budget.lines.get(category="people").pk

    def make(number="1", amount="10.00", **changes):
        sides = [
            {"account": "expense", "line": line, "amount": amount},
            {"account": "clearing", "amount": f"-{amount}"},
        ]
        return {
            "external_id": number,
            "effective_on": "2026-01-20",
            "currency": "EUR",
            "memo": "Labels",
            "sides": sides,
            **changes,
        }

    return make


@pytest.fixture
def post(api, finance_user):
    client = api(finance_user)

    def send(path, body, key="k1"):
        return client.post(f"/api/v1/{path}/", body, headers={"Idempotency-Key": key} if key is not None else {})

    return send


def test_the_same_request_takes_effect_once_and_gets_the_same_answer(post, entry):
    first = post("journal-entries", {"source": "erp", **entry()})
    again = post("journal-entries", {"source": "erp", **entry()})
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again["Location"], again["Idempotent-Replayed"]) == (first.json(), first["Location"], "true")
    assert "Idempotent-Replayed" not in first
    assert JournalEntry.objects.count() == 1


def test_the_same_key_for_another_body_or_address_is_refused(post, entry):
    post("journal-entries", {"source": "erp", **entry()})
    for path, body in (
        ("journal-entries", {"source": "erp", **entry("2")}),
        ("journal-batches", {"source": "erp", "entries": [entry("2")]}),
    ):
        answer = post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_used")
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize("path", ["journal-entries", "journal-batches"])
def test_the_journal_demands_a_key(path, post, entry):
    answer = post(path, {"source": "erp", **entry()}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ["", "x" * 256, "k\u00e9y"])
def test_a_key_that_nobody_can_read_is_refused(key, post, entry):
    assert post("journal-entries", {"source": "erp", **entry()}, key=key).json()["code"] == "idempotency_key_unreadable"


def test_a_refusal_is_not_kept_so_that_the_key_may_be_tried_again(post, entry, finance_user, manager):
    (period,) = open_periods(first=date(2026, 1, 1), months=1, by=finance_user)
    set_period_status(period=period, status="closed", at=timezone.now(), by=finance_user)
    body = {"source": "erp", **entry()}
    answer = post("journal-entries", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "period_closed")
    assert not IdempotentRequest.objects.exists()
    assert post("journal-entries", {**body, "effective_on": "2026-02-01"}).status_code == 201


def test_a_key_belongs_to_one_client(post, entry, api, make_user):
    post("journal-entries", {"source": "erp", **entry()})
    other = api(make_user("second.finance", "finance"))
    answer = other.post("/api/v1/journal-entries/", {"source": "erp", **entry("2")}, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 201


def test_answers_are_kept_for_two_days(post, entry):
    post("journal-entries", {"source": "erp", **entry()})
    forget_old(timezone.now() + timedelta(hours=47))
    assert IdempotentRequest.objects.exists()
    forget_old(timezone.now() + timedelta(hours=49))
    assert not IdempotentRequest.objects.exists()


def test_the_same_number_of_a_source_is_posted_once_whatever_the_key(post, entry):
    first = post("journal-entries", {"source": "erp", **entry()})
    again = post("journal-entries", {"source": "erp", **entry()}, key="k2")
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", first.json())
    answer = post("journal-entries", {"source": "erp", **entry(), "memo": "Another"}, key="k3")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_posted")


def test_a_batch_is_posted_whole(post, entry, django_assert_max_num_queries):
    with django_assert_max_num_queries(50):
        answer = post("journal-batches", {"source": "erp", "entries": [entry(str(n)) for n in range(200)]})
    assert (answer.status_code, answer.json()["posted"]) == (201, 200)
    assert answer.json()["entries"][7]["external_id"] == "7"


def test_a_batch_with_a_fault_posts_nothing_and_names_each_index(post, entry):
    wrong = entry("2")
    wrong["sides"][0]["amount"] = "11.00"
    answer = post("journal-batches", {"source": "erp", "entries": [entry("1"), wrong, entry("3", currency="USD")]})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == {"entries.1", "entries.2"}
    assert not JournalEntry.objects.exists()


def test_a_batch_names_rows_that_there_are_not(post, entry):
    wrong = entry("2")
    wrong["sides"][0]["line"] = 10**30
    wrong["sides"][1]["cost_centre"] = "nowhere"
    answer = post("journal-batches", {"source": "erp", "entries": [entry("1"), wrong]})
    fields = {fault["field"] for fault in answer.json()["errors"]}
    assert (answer.status_code, fields) == (422, {"entries.1.sides.0.line", "entries.1.sides.1.cost_centre"})


def test_control_totals_agree_with_what_was_posted(post, entry, api, finance_user):
    open_periods(first=date(2026, 1, 1), months=1, by=finance_user)
    post("journal-batches", {"source": "erp", "entries": [entry(str(n)) for n in range(3)]})
    totals = api(finance_user).get("/api/v1/fiscal-periods/2026-01/control-totals/").json()
    assert totals == [{"source": "erp", "currency": "EUR", "entries": 3, "debit": "30.00", "credit": "30.00"}]


def test_of_many_at_once_with_one_key_one_takes_effect(in_threads, entry, finance_user):
    from rest_framework.test import APIClient

    _row, token = AuthToken.objects.create(finance_user)
    body = {"source": "erp", **entry()}

    def send(_number):
        client = APIClient(headers={"Authorization": f"Token {token}", "Idempotency-Key": "k1"})
        return client.post("/api/v1/journal-entries/", body, format="json").status_code

    answers = in_threads(4, send)
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert JournalEntry.objects.count() == 1
