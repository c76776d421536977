"""Explain what boards work out: earned value, cost per point, feedback; the terms add up to the figure shown."""

import re
from copy import copy
from datetime import timedelta
from itertools import product
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.formats import date_format

from experiments.models import Run
from finance.earned_value import EarningRule, Method
from finance.services.budget import reserve
from finance.services.journal import post_actual
from finance.services.period import open_periods
from finance.services.plan import PlannedAmount, approve_version, draft_version
from outcomes.explain import Term
from outcomes.services import choose_earning_kpi, define_kpi, record_measurement
from people.models import AuditEntry
from portal.boards.cost_per_point import point_costs
from portal.boards.earned_value import _known, earned_facts, rows_of
from portal.boards.earned_why import explain_earned, explained_rows
from portal.boards.facts import portfolio_facts
from portal.boards.money import money_facts
from portal.boards.money_why import explain_money
from portal.boards.point_why import explain_point
from portal.boards.scope import Scope
from portal.boards.tiles import tiles_of
from projects.models import Project, Stage
from projects.services import open_project, record_feedback
from trainingjobs.models import TrainingJob

NBSP = "\u00a0"


def figure(text):
    return float(re.sub(r"[^0-9.\-]", "", text.replace("−", "-").split("%")[0]))


def computed(terms):
    """What a reader gets who computes the terms one after the other, up to the last line."""
    total = None
    for term in terms[:-1]:
        value = figure(term.amount)
        match term.sign:
            case "" | None:
                total = value
            case "+":
                total += value
            case "−":
                total -= value
            case "÷":
                total /= value
            case "=":
                assert total == pytest.approx(value)
    return total


@pytest.fixture
def budget(told, manager, finance_user):
    """A plan in force over three months, one stage done, one under way, and money spent on both categories."""
    at, today = timezone.now(), timezone.localdate()
    periods = open_periods(first=(today.replace(day=1) - timedelta(days=40)).replace(day=1), months=3, by=None)
    lines = [
        PlannedAmount(period, category, station, minor)
        for period in periods
        for category, station, minor in (("people", "data", 2_000_001), ("compute", "training", 333_335))
    ]
    budget = told.budgets.get()
    version = draft_version(budget=budget, lines=lines, reason="First plan", at=at, by=manager)
    approve_version(version=version, at=at, by=finance_user)
    days = {"actual_start": today - timedelta(days=40), "cost_minor": 2_000_000}
    stages = (("data", {"actual_finish": today - timedelta(days=9)}), ("training", {}))
    for station, more in stages:
        Stage.objects.update_or_create(project=told, station=station, defaults=days | more)
    Stage.objects.filter(project=told, cost_minor=None).update(cost_minor=0)
    for station in ("demand", "compression", "deployment", "feedback"):
        Stage.objects.get_or_create(project=told, station=station, defaults={"cost_minor": 0})
    post_actual(line=budget.lines.get(category="compute"), amount_minor=12_345, memo="Rent", source="erp",
                external_id="C-1", effective_on=today, at=at, by=finance_user)  # fmt: skip
    budget.refresh_from_db()
    return budget


def test_the_terms_of_every_figure_of_earned_value_give_it(budget):
    for rule, method in product(EarningRule, Method):
        facts = earned_facts(budget, rule=rule, method=method, on=timezone.localdate())
        for row, address in explained_rows(budget, facts, is_past=False):
            told = explain_earned(resolve(urlsplit(address).path).kwargs["what"], budget, facts, is_past=False)
            if not row.value:
                assert (told.terms, told.note) == ((), row.reason)
                continue
            last, has_ratio = figure(told.terms[-1].amount), any(term.sign == "÷" for term in told.terms)
            assert computed(told.terms) == pytest.approx(last, abs=0.006, rel=1e-4 if has_ratio else 1e-9), row.short
            assert row.value in told.title


