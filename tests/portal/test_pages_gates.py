"""The gate room, the review before a gate, the decision at it, and what is shown of it afterwards."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from finance.models import Budget
from finance.services.period import open_periods
from finance.services.plan import PlannedAmount, approve_version, draft_version, open_budget, plan_tranches
from outcomes.gate_sets import CriterionDraft, check
from outcomes.models import Gate, GateDecision, GateReview
from outcomes.services import record_measurement
from outcomes.services.gate import answer_check, ask_review, define_gate
from outcomes.services.gate_decision import decide_gate
from portal.invariants.outcomes import gates_are_true
from projects.models import Project, Station

ROWS = {"conditions-TOTAL_FORMS": "4", "conditions-INITIAL_FORMS": "0"}


@pytest.fixture
def gate(told, manager):
    return define_gate(
        horizon="core",
        station="data",
        title="Is the demand worth its data?",
        criteria=[
            check("Privacy is cleared"),
            CriterionDraft("The model is good", "must_meet", "model_metric", 0.9, metric="test_accuracy"),
            CriterionDraft("The KPI moves", "should_meet", "kpi_reached", 50, weight=2),
            CriterionDraft("Users are content", "should_meet", "feedback", 4.5),
            CriterionDraft("Latency", "should_meet", "latency_ms", 50, "at_most"),
        ],
        by=manager,
    )


@pytest.fixture
def review(told, gate, engineer):
    now = timezone.now()
    return ask_review(project=told, gate=gate, at=now, by=engineer, due_on=timezone.localdate() + timedelta(days=4))


@pytest.fixture
def cleared(review, gate, engineer):
    point = gate.criteria.get(fact="check")
    answer_check(review=review, criterion=point, met=True, note="Mail of 3 May", at=timezone.now(), by=engineer)
    return review


def page(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def decision_form(**change):
    return {"outcome": "go", "reasons": "All is shown.", **ROWS, **change}


def test_the_room_says_what_waits_and_what_waiting_costs(cleared, sign_in, manager):
    text = page(sign_in(manager), "/gates/")
    assert "One gate waits" in text
    assert "A week of waiting costs about" in text
    assert "2 of 2 must-meets met" in text
    assert ">Decide<" in text


def test_the_room_counts_for_who_decides(review, sign_in, manager, stranger):
    assert "<span data-due>1</span>" in page(sign_in(manager), "/")
    assert "No review is open" in page(sign_in(stranger), "/gates/")


def test_readings_name_their_source_and_what_cannot_be_read_says_why(review, sign_in, viewer):
    text = page(sign_in(viewer), review.get_absolute_url())
    assert "test accuracy 0.96" in text
    assert "62% of the way: Misread parcels at 4.5%" in text
    assert "4.0 of 5 from 1 voice" in text
    assert "No finished run has measured its latency" in text
    assert "Nobody has answered this yet." in text
    assert GateReview.objects.get().project.jobs.get().get_absolute_url() in text


def test_a_go_that_is_not_possible_says_so_before_anybody_asks(review, sign_in, manager):
    text = page(sign_in(manager), review.get_absolute_url())
    assert "Not possible: every must-meet has to be met, and these are not: Privacy is cleared." in text
    answer = sign_in(manager).post(f"/gates/{review.pk}/decide/", decision_form())
    assert answer.status_code == 422
    assert "A go needs every must-meet" in answer.content.decode()


def test_the_check_list_is_answered_on_the_page(review, gate, sign_in, engineer, viewer):
    point = gate.criteria.get(fact="check")
    path = f"/gates/{review.pk}/answers/{point.pk}/"
    assert sign_in(viewer).post(path, {"met": "yes"}).status_code == 403
    wrong = sign_in(engineer).post(path, {"note": "typed already"})
    assert wrong.status_code == 422
    assert "typed already" in wrong.content.decode()
    assert sign_in(engineer).post(path, {"met": "yes", "note": "Mail"}).url == review.get_absolute_url()
    review.refresh_from_db()
    assert review.checks[str(point.pk)]["by"] == engineer.username


def test_an_end_asks_twice_and_keeps_what_was_typed(cleared, sign_in, manager):
    client, path = sign_in(manager), f"/gates/{cleared.pk}/decide/"
    answer = client.post(path, decision_form(outcome="kill", reasons="It does not pay."))
    assert answer.status_code == 422
    assert "It does not pay." in answer.content.decode()
    assert not GateDecision.objects.exists()
    assert client.post(path, decision_form(outcome="kill", confirm="on")).status_code == 302
    assert Project.objects.get(key="TRI").status == "killed"
    assert list(gates_are_true()) == []


def test_a_decision_shows_then_beside_now(cleared, told, sign_in, manager, engineer):
    sign_in(manager).post(f"/gates/{cleared.pk}/decide/", decision_form())
    before = page(sign_in(manager), cleared.get_absolute_url())
    assert "as it was" in before
    record_measurement(kpi=told.kpis.get(), value=6.5, measured_at=timezone.now(), by=engineer)
    after = page(sign_in(manager), cleared.get_absolute_url())
    assert "no longer met, lower by 50 points" in after
    assert GateDecision.objects.get().snapshot.digest in after


def test_a_forged_row_is_found(cleared, manager, monkeypatch):
    decide_gate(review=cleared, outcome="go", reasons="Good", at=timezone.now(), by=manager)
    assert list(gates_are_true()) == []
    monkeypatch.setattr("outcomes.evidence.canonical", lambda facts: "forged")
    assert {breach.invariant for breach in gates_are_true()} == {"gates_are_true"}
    assert len(list(gates_are_true())) == 2


def test_the_project_page_leads_to_its_next_gate(told, gate, sign_in, engineer, viewer):
    assert "Ask for a decision" in page(sign_in(engineer), "/projects/TRI/")
    assert "Ask for a decision" not in page(sign_in(viewer), "/projects/TRI/")
    answer = sign_in(engineer).post("/projects/TRI/gate/", {"due_on": ""})
    assert answer.url == GateReview.objects.get().get_absolute_url()
    assert "Open the review" in page(sign_in(viewer), "/projects/TRI/")


def test_a_day_that_is_over_is_told_on_the_form(told, gate, sign_in, engineer):
    answer = sign_in(engineer).post("/projects/TRI/gate/", {"due_on": "2020-01-01"})
    assert answer.status_code == 422
    assert "This day is over" in answer.content.decode()


def test_without_criteria_there_is_nothing_to_ask_for(told, sign_in, engineer):
    assert "No gate is ahead" in page(sign_in(engineer), "/projects/TRI/gate/")


def test_the_board_lists_gates_among_what_needs_somebody(review, sign_in, manager, engineer):
    assert "Gate waits" in page(sign_in(manager), "/")
    assert "Gate waits" not in page(sign_in(engineer), "/")


def test_the_lead_decides_nothing_even_as_a_manager(review, sign_in, make_user):
    boss = make_user("olga.other", "manager")
    Project.objects.update(lead=boss)
    text = page(sign_in(boss), review.get_absolute_url())
    assert "another manager decides" in text
    assert sign_in(boss).post(f"/gates/{review.pk}/decide/", decision_form(outcome="hold")).status_code == 422


def test_who_may_not_take_it_back_is_told(review, sign_in, finance_user, engineer):
    sign_in(finance_user).post(f"/gates/{review.pk}/withdraw/")
    assert GateReview.objects.open().count() == 1
    assert sign_in(engineer).post(f"/gates/{review.pk}/withdraw/").url == "/projects/TRI/"
    assert "Withdrawn" in page(sign_in(engineer), review.get_absolute_url())


def test_the_export_holds_open_and_decided_reviews_without_formulas(cleared, gate, told, sign_in, manager, engineer):
    decide_gate(review=cleared, outcome="recycle", reasons="=1+1", at=timezone.now(), by=manager)
    ask_review(project=told, gate=gate, at=timezone.now(), by=engineer)
    text = page(sign_in(manager), "/gates.csv")
    assert "recycle" in text
    assert ",open," in text
    assert "'=1+1" in text


@pytest.mark.parametrize(
    "query", ["?q=zzz", "?horizon=nothing", "?station=nowhere", "?outcome=luck", "?page=x&decided=y"]
)
def test_filters_that_find_nothing_say_so(cleared, sign_in, manager, query):
    text = page(sign_in(manager), f"/gates/{query}")
    assert "fits these filters" in text or "No gate has been decided yet" in text


def test_queries_of_the_room_do_not_grow_with_its_rows(tell, gate, review, sign_in, manager, engineer):
    client = sign_in(manager)

    def asked():
        with CaptureQueriesContext(connection) as seen:
            page(client, "/gates/")
        return len(seen)

    one = asked()
    for key in ("AAA", "BBB", "CCC"):
        ask_review(project=tell(key), gate=Gate.objects.get(pk=gate.pk), at=timezone.now(), by=engineer)
    assert asked() == one


def test_a_go_says_the_tranche_it_releases(cleared, told, sign_in, manager, finance_user):
    (period,) = open_periods(first=date(2027, 1, 1), months=1, by=finance_user)
    now = timezone.now()
    budget: Budget = open_budget(project=told, name="Next", currency="EUR", at=now, by=manager)
    plan = [PlannedAmount(period, "data", "data", 900_000)]
    version = draft_version(budget=budget, lines=plan, reason="Asked", at=now, by=manager)
    approve_version(version=version, at=now, by=finance_user)
    plan_tranches(budget=budget, tranches={Station.DATA: {"data": 900_000}}, by=finance_user)
    assert "9,000.00 are released." in page(sign_in(manager), cleared.get_absolute_url())
    assert "A go releases <strong>" in page(sign_in(manager), "/gates/")
    sign_in(manager).post(f"/gates/{cleared.pk}/decide/", decision_form())
    assert "Released EUR" in page(sign_in(manager), cleared.get_absolute_url())
    assert list(gates_are_true()) == []


@pytest.fixture
def began(clock):
    """The clock before the first row of the story is told."""
    return clock(date(2026, 1, 10))


@pytest.fixture
def decided_over_months(began, told, gate, manager, engineer, clock):
    """Three decisions on their days, the first of them before the twelve months that end in January 2027."""
    for outcome, day in (("recycle", date(2026, 1, 31)), ("recycle", date(2026, 2, 1)), ("hold", date(2026, 12, 31))):
        at = clock(day)
        asked = ask_review(project=told, gate=gate, at=at, by=engineer)
        decide_gate(review=asked, outcome=outcome, reasons="So.", at=at, by=manager)
    clock(date(2027, 1, 5))


def decisions_told(client, **query):
    """The sentence of the chart, and the rows of its table that count any decision."""
    answer = client.get("/gates/", query).context["answer"]
    return strip_tags(answer.finding.title), [row for row in answer.finding.rows if row[-1] != "0"]


def test_decisions_are_told_by_month_and_outcome_and_drawn(decided_over_months, sign_in, manager):
    title, rows = decisions_told(sign_in(manager))
    assert title == "0 of 2 decisions in twelve months opened the gate"
    assert rows == [("Feb 2026", "0", "0", "0", "1", "0", "1"), ("Dec 2026", "0", "0", "1", "0", "0", "1")]
    text = page(sign_in(manager), "/gates/")
    assert "Show as a table" in text
    assert '"2026-02-01"' in text


def test_how_many_gates_opened_explains_itself(decided_over_months, sign_in, manager, stranger):
    client = sign_in(manager)
    finding = client.get("/gates/", {"outcome": "hold", "as_of": "2027-01-04"}).context["answer"].finding
    address = "/explain/gates/?outcome=hold&as_of=2027-01-04"
    assert f'<a class="why" href="{address.replace("&", "&amp;")}"' in finding.title
    assert "<" not in finding.alt
    told = client.get("/explain/gates/").context["explanation"]
    assert told.title == "Why 0 of 2 decisions opened the gate"
    assert [(term.label, term.amount) for term in told.terms if term.sign == "="] == [
        ("Opened the gate", "0"),
        ("Decided", "2"),
    ]
    assert [fact.text for fact in client.get(address).context["explanation"].facts] == ["1", "hold"]
    assert client.get("/explain/gates/?as_of=2025-12-31").status_code == 404
    assert sign_in(stranger).get("/explain/gates/").status_code == 404


def test_decisions_of_a_past_day_are_of_the_twelve_months_before_it(decided_over_months, sign_in, manager):
    title, rows = decisions_told(sign_in(manager), as_of="2026-12-30")
    assert title == "0 of 2 decisions in twelve months opened the gate"
    assert [row[0] for row in rows] == ["Jan 2026", "Feb 2026"]
    assert decisions_told(sign_in(manager), outcome="hold")[0].startswith("0 of 1 decision ")


def test_gates_that_opened_are_counted(decided_over_months, told, gate, sign_in, manager, engineer, clock):
    at = clock(date(2027, 1, 6))
    asked = ask_review(project=told, gate=gate, at=at, by=engineer)
    point = gate.criteria.get(fact="check")
    answer_check(review=asked, criterion=point, met=True, note="Mail", at=at, by=engineer)
    decide_gate(review=asked, outcome="go", reasons="All is shown.", at=at, by=manager)
    title, rows = decisions_told(sign_in(manager))
    assert title == "1 of 3 decisions in twelve months opened the gate"
    assert rows[-1] == ("Jan 2027", "1", "0", "0", "0", "0", "1")


def test_without_a_decision_in_twelve_months_the_chart_says_so(decided_over_months, sign_in, manager, clock):
    clock(date(2028, 6, 1))
    assert decisions_told(sign_in(manager)) == ("No gate was decided in twelve months", [])
