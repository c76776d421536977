"""Tranches as they are planned on a page: what has begun is released at once, the rest waits for its gate."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from finance.models import Budget, FundingTranche
from finance.services.budget import reserve
from finance.services.period import open_periods
from finance.services.plan import PlannedAmount, approve_version, draft_version, open_budget
from outcomes.models import Gate
from outcomes.services.condition import ConditionDraft
from outcomes.services.gate import ask_review, lay_gates
from outcomes.services.gate_decision import decide_gate
from projects.models import Station


@pytest.fixture
def at():
    return timezone.now()


@pytest.fixture
def budget(project, manager, finance_user, at):
    """Planned for three stages and approved: all of it is released."""
    (period,) = open_periods(first=at.date(), months=1, by=None)
    budget = open_budget(project=project, name="2027", currency="EUR", at=at, by=manager)
    lines = [
        PlannedAmount(period, "people", "demand", 400_000),
        PlannedAmount(period, "people", "data", 1_200_000),
        PlannedAmount(period, "compute", "data", 50_000),
        PlannedAmount(period, "compute", "training", 150_000),
    ]
    version = draft_version(budget=budget, lines=lines, reason="First", at=at, by=manager)
    approve_version(version=version, at=at, by=finance_user)
    return budget


@pytest.fixture
def address(budget):
    return reverse("budget-tranches", args=[budget.pk])


def typed(**changes):
    return {"demand-people": "4000", "data-people": "12,000", "data-compute": "500", "training-compute": "1500",
            "expires_on": "", **{name.replace("__", "-"): value for name, value in changes.items()}}  # fmt: skip


def released(budget):
    return dict(budget.lines.values_list("category", "released_minor"))


def test_the_table_begins_from_what_is_planned_for_each_stage(sign_in, finance_user, address):
    page = sign_in(finance_user).get(address).content.decode()
    for name, value in (("demand-people", "4000.00"), ("data-compute", "500.00"), ("training-compute", "1500.00")):
        assert f'name="{name}" value="{value}"' in page
    assert "held until gate 1" in page
    assert 'name="demand-data"' not in page  # nothing is planned for it


def test_a_stage_that_has_begun_is_released_at_once_and_the_others_are_held(
    sign_in, finance_user, address, budget
):  # fmt: skip
    client = sign_in(finance_user)
    assert client.post(address, typed()).status_code == 302
    assert released(budget) == {"people": 400_000, "compute": 0}
    assert set(budget.tranches.filter(released_at=None).values_list("station", flat=True)) == {"data", "training"}
    page = client.get("/projects/TRI/budget/").content.decode()
    assert "EUR\u00a04,000 released, EUR\u00a014k held behind gates" in strip_tags(page)
    assert "its stage, which had begun" in page


def test_the_gate_releases_its_stage_and_the_page_leads_to_its_decision(
    sign_in, finance_user, manager, engineer, address, budget, at
):
    client = sign_in(finance_user)
    client.post(address, typed())
    lay_gates(by=None)
    gate = Gate.objects.get(horizon=budget.project.horizon, station=Station.DATA)
    review = ask_review(project=budget.project, gate=gate, at=at, by=engineer)
    now, due_on = timezone.now(), timezone.localdate() + timedelta(days=30)
    conditions = [ConditionDraft("Measure it", due_on, manager)]
    decide_gate(review=review, outcome="conditional_go", reasons="Try", conditions=conditions, at=now, by=manager)
    assert released(budget) == {"people": 1_600_000, "compute": 50_000}
    page = client.get("/projects/TRI/budget/").content.decode()
    assert f'<a href="{review.get_absolute_url()}">the decision at its gate</a>' in page
    later = client.get(address).content.decode()
    assert 'name="data-people"' not in later
    assert 'name="training-compute" value="1500.00"' in later


def test_what_is_planned_again_keeps_what_is_released(sign_in, finance_user, address, budget):
    client = sign_in(finance_user)
    client.post(address, typed())
    day = timezone.localdate() + timedelta(days=90)
    assert client.post(address, {"data-people": "9000", "expires_on": day.isoformat()}).status_code == 302
    assert dict(budget.tranches.values_list("station", "expires_on")) == {"demand": None, "data": day}
    page = client.get("/projects/TRI/budget/").content.decode()
    assert "EUR\u00a05,000 of the plan is in no tranche" in page
    assert f'value="{day.isoformat()}"' in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        ({"data__people": "much"}, "is not an amount"),
        ({"data__people": "-1"}, "zero or more"),
        ({"data__people": "1.005"}, "more digits than EUR knows"),
        ({"data__people": "12001"}, "Plan more, or smaller tranches."),
        ({"expires_on": "2020-01-01"}, "This day is over"),
        ({"expires_on": "soon"}, "This is not a day"),
        (dict.fromkeys(("demand__people", "data__people", "data__compute", "training__compute"), "0"),
         "Name the money of one stage at least"),
    ],
)  # fmt: skip
def test_tranches_that_cannot_be_change_nothing(sign_in, finance_user, address, budget, changes, mend):
    answer = sign_in(finance_user).post(address, typed(**changes))
    assert answer.status_code == 422
    assert mend in answer.content.decode()
    assert not Budget.objects.get().is_metered
    assert released(budget) == {"people": 1_600_000, "compute": 200_000}


def test_a_budget_in_use_is_not_metered_any_more(sign_in, finance_user, engineer, address, budget, at):
    line = budget.lines.get(category="compute")
    reserve(line=line, amount_minor=100, reference="job:1", at=at, by=engineer)
    client = sign_in(finance_user)
    assert address not in client.get("/projects/TRI/budget/").content.decode()
    answer = client.post(address, typed())
    assert answer.status_code == 422
    assert "Open another budget" in answer.content.decode()
    assert not FundingTranche.objects.exists()


def test_without_an_approved_version_there_is_nothing_to_divide(sign_in, manager, project, at):
    budget = open_budget(project=project, name="2027", currency="EUR", at=at, by=manager)
    answer = sign_in(manager).get(reverse("budget-tranches", args=[budget.pk]), follow=True)
    assert "Approve a version first" in answer.content.decode()


def test_only_those_who_plan_budgets_are_offered_tranches(sign_in, engineer, stranger, address):
    client = sign_in(engineer)
    assert address not in client.get("/projects/TRI/budget/").content.decode()
    assert client.post(address, typed()).status_code == 403
    assert sign_in(stranger).post(address, typed()).status_code == 404