def test_the_parts_of_earned_value_are_spans_stages_and_categories(budget):
    facts = earned_facts(budget, rule="metric_based", method="typical", on=timezone.localdate())
    explained = {what: explain_earned(what, budget, facts, is_past=False) for what in ("pv", "ev", "ac", "cpi", "eac")}
    assert len(explained["pv"].terms) in {3, 4}
    stages = {term.label: term.source.replace(NBSP, " ") for term in explained["ev"].terms}
    assert stages["Data"] == "100.0% of EUR 60,000.03, finished"
    assert stages["Training"] == "62.5% of EUR 10,000.05, begun"
    assert {term.label: term.amount.replace(NBSP, " ") for term in explained["ac"].terms} == {
        "Compute": "EUR 123.45",
        "People": "EUR 40,000.00",
        "Actual cost": "EUR 40,123.45",
    }
    assert [term.sign for term in explained["cpi"].terms] == ["", "÷", "="]
    facts_of = {fact.label: fact for fact in explained["eac"].facts}
    assert facts_of["A stage earns"].text == "by the way that “Misread parcels” has gone to its target"
    assert facts_of["Estimate at completion"].text == "typical: the rest costs as the work so far: BAC / CPI"
    assert facts_of["Earned value"].url.startswith(f"/explain/earned/{budget.pk}/ev/?rule=metric_based")


