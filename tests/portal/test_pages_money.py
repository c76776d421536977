"""The money pages as people of each role meet them: board, budget of a project, versions, periods, waste."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from finance.models import BudgetVersion, FiscalPeriod
from finance.services.commitment import commit
from finance.services.journal import post_actual, reverse_entry
from finance.services.period import open_periods
from finance.services.plan import PlannedAmount, approve_version, draft_version
from portal.boards import unchanged


@pytest.fixture
def at():
    return timezone.now()


@pytest.fixture
def people_line(told):
    return told.budgets.get().lines.select_related("budget__project").get(category="people")


@pytest.fixture
def period(at):
    return open_periods(first=at.date(), months=1, by=None)[0]


@pytest.fixture
def draft(told, manager, period, at):
    lines = [PlannedAmount(period, "people", "data", 9_500_000), PlannedAmount(period, "compute", "training", 60_000)]
    return draft_version(budget=told.budgets.get(), lines=lines, reason="More data", at=at, by=manager)


def test_the_board_says_what_is_spent_left_and_near_its_limit(sign_in, manager, told):
    page = sign_in(manager).get("/money/").content.decode()
    assert "available to commit" in page
    assert "Machine vision" in page
    assert "A forecast needs 4 whole months" in page
    assert "Exchange rate variance, contained in it: EUR\u00a00.00" in strip_tags(page)


def test_an_empty_board_says_what_would_be_there(sign_in, manager, db):
    page = sign_in(manager).get("/money/").content.decode()
    assert "No money is approved yet" in page


def test_the_board_leads_down_to_the_project_and_a_stranger_sees_nothing_of_it(sign_in, manager, stranger, told):
    page = sign_in(manager).get(f"/money/?portfolio={told.portfolio_id}").content.decode()
    assert "?project=TRI" in page
    assert sign_in(manager).get("/money/?project=TRI").status_code == 200
    assert sign_in(stranger).get("/money/?project=TRI").status_code == 404
    assert sign_in(stranger).get(f"/money/?portfolio={told.portfolio_id}").status_code == 404


@pytest.mark.parametrize(
    "query", ["portfolio=x", "portfolio=999999", "programme=²", "project=%00", "programme=" + "9" * 30]
)
def test_a_crooked_scope_is_not_found(sign_in, manager, told, query):
    assert sign_in(manager).get(f"/money/?{query}").status_code == 404


def test_the_board_asks_as_many_questions_for_many_budgets_as_for_one(sign_in, manager, tell):
    client = sign_in(manager)

    def questions():
        unchanged.forget()
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/money/").status_code == 200
        return len(asked)

    tell("ONE")
    client.get("/money/")
    few = questions()
    for key in ("TWO", "SIX", "TEN"):
        tell(key)
    assert questions() == few


def test_available_to_commit_explains_itself_down_to_the_figure_of_the_board(sign_in, manager, told, people_line, at):
    commit(
        line=people_line, amount_minor=100_000, supplier="Kontor", memo="Labels", source="erp", external_id="1",
        at=at, by=manager,
    )  # fmt: skip
    page = sign_in(manager).get("/explain/money/available/").content.decode()
    assert "Not released yet" in page
    assert "EUR\u00a01,000.00" in page
    assert sign_in(manager).get("/explain/money/luck/").status_code == 404


def test_spending_by_cost_centre_names_what_has_none(sign_in, manager, told):
    page = sign_in(manager).get("/money/?by=centre").content.decode()
    assert "No cost centre" in page


def test_the_export_holds_every_line_with_what_is_available(sign_in, manager, told):
    rows = list(csv.DictReader(io.StringIO(sign_in(manager).get("/money.csv").content.decode())))
    people = next(row for row in rows if row["Category"] == "People")
    assert (people["Planned"], people["Spent"], people["Available"]) == ("90000.00", "40000.00", "50000.00")


def test_a_budget_without_a_plan_has_no_earned_value_but_a_reason(sign_in, manager, told):
    page = sign_in(manager).get("/projects/TRI/budget/").content.decode()
    assert "No estimate at completion: No plan by period is approved" in page


def test_a_project_without_a_budget_offers_the_first(sign_in, manager, project):
    page = sign_in(manager).get("/projects/TRI/budget/").content.decode()
    assert reverse("budget-new", args=["TRI"]) in page


def test_a_reversed_posting_is_marked_and_its_reversal_too(sign_in, manager, finance_user, told, people_line, at):
    entry = post_actual(
        line=people_line, amount_minor=5_000, memo="Twice", source="hr", external_id="9", effective_on=at.date(),
        at=at, by=finance_user,
    )  # fmt: skip
    reverse_entry(entry=entry, memo="Posted twice", effective_on=at.date(), at=at, by=finance_user)
    page = sign_in(manager).get("/projects/TRI/budget/").content.decode()
    assert f"Reversal of no. {entry.pk}" in page
    assert "Reversed" in page


def test_a_draft_shows_its_effect_and_counts_after_approval(sign_in, manager, told, draft):
    client, address = sign_in(manager), reverse("budget-version", args=[draft.pk])
    assert "What approving it would do" in client.get(address).content.decode()
    assert client.post(address).url == "/projects/TRI/budget/"
    assert told.budgets.get().lines.get(category="people").planned_minor == 9_500_000


def test_a_plan_below_what_is_used_is_shown_as_refused_and_refused(sign_in, manager, told, period, at):
    version = draft_version(
        budget=told.budgets.get(),
        lines=[PlannedAmount(period, "people", "data", 100)],
        reason="Less",
        at=at,
        by=manager,
    )
    client, address = sign_in(manager), reverse("budget-version", args=[version.pk])
    assert "Refused:" in client.get(address).content.decode()
    refused = client.post(address)
    assert refused.status_code == 422
    assert BudgetVersion.objects.get(pk=version.pk).status == "draft"


def test_a_draft_waits_on_the_project_page_and_on_the_board_of_who_may_approve_it(
    sign_in, manager, finance_user, engineer, draft
):
    address, words = reverse("budget-version", args=[draft.pk]), "waits for its approval"
    for person, on_the_board in ((finance_user, True), (manager, False), (engineer, False)):
        client = sign_in(person)
        project, board = (client.get(path).content.decode() for path in ("/projects/TRI/", "/"))
        assert (words in project, address in project) == (True, True)
        assert (address in board) is on_the_board


def test_an_overtaken_or_approved_version_waits_for_nobody(sign_in, finance_user, manager, told, draft, period, at):
    lines = [PlannedAmount(period, "people", "data", 9_600_000), PlannedAmount(period, "compute", "training", 60_000)]
    later = draft_version(budget=told.budgets.get(), lines=lines, reason="One more", at=at, by=manager)
    client = sign_in(finance_user)
    page = client.get("/projects/TRI/").content.decode()
    assert reverse("budget-version", args=[draft.pk]) not in page
    assert reverse("budget-version", args=[later.pk]) in page
    approve_version(version=later, at=at, by=finance_user)
    assert "waits for its approval" not in client.get("/projects/TRI/").content.decode()


def test_a_project_without_money_leads_who_may_to_its_budget(sign_in, manager, engineer, project):
    assert "Plan a budget" in sign_in(manager).get("/projects/TRI/").content.decode()
    assert "Plan a budget" not in sign_in(engineer).get("/projects/TRI/").content.decode()


def test_a_later_version_is_shown_against_the_baseline(sign_in, manager, told, draft, period, at):
    approve_version(version=draft, at=at, by=manager)
    lines = [PlannedAmount(period, "people", "data", 9_600_000), PlannedAmount(period, "compute", "training", 60_000)]
    later = draft_version(budget=told.budgets.get(), lines=lines, reason="One more", at=at, by=manager)
    approve_version(version=later, at=at, by=manager)
    page = sign_in(manager).get("/projects/TRI/budget/").content.decode()
    assert "1 amount differs from the baseline" in page
    assert "+EUR\u00a01,000.00" in page


def plan(begins, **amounts):
    row = {"period": str(begins.pk), "station": "data", "cost_centre": "", **amounts}
    return {
        "reason": "Because",
        "plan-TOTAL_FORMS": "1",
        "plan-INITIAL_FORMS": "0",
        **{f"plan-0-{name}": value for name, value in row.items()},
    }


def test_a_version_is_typed_as_a_table(sign_in, manager, told, period):
    address = reverse("budget-version-new", args=[told.budgets.get().pk])
    sent = sign_in(manager).post(address, plan(period, people="95000", data="1 200.50"))
    version = BudgetVersion.objects.get()
    assert sent.url == reverse("budget-version", args=[version.pk])
    assert dict(version.plan_lines.values_list("category", "amount_minor")) == {"people": 9_500_000, "data": 120_050}


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({"people": "12x"}, "is not an amount"),
        ({"people": "-5"}, "zero or more"),
        ({"people": "5", "period": ""}, "Choose one, or clear the amounts"),
        ({}, "one amount at least"),
    ],
)
def test_a_wrong_amount_is_kept_and_told(sign_in, manager, told, period, amounts, words):
    address = reverse("budget-version-new", args=[told.budgets.get().pk])
    sent = sign_in(manager).post(address, plan(period, **amounts))
    assert sent.status_code == 422
    page = sent.content.decode()
    assert words in page
    assert all(f'value="{value}"' in page for value in amounts.values() if value)


def test_more_rows_keep_what_was_typed(sign_in, manager, told, period):
    address = reverse("budget-version-new", args=[told.budgets.get().pk])
    page = sign_in(manager).post(address, {**plan(period, people="77"), "more": "1"}).content.decode()
    assert 'value="77"' in page
    assert 'name="plan-6-people"' in page
    assert not BudgetVersion.objects.exists()


def test_finance_cancels_a_commitment_with_its_price_shown(sign_in, manager, finance_user, told, people_line, at):
    order = commit(
        line=people_line, amount_minor=100_000, supplier="Kontor", memo="Labels", source="erp", external_id="1",
        at=at, by=manager,
    )  # fmt: skip
    cancel = reverse("commitment-cancel", args=[order.pk])
    refused = sign_in(manager).post(cancel)
    assert (refused.status_code, "Only finance cancels orders." in refused.content.decode()) == (403, True)
    client = sign_in(finance_user)
    assert "EUR\u00a01,000.00 goes back to People" in client.get("/projects/TRI/budget/").content.decode()
    client.post(cancel)
    people_line.refresh_from_db()
    assert people_line.committed_minor == 0


def test_only_finance_closes_a_period_and_closed_is_for_ever(sign_in, manager, finance_user, period):
    address = reverse("period-status", args=[period.pk])
    assert sign_in(manager).post(address, {"status": "closed"}).status_code == 403
    client = sign_in(finance_user)
    client.post(address, {"status": "soft_closed"})
    client.post(address, {"status": "closed"})
    page = client.post(address, {"status": "open"}, follow=True).content.decode()
    assert "closed for ever" in page
    assert FiscalPeriod.objects.get().status == "closed"


def test_finance_opens_the_year_after_the_last_period(sign_in, finance_user, period):
    sign_in(finance_user).post(reverse("periods-open"))
    assert FiscalPeriod.objects.count() == 13


def test_a_period_names_what_each_source_posted(sign_in, finance_user, told, people_line, period, at):
    post_actual(
        line=people_line, amount_minor=5_000, memo="Pay", source="hr", external_id="9", effective_on=at.date(),
        at=at, by=finance_user,
    )  # fmt: skip
    page = sign_in(finance_user).get("/money/periods/").content.decode()
    assert "Control totals of" in page
    assert "EUR\u00a050.00" in page
    assert sign_in(finance_user).get("/money/periods/?period=999999").status_code == 404


def test_waste_and_cost_per_point_say_why_they_are_empty(sign_in, manager, told):
    client = sign_in(manager)
    assert "Idle time of these weeks is not measured" in client.get("/waste/").content.decode()
    assert "only one job has run" in client.get("/cost-per-point/").content.decode()


def test_a_burn_of_four_months_has_its_fan_and_its_day(sign_in, manager, finance_user, told, people_line, at):
    for months in range(1, 6):
        post_actual(
            line=people_line, amount_minor=200_000 + months * 1000, memo="Pay", source="hr", external_id=f"m{months}",
            effective_on=at.date() - timedelta(days=31 * months), at=at, by=finance_user,
        )  # fmt: skip
    page = sign_in(manager).get("/projects/TRI/budget/").content.decode()
    assert "at this pace it ends at" in page
    assert "P90" in page
