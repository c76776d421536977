"""The portfolio board, the list and their export, as people of each role meet them."""

import csv
import io
import json
import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from experiments.models import Run
from finance.models import RateCard
from finance.services.budget import approve_budget
from finance.services.commitment import commit
from finance.services.journal import post_actual
from finance.services.period import open_periods
from finance.services.plan import PlannedAmount, approve_version, draft_version, open_budget, plan_tranches
from outcomes.appraisal import Flow
from outcomes.services import make_case
from portal.boards.after_risk import RATE_BP
from portal.boards.facts import portfolio_facts
from portal.boards.money import money_facts
from portal.boards.portfolio import worth_question
from portal.boards.rows import project_rows
from portal.boards.scope import Scope
from portal.boards.what_if import weigh
from portal.wording import percent
from projects.models import Portfolio, Station
from projects.services import assess_stage, enter_station, open_project, plan_stages
from trainingjobs.export import harmless
from trainingjobs.models import TrainingJob


def test_a_stranger_who_has_not_signed_in_is_sent_to_sign_in(client, db):
    response = client.get("/")
    assert response.status_code == 302
    assert response.url.startswith("/sign-in/")


def test_an_empty_portfolio_says_what_would_be_there_and_offers_the_first_project(sign_in, manager):
    page = sign_in(manager).get("/").content.decode()
    assert "Nothing is under way yet" in page
    assert reverse("project-new") in page


def test_a_person_without_a_project_is_told_who_can_add_him(sign_in, stranger, told):
    page = sign_in(stranger).get("/").content.decode()
    assert "member of no project" in page
    assert "Parcel digit reader" not in page


def test_the_headline_answers_from_the_rows(sign_in, manager, told):
    page = sign_in(manager).get("/").content.decode()
    assert "We are on course." in page
    assert "One project" in page
    assert "EUR\u00a087k" in page  # 100 x 0.06 points of a million parcels at 0.01458


def test_an_unsigned_value_is_called_a_hypothesis(sign_in, manager, tell):
    tell("HYP", signed=False)
    page = sign_in(manager).get("/").content.decode()
    assert "all of it a hypothesis" in page
    assert "finance has not signed" in page


def test_signed_and_unsigned_value_add_up_in_the_headline(sign_in, manager, tell):
    tell("ONE")
    tell("HYP", signed=False)
    page = sign_in(manager).get("/").content.decode()
    headline = re.sub(r"<[^>]+>", "", page[page.index('<h1 class="headline">') : page.index("</h1>")])
    assert "are worth EUR\u00a0175k a year: EUR\u00a087k is signed and EUR\u00a087k is a hypothesis" in headline


def test_one_project_is_worth_and_two_are(sign_in, manager, tell):
    tell("ONE")
    assert "One project is worth" in sign_in(manager).get("/").content.decode()


def test_finance_gets_the_button_that_signs(sign_in, finance_user, tell):
    project = tell("HYP", signed=False)
    contract = project.kpis.get().contracts.get()
    assert reverse("contract-sign", args=[contract.pk]) in sign_in(finance_user).get("/").content.decode()


