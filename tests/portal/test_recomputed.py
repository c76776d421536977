"""Boards of waste, objectives and feedback say what a plain recomputation from the rows, in Python, says."""

import random
import uuid
from datetime import date, timedelta
from statistics import fmean

import pytest
from django.urls import reverse
from django.utils import timezone

from experiments.models import Dataset, Run
from finance.services.budget import reserve
from outcomes.models import KeyResult, Measurement, Objective
from outcomes.progress import objective_progress
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement, triage_feedback
from portal.boards.feedback import feedback_facts, known
from portal.boards.waste import Kind, waste_facts
from projects.models import Feedback
from projects.services import record_feedback
from trainingjobs.models import TrainingJob

MONDAY = date(2026, 3, 2)
SEEDS = (1, 2, 3)


@pytest.fixture
def jobs_of(engineer, rate_card):
    """Jobs at random: a few settings, seeds and data, so that some fail, some repeat and some are dominated."""
    datasets = [Dataset.objects.create(digest=letter * 64, name=letter, rows=9, splits={}) for letter in "xy"]

    def train(project, number, dice):
        now = timezone.now() - timedelta(hours=dice.randrange(24 * 7 * 11))
        line = project.budgets.get().lines.get(category="compute")
        held = reserve(line=line, amount_minor=1, reference=f"job:{uuid.uuid4()}", at=now, by=engineer)
        state = dice.choice(["succeeded", "succeeded", "succeeded", "failed", "cancelled"])
        params = {"epochs": dice.choice([1, 2, 3]), "seed": dice.choice([0, 1])}
        run = None
        if state == "succeeded":
            metrics = {"test_accuracy": dice.choice([0.90, 0.92, 0.95])}
            run = Run.objects.create(
                project=project, name=f"{project.key}-{number}", recipe="image-classifier", params=params,
                status="finished", dataset=dice.choice(datasets), metrics=metrics, started_at=now, finished_at=now,
            )  # fmt: skip
        forecast = {f"forecast_{what}_{which}": 1 for what in ("seconds", "micro") for which in ("low", "mid", "high")}
        TrainingJob.objects.create(
            project=project, number=number, recipe="image-classifier", params=params, submitted_by=engineer,
            submitted_at=now, rate_card=rate_card, reservation=held, state=state, started_at=now, finished_at=now,
            cost_micro=dice.choice([1_000_000, 2_000_000, 5_000_000]), run=run, **forecast,
        )  # fmt: skip

    return train


@pytest.mark.parametrize("seed", SEEDS)
def test_waste_is_what_every_pair_of_jobs_says(seed, clock, tell, jobs_of, manager):
    now, dice = clock(MONDAY), random.Random(seed)
    projects = [tell("ONE"), tell("TWO")]
    for number in range(2, 22):
        jobs_of(dice.choice(projects), number, dice)
    rows = list(TrainingJob.objects.select_related("run").order_by("finished_at"))
    facts = waste_facts(manager, now)
    assert {(each.job.pk, each.kind) for each in facts.wasted} == {
        (str(row.pk), kind) for row in rows if (kind := kind_of(row, rows))
    }
    assert facts.spent_micro == sum(row.cost_micro for row in rows)
    for kind in (Kind.FAILED, Kind.REPEATED, Kind.DOMINATED):
        assert facts.micro(kind=kind) == sum(row.cost_micro for row in rows if kind_of(row, rows) is kind)
    for week in facts.weeks:
        inside = [row for row in rows if week <= row.finished_at.date() < week + timedelta(days=7)]
        assert facts.micro(week) == sum(row.cost_micro for row in inside if kind_of(row, rows))


def kind_of(job, rows):
    if job.state == "failed":
        return Kind.FAILED
    if job.state != "succeeded":
        return None
    family = [row for row in rows if row.state == "succeeded" and family_of(row) == family_of(job)]
    if any(row.params == job.params and row.finished_at < job.finished_at for row in family):
        return Kind.REPEATED
    settings = {row.params.get("epochs") for row in family} - {job.params.get("epochs")}
    cost, quality = means(family, job.params.get("epochs"))
    for other in settings:
        its_cost, its_quality = means(family, other)
        if its_cost <= cost and its_quality >= quality and (its_cost, its_quality) != (cost, quality):
            return Kind.DOMINATED
    return None