def test_the_page_of_a_budget_leads_to_its_figures_by_rule_and_method(sign_in, manager, budget):
    client = sign_in(manager)
    page = client.get("/projects/TRI/budget/", {"rule": "fifty_fifty", "method": "atypical"}).content.decode()
    address = f"/explain/earned/{budget.pk}/eac/?rule=fifty_fifty&amp;method=atypical"
    assert address in page
    told = client.get(address.replace("&amp;", "&")).content.decode()
    assert "half when a stage begins, half when it ends" in told
    part = client.get(address.replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert '<article class="explanation">' in part
    assert "<html" not in part


def test_a_figure_of_earned_value_is_explained_as_of_its_day(clock, sign_in, manager, finance_user, budget):
    day = timezone.localdate()
    seen = rows_of(earned_facts(budget, rule="", method="", on=day))[2].value
    at = clock(day + timedelta(days=2))
    post_actual(line=budget.lines.get(category="compute"), amount_minor=400_000, memo="Rent", source="erp",
                external_id="C-2", effective_on=day, at=at, by=finance_user)  # fmt: skip
    client, address = sign_in(manager), f"/explain/earned/{budget.pk}/ac/"
    assert f"Where {seen} comes from" in client.get(address, {"as_of": day.isoformat()}).content.decode()
    assert f"Where {seen} comes from" not in client.get(address).content.decode()
    page = client.get("/projects/TRI/budget/", {"as_of": day.isoformat()}).content.decode()
    assert f"{address}?rule=metric_based&amp;method=typical&amp;as_of={day.isoformat()}" in page
    assert client.get(address, {"as_of": "2001-01-01"}).status_code == 404
    assert client.get(f"/explain/earned/{budget.pk}/luck/").status_code == 404


def test_without_a_plan_a_figure_says_why_there_is_none(sign_in, manager, told):
    page = sign_in(manager).get(f"/explain/earned/{told.budgets.get().pk}/pv/").content.decode()
    assert "No plan by period is approved" in page


@pytest.fixture
def better(told, engineer):
    """A failed job, and one that is better than the first; the prices are odd."""
    first = TrainingJob.objects.get()
    TrainingJob.objects.filter(pk=first.pk).update(cost_micro=1_234_567)
    now = timezone.now()
    run = Run.objects.create(
        project=told, name="TRI-2", recipe="image-classifier", status="finished", params={"seed": 1},
        metrics={"test_accuracy": 0.985}, started_at=now, finished_at=now,
    )  # fmt: skip
    first.refresh_from_db()
    line = told.budgets.get().lines.get(category="compute")
    for number, state, micro, made in ((2, "succeeded", 3_000_001, run), (3, "failed", 77, None)):
        job = copy(first)
        job.pk, job.number, job.state, job.cost_micro = uuid4(), number, state, micro
        job.run, job.finished_at = made, now
        job.reservation = reserve(line=line, amount_minor=1, reference=f"job:{job.pk}", at=now, by=engineer)
        job._state.adding = True
        job.save()
    return told


def test_a_point_is_explained_by_all_jobs_and_what_was_gained(better, engineer, manager):
    row = point_costs(engineer)[0]
    told = explain_point("TRI", "image-classifier", engineer, None)
    assert [(term.sign, term.amount.replace(NBSP, " ")) for term in told.terms] == [
        ("", "EUR 4.234568"),
        ("+", "EUR 0.000077"),
        ("=", "EUR 4.234645"),
        ("÷", "2.5 points"),
        ("=", "EUR 1.69"),
    ]
    assert told.terms[3].source == "(0.985 − 0.96) × 100"
    assert round(computed(told.terms), 2) == figure(row.price_words)
    facts = {fact.label: fact for fact in told.facts}
    assert facts["First run"].url == "/jobs/TRI-1/"
    assert facts["Best run"].text.startswith("TRI-2, test accuracy 0.985, ended")


def test_a_point_without_a_price_says_why(told, engineer):
    explained = explain_point("TRI", "image-classifier", engineer, None)
    assert explained.terms[-1].label == "All jobs"
    assert "only one job has run" in explained.note


def test_the_board_of_points_leads_to_their_prices(better, sign_in, manager):
    page = sign_in(manager).get("/cost-per-point/").content.decode()
    assert page.count('href="/explain/point/TRI/image-classifier/"') == 7  # headline, title of the chart, row
    words = re.sub(r"<[^>]*>", " ", sign_in(manager).get("/explain/point/TRI/image-classifier/").content.decode())
    assert f"= A point EUR{NBSP}1.69" in re.sub(r"[ \n]+", " ", words)


def test_the_mean_of_feedback_is_explained_by_its_scores(told, engineer, sign_in, manager):
    now = timezone.now()
    for number, score in enumerate((5, 5, 2)):
        record_feedback(project=told, score=score, text="Well", source="Eva", received_at=now - timedelta(days=number),
                        by=engineer)  # fmt: skip
    record_feedback(project=told, score=1, text="Old", source="Eva", received_at=now - timedelta(days=95), by=engineer)
    client = sign_in(manager)
    page = client.get("/feedback/").content.decode()
    assert 'href="/explain/feedback/"' in page
    assert ">4.0<" in page
    words = re.sub(r"<[^>]*>", " ", client.get("/explain/feedback/").content.decode())
    words = " ".join(words.split())
    assert "5 of 5 2 voices 10 + 4 of 5 1 voice 4 + 2 of 5 1 voice 2 = Together 16 ÷ Voices 4 = Mean 4.0" in words


def test_the_mean_of_a_filter_is_explained_by_the_same_filter(told, engineer, sign_in, manager, stranger):
    record_feedback(project=told, score=1, text="Slow", source="Eva", received_at=timezone.now(), by=engineer)
    client = sign_in(manager)
    assert "/explain/feedback/?score=1" in client.get("/feedback/", {"score": "1"}).content.decode()
    page = client.get("/explain/feedback/", {"score": "1"}).content.decode()
    assert "Where 1.0 of 5 comes from" in page
    assert "/feedback/?score=1" in page
    assert client.get("/explain/feedback/", {"score": "3"}).status_code == 404
    assert client.get("/explain/feedback/", {"as_of": "2001-01-01"}).status_code == 404
    assert sign_in(stranger).get("/explain/feedback/").status_code == 404


def test_what_boards_work_out_does_not_exist_for_another_team(better, budget, sign_in, stranger, viewer):
    for address in (f"/explain/earned/{budget.pk}/pv/", "/explain/point/TRI/image-classifier/", "/explain/feedback/"):
        assert sign_in(stranger).get(address).status_code == 404, address
        assert sign_in(viewer).get(address).status_code == 200, address
    assert sign_in(viewer).get("/explain/point/TRI/astrology/").status_code == 404
    assert sign_in(viewer).get("/explain/earned/999999/pv/").status_code == 404


def test_an_explanation_asks_as_often_for_many_rows_as_for_few(better, budget, tell, engineer, sign_in, manager):
    client = sign_in(manager)
    addresses = [reverse("explain-feedback"), "/explain/point/TRI/image-classifier/"]
    addresses += [f"/explain/earned/{budget.pk}/{what}/" for what in ("pv", "ev", "ac", "eac")]

    def questions(address):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    few = [questions(address) for address in addresses]
    for key in ("TWO", "SIX"):
        tell(key)
    for number in range(3):
        record_feedback(project=better, score=number + 1, text="Well", source="Eva", received_at=timezone.now(),
                        by=engineer)  # fmt: skip
    assert [questions(address) for address in addresses] == few


def explained(client, what, **query):
    page = client.get(f"/explain/portfolio/{what}/", query)
    assert page.status_code == 200
    rows = re.findall(r"<tr[^>]*><td>(.?)</td><td>.*?</td><td>(.*?)</td></tr>", page.content.decode(), re.DOTALL)
    return [Term(sign, "", "", amount) for sign, amount in rows]


def test_every_tile_of_the_portfolio_leads_to_terms_that_give_it(better, tell, engineer, sign_in, manager):
    other = tell("TWO")
    record_measurement(kpi=other.kpis.get(), value=2.5, measured_at=timezone.now(), by=engineer)
    client = sign_in(manager)
    facts = portfolio_facts(manager, timezone.now())
    for tile, what in zip(tiles_of(facts), ("value", "used", "kpis", "jobs", "feedback"), strict=True):
        assert tile.why == f"/explain/portfolio/{what}/"
        terms = explained(client, what)
        assert computed(terms) == pytest.approx(figure(terms[-1].amount), abs=0.06)
        if what in {"kpis", "jobs", "feedback"}:
            assert terms[-1].amount == tile.value
    assert [tile.value for tile in tiles_of(facts)][2:] == ["1", "3", "4.0"]


def test_the_tiles_of_a_past_day_are_explained_as_of_it(clock, tell, engineer, sign_in, manager):
    day = timezone.localdate()
    project = tell("ONE")
    at = clock(day + timedelta(days=2))
    record_feedback(project=project, score=1, text="No", source="Eva", received_at=at - timedelta(hours=1),
                    by=engineer)  # fmt: skip
    record_measurement(kpi=project.kpis.get(), value=2.5, measured_at=at, by=engineer)
    client = sign_in(manager)
    then, now = ({what: explained(client, what, **query)[-1].amount for what in ("kpis", "jobs", "feedback")}
                 for query in ({"as_of": day.isoformat()}, {}))  # fmt: skip
    assert (then, now) == ({"kpis": "0", "jobs": "1", "feedback": "4.0"}, {"kpis": "1", "jobs": "1", "feedback": "2.5"})


def test_tiles_count_nothing_of_another_team(better, sign_in, stranger):
    client = sign_in(stranger)
    assert [explained(client, what)[-1].amount for what in ("kpis", "jobs")] == ["0", "0"]
    assert explained(client, "feedback") == []


def test_the_day_on_which_the_limit_is_crossed_is_explained_by_the_pace(told, finance_user, sign_in, manager):
    today, line = timezone.localdate(), told.budgets.get().lines.get(category="people")
    for months, minor in enumerate((500_000, 300_000, 400_000, 450_000, 350_000)):
        on = (today.replace(day=1) - timedelta(days=30 * months + 14)).replace(day=3)
        post_actual(line=line, amount_minor=minor, memo="Rent", source="erp", external_id=f"M-{months}",
                    effective_on=on, at=timezone.now(), by=finance_user)  # fmt: skip
    client = sign_in(manager)
    assert 'href="/explain/money/crossing/"' in client.get("/money/").content.decode()
    facts = money_facts(manager, Scope(), timezone.now())
    told = explain_money("crossing", facts, manager)
    limit, spent, left, pace, months = (figure(term.amount) for term in told.terms[:5])
    assert limit - spent == pytest.approx(left)
    assert left / pace == pytest.approx(months, abs=0.006)
    days = (facts.outlook.crossing.middle - today).days
    assert days == pytest.approx(left / pace * 365.25 / 12, abs=1)
    assert told.terms[-1].amount == date_format(facts.outlook.crossing.middle, "j M Y")


def test_without_a_pace_no_crossing_is_explained(told, sign_in, manager, stranger):
    assert sign_in(manager).get("/explain/money/crossing/").status_code == 404
    assert sign_in(stranger).get("/explain/money/crossing/").status_code == 404


def test_a_stage_earns_the_share_that_somebody_calls_done(sign_in, told, engineer, viewer, budget):
    client, address = sign_in(engineer), reverse("project-completion", args=["TRI"])
    day = timezone.localdate() - timedelta(days=2)
    typed = {"station": "training", "percent": "40", "judged_on": day.isoformat(), "reason": "Two of five runs"}
    assert client.post(address, typed | {"percent": "140"}).status_code == 422
    assert client.post(address, typed).status_code == 302
    assert "Two of five runs" in client.get(address).content.decode()
    assert sign_in(viewer).post(address, typed).status_code == 403
    facts = earned_facts(budget, rule="percent_complete", method="", on=timezone.localdate())
    assert facts.state.earned_value.minor == 6_000_003 + round(1_000_005 * 0.4)
    before = earned_facts(budget, rule="percent_complete", method="", on=day - timedelta(days=1))
    assert before.state.earned_value.reason == "Nobody has said how much of “Training” is done."


def test_the_kpi_that_earns_is_named_and_can_be_chosen(sign_in, manager, engineer, told, budget):
    second = define_kpi(project=told, name="Parcels an hour", unit="parcels", direction="higher", baseline=0.0,
                        target=100.0, owner=engineer, by=engineer)  # fmt: skip
    record_measurement(kpi=second, value=10, measured_at=timezone.now() - timedelta(hours=1), by=engineer)
    usual = earned_facts(budget, rule="", method="", on=timezone.localdate())
    assert usual.rule_words == "by the way that “Misread parcels” has gone to its target"
    client, address = sign_in(manager), "/projects/TRI/earning-kpi/"
    assert "“Misread parcels” earns: the first" in client.get("/projects/TRI/budget/").content.decode()
    assert sign_in(engineer).post(address, {"kpi": second.pk}).status_code == 403
    assert client.post(address, {"kpi": second.pk}).url == "/projects/TRI/budget/#earned"
    assert AuditEntry.objects.get(verb="choose_earning_kpi").detail == {"project": "TRI", "from": None, "to": second.pk}
    budget.refresh_from_db()
    chosen = earned_facts(budget, rule="", method="", on=timezone.localdate())
    assert (chosen.kpi, chosen.is_chosen) == (second, True)
    assert chosen.state.earned_value.value == pytest.approx(6_000_003 + 1_000_005 * 0.1)
    assert "“Parcels an hour” earns, as a portfolio manager" in client.get("/projects/TRI/budget/").content.decode()
    yesterday = timezone.localdate() - timedelta(days=1)
    assert not earned_facts(budget, rule="", method="", on=yesterday, is_past=True).is_chosen
    client.post(address, {"kpi": ""})
    budget.refresh_from_db()
    assert not earned_facts(budget, rule="", method="", on=timezone.localdate()).is_chosen


def test_a_past_day_keeps_the_kpi_that_had_been_chosen(manager, engineer, told, budget):
    second = define_kpi(project=told, name="Parcels an hour", unit="parcels", direction="higher", baseline=0.0,
                        target=100.0, owner=engineer, by=engineer)  # fmt: skip
    choose_earning_kpi(project=told, kpi=second, by=manager)
    ago = timezone.now() - timedelta(days=3)
    Project.history.filter(id=told.pk, earning_kpi=second).update(history_date=ago)
    choose_earning_kpi(project=told, kpi=None, by=manager)
    yesterday = timezone.localdate() - timedelta(days=1)
    assert _known(budget, yesterday, is_past=True).earning_kpi_id == second.pk
    assert _known(budget, timezone.localdate(), is_past=False).earning_kpi_id is None


def test_a_kpi_of_another_project_cannot_earn(sign_in, manager, department, engineer, told):
    other = open_project(key="SHF", title="Shifts", portfolio=told.portfolio, sponsor=department, lead=engineer,
                         started_on=told.started_on, by=manager)  # fmt: skip
    foreign = define_kpi(project=other, name="Late shifts", unit="%", direction="lower", baseline=9.0, target=4.0,
                         owner=engineer, by=engineer)  # fmt: skip
    with pytest.raises(ValidationError, match="another project"):
        choose_earning_kpi(project=told, kpi=foreign, by=manager)
    sign_in(manager).post("/projects/TRI/earning-kpi/", {"kpi": foreign.pk})
    told.refresh_from_db()
    assert told.earning_kpi is None
