"""Work and decisions of the large portfolio: jobs with their charges, orders, gates, objectives and answers."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from experiments.models import Run
from finance.models import BudgetLine, Commitment, JournalEntry, RateCard, Reservation
from finance.services.rates import Usage, price
from outcomes import evidence
from outcomes.gate_facts import Reading
from outcomes.models import (
    EvidenceSnapshot,
    FeedbackTriage,
    Gate,
    GateDecision,
    GateReview,
    KeyResult,
    Kpi,
    Objective,
)
from outcomes.services.gate import lay_gates
from outcomes.services.gate_decision import frozen_facts
from people.models import AuditEntry
from portal.demo.calendar import evening, months_before
from portal.demo.scale_world import World, moment, save, sides
from projects.models import Feedback, Portfolio, Project, Stage, Station
from trainingjobs.models import Attempt, JobState, TrainingJob

WORKER = "scale-worker"
ONE_IN_WAITS, ONE_IN_ANSWERED, FAILED_OF_TEN = 20, 2, 1
Charged = dict[tuple[int, date], int]  # by line and month


class Worked(NamedTuple):
    """A job that has ended, and when it ran."""

    job: TrainingJob
    began: datetime
    ended: datetime


def enter_work(world: World, lines: Sequence[BudgetLine]) -> Charged:
    """A job for every run and now and then one that failed, and an order on every line of data."""
    compute = {line.budget.project_id: line for line in lines if line.category == BudgetLine.Category.COMPUTE}
    save(_orders(world, [line for line in lines if line.category == BudgetLine.Category.DATA]))
    return _jobs(world, compute)


def _orders(world: World, lines: Sequence[BudgetLine]) -> Iterator[Commitment]:
    for line in lines:
        line.committed_minor = line.planned_minor // 40
        yield Commitment(
            line=line,
            supplier="Labelling house",
            memo="Labels of the next batch",
            amount_minor=line.committed_minor,
            open_minor=line.committed_minor,
            source="scale",
            external_id=f"order-{line.pk}",
            created_at=moment(world),
        )


def _jobs(world: World, compute: dict[int, BudgetLine]) -> Charged:
    """Each with its reservation, attempt, charge and trail, as the verbs would leave them."""
    card = RateCard.objects.order_by("-valid_from", "-version")[0]
    worked: list[Worked] = []
    charged: Charged = defaultdict(int)
    numbers: dict[int, int] = defaultdict(int)
    for run in Run.objects.filter(project__in=compute).select_related("project").order_by("pk"):
        for state in _states(world):
            numbers[run.project_id] += 1
            worked.append(_job(world, run, state, numbers[run.project_id], card))
    held, entries, postings = [], [], []
    for job, _began, ended in worked:
        line, usage = compute[job.project_id], Usage(cpu_core_seconds=job.cpu_core_seconds)
        charge = price(card, usage)
        job.cost_micro, job.energy_wh, job.rate_card = charge.micro, charge.energy_wh, card
        job.forecast_micro_low, job.forecast_micro_mid = charge.micro * 7 // 10, charge.micro * 19 // 20
        job.forecast_micro_high = charge.micro * 13 // 10
        job.reservation = Reservation(
            line=line,
            amount_minor=charge.minor + 1,
            status=Reservation.Status.RELIEVED,
            reference=f"job:{job.pk}",
            created_at=job.submitted_at,
            ended_at=ended,
        )
        day = timezone.localdate(ended)
        job.charge = JournalEntry(
            posted_at=ended,
            effective_on=day,
            currency=settings.CURRENCY,
            memo=f"{job.project.key}-{job.number} {job.recipe}",
            source="job",
            external_id=str(job.pk),
            posted_by=job.submitted_by,
            rate_card=card,
        )
        held.append(job.reservation)
        entries.append(job.charge)
        postings += sides(job.charge, line, charge.minor)
        charged[line.pk, day.replace(day=1)] += charge.minor
    for rows in (held, entries, postings, [each.job for each in worked]):
        save(rows)
    save(_attempt(each) for each in worked)
    save(entry for each in worked for entry in _trail(each))
    return charged


def _states(world: World) -> tuple[str, ...]:
    failed = world.dice.randrange(10) < FAILED_OF_TEN
    return (JobState.FAILED, JobState.SUCCEEDED) if failed else (JobState.SUCCEEDED,)


def _job(world: World, run: Run, state: str, number: int, card: RateCard) -> Worked:
    lasted = timedelta(minutes=world.dice.randint(15, 240))
    ended = (run.finished_at or run.started_at) - timedelta(hours=0 if state == JobState.SUCCEEDED else 5)
    seconds = lasted.total_seconds()
    job = TrainingJob(
        id=uuid.UUID(int=world.dice.getrandbits(128), version=4),
        project=run.project,
        number=number,
        recipe=run.recipe,
        params=run.params,
        submitted_by=run.project.lead,
        submitted_at=ended - lasted - timedelta(minutes=5),
        queued_at=ended - lasted - timedelta(minutes=5),
        state=state,
        fence=1,
        worker=WORKER,
        started_at=ended - lasted,
        finished_at=ended,
        error_code="" if state == JobState.SUCCEEDED else "training_diverged",
        forecast_seconds_low=seconds * 0.7,
        forecast_seconds_mid=seconds * 0.95,
        forecast_seconds_high=seconds * 1.3,
        cpu_core_seconds=seconds * 8,
        run=run if state == JobState.SUCCEEDED else None,
    )
    return Worked(job, ended - lasted, ended)


def _attempt(worked: Worked) -> Attempt:
    job, began, ended = worked
    outcome = Attempt.Outcome.FINISHED if job.state == JobState.SUCCEEDED else Attempt.Outcome.FAILED
    return Attempt(
        job=job,
        fence=1,
        worker=WORKER,
        started_at=began,
        first_event_at=began,
        ended_at=ended,
        outcome=outcome,
        cpu_core_seconds=job.cpu_core_seconds,
    )


def _trail(worked: Worked) -> Iterator[AuditEntry]:
    job = worked.job
    told = ((job.submitted_at, job.submitted_by, "submit_job"), (worked.ended, None, f"job_{job.state}"))
    for at, actor, verb in told:
        yield AuditEntry(
            at=at, actor=actor, verb=verb, subject_type=job._meta.label_lower, subject_id=str(job.pk), detail={}
        )


def enter_reviews(world: World, projects: Sequence[Project]) -> None:
    """Every station was entered through its gate; one project in twenty waits for the next."""
    lay_gates(by=None)
    gates = {(gate.horizon, gate.station): gate for gate in Gate.objects.prefetch_related("criteria")}
    entered = Stage.objects.filter(project__in=projects, actual_start__isnull=False).exclude(station=Station.DEMAND)
    starts: dict[int, list[tuple[date, str]]] = defaultdict(list)
    for key, start, station in entered.order_by("actual_start").values_list("project", "actual_start", "station"):
        if start:
            starts[key].append((start, station))
    passed, waiting = [], []
    for index, project in enumerate(projects):
        for number, (start, station) in enumerate(starts[project.pk], start=1):
            passed.append((_review(project, gates[project.horizon, station], number, evening(start)), evening(start)))
        if index % ONE_IN_WAITS == 0 and project.station != Station.FEEDBACK:
            ahead = list(Station)[Station(project.station).position + 1]
            at = evening(world.today - timedelta(days=world.dice.randint(1, 12)))
            waiting.append(_review(project, gates[project.horizon, ahead], len(starts[project.pk]) + 1, at))
    save(review for review, _at in passed)
    save(waiting)
    snapshots = [_snapshot(review, at) for review, at in passed]
    save(snapshots)
    save(_decision(world, snapshot) for snapshot in snapshots)


def _review(project: Project, gate: Gate, number: int, at: datetime) -> GateReview:
    due = timezone.localdate(at) + timedelta(days=14)
    asked = {"asked_by": project.lead, "asked_at": at - timedelta(days=9), "due_on": due}
    return GateReview(project=project, gate=gate, number=number, **asked)


def _snapshot(review: GateReview, at: datetime) -> EvidenceSnapshot:
    """Every criterion was met, as was said on the day."""
    readings = tuple(
        Reading(criterion, criterion.threshold, "", "Shown in the steering round", is_met=True)
        for criterion in review.gate.criteria.all()
    )
    facts = frozen_facts(review, readings, at)
    return EvidenceSnapshot(review=review, taken_at=at, facts=facts, digest=evidence.digest_of(facts))


def _decision(world: World, snapshot: EvidenceSnapshot) -> GateDecision:
    decision = GateDecision(
        pk=snapshot.review_id,
        review=snapshot.review,
        snapshot=snapshot,
        outcome=GateDecision.Outcome.GO,
        reasons="What was asked for has been shown.",
        decided_by=world.chief,
        decided_at=snapshot.taken_at,
    )
    decision.signature = evidence.digest_of(evidence.signed_form_of(decision))
    return decision


def enter_objectives(world: World, projects: Sequence[Project]) -> None:
    """Two objectives a portfolio over the running year, each of some figures; half of the voices have their answer."""
    begin = months_before(world.today.replace(day=1), 6)
    portfolios = Portfolio.objects.filter(projects__in=projects).distinct().order_by("pk")
    objectives = [
        Objective(
            portfolio=portfolio,
            title=title,
            owner=world.chief,
            starts_on=begin,
            ends_on=months_before(begin, -12),
        )
        for portfolio in portfolios
        for title in ("Fewer errors that customers see", "Less work by hand")
    ]
    save(objectives)
    save(_key_results(objectives, projects))
    save(_answers(projects))


def _key_results(objectives: Sequence[Objective], projects: Sequence[Project]) -> Iterator[KeyResult]:
    kpis: dict[int, list[Kpi]] = defaultdict(list)
    for kpi in Kpi.objects.filter(project__in=projects).select_related("project").order_by("pk"):
        kpis[kpi.project.portfolio_id].append(kpi)
    for place, objective in enumerate(objectives):
        for kpi in kpis[objective.portfolio_id][place % 2 :: 2][:4]:
            yield KeyResult(objective=objective, kpi=kpi, baseline=kpi.baseline, target=kpi.target)


def _answers(projects: Sequence[Project]) -> Iterator[FeedbackTriage]:
    voices = Feedback.objects.filter(project__in=projects).order_by("pk")
    for index, voice in enumerate(voices.select_related("project__lead").iterator()):
        if index % ONE_IN_ANSWERED == 0:
            yield FeedbackTriage(
                feedback=voice,
                status=FeedbackTriage.Status.ANSWERED,
                note="Told what was done about it",
                by=voice.project.lead,
                at=voice.received_at + timedelta(days=2),
            )