def test_the_board_asks_as_many_questions_for_twenty_projects_as_for_two(
    sign_in, manager, tell, django_assert_max_num_queries
):
    client = sign_in(manager)
    for number in range(2):
        tell(f"A{number}")
    with django_assert_max_num_queries(45) as few:
        client.get("/")
    for number in range(18):
        tell(f"B{number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert client.get("/").status_code == 200


def test_the_list_asks_as_many_questions_for_twenty_projects_as_for_two(
    sign_in, manager, tell, django_assert_max_num_queries
):
    client = sign_in(manager)
    for number in range(2):
        tell(f"A{number}")
    with django_assert_max_num_queries(29) as few:
        client.get("/projects/")
    for number in range(18):
        tell(f"B{number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert client.get("/projects/").status_code == 200


def test_the_list_filters_by_words_and_station(sign_in, manager, tell):
    tell("ONE", title="Reader")
    tell("TWO", title="Writer")
    client = sign_in(manager)
    page = client.get("/projects/?q=reader").content.decode()
    assert "Reader" in page
    assert "Writer" not in page
    assert "No project fits" in client.get("/projects/?station=feedback").content.decode()


def test_the_filter_names_no_portfolio_without_a_project_that_the_reader_sees(sign_in, engineer, stranger, tell):
    Portfolio.objects.create(name="Quiet takeover")
    tell("ONE")
    page = sign_in(engineer).get("/projects/").content.decode()
    assert ("Machine vision" in page, "Quiet takeover" in page) == (True, False)
    assert "Machine vision" not in sign_in(stranger).get("/projects/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "?page=99",
        "?page=x",
        "?station=nowhere",
        "?portfolio=abc",
        "?sort=evil",
        "?sort=--value",
        "?portfolio=99999999999999999999",
        "?portfolio=²",
        "?q=%00&station=%00",
    ],
)
def test_a_crooked_filter_breaks_nothing(sign_in, manager, told, query):
    client = sign_in(manager)
    assert client.get(f"/projects/{query}").status_code == 200
    assert client.get(f"/{query}").status_code == 200
    assert client.get(f"/portfolio.csv{query}").status_code == 200


def test_sorting_turns_the_order_around(sign_in, manager, tell):
    tell("LOW", title="Low one", accuracy=0.92)
    tell("TOP", title="Top one", accuracy=0.99)
    client = sign_in(manager)
    best_first = client.get("/?sort=-value").content.decode()
    worst_first = client.get("/?sort=value").content.decode()
    table = lambda page: page[page.index('id="table"') :]  # noqa: E731
    assert table(best_first).index("Top one") < table(best_first).index("Low one")
    assert table(worst_first).index("Low one") < table(worst_first).index("Top one")


def test_the_export_keeps_numbers_and_disarms_formulas(sign_in, manager, tell):
    tell("EVL", title="=HYPERLINK(1)")
    rows = list(csv.DictReader(io.StringIO(sign_in(manager).get("/portfolio.csv").content.decode())))
    assert rows[0]["Project"] == "'=HYPERLINK(1)"
    assert float(rows[0]["Net value a year"]) == pytest.approx(87_480, rel=0.001)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_begins_a_formula(text):
    assert harmless(text).startswith("'")


def test_a_negative_number_stays_a_number():
    assert harmless(-4.5) == -4.5


def test_words_of_a_project_cannot_break_out_of_the_figure(sign_in, manager, tell):
    tell("EVL", title="</script><script>alert(1)</script>")
    page = sign_in(manager).get("/").content.decode()
    assert "<script>alert" not in page
    block = page.split('id="worth">')[1].split("</script>")[0]
    assert json.loads(block)["data"][0]["text"] == ["&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"]


def test_the_sum_of_the_values_explains_itself_project_by_project(sign_in, manager, told):
    page = sign_in(manager).get("/explain/portfolio/value/").content.decode()
    assert "Parcel digit reader" in page
    assert "signed by finance" in page


@pytest.mark.parametrize("what", ["luck", "left-nowhere", "value-training", "machine-training", "left-"])
def test_a_sum_that_does_not_exist_is_not_found(sign_in, manager, what):
    assert sign_in(manager).get(f"/explain/portfolio/{what}/").status_code == (200 if what == "left-" else 404)


def test_every_amount_of_the_board_outside_tables_of_figures_leads_to_a_sum_that_ends_in_it(sign_in, manager, tell):
    tell("ONE")
    tell("HYP", signed=False)
    client = sign_in(manager)
    page = client.get("/").content.decode()
    found = set(re.findall(r'href="(/explain/portfolio/([\w-]+)/)"[^>]*>([^<]+)</a>', page))
    assert {what for _address, what, _figure in found} >= {
        "value",
        "budget",
        "used",
        "left",
        "released",
        "plan",
        "machine",
        "released-demand",
    }
    for address, _what, figure in found:
        told = client.get(address).content.decode()
        if figure.startswith("EUR"):
            assert f"Where {figure}" in told


def test_machine_time_by_a_card_in_another_currency_is_not_added_to_the_euros(sign_in, manager, tell, rate_card):
    tell("ONE")
    tell("TWO")
    dollars = RateCard.objects.get(pk=rate_card.pk)
    dollars.pk, dollars.name, dollars.currency = None, "USA", "USD"
    dollars.save()
    TrainingJob.objects.filter(project__key="ONE").update(rate_card=dollars, cost_micro=7_000_000)
    TrainingJob.objects.filter(project__key="TWO").update(cost_micro=3_000_000)
    told = sign_in(manager).get("/explain/portfolio/machine/").content.decode()
    assert "Where EUR\u00a03.00 comes from" in told


def test_a_sum_at_a_station_counts_only_the_projects_there(sign_in, manager, tell):
    tell("ONE", title="Early one")
    enter_station(project=tell("TWO", title="Later one"), station=Station.TRAINING, on=timezone.localdate(), by=manager)
    told = sign_in(manager).get("/explain/portfolio/left-training/").content.decode()
    assert "Later one" in told
    assert "Early one" not in told


def test_a_short_list_of_needs_says_that_nothing_else_waits(sign_in, manager, tell):
    tell("HYP", signed=False)
    assert "Nothing else waits" in sign_in(manager).get("/").content.decode()


def test_a_project_over_its_budget_is_named_in_the_headline(sign_in, manager, department, engineer):
    project = open_project(
        key="OVR",
        title="Greedy one",
        portfolio=Portfolio.objects.create(name="P"),
        sponsor=department,
        lead=engineer,
        started_on=date(2026, 1, 1),
        by=manager,
    )
    budget = approve_budget(
        project=project, name="2026", currency="EUR", lines={"people": 10_000}, on=date(2026, 1, 5), by=manager
    )
    post_actual(
        line=budget.lines.get(),
        amount_minor=10_500,
        memo="Salaries",
        source="hr",
        external_id="1",
        effective_on=timezone.localdate(),
        at=timezone.now(),
        by=manager,
    )
    page = sign_in(manager).get("/").content.decode()
    assert "Greedy one needs a look" in page
    assert "105% of its budget" in page
    address = "/explain/health/OVR/"
    word = f'<a class="why" href="{address}" hx-get="{address}" hx-target="#explain">Over budget</a>'
    assert word in page.partition('<ol class="decisions needs">')[2].partition("</ol>")[0]


def test_totals_of_a_filtered_list_do_not_claim_to_be_those_of_the_board(sign_in, manager, tell):
    tell("ONE", title="Reader")
    tell("TWO", title="Writer")
    page = sign_in(manager).get("/projects/?q=reader").content.decode()
    assert "/explain/portfolio/" not in page
    assert "sums of the rows on this page" in page


def test_an_order_is_committed_and_no_reservation_and_both_are_used(sign_in, manager, finance_user, told):
    line, at = told.budgets.get().lines.get(category="people"), timezone.now()
    commit(line=line, amount_minor=340_000, supplier="Acme", memo="Labels", source="po", external_id="1", at=at,
           by=finance_user)  # fmt: skip
    money = project_rows([told], at.date())[0].money
    assert (money.committed, money.used) == (340_000, money.spent + money.reserved + 340_000)
    client = sign_in(manager)
    card = client.get("/projects/TRI/").content.decode()
    card = card[card.index('id="money"') :]
    assert "<b>3,400</b> committed" in card
    assert "<b>1</b> reserved" in card  # a euro, for the job that is told of
    board = " ".join(re.sub(r"<[^>]+>", " ", client.get("/").content.decode()).split())
    used = percent(money.used_share)
    assert f"{used} of the budget is used" in board
    assert f"{used} of EUR 90k" in board


def test_the_funnel_says_what_is_released_and_what_gates_hold(sign_in, manager, told):
    assert "released, nothing held behind gates" in sign_in(manager).get("/").content.decode()
    at, budget = timezone.now(), open_budget(project=told, name="Next", currency="EUR", at=timezone.now(), by=manager)
    period = open_periods(first=at.date(), months=1, by=None)[0]
    lines = [PlannedAmount(period, "data", "data", 7_000_000)]
    approve_version(version=draft_version(budget=budget, lines=lines, reason="More", at=at, by=told.lead), at=at,
                    by=manager)  # fmt: skip
    plan_tranches(budget=budget, tranches={"data": {"data": 7_000_000}}, by=manager)
    client = sign_in(manager)
    page = re.sub(r"<[^>]+>", "", client.get("/").content.decode())
    assert "EUR\u00a090k released, EUR\u00a070k held behind gates" in page
    held = money_facts(manager, Scope(), at).sums.held
    assert f"= Held behind gates of EUR 160k planned EUR {held // 100:,}.00" in " ".join(
        re.sub(r"<[^>]+>", " ", client.get("/explain/portfolio/held/").content.decode()).split()
    )


def test_bubbles_and_what_if_say_the_same_of_a_project(sign_in, manager, tell):
    project, other = tell("ONE", title="Reader"), tell("TWO", title="Writer")
    plan_stages(project=project, finishes={Station.DATA: timezone.localdate()}, by=manager)
    assess_stage(stage=project.stages.get(station="data"), p_success_percent=40, cost_minor=None, by=manager)
    facts = portfolio_facts(manager, timezone.now())
    finding = worth_question(facts)
    assert {point.name: point.odds for point in finding.data.points} == {"Reader": 0.4, "Writer": 1.0}
    weighed = weigh([project, other], "EUR", timezone.localdate())
    told = {each.row.project.title: each.candidate(RATE_BP).value_minor / 100 for each in weighed}
    assert {point.name: point.value for point in finding.data.points} == told
    assert finding.rows[0][3:5] == ("100%", "62%")


def test_a_project_that_says_nothing_of_its_worth_is_named_beside_the_bubbles(manager, tell, department, engineer):
    tell("ONE")
    open_project(key="MUM", title="Mum", portfolio=Portfolio.objects.get(), sponsor=department, lead=engineer,
                 started_on=date(2026, 1, 1), by=manager)  # fmt: skip
    finding = worth_question(portfolio_facts(manager, timezone.now()))
    assert "Not drawn, without value or business case: MUM." in finding.how_to_read
    assert len(finding.data.points) == 1


def test_a_project_without_a_run_is_drawn_hollow_by_its_business_case(manager, told, engineer):
    Run.objects.update(metrics={})
    make_case(project=told, currency="EUR", discount_rate_bp=800, starts_on=timezone.localdate(), at=timezone.now(),
              flows=(Flow(0, 100_000_00, 0), Flow(1, 0, 60_000_00)), by=engineer)  # fmt: skip
    (point,) = worth_question(portfolio_facts(manager, timezone.now())).data.points
    assert (point.is_hypothesis, point.value > 0) == (True, True)
