"""Every board of a past day shows what it showed on that day, whatever has happened since, and offers no verb."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from experiments.models import Run
from finance.models import BudgetLine, FiscalPeriod
from finance.services.budget import end_reservation, reserve, set_line_policy
from finance.services.commitment import cancel_commitment, commit
from finance.services.journal import post_actual, reverse_entry
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
from outcomes.services.gate import answer_check, ask_review, define_gate, withdraw_review
from outcomes.services.gate_decision import decide_gate
from projects.models import Demand, Milestone, Project, Risk, Station
from projects.services import (
    add_dependency,
    add_milestone,
    add_risk,
    assess_stage,
    close_risk,
    decide_demand,
    enter_station,
    hold_project,
    move_milestone,
    plan_stages,
    reach_milestone,
    record_feedback,
    remove_dependency,
    remove_milestone,
)
from trainingjobs.models import TrainingJob

MONDAY = date(2026, 3, 2)


@pytest.fixture
def train(engineer, rate_card):
    """Submit a job, and end it with a run."""

    def submit(project, *, seed=0, recipe="image-classifier"):
        now, number = timezone.now(), project.jobs.count() + 1
        line = project.budgets.get().lines.get(category="compute")
        held = reserve(line=line, amount_minor=100, reference=f"job:{uuid.uuid4()}", at=now, by=engineer)
        forecast = {f"forecast_{what}_{which}": 1 for what in ("seconds", "micro") for which in ("low", "mid", "high")}
        return TrainingJob.objects.create(
            project=project, number=number, recipe=recipe, params={"seed": seed}, submitted_by=engineer,
            submitted_at=now, rate_card=rate_card, reservation=held, queued_at=now, **forecast,
        )  # fmt: skip

    def end(job, *, accuracy=0.97, micro=2_000_000, state="succeeded"):
        now = timezone.now()
        if state == "succeeded":
            job.run = Run.objects.create(
                project=job.project, name=job.name, recipe=job.recipe, params=job.params, status="finished",
                metrics={"test_accuracy": accuracy}, started_at=now - timedelta(hours=1), finished_at=now,
            )  # fmt: skip
        job.started_at = now - timedelta(hours=1)
        job.finished_at, job.state, job.cost_micro = now, state, micro
        job.save()

    def train(project, *, seed=0, **fields):
        job = submit(project, seed=seed)
        end(job, **fields)
        return job

    train.submit, train.end = submit, end
    return train


def rename(project, title):
    row = Project.objects.get(pk=project.pk)
    row.title = title
    row.save()


BOARDS = (
    "waste", "cost-per-point", "objectives", "feedback-board", "benefits", "gates", "programmes", "people", "forecasts",
)  # fmt: skip


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("typed", ["tomorrow", "2099-01-01"])
def test_a_day_that_cannot_be_shown_is_said_on_every_board(board, typed, sign_in, manager):
    response = sign_in(manager).get(reverse(board), {"as_of": typed})
    assert response.status_code == 422
    assert "This is today" in response.content.decode()


@pytest.mark.parametrize("board", ["waste", "cost-per-point"])
def test_jobs_are_judged_by_what_had_ended(board, clock, tell, train, look):
    clock(MONDAY)
    project = tell("ONE")
    train(project, accuracy=0.98)
    train(project, seed=1, state="failed")
    running = train.submit(project, seed=2)
    seen = look(reverse(board))
    clock(MONDAY + timedelta(days=1))
    train.end(running, accuracy=0.99)
    train(project, micro=9_000_000)
    train(project, seed=3, state="failed", micro=9_000_000)
    rename(project, "Another name")
    assert look(reverse(board)) != seen
    assert " ".join(look(reverse(board), MONDAY)) == " ".join(seen).replace("No worker is there now. ", "")


def test_objectives_have_come_as_far_as_was_measured_then(clock, tell, manager, engineer, look):
    at = clock(MONDAY)
    project = tell("ONE")
    period = {"owner": manager, "starts_on": MONDAY - timedelta(days=9), "ends_on": MONDAY + timedelta(days=1)}
    objective = open_objective(portfolio=project.portfolio, title="Fewer misreads", **period, by=manager)
    add_key_result(objective=objective, kpi=project.kpis.get(), by=manager)
    seen, all_seen = look(reverse("objectives")), look(reverse("objectives"), period="all")
    clock(MONDAY + timedelta(days=2))
    record_measurement(kpi=project.kpis.get(), value=3.1, measured_at=at - timedelta(hours=2), by=engineer)
    later = define_kpi(
        project=project, name="Complaints", unit="a week", direction="lower", baseline=9, target=2, owner=engineer,
        by=engineer,
    )  # fmt: skip
    add_key_result(objective=objective, kpi=later, by=manager)
    open_objective(portfolio=project.portfolio, title="More of all", **period, by=manager)
    assert look(reverse("objectives")) != seen
    assert look(reverse("objectives"), MONDAY) == seen
    assert look(reverse("objectives"), MONDAY, period="all") == all_seen


def test_voices_stand_with_the_answers_that_they_had(clock, tell, engineer, look, sign_in, manager):
    at = clock(MONDAY)
    project = tell("ONE")
    other = say(project, 2, "Too slow", at, engineer)
    model = project.runs.get().model_version
    triage_feedback(feedback=other, status="accepted", note="Soon", model_version=model, at=at, by=engineer)
    pages = [{}, {"status": "open"}, {"status": "accepted"}, {"status": "declined"}, {"q": "slow"}, {"score": "2"},
             {"model_version": model.run.name}]  # fmt: skip
    seen = [look(reverse("feedback-board"), **query) for query in pages]
    exported = text_of(sign_in(manager), reverse("feedback-export"))
    at = clock(MONDAY + timedelta(days=1))
    triage_feedback(feedback=other, status="declined", note="Never", at=at, by=manager)
    triage_feedback(feedback=project.feedback.exclude(pk=other.pk).get(), status="answered", at=at, by=manager)
    say(project, 1, "So slow", at, engineer)
    say(project, 1, "Told late, slow", at - timedelta(days=2), engineer)
    assert look(reverse("feedback-board")) != seen[0]
    assert [look(reverse("feedback-board"), MONDAY, **query) for query in pages] == seen
    assert text_of(sign_in(manager), reverse("feedback-export"), as_of=MONDAY.isoformat()) == exported


def say(project, score, text, at, by):
    return record_feedback(project=project, score=score, text=text, source="A", received_at=at, by=by)


def text_of(client, address, **query):
    return client.get(address, query).content.decode()


def test_benefits_keep_the_promise_of_the_day_and_what_had_come(clock, tell, manager, engineer, sign_in, look):
    at = clock(MONDAY)
    project = tell("ONE")
    plan = {date(2025, month, 1): 100_000 for month in (10, 11, 12)} | {date(2026, 2, 1): 50_000}
    promise = {"project": project, "kind": "cashable", "owner": engineer, "currency": "EUR", "by": engineer}
    benefit = promise_benefit(name="Sorting saved", plan=plan, at=at, **promise)
    for month in (10, 11, 12):
        realise_benefit(benefit=benefit, month=date(2025, month, 1), actual_minor=20_000, at=at, by=engineer)
    seen, exported = look(reverse("benefits")), text_of(sign_in(manager), reverse("benefits-export"))
    assert Demand.objects.get().title in " ".join(seen)
    page = reverse("benefit", args=[benefit.pk])
    seen_alone = look(page)

    at = clock(MONDAY + timedelta(days=1))
    change_benefit_plan(benefit=benefit, plan={date(2026, 2, 1): 70_000, date(2026, 1, 1): 9_000}, by=engineer)
    between, between_alone = look(reverse("benefits")), look(page)
    at = clock(MONDAY + timedelta(days=40))
    change_benefit_plan(benefit=benefit, plan={date(2026, 2, 1): 80_000, date(2026, 5, 1): 1_000}, by=engineer)
    realise_benefit(benefit=benefit, month=date(2025, 10, 1), actual_minor=99_000, at=at, by=engineer)
    realise_benefit(benefit=benefit, month=date(2025, 12, 1), actual_minor=99_000, at=at, by=engineer)
    promise_benefit(name="Later", plan=plan, at=at, **promise)
    decide_demand(demand=Demand.objects.get(), status="rejected", note="No", at=at, by=manager)
    assert look(reverse("benefits")) != between != seen
    assert look(reverse("benefits"), MONDAY) == seen
    assert look(reverse("benefits"), MONDAY + timedelta(days=1)) == between
    assert look(page) != between_alone != seen_alone
    verb = ["What", "did", "a", "month", "bring?"]  # the head of a form that a past day does not offer
    assert [*look(page, MONDAY), *verb] == seen_alone
    assert [*look(page, MONDAY + timedelta(days=1)), *verb] == between_alone
    assert text_of(sign_in(manager), reverse("benefits-export"), as_of=MONDAY.isoformat()) == exported
    assert "explain/benefit/" not in sign_in(manager).get(reverse("benefits"), {"as_of": MONDAY}).content.decode()


def test_a_kpi_stands_where_it_was_with_its_targets_and_contracts(clock, tell, manager, engineer, finance_user, look):
    at = clock(MONDAY)
    kpi = tell("ONE").kpis.get()
    page, year = reverse("kpi", args=[kpi.pk]), {"starts_on": date(2026, 1, 1), "ends_on": date(2027, 1, 1)}
    later = {"starts_on": date(2027, 1, 1), "ends_on": date(2028, 1, 1)}
    set_target(kpi=kpi, **year, value=4.0, amber=5.0, red=6.0, at=at, by=engineer)
    seen = look(page)
    at = clock(MONDAY + timedelta(days=1))
    for value in (3.0, 2.0):
        set_target(kpi=kpi, **year, value=value, amber=5.5, red=6.5, at=at, by=engineer)
    set_target(kpi=kpi, **later, value=2.0, amber=3.0, red=4.0, at=at, by=engineer)
    between = look(page)
    at = clock(MONDAY + timedelta(days=2))
    record_measurement(kpi=kpi, value=3.1, measured_at=at - timedelta(days=3), by=engineer)
    sign_contract(contract=new_contract(kpi, engineer), by=finance_user, at=at)
    set_target(kpi=kpi, **later, value=1.0, amber=3.0, red=4.0, at=at, by=engineer)
    assert look(page) != between != seen
    assert look(page, MONDAY) == seen
    assert look(page, MONDAY + timedelta(days=1)) == between


def of_project(name, project):
    return reverse(name, args=[project.key])


def test_a_plan_reads_as_it_was_planned_then(clock, tell, manager, engineer, look):
    clock(MONDAY)
    project, other = tell("ONE"), tell("TWO")
    day = lambda number: MONDAY + timedelta(days=number)  # noqa: E731
    plan_stages(project=project, finishes={Station.DATA: day(10), Station.TRAINING: day(20)}, by=manager)
    enter_station(project=project, station=Station.DATA, on=MONDAY, by=manager)
    first = add_milestone(project=other, title="Cameras hang", planned_on=day(5), by=manager)
    gone = add_milestone(project=project, title="Labels are there", planned_on=day(3), by=manager)
    then = add_milestone(project=project, title="First light", planned_on=day(4), by=manager)
    waits = add_dependency(predecessor=first, successor=then, lag_days=3, by=manager)
    add_dependency(predecessor=gone, successor=then, by=manager)
    risk = add_risk(
        project=project, title="Rain", probability_percent=20, impact_minor=500_000, currency="EUR", response="reduce",
        owner=engineer, opened_on=MONDAY, by=manager,
    )  # fmt: skip
    address, of_other = of_project("project-plan", project), of_project("project-plan", other)
    seen = look(address), look(of_other)

    clock(day(1))
    remove_dependency(dependency=waits, by=manager)
    between = look(address)
    clock(day(2))
    move_milestone(milestone=Milestone.objects.get(pk=first.pk), planned_on=day(30), by=manager)
    remove_milestone(milestone=Milestone.objects.get(pk=gone.pk), by=manager)
    add_dependency(
        predecessor=add_milestone(project=project, title="Later", planned_on=day(9), by=manager),
        successor=Milestone.objects.get(pk=then.pk), by=manager,
    )  # fmt: skip
    reach_milestone(milestone=Milestone.objects.get(pk=first.pk), on=MONDAY, today=day(2), by=manager)
    close_risk(risk=Risk.objects.get(pk=risk.pk), on=MONDAY, by=manager)
    plan_stages(project=project, finishes={Station.DATA: day(12)}, by=manager)
    assess_stage(stage=project.stages.get(station="data"), p_success_percent=50, cost_minor=1_000, by=manager)
    hold_project(project=project, on=MONDAY, by=manager)
    rename(project, "Another name")
    assert look(address) != between
    assert like_today(look(address, MONDAY), MONDAY) == seen[0]
    assert like_today(look(of_other, MONDAY), MONDAY) == seen[1]
    assert like_today(look(address, day(1)), day(1)) == between


def like_today(words, day):
    """Where the chart marks that day, it marks today on the day itself."""
    return " ".join(words).replace(f'"text":"{date_format(day, "j M")}"', '"text":"Today"').split(" ")


@pytest.fixture
def march():
    return FiscalPeriod.objects.create(starts_on=date(2026, 3, 1), ends_on=date(2026, 4, 1), name="2026-03")


def plan_of(period, **amounts):
    return [PlannedAmount(period, category, Station.DATA, minor) for category, minor in amounts.items()]


def order(line, number, minor, at, by):
    return commit(
        line=line, amount_minor=minor, supplier=f"Acme {number}", memo="Labels", source="po", external_id=number, at=at,
        by=by,
    )  # fmt: skip


def spend(line, number, minor, at, by, **fields):
    return post_actual(
        line=line, amount_minor=minor, memo=f"Work {number}", source="test", external_id=number, effective_on=at.date(),
        at=at, by=by, **fields,
    )  # fmt: skip


def test_a_budget_reads_as_it_stood(clock, tell, manager, finance_user, engineer, march, look):
    at = clock(MONDAY)
    project = tell("ONE")
    plan_stages(project=project, finishes={Station.DATA: MONDAY + timedelta(days=9)}, by=manager)
    budget, line = project.budgets.get(), BudgetLine.objects.get(budget__project=project, category="people")
    lines = plan_of(march, people=9_100_000, compute=60_000)
    version = draft_version(budget=budget, lines=lines, reason="First", at=at, by=finance_user)
    address = of_project("project-budget", project)
    drafted = look(address)
    at = clock(MONDAY + timedelta(days=1))
    approve_version(version=version, at=at, by=manager)
    kept, partly, dropped = (order(line, f"po-{n}", 100_000, at, finance_user) for n in range(3))
    wrong = spend(line, "wrong", 30_000, at, finance_user)
    spend(line, "part", 40_000, at, finance_user, commitment=partly)
    held = reserve(line=line, amount_minor=5_000, reference="job:x", at=at, by=engineer)
    queries = [{}, {"rule": "fifty_fifty", "method": "bottom_up"}, {"budget": str(budget.pk)}]
    seen = [look(address, **query) for query in queries]

    at = clock(MONDAY + timedelta(days=2))
    reverse_entry(entry=wrong, memo="Wrong project", effective_on=at.date(), at=at, by=finance_user)
    cancel_commitment(commitment=dropped, at=at, by=finance_user)
    spend(line, "rest", 60_000, at, finance_user, commitment=partly)
    spend(line, "all", 100_000, at, finance_user, commitment=kept)
    end_reservation(reservation=held, status="released", at=at)
    set_line_policy(line=BudgetLine.objects.get(pk=line.pk), policy="warn", by=manager)
    later = draft_version(budget=budget, lines=plan_of(march, people=9_900_000, compute=60_000, data=5_000),
                          reason="More", at=at, by=finance_user)  # fmt: skip
    approve_version(version=later, at=at, by=manager)
    enter_station(project=project, station=Station.DATA, on=MONDAY, by=manager)
    record_measurement(kpi=project.kpis.get(), value=3.1, measured_at=at - timedelta(days=2), by=engineer)
    open_budget(project=project, name="Second", currency="EUR", at=at, by=manager)
    assert look(address) != seen[0]
    assert [look(address, MONDAY + timedelta(days=1), **query) for query in queries] == seen
    assert look(address, MONDAY) == drafted


def test_tranches_are_held_or_released_as_they_were(clock, tell, manager, finance_user, march, look):
    at = clock(MONDAY)
    project = tell("ONE")
    budget = open_budget(project=project, name="Second", currency="EUR", at=at, by=manager)
    version = draft_version(budget=budget, lines=plan_of(march, people=9_000, data=1_000), reason="First", at=at,
                            by=finance_user)  # fmt: skip
    approve_version(version=version, at=at, by=manager)
    address, query = of_project("project-budget", project), {"budget": str(budget.pk)}
    day, seen = MONDAY, {}

    def on_the_next_day():
        nonlocal day
        seen[day] = look(address, **query)
        day += timedelta(days=1)
        return clock(day)

    on_the_next_day()
    plan_tranches(budget=budget, tranches={"data": {"people": 3_000}, "training": {"people": 2_000}}, by=manager)
    at = on_the_next_day()
    release_tranche(tranche=budget.tranches.get(station="data"), reference="gate-decision:1", at=at, by=manager)
    on_the_next_day()
    plan_tranches(budget=budget, tranches={"training": {"people": 2_500, "data": 500}}, by=manager)
    on_the_next_day()
    for on, page in seen.items():
        known = " ".join(look(address, on, **query)).replace(" its last day is not kept", "")
        assert known.split(" ") == page, on


def test_of_a_draft_that_was_written_anew_the_reason_is_not_made_up(clock, tell, manager, finance_user, march, look):
    at = clock(MONDAY)
    budget = tell("ONE").budgets.get()
    draft = draft_version(budget=budget, lines=plan_of(march, people=1), reason="Early words", at=at, by=finance_user)
    clock(MONDAY + timedelta(days=1))
    change_draft(version=draft, lines=plan_of(march, people=2), reason="Later words", by=finance_user)
    page = " ".join(look(of_project("project-budget", budget.project), MONDAY))
    assert "Later words" not in page
    assert "its reason then is not kept" in page


def gate_before(station, by, title="Is the demand worth its data?", threshold=0.9):
    criteria = [
        check("Privacy is cleared"),
        CriterionDraft("The model is good", "must_meet", "model_metric", threshold, metric="test_accuracy"),
        CriterionDraft("The KPI moves", "should_meet", "kpi_reached", 50, weight=2),
        CriterionDraft("Users are content", "should_meet", "feedback", 4.5),
        CriterionDraft("There is money", "should_meet", "available", 10),
        CriterionDraft("Not all is used", "should_meet", "cost_share", 90, comparison="at_most"),
        CriterionDraft("Somebody signed", "must_meet", "value_signed", 1),
        CriterionDraft("Little may happen", "should_meet", "open_risk", 1_000, comparison="at_most"),
    ]
    return define_gate(horizon="core", station=station, title=title, criteria=criteria, by=by)


def new_contract(kpi, by):
    return draft_contract(
        kpi=kpi, metric="test_accuracy", metric_baseline=0.5, sensitivity=-10, units_per_year=5_000,
        units_label="calls", worth_micro=9_000_000, currency="EUR", valid_from=date(2026, 1, 1), owner=by, by=by,
    )  # fmt: skip


def change_everything(project, at, manager, engineer, finance_user, train):
    """What a criterion of a gate can read, and what a page of a project shows, all of it moves."""
    line = BudgetLine.objects.get(budget__project=project, category="people")
    spend(line, f"later-{project.key}", 3_000_000, at, finance_user)
    order(line, f"order-{project.key}", 900_000, at, finance_user)
    train(project, accuracy=0.99, seed=9)
    record_measurement(kpi=project.kpis.first(), value=3.1, measured_at=at - timedelta(days=2), by=engineer)
    say(project, 1, "Bad", at, engineer)
    say(project, 1, "Told late", at - timedelta(days=3), engineer)
    sign_contract(contract=new_contract(project.kpis.first(), engineer), by=finance_user, at=at)
    for risk in project.risks.all():
        close_risk(risk=risk, on=at.date() - timedelta(days=1), by=manager)
    define_kpi(project=project, name="Aardvarks", unit="a week", direction="lower", baseline=9, target=2,
               owner=engineer, by=engineer)  # fmt: skip
    rename(project, f"Another name of {project.key}")


def with_risk(project, by):
    add_risk(
        project=project, title="Rain", probability_percent=20, impact_minor=500_000, currency="EUR", response="reduce",
        owner=by, opened_on=timezone.localdate(), by=by,
    )  # fmt: skip


def test_gates_waited_and_were_decided_as_they_were(clock, tell, manager, engineer, finance_user, train, look, sign_in):
    at = clock(MONDAY)
    first, second = tell("ONE"), tell("TWO", signed=False)
    with_risk(first, manager)
    with_risk(second, manager)
    gate = gate_before("data", manager)
    due = MONDAY + timedelta(days=1)
    reviews = [ask_review(project=each, gate=gate, at=at, by=engineer, due_on=due) for each in (first, second)]
    point = gate.criteria.get(fact="check")
    answer_check(review=reviews[0], criterion=point, met=False, note="Not yet", at=at, by=engineer)
    address = reverse("gates")
    pages = [(address, {}), (address, {"q": "Project ONE"}), (address, {"station": "data", "horizon": "core"})]
    pages += [(review.get_absolute_url(), {}) for review in reviews]
    seen = [look(where, **query) for where, query in pages]

    at = clock(MONDAY + timedelta(days=3))
    answer_check(review=reviews[0], criterion=point, met=True, note="Mail of 5 March", at=at, by=engineer)
    decide_gate(review=reviews[0], outcome="go", reasons="All is shown.", at=at, by=manager)
    withdraw_review(review=reviews[1], at=at, by=manager)
    decided = [look(where, **query) for where, query in [*pages[:4], (address, {"outcome": "go"})]]
    exported = sign_in(manager).get(reverse("gates-export")).content.decode()

    at = clock(MONDAY + timedelta(days=4))
    for project in (first, second):
        change_everything(project, at, manager, engineer, finance_user, train)
    ask_review(project=second, gate=gate, at=at, by=engineer)
    day = MONDAY + timedelta(days=3)
    assert look(address) != decided[0] != seen[0]
    assert [look(where, MONDAY, **query) for where, query in pages] == seen
    assert [look(w, day, **query) for w, query in [*pages[:4], (address, {"outcome": "go"})]] == decided
    known = sign_in(manager).get(reverse("gates-export"), {"as_of": day.isoformat()}).content.decode()
    assert known == exported


def test_criteria_that_were_changed_since_are_those_that_the_decision_froze(clock, tell, manager, engineer, look):
    at = clock(MONDAY)
    first, second = tell("ONE"), tell("TWO")
    gate = gate_before("data", manager)
    reviews = [ask_review(project=each, gate=gate, at=at, by=engineer) for each in (first, second)]
    for review in reviews:
        answer_check(review=review, criterion=gate.criteria.get(fact="check"), met=True, at=at, by=engineer)
    seen = look(reviews[0].get_absolute_url())
    at = clock(MONDAY + timedelta(days=1))
    decide_gate(review=reviews[0], outcome="recycle", reasons="Again.", at=at, by=manager)
    withdraw_review(review=reviews[1], at=at, by=manager)
    gate_before("data", manager, title="Another question", threshold=0.1)
    assert look(reviews[0].get_absolute_url(), MONDAY) == seen
    assert "Its criteria are not kept" in " ".join(look(reviews[1].get_absolute_url(), MONDAY))
    assert "Its criteria have been changed since" not in " ".join(look(of_project("project", first), MONDAY))


def test_before_somebody_asked_there_was_no_review(clock, tell, manager, engineer, sign_in):
    at = clock(MONDAY)
    review = ask_review(project=tell("ONE"), gate=gate_before("data", manager), at=at, by=engineer)
    response = sign_in(manager).get(review.get_absolute_url(), {"as_of": "2026-03-01"})
    assert response.status_code == 422
    assert "Nobody had asked for this review on 2026-03-01." in response.content.decode()


def test_a_project_reads_as_it_was_from_demand_to_money(
    clock, tell, manager, engineer, finance_user, train, march, look, sign_in
):
    at = clock(MONDAY)
    project, hypothesis = tell("ONE"), tell("HYP", signed=False)
    with_risk(project, manager)
    gate_before("data", manager)
    plan_stages(project=project, finishes={Station.DATA: MONDAY + timedelta(days=9)}, by=manager)
    running = train.submit(project)
    lines = plan_of(march, people=9_100_000, compute=60_000)
    draft_version(budget=project.budgets.get(), lines=lines, reason="First", at=at, by=finance_user)
    pages = [(of_project("project", project), {}), (of_project("project", project), {"why": "training"})]
    pages += [(of_project("project", hypothesis), {})]
    seen = [look(where, **query) for where, query in pages]
    at = clock(MONDAY + timedelta(days=1))
    train.end(running)
    for each in (project, hypothesis):
        change_everything(each, at, manager, engineer, finance_user, train)
    enter_station(project=project, station=Station.DATA, on=MONDAY, by=manager)
    approve_version(version=project.budgets.get().versions.get(), at=at, by=manager)
    ask_review(project=project, gate=gate_before("training", manager), at=at, by=engineer)
    hold_project(project=hypothesis, on=MONDAY, by=manager)
    clock(MONDAY + timedelta(days=9))
    assert look(pages[0][0]) != seen[0]
    for (where, query), page in zip(pages, seen, strict=True):
        known = re.sub(r"none EUR [\d.]+ Lena", "none Lena", " ".join(page))  # what it had cost so far is not kept
        assert " ".join(look(where, MONDAY, **query)) == known
    page = sign_in(manager).get(pages[0][0], {"as_of": "2026-03-02"}).content.decode()
    explained = re.findall(r'"(/explain/[^"]*)"', page)
    assert [address for address in explained if "as_of=2026-03-02" not in address] == []


def test_before_a_kpi_and_a_benefit_there_was_nothing_to_show(clock, tell, sign_in, manager, engineer):
    at = clock(MONDAY)
    project = tell("ONE")
    benefit = promise_benefit(project=project, name="Sorting saved", kind="cashable", owner=engineer, currency="EUR",
                              plan={MONDAY.replace(day=1): 1}, at=at, by=engineer)  # fmt: skip
    kpi = define_kpi(project=project, name="Complaints", unit="a week", direction="lower", baseline=9, target=2,
                     owner=engineer, by=engineer)  # fmt: skip
    clock(MONDAY + timedelta(days=1))
    for row in (kpi, benefit):
        response = sign_in(manager).get(row.get_absolute_url(), {"as_of": "2026-03-01"})
        assert response.status_code == 422
        assert f"Nothing was known of {row.name} on 2026-03-01." in response.content.decode()


@pytest.mark.parametrize("page", ["project", "project-plan", "project-budget"])
def test_before_a_project_there_was_nothing_to_show(page, clock, tell, sign_in, manager):
    clock(MONDAY)
    response = sign_in(manager).get(of_project(page, tell("ONE")), {"as_of": "2026-03-01"})
    assert response.status_code == 422
    assert "Nothing was known of ONE on 2026-03-01." in response.content.decode()


def test_what_if_begins_today_and_says_why(sign_in, manager):
    client = sign_in(manager)
    words = "What if asks about the months to come"
    refused = client.get(reverse("what-if"), {"as_of": "2026-03-01"})
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert client.get(reverse("what-if-export"), {"as_of": "2026-03-01"}).status_code == 422
    assert words not in client.get(reverse("what-if")).content.decode()
    words = "This page knows no past days: it shows today."
    assert words in client.get(reverse("notices"), {"as_of": "2026-03-01"}).content.decode()
    assert words not in client.get(reverse("notices")).content.decode()
