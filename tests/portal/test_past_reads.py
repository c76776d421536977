"""Boards about outcomes and the budget by REST: the facts of their pages, of today and of a past day."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from finance.models import BudgetLine
from finance.services.journal import post_actual
from outcomes.services import (
    add_key_result,
    change_benefit_plan,
    open_objective,
    promise_benefit,
    realise_benefit,
    record_measurement,
    triage_feedback,
)
from projects.services import record_feedback

MONDAY = date(2026, 3, 2)


@pytest.fixture
def read(sign_in, manager):
    """What a manager reads at an address of the API; of a past day without the day itself."""
    client = sign_in(manager)

    def at(address, on=None, code=200, **query):
        query |= {"as_of": on.isoformat()} if on else {}
        answer = client.get(f"/api/v1/{address}/", query)
        assert answer.status_code == code, answer.json()
        return answer.json()

    return at


@pytest.fixture
def page(sign_in, manager):
    return lambda name, on=None, args=(): sign_in(manager).get(
        reverse(name, args=args), {"as_of": on.isoformat()} if on else {}
    )


def test_benefits_read_as_their_page_of_today_and_of_a_past_day(clock, tell, read, page, manager, engineer):
    at = clock(MONDAY)
    project = tell("ONE")
    promise = {"project": project, "kind": "cashable", "owner": engineer, "currency": "EUR", "by": engineer}
    benefit = promise_benefit(name="Sorting saved", plan={date(2026, 1, 1): 90_000, date(2026, 2, 1): 50_000}, at=at,
                              **promise)  # fmt: skip
    realise_benefit(benefit=benefit, month=date(2026, 1, 1), actual_minor=20_000, at=at, by=engineer)
    realise_benefit(benefit=benefit, month=date(2026, 2, 1), actual_minor=1_000, at=at, by=engineer)
    then = read("benefits-board")
    (row,) = then["benefits"]
    assert (row["promised"], row["realised"], row["share"], row["word"]) == (
        "1400.00", "210.00", "0.1500", "Below its promise",
    )  # fmt: skip
    assert (then["sums"][0]["promised"], then["count"], then["shortfalls"]) == ("1400.00", 1, 1)
    assert then["headline"] == page("benefits").context["sentence"]
    assert {month["month"]: month["realised"] for month in then["months"]} == {
        "2026-01-01": "200.00", "2026-02-01": "10.00",
    }  # fmt: skip

    at = clock(MONDAY + timedelta(days=40))
    change_benefit_plan(benefit=benefit, plan={date(2026, 3, 1): 80_000}, by=engineer)
    realise_benefit(benefit=benefit, month=date(2026, 1, 1), actual_minor=99_000, at=at, by=engineer)
    promise_benefit(name="Later", plan={date(2026, 2, 1): 1_000}, at=at, **promise)
    assert read("benefits-board", MONDAY) == then
    now = read("benefits-board")
    assert (now["count"], now["sums"][0]["realised"]) == (2, "1000.00")
    assert now["headline"] == page("benefits").context["sentence"] != then["headline"]
    assert read("benefits-board", q="later")["count"] == 1


def test_voices_read_as_their_page_of_today_and_of_a_past_day(clock, tell, read, page, engineer):
    at = clock(MONDAY)
    project = tell("ONE")
    voice = record_feedback(project=project, score=2, text="Too slow", source="A", received_at=at, by=engineer)
    at = clock(MONDAY, 22)
    then = read("feedback-board")
    assert then["unanswered"] == then["voices"] == then["count"] == page("feedback-board").context["facts"].voices
    assert {row["status"] for row in then["feedback"]} == {"open"}

    at = clock(MONDAY + timedelta(days=2))
    triage_feedback(feedback=voice, status="declined", note="Never", at=at, by=engineer)
    past, now = read("feedback-board", MONDAY), read("feedback-board")
    assert {**past, "means": past["means"][:-1]} == {**then, "means": then["means"][:-1]}
    assert past["means"][-1]["mean"] == page("feedback-board", MONDAY).context["facts"].now.mean
    assert (now["unanswered"], now["feedback"][-1]["status"]) == (then["unanswered"] - 1, "declined")
    assert read("feedback-board", status="declined")["count"] == 1


def test_objectives_read_as_far_as_was_measured_then(clock, tell, read, page, manager, engineer):
    at = clock(MONDAY)
    project = tell("ONE")
    period = {"owner": manager, "starts_on": MONDAY, "ends_on": MONDAY + timedelta(days=90)}
    objective = open_objective(portfolio=project.portfolio, title="Fewer misreads", **period, by=manager)
    add_key_result(objective=objective, kpi=project.kpis.get(), by=manager)
    then, one = read("objectives"), read(f"objectives/{objective.pk}")
    (shown,) = page("objectives").context["page"].object_list
    assert [row["id"] for row in then["results"]] == [shown.pk]

    clock(MONDAY + timedelta(days=2))
    record_measurement(kpi=project.kpis.get(), value=3.1, measured_at=at - timedelta(hours=2), by=engineer)
    later = open_objective(portfolio=project.portfolio, title="More of all", **period, by=manager)
    assert read("objectives") != then
    assert read("objectives", MONDAY) == then
    assert read(f"objectives/{objective.pk}", MONDAY) == one != read(f"objectives/{objective.pk}")
    read(f"objectives/{later.pk}", MONDAY, code=404)


def test_forecasters_are_judged_by_what_had_come_by_then(clock, tell, read, page, engineer):
    at = clock(MONDAY)
    plan = {date(2025, month, 1): 100_000 for month in (9, 10, 11)}
    benefit = promise_benefit(project=tell("ONE"), name="Sorting saved", kind="cashable", owner=engineer,
                              currency="EUR", plan=plan, at=at, by=engineer)  # fmt: skip
    then = read("forecaster-scores")["results"]
    clock(MONDAY + timedelta(days=2))
    for month in plan:
        realise_benefit(benefit=benefit, month=month, actual_minor=50_000, at=at + timedelta(days=1), by=engineer)
    (now,) = read("forecaster-scores")["results"]
    (shown,) = page("forecasters").context["page"].object_list
    assert now["benefits"]["value"] == shown.benefits.value == 0.5
    assert read("forecaster-scores", MONDAY)["results"] == then != [now]


def test_a_budget_reads_as_its_page_of_today_and_of_a_past_day(clock, tell, read, page, finance_user):
    clock(MONDAY)
    project = tell("ONE")
    then = read("projects/ONE/budget")
    facts = page("project-budget", args=["ONE"]).context["facts"]
    assert then["sums"]["available"] == f"{facts.sums.available / 100:.2f}"
    assert [line["category"] for line in then["lines"]] == [line.category for line in facts.lines]

    at = clock(MONDAY + timedelta(days=1))
    line = BudgetLine.objects.get(budget__project=project, category="people")
    post_actual(line=line, amount_minor=100_000, memo="More", source="hr", external_id="x", effective_on=MONDAY, at=at,
                by=finance_user)  # fmt: skip
    assert read("projects/ONE/budget", MONDAY) == then
    now = read("projects/ONE/budget")
    assert float(now["sums"]["spent"]) == float(then["sums"]["spent"]) + 1_000
    assert "Nothing was known" in read("projects/ONE/budget", date(2020, 1, 1), 422)["errors"][0]["message"]


def test_a_project_without_a_budget_says_so(read, project):
    assert read(f"projects/{project.key}/budget", code=422)["code"] == "no_budget"


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "2999-01-01"])
@pytest.mark.parametrize("board", ["benefits-board", "feedback-board", "objectives", "forecaster-scores"])
def test_a_day_that_cannot_be_shown_is_refused_and_not_replaced(board, day, read):
    (fault,) = read(board, code=422, as_of=day)["errors"]
    assert (fault["field"], fault["code"]) == ("as_of", "not_a_day_of_this")


def test_what_is_not_seen_is_on_no_board(tell, sign_in, stranger, engineer):
    tell("ONE")
    client = sign_in(stranger)
    for board in ("benefits-board", "feedback-board"):
        assert client.get(f"/api/v1/{board}/").json()["count"] == 0
    assert client.get("/api/v1/projects/ONE/budget/").status_code == 404
