"""No way around the money: whatever becomes of a job, its reservation ends and its use is charged, once."""

import pytest

from finance.services.rates import Usage
from portal.invariants import find_breaches
from trainingjobs.models import Attempt, PauseReason, TrainingJob
from trainingjobs.services import cancel_job, decline_job, resume_job, set_priority
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events
from trainingjobs.services.pause import hold_job


@pytest.fixture
def used(submit, hints):
    """A job that ran for an hour of a core and was put aside."""
    submit()
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    held = TrainingJob.objects.held(claim.job.pk, claim.fence)
    hold_job(held, reason=PauseReason.BUDGET, outcome=Attempt.Outcome.PAUSED)
    return TrainingJob.objects.get()


def settled(line):
    """Charged and nothing held."""
    job = TrainingJob.objects.get()
    line.refresh_from_db()
    assert find_breaches() == []
    return job.reservation.status, line.reserved_minor, line.spent_minor > 0


def test_a_job_that_ran_and_is_declined_when_it_asks_for_more_is_charged(
    used, engineer, manager, threshold, compute_line
):
    threshold()
    TrainingJob.objects.update(step=1, steps=10)
    assert resume_job(job=TrainingJob.objects.get(), by=engineer).state == "awaiting"
    decline_job(job=TrainingJob.objects.get(), by=manager, reason="enough")
    assert settled(compute_line) == ("relieved", 0, True)


def test_a_job_that_ran_and_is_cancelled_while_it_waits_to_go_on_is_charged(used, engineer, compute_line):
    cancel_job(job=resume_job(job=used, by=engineer), by=engineer)
    assert settled(compute_line) == ("relieved", 0, True)


@pytest.mark.parametrize("code", ["poison", "deadline", "workers_lost"])
def test_a_job_that_fails_after_it_was_resumed_is_charged_for_both_attempts(used, engineer, compute_line, code):
    resume_job(job=used, by=engineer)
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    finish_job(claim=claim, ending=Ending("failed", error_code=code), exit_code=1)
    assert settled(compute_line) == ("relieved", 0, True)
    assert TrainingJob.objects.get().cpu_core_seconds == 7200


def test_a_higher_priority_is_no_way_around_the_approval(awaiting, manager, project):
    set_priority(job=awaiting, priority=1, by=manager)
    awaiting.refresh_from_db()
    assert awaiting.state == "awaiting"
    assert claim_job() is None
    assert claim_job(awaiting.pk) is None


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 1), ("EUR", 49), ("KWD", 484)])
def test_currencies_without_and_with_three_decimals_are_charged_in_their_own_units(
    project, manager, finance_user, engineer, hints, currency, minor
):
    from datetime import date
    from decimal import Decimal

    from finance.services.budget import approve_budget
    from finance.services.rates import publish_rate_card
    from trainingjobs.services import submit_job

    publish_rate_card(
        name="C", currency=currency, valid_from=date(2026, 1, 1), by=finance_user, cpu_core_hour_micro=480_000,
        gpu_hour_micro=0, gib_hour_micro=0, kwh_micro=290_000, watt_per_core=Decimal("11.5"), watt_per_gpu=Decimal(0),
    )  # fmt: skip
    budget = approve_budget(
        project=project, name="B", currency=currency, lines={"compute": 50_000}, on=date(2026, 1, 5), by=manager
    )
    submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)
    line = budget.lines.get()
    assert (line.reserved_minor, line.spent_minor) == (0, minor)
    assert find_breaches() == []
