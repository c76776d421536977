"""Money at the edge: decimal strings beside their currency, never a float."""

import json

import pytest
from django.utils import timezone


def test_a_budget_tells_what_is_still_available(job, budget, viewer, api):
    lines = {line["category"]: line for line in api(viewer).get(f"/api/v1/budgets/{budget.pk}/").json()["lines"]}
    reserved = job.reservation.amount_minor
    assert lines["compute"]["planned"] == "500.00"
    assert lines["compute"]["reserved"] == f"{reserved // 100}.{reserved % 100:02}"
    assert lines["compute"]["available"] == f"{(50_000 - reserved) // 100}.{(50_000 - reserved) % 100:02}"
    assert lines["people"] == {
        "id": lines["people"]["id"],
        "category": "people",
        "currency": "EUR",
        "policy": "stop",
        "planned": "10000.00",
        "released": "10000.00",
        "reserved": "0.00",
        "committed": "0.00",
        "spent": "0.00",
        "available": "10000.00",
    }


@pytest.mark.parametrize(
    ("currency", "sent", "minor", "told"),
    [
        ("EUR", "1234.5", 123_450, "1234.50"),
        ("JPY", "1234", 1234, "1234"),
        ("KWD", "1.005", 1005, "1.005"),
        ("EUR", "9999999999999.99", 999_999_999_999_999, "9999999999999.99"),
        ("EUR", "0", 0, "0.00"),
    ],
)
def test_amounts_go_in_and_come_out_to_the_last_digit(currency, sent, minor, told, project, manager, api):
    body = {"project": "TRI", "name": "x", "currency": currency, "lines": [{"category": "other", "planned": sent}]}
    answer = api(manager).post("/api/v1/budgets/", body)
    assert answer.status_code == 201
    assert answer.json()["lines"][0]["planned"] == told
    assert project.budgets.get(name="x").lines.get().planned_minor == minor


def test_a_yen_has_no_cents(project, manager, api):
    body = {"project": "TRI", "name": "x", "currency": "JPY", "lines": [{"category": "other", "planned": "1.5"}]}
    assert api(manager).post("/api/v1/budgets/", body).json()["errors"][0]["code"] == "too_fine"


def test_rates_have_six_digits(rate_card, viewer, api):
    body = api(viewer).get(f"/api/v1/rate-cards/{rate_card.pk}/").json()
    assert {name: body[name] for name in ("cpu_core_hour", "gpu_hour", "gib_hour", "kwh", "watt_per_core")} == {
        "cpu_core_hour": "0.480000",
        "gpu_hour": "2.150000",
        "gib_hour": "0.012000",
        "kwh": "0.290000",
        "watt_per_core": "11.50",
    }


def test_publishing_prices_makes_the_next_version(rate_card, finance_user, api):
    body = {
        "name": "Compute",
        "currency": "EUR",
        "valid_from": "2026-07-01",
        "cpu_core_hour": "0.000001",
        "gpu_hour": "2.2",
        "gib_hour": "0",
        "kwh": "0.3",
        "watt_per_core": "12.25",
        "watt_per_gpu": "400",
    }
    answer = api(finance_user).post("/api/v1/rate-cards/", body)
    assert (answer.status_code, answer.json()["version"], answer.json()["cpu_core_hour"]) == (201, 2, "0.000001")


@pytest.mark.parametrize(
    "amount", ["1e3", "0x10", " 1", "1,5", "٣", "NaN", "-0.01", "0.0000001", "1" * 14, "", None, True, [], {}]
)
def test_what_is_no_amount_is_refused(amount, project, manager, api):
    body = {"project": "TRI", "name": "x", "currency": "EUR", "lines": [{"category": "other", "planned": amount}]}
    answer = api(manager).post("/api/v1/budgets/", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lines.0.planned")


def test_a_contract_tells_worth_and_upkeep_and_how_far_it_counts(contract, finance_user, viewer, api):
    body = api(viewer).get(f"/api/v1/contracts/{contract.pk}/").json()
    assert (body["worth"], body["upkeep"], body["currency"], body["status"]) == ("0.012500", "2500.50", "EUR", "draft")
    signed = api(finance_user).post(f"/api/v1/contracts/{contract.pk}/sign/").json()
    assert (signed["status"], signed["signed_by"]) == ("signed", "ruben.castillo")


def test_a_contract_is_drafted_from_text_amounts(kpi, engineer, api):
    body = {
        "kpi": kpi.pk,
        "metric": "test_accuracy",
        "metric_baseline": 0.9,
        "sensitivity": -20,
        "units_per_year": 1000,
        "units_label": "parcels",
        "currency": "EUR",
        "worth": "0.0125",
        "upkeep": "100.10",
        "valid_from": "2026-01-01",
        "owner": engineer.username,
    }
    made = api(engineer).post("/api/v1/contracts/", body).json()
    assert (made["worth"], made["upkeep"], made["version"], made["status"]) == ("0.012500", "100.10", 1, "draft")


def test_no_answer_holds_an_amount_as_a_number(world, manager, api):
    """Every member whose name speaks of money is text."""
    spoken = {
        "planned",
        "reserved",
        "spent",
        "available",
        "amount",
        "cost",
        "charged",
        "worth",
        "upkeep",
        "cpu_core_hour",
        "gpu_hour",
        "gib_hour",
        "kwh",
    }

    def amounts(value):
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in spoken and not isinstance(inner, dict | list):
                    yield name, inner
                yield from amounts(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from amounts(inner)

    client, seen = api(manager), set()
    for prefix in ("budgets", "reservations", "rate-cards", "contracts", "jobs"):
        for name, amount in amounts(json.loads(client.get(f"/api/v1/{prefix}/").content)):
            assert amount is None or isinstance(amount, str), (prefix, name, amount)
            seen.add(name)
    assert seen == spoken


def test_an_entry_over_two_projects_shows_a_member_the_sides_of_his_own(budget, make_user, manager, finance_user, api):
    from finance.services.budget import approve_budget
    from finance.services.journal import EntryDraft, SideDraft, post_batch
    from projects.models import Membership, Project
    from projects.services import open_project

    first = budget.project
    hidden = open_project(key="HID", title="Hidden", portfolio=first.portfolio, sponsor=first.sponsor, lead=manager,
                          started_on=first.started_on, by=manager)  # fmt: skip
    other = approve_budget(project=hidden, name="2026", currency="EUR", lines={"data": 9_000}, on=first.started_on,
                           by=manager)  # fmt: skip
    lines = [budget.lines.get(category="people"), other.lines.get()]
    sides = [SideDraft(account="expense", amount_minor=700, line=line) for line in lines]
    sides.append(SideDraft(account="clearing", amount_minor=-1_400))
    draft = EntryDraft(external_id="B-1", effective_on=first.started_on, currency="EUR", memo="Shared", kind="actual",
                       sides=sides)  # fmt: skip
    post_batch(source="erp", entries=[draft], at=timezone.now(), by=finance_user)
    member = make_user("one.side", "viewer")
    Membership.objects.create(project=Project.objects.get(pk=first.pk), user=member)
    (entry,) = api(member).get("/api/v1/journal-entries/?source=erp").json()["results"]
    assert [side["project"] for side in entry["sides"]] == [first.key]
    assert len(api(finance_user).get("/api/v1/journal-entries/?source=erp").json()["results"][0]["sides"]) == 3
