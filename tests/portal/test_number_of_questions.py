"""A page asks the database as often for many rows as for few, of today and of a past day, whatever kind they are."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from experiments.models import ModelVersion
from finance.models import Commitment, FiscalPeriod, JournalEntry, Reservation
from finance.services.budget import approve_budget, end_reservation, reserve, set_line_policy
from finance.services.commitment import cancel_commitment, commit
from finance.services.journal import post_actual, reverse_entry
from finance.services.labour import record_role_rate, record_time
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    change_draft,
    draft_version,
    open_budget,
    plan_tranches,
    release_tranche,
)
from outcomes.gate_sets import CriterionDraft, check
from outcomes.services import (
    add_key_result,
    change_benefit_plan,
    define_kpi,
    draft_contract,
    open_objective,
    promise_benefit,
    realise_benefit,
    record_measurement,
    set_target,
    sign_contract,
    triage_feedback,
)
from outcomes.services.gate import answer_check, ask_review, define_gate
from outcomes.services.gate_decision import decide_gate
from people.services import add_job_role, record_employment
from portal.boards import unchanged
from projects.models import Station
from projects.services import (
    add_dependency,
    add_milestone,
    add_risk,
    close_risk,
    move_milestone,
    place_project,
    record_feedback,
)
from projects.services.people import allocate

MONDAY = date(2026, 3, 2)
TUESDAY, WEDNESDAY, FRIDAY = (MONDAY + timedelta(days=number) for number in (1, 2, 4))
FEW, MANY = 1, 3


@pytest.fixture
def fill(tell, manager, engineer, finance_user):
    """Tell of one more project that has so many rows of every kind, and of a gate with so many criteria of each."""
    role = add_job_role(code="ml-engineer", name="ML engineer", by=None)
    record_role_rate(role=role, hour_minor=6_000, currency="EUR", valid_from=date(2026, 1, 1), source="erp",
                     external_id="R-1", at=timezone.now(), by=finance_user)  # fmt: skip
    month = FiscalPeriod.objects.create(starts_on=date(2026, 3, 1), ends_on=date(2026, 4, 1), name="2026-03")
    managed, led, paid = {"by": manager}, {"by": engineer}, {"by": finance_user}

    def fill(key, horizon, count):
        at = timezone.now()
        project = tell(key)
        place_project(project=project, programme=None, horizon=horizon, **managed)
        gate = define_gate(horizon=horizon, station="data", title=f"Gate of {key}", criteria=asked(count), **managed)
        for number in range(count):
            plans(project, number)
            outcomes(project, number, at)
            money(project, number, at)
            people(project, number, at)
            train(project, number, at)
        metered(project, count, at)
        for number in range(count + 1):
            review = ask_review(project=project, gate=gate, at=at, **led)
            for point in gate.criteria.filter(fact="check"):
                answer_check(review=review, criterion=point, met=True, note="Mail", at=at, **led)
            if number < count:  # the last one waits
                decide_gate(review=review, outcome="recycle", reasons="Again.", at=at, **managed)
        return project

    def asked(count):
        kinds = [
            check("Privacy is cleared"),
            CriterionDraft("The model is good", "must_meet", "model_metric", 0.9, metric="test_accuracy"),
            CriterionDraft("It is fast", "should_meet", "latency_ms", 50, comparison="at_most"),
            CriterionDraft("The KPI moves", "should_meet", "kpi_reached", 50),
            CriterionDraft("Users are content", "should_meet", "feedback", 4.5),
            CriterionDraft("There is money", "should_meet", "available", 10),
            CriterionDraft("Not all is used", "should_meet", "cost_share", 90, comparison="at_most"),
            CriterionDraft("Somebody signed", "must_meet", "value_signed", 1),
            CriterionDraft("Little may happen", "should_meet", "open_risk", 1_000, comparison="at_most"),
        ]
        return [replace(kind, title=f"{kind.title} {number}") for number in range(count) for kind in kinds]

    def plans(project, number):
        day = MONDAY + timedelta(days=number)
        first = add_milestone(project=project, title=f"Cameras {number}", planned_on=day, **managed)
        then = add_milestone(project=project, title=f"Light {number}", planned_on=day, **managed)
        add_dependency(predecessor=first, successor=then, **managed)
        add_risk(project=project, title=f"Rain {number}", probability_percent=20, impact_minor=500, currency="EUR",
                 response="reduce", owner=engineer, opened_on=MONDAY, **managed)  # fmt: skip

    def outcomes(project, number, at):
        kpi = define_kpi(project=project, name=f"KPI {number}", unit="%", direction="lower", baseline=7, target=3,
                         owner=engineer, **led)  # fmt: skip
        model = project.runs.first().model_version
        led_kpi = project.kpis.order_by("pk").first()
        for measured in (led_kpi, kpi):
            when = at - timedelta(days=9, hours=number)
            record_measurement(kpi=measured, value=5, measured_at=when, model_version=model, **led)
            begin, end = (date(2026, 3 + number + place, 1) for place in (0, 1))
            set_target(kpi=measured, starts_on=begin, ends_on=end, value=4, amber=5, red=6, at=at, **led)
            contract = worth(measured)
            sign_contract(contract=contract, at=at, **paid)
            worth(measured)
        voice = say(project, number, at)
        say(project, number, at)
        triage_feedback(feedback=voice, status="accepted", note="Soon", model_version=model, at=at, **led)
        plan = {date(2025, 10 + place, 1): 100_000 for place in range(3)} | {date(2026, 5, 1): 100_000}
        benefit = promise_benefit(project=project, name=f"Benefit {number}", kind="cashable", owner=engineer,
                                  currency="EUR", plan=plan, kpi=kpi, contract=contract, at=at, **led)  # fmt: skip
        for place in range(3):  # less than was promised: a demand opens itself
            realise_benefit(benefit=benefit, month=date(2025, 10 + place, 1), actual_minor=10, at=at, **led)
        objective = open_objective(portfolio=project.portfolio, title=f"Objective {number} of {project.key}",
                                   owner=manager, starts_on=MONDAY - timedelta(days=9),
                                   ends_on=MONDAY + timedelta(days=90), **managed)  # fmt: skip
        for measured in (kpi, led_kpi):
            add_key_result(objective=objective, kpi=measured, **managed)

    def worth(kpi):
        return draft_contract(kpi=kpi, metric="test_accuracy", metric_baseline=0.5, sensitivity=-10,
                              units_per_year=5_000, units_label="calls", worth_micro=9_000_000, currency="EUR",
                              valid_from=MONDAY, owner=engineer, **led)  # fmt: skip

    def say(project, number, at):
        return record_feedback(project=project, score=3, text=f"Voice {number}", source="A", received_at=at, **led)

    def planned(budget, at):
        """Two versions that were approved and one that waits."""
        lines = [PlannedAmount(month, category, "data", 9_000_000) for category in ("people", "compute")]
        for _time in range(2):
            approve_version(version=draft_version(budget=budget, lines=lines, reason="More", at=at, **paid), at=at,
                            **managed)  # fmt: skip
        draft_version(budget=budget, lines=lines, reason="Still more", at=at, **paid)

    def metered(project, count, at):
        """A second budget, whose tranches are released or held."""
        budget, stations = open_budget(project=project, name="Next", currency="EUR", at=at, **managed), list(Station)
        planned(budget, at)
        sums = {station: {"people": 1_000, "compute": 1_000} for station in stations[1 : 2 + count]}
        for tranche in plan_tranches(budget=budget, tranches=sums, **managed)[:count]:
            reference = f"gate-decision:{tranche.pk}"
            release_tranche(tranche=tranche, reference=reference, at=at, **managed)

    def money(project, number, at):
        budget, name = project.budgets.earliest("pk"), f"{project.key}-{number}"
        line = budget.lines.get(category="people")
        planned(budget, at)
        order(line, f"{name}-kept", at)
        cancel_commitment(commitment=order(line, f"{name}-dropped", at), at=at, **paid)
        spend(line, f"{name}-part", at, commitment=order(line, f"{name}-partly", at))
        spend(line, f"{name}-right", at)
        wrong = spend(line, f"{name}-wrong", at)
        reverse_entry(entry=wrong, memo="Wrong project", effective_on=at.date(), at=at, **paid)
        reserve(line=line, amount_minor=50, reference=name, at=at, **led)

    def order(line, name, at):
        return commit(line=line, amount_minor=1_000, supplier=f"Acme {name}", memo="Labels", source="po",
                      external_id=name, at=at, **paid)  # fmt: skip

    def spend(line, name, at, **fields):
        return post_actual(line=line, amount_minor=400, memo=f"Work {name}", source="test", external_id=name,
                           effective_on=at.date(), at=at, **fields, **paid)  # fmt: skip

    def people(project, number, at):
        name = f"{project.key}-{number}"
        person = record_employment(source="hr", external_id=name, name=f"Person {name}", role=role, fte_percent=100,
                                   department=project.sponsor, valid_from=date(2026, 1, 1), at=at, **paid)  # fmt: skip
        for status in ("confirmed", "tentative"):
            allocate(employment=person, project=project, hours_per_week=20, valid_from=date(2026, 2, 1), source="plan",
                     external_id=f"{name}-{status}", status=status, **managed)  # fmt: skip
        record_time(employment=person, line=project.budgets.earliest("pk").lines.get(category="people"),
                    worked_on=date(2026, 2, 27), minutes=60, source="hr", external_id=name, at=at, **paid)  # fmt: skip

    def train(project, number, at):
        """One more job that has ended with a model, and one that waits: copies of the job that is told of."""
        job = project.jobs.select_related("run__model_version").order_by("number").first()
        line, run, model = job.reservation.line, job.run, job.run.model_version
        for state in ("succeeded", "queued"):
            held = reserve(line=line, amount_minor=9, reference=f"job:{uuid.uuid4()}", at=at, **led)
            job.pk, job.number, job.reservation = uuid.uuid4(), project.jobs.count() + 1, held
            job.state, job.run, job.submitted_at = state, None, at
            if state == "succeeded":
                run.pk, run.name, run.metrics = uuid.uuid4(), job.name, {"test_accuracy": 0.5, "latency_ms": 9}
                run.save(force_insert=True)
                ModelVersion.objects.create(run=run, kind=model.kind, path="x", digest="m" * 64, size_bytes=1,
                                            created_at=at)  # fmt: skip
                job.run = run
            else:
                job.started_at, job.finished_at = None, None
            job.save(force_insert=True)

    return fill


@pytest.fixture
def move(manager, engineer, finance_user):
    """What can change of every row of a project changes."""

    def move(project):
        at, managed, led, paid = timezone.now(), {"by": manager}, {"by": engineer}, {"by": finance_user}
        for milestone in project.milestones.all():
            move_milestone(milestone=milestone, planned_on=FRIDAY, **managed)
        for risk in project.risks.all():
            close_risk(risk=risk, on=WEDNESDAY, **managed)
        for voice in project.feedback.all():
            triage_feedback(feedback=voice, status="declined", note="Never", at=at, **managed)
        for benefit in project.benefits.all():
            change_benefit_plan(benefit=benefit, plan={date(2026, 5, 1): 1}, **led)
        for kpi in project.kpis.all():
            sign_contract(contract=kpi.contracts.latest("version"), at=at, **paid)
        for budget in project.budgets.all():
            for line in budget.lines.all():
                set_line_policy(line=line, policy="warn", **managed)
            draft = budget.versions.latest("number")
            planned = draft.plan_lines.all()
            lines = [PlannedAmount(each.period, each.category, each.station, 9_900_000) for each in planned]
            change_draft(version=draft, lines=lines, reason="Anew", **paid)
            approve_version(version=draft, at=at, **managed)
            if budget.is_metered:
                plan_tranches(budget=budget, tranches={"feedback": {"people": 5}}, **managed)
        for order in Commitment.objects.filter(line__budget__project=project, status="open", source="po"):
            cancel_commitment(commitment=order, at=at, **paid)
        for held in Reservation.objects.filter(line__budget__project=project, status="open", job=None):
            end_reservation(reservation=held, status="released", at=at)
        for entry in JournalEntry.objects.filter(
            source="test", reversed_by=None, entries__line__budget__project=project
        ):
            reverse_entry(entry=entry, memo="Wrong", effective_on=WEDNESDAY, at=at, **paid)
        review = project.reviews.open().get()
        for point in review.gate.criteria.filter(fact="check"):
            answer_check(review=review, criterion=point, met=False, note="After all", at=at, **led)
        decide_gate(review=review, outcome="recycle", reasons="Again.", at=at, **managed)
        define_gate(horizon=project.horizon, station="data", title="Another question", criteria=[check("All is well")],
                    **managed)  # fmt: skip

    return move


@pytest.fixture
def questions(sign_in, manager, engineer):
    """How often each of some pages asks the database, by its name, when a manager looks at it and a member."""

    def questions(pages, on=""):
        return {user.username: asked_by(sign_in(user), pages, on) for user in (manager, engineer)}

    def asked_by(client, pages, on):
        client.get(reverse("notices"))  # what is asked once a process is asked
        asked = {}
        for name, address in pages.items():
            unchanged.forget()
            with CaptureQueriesContext(connection) as seen:
                answer = client.get(f"{address}{'&' if '?' in address else '?'}as_of={on}")
            assert answer.status_code == 200, name
            asked[name] = len(seen)
        return asked

    return questions


LISTS = {name: f"/{name}/" for name in ("gates", "benefits", "feedback", "objectives")}


def pages_of(project):
    """The pages of one project and of what it has; each can be asked for a past day."""
    reviews, budget = list(project.reviews.order_by("number")), reverse("project-budget", args=[project.key])
    return {
        "project": project.get_absolute_url(),
        "plan": reverse("project-plan", args=[project.key]),
        "metered budget": budget,
        "first budget": f"{budget}?budget={project.budgets.earliest('pk').pk}",
        "decided gate": reviews[0].get_absolute_url(),
        "waiting gate": reviews[-1].get_absolute_url(),
        "kpi": project.kpis.earliest("pk").get_absolute_url(),
        "benefit": project.benefits.earliest("pk").get_absolute_url(),
    }


def test_no_page_asks_more_for_more_rows(clock, fill, move, questions):
    clock(MONDAY)
    few = fill("FEW", "core", FEW)
    lists_of_few = questions(LISTS)
    clock(TUESDAY)
    many = fill("MANY", "adjacent", MANY)
    assert questions(LISTS) == lists_of_few
    assert questions(pages_of(many)) == questions(pages_of(few))

    clock(WEDNESDAY)
    move(few)
    move(many)
    clock(FRIDAY)
    assert questions(LISTS, TUESDAY) == questions(LISTS, MONDAY)
    assert questions(pages_of(many), TUESDAY) == questions(pages_of(few), TUESDAY)
    asking_few, asking_many = ({"ask": reverse("gate-review-new", args=[each.key])} for each in (few, many))
    assert questions(asking_many) == questions(asking_few)


@pytest.mark.parametrize("page", ["project", "project-budget"])
def test_a_past_day_asks_no_more_for_more_budgets(page, clock, tell, manager, questions):
    clock(MONDAY)
    few, many = tell("ONE"), tell("SIX")
    for number in range(2):
        approve_budget(project=many, name=f"Budget {number}", currency="EUR", lines={"people": 9}, on=MONDAY,
                       by=manager)  # fmt: skip
    clock(FRIDAY)
    of_few, of_many = (
        {page: f"{reverse(page, args=[each.key])}?budget={each.budgets.earliest('pk').pk}"} for each in (few, many)
    )
    assert questions(of_many, TUESDAY) == questions(of_few, TUESDAY)