def family_of(job):
    return job.project_id, job.recipe, job.run.dataset_id


def means(family, epochs):
    group = [row for row in family if row.params.get("epochs") == epochs]
    return fmean(row.cost_micro for row in group), fmean(row.run.metrics["test_accuracy"] for row in group)


@pytest.mark.parametrize("seed", SEEDS)
def test_objectives_have_come_as_far_as_their_measurements_say(seed, clock, tell, manager, engineer):
    now, dice = clock(MONDAY), random.Random(seed)
    project = tell("ONE")
    for number in range(4):
        objective = open_objective(
            portfolio=project.portfolio, title=f"Aim {number}", owner=manager, starts_on=MONDAY - timedelta(days=90),
            ends_on=MONDAY + timedelta(days=9), by=manager,
        )  # fmt: skip
        for place in range(dice.randrange(4)):
            kpi = define_kpi(project=project, name=f"Figure {number}.{place}", unit="%", direction="lower",
                             baseline=10, target=dice.choice([2, 4]), owner=engineer, by=engineer)  # fmt: skip
            add_key_result(objective=objective, kpi=kpi, weight=dice.choice([1, 2, 5]), by=manager)
            for _measured in range(dice.randrange(3)):
                at = now - timedelta(days=dice.randrange(1, 80))
                record_measurement(kpi=kpi, value=dice.uniform(1, 12), measured_at=at, by=engineer)
    for found in objective_progress(Objective.objects.order_by("pk"), MONDAY):
        raw = share_of(found.objective)
        assert found.progress.raw == (None if raw is None else pytest.approx(raw))


def share_of(objective):
    done, weights, is_known = 0.0, 0, False
    for result in KeyResult.objects.filter(objective=objective):
        weights += result.weight
        measured = sorted(Measurement.objects.filter(kpi=result.kpi), key=lambda row: (row.measured_at, row.pk))
        if measured:
            is_known = True
            share = (measured[-1].value - result.baseline) / (result.target - result.baseline)
            done += result.weight * min(1.0, max(0.0, share))
    return done / weights if is_known else None


@pytest.mark.parametrize("seed", SEEDS)
def test_feedback_is_the_mean_of_the_voices_of_ninety_days(seed, clock, tell, manager, engineer):
    now, dice = clock(MONDAY), random.Random(seed)
    project = tell("ONE")
    for number in range(40):
        at = now - timedelta(days=dice.randrange(400))
        voice = record_feedback(project=project, score=dice.randint(1, 5), text=f"Voice {number}", source="Desk",
                                received_at=at, by=engineer)  # fmt: skip
        if dice.random() < 0.5:
            triage_feedback(feedback=voice, status="answered", at=now, by=engineer)
    rows = list(Feedback.objects.all())
    facts = feedback_facts(known(Feedback.objects.visible_to(manager), None), now)
    assert (facts.voices, facts.unanswered) == (len(rows), sum(not hasattr(row, "triage") for row in rows))
    assert len(facts.points) == 13
    for point in facts.points:
        scores = [row.score for row in rows if point.at - timedelta(days=90) < row.received_at <= point.at]
        assert point.voices == len(scores)
        assert point.mean == (pytest.approx(fmean(scores)) if scores else None)


def test_the_pages_show_these_figures(clock, tell, sign_in, manager, engineer):
    now = clock(MONDAY)
    project = tell("ONE")
    for score in (1, 2, 2, 5, 5):
        record_feedback(project=project, score=score, text="A voice", source="Desk", received_at=now, by=engineer)
    page = sign_in(manager).get(reverse("feedback-board")).content.decode()
    assert f"{fmean([1, 2, 2, 5, 5, 4]):.1f}</a> of 5 over 90 days (6 voices)" in page
