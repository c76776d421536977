"""What a test may ask of an installation. Runs inside it, and changes rows through the product's services only."""

import os
import signal
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Count, F, Sum
from django.test.utils import override_settings
from django.utils import timezone

from benchmarks import forecast
from engine import durable
from engine.checkpoint import write_checkpoint
from engine.recipe import RecipeError
from experiments.models import ModelVersion
from finance.models import BudgetLine, JournalEntry, LedgerEntry
from finance.services.budget import approve_budget
from finance.services.rates import publish_rate_card
from people import outbox
from people.models import OutboxMessage, User
from people.services import add_department, add_user
from portal.invariants import find_breaches
from projects.models import Project
from projects.services import open_portfolio, open_project, set_approval_threshold
from trainingjobs import services
from trainingjobs.logs import read_tail
from trainingjobs.models import TERMINAL, Attempt, TrainingJob
from trainingjobs.services import approval

Rows = list[dict[str, Any]]
NOBODYS = str(UUID(int=0))  # a job that never was, for messages that nobody needs


def prepare(projects: int = 2) -> None:
    """People, prices so high that the shortest run costs money, and projects that can afford it."""
    department = add_department(code="ops", name="Operations", by=None)
    people = {
        role: add_user(
            username=role, password="a-long-test-password", role=role, department=department, first_name=role.title(),
            last_name="Test", email=f"{role}@example.com", by=None,
        )
        for role in ("manager", "finance", "engineer")
    }  # fmt: skip
    publish_rate_card(
        name="Compute",
        currency="EUR",
        valid_from=date(2020, 1, 1),
        by=people["finance"],
        cpu_core_hour_micro=48_000_000_000,
        gpu_hour_micro=2_150_000,
        gib_hour_micro=48_000_000_000,
        kwh_micro=290_000,
        watt_per_core=Decimal("11.5"),
        watt_per_gpu=Decimal("400"),
    )
    portfolio = open_portfolio(name="Machine vision", by=people["manager"])
    for number in range(projects):
        project = open_project(
            key=f"TR{'ABCDEFGH'[number]}",
            title=f"Project {number}",
            portfolio=portfolio,
            sponsor=department,
            lead=people["engineer"],
            started_on=date(2020, 1, 1),
            by=people["manager"],
            summary="To be broken",
        )
        lines = {"compute": 10**13}
        approve_budget(
            project=project, name="Now", currency="EUR", lines=lines, on=date(2020, 1, 5), by=people["manager"]
        )


def cut_budget(job: str) -> int:
    """Leave the line of a job no more than what is reserved and spent on it; what the job itself may cost, in cents."""
    row = TrainingJob.objects.select_related("reservation").get(pk=job)
    line = BudgetLine.objects.filter(pk=row.reservation.line_id)
    used = F("reserved_minor") + F("spent_minor")
    line.update(planned_minor=used, released_minor=used)
    return int(TrainingJob.objects.get(pk=job).reservation.amount_minor)


def fill_budget(job: str) -> None:
    """Give the line of a job enough money for everything again."""
    BudgetLine.objects.filter(reservations__job=job).update(planned_minor=10**12, released_minor=10**12)


def submit(params: dict[str, Any], recipe: str = "probe", count: int = 1, project: str = "TRA", **more: Any) -> Rows:
    """Submit the same job so many times; id and seconds that each took."""
    engineer, where = User.objects.get(username="engineer"), Project.objects.get(key=project)
    made = []
    for _ in range(count):
        began = time.monotonic()
        job = services.submit_job(project=where, recipe=recipe, params=params, by=engineer, **more)
        made.append({"id": str(job.pk), "seconds": time.monotonic() - began})
    return made


def act(verb: str, job: str) -> str:
    """cancel, pause or resume one job as its engineer; the state it is in afterwards."""
    row, by = TrainingJob.objects.get(pk=job), User.objects.get(username="engineer")
    return str(getattr(services, f"{verb}_job")(job=row, by=by).state)


def rows(jobs: list[str] | None = None) -> Rows:
    """The rows of the jobs with what hangs on them, in the order they were submitted."""
    chosen = TrainingJob.objects.filter(pk__in=jobs) if jobs is not None else TrainingJob.objects.all()
    return [_facts(job) for job in chosen.select_related("run", "reservation", "charge").order_by("submitted_at")]


def states(jobs: list[str]) -> dict[str, str]:
    """The state of each job, and nothing else: cheap enough to be asked all the time."""
    return {str(pk): state for pk, state in TrainingJob.objects.filter(pk__in=jobs).values_list("pk", "state")}


def _facts(job: TrainingJob) -> dict[str, Any]:
    charges = LedgerEntry.objects.filter(
        account="expense", journal_entry__source="job", journal_entry__external_id=str(job.pk)
    ).aggregate(count=Count("pk"), minor=Sum("amount_minor"))
    return {
        "id": str(job.pk),
        "state": job.state,
        "ended": job.state in TERMINAL,
        "error": job.error_code,
        "message": job.error_message,
        "mend": job.error_mend,
        "fence": job.fence,
        "worker": job.worker,
        "step": job.step,
        "steps": job.steps,
        "checkpoint": job.checkpoint,
        "pause_reason": job.pause_reason,
        "cost_micro": job.cost_micro,
        "cpu": job.cpu_core_seconds,
        "lost_workers": job.lost_workers,
        "trainer_deaths": job.trainer_deaths,
        "submitted": job.submitted_at.timestamp(),
        "started": job.started_at and job.started_at.timestamp(),
        "finished": job.finished_at and job.finished_at.timestamp(),
        "charges": charges["count"],
        "charged_minor": charges["minor"] or 0,
        "reserved_minor": job.reservation.amount_minor,
        "reservation": job.reservation.status,
        "run": job.run and job.run.status,
        "mlflow": job.run.mlflow_run_id if job.run else "",
        "metrics": job.run.metrics if job.run else {},
        "models": ModelVersion.objects.filter(run=job.run).count() if job.run else 0,
        "outbox": OutboxMessage.objects.filter(payload__run=str(job.run_id)).count() if job.run else 0,
        "attempts": list(
            job.attempts.order_by("fence").values(
                "fence", "outcome", "exit_code", "pid", "ended_at", "cpu_core_seconds", "first_event_at", "started_at"
            )
        ),
    }


def compare(jobs: list[str]) -> list[dict[str, float]]:
    """What was forecast for finished jobs against what came, as the benchmark compares it."""
    return [forecast.compare(job) for job in TrainingJob.objects.filter(pk__in=jobs)]


def undelivered() -> int:
    return OutboxMessage.objects.filter(delivered_at=None).count()


def is_unlocked(job: str) -> bool:
    """Whether the row can be locked at once."""
    try:
        with transaction.atomic():
            TrainingJob.objects.select_for_update(nowait=True).get(pk=job)
    except OperationalError:
        return False
    return True


def breaches() -> list[str]:
    return [f"{breach.invariant}: {breach.subject}: {breach.fact}" for breach in find_breaches()]


def log_tail(job: str) -> str:
    return read_tail(TrainingJob.objects.get(pk=job))


def submit_slowly(params: dict[str, Any]) -> str:
    """Submit in a transaction that goes on for a second."""
    with transaction.atomic():
        made = submit(params)
        time.sleep(1)
    return str(made[0]["id"])


def charge_again() -> bool:
    """Whether the ledger takes two entries with one key; neither stays."""
    entry = {"posted_at": timezone.now(), "effective_on": date.today(), "currency": "EUR", "source": "job"}
    try:
        with transaction.atomic():
            for _ in range(2):
                JournalEntry.objects.create(**entry, external_id="twice", memo="twice")
            transaction.set_rollback(True)
    except IntegrityError:
        return False
    return True


def drop_charge_key() -> None:
    """For a mutant: take the unique key away from the ledger."""
    (key,) = (each for each in JournalEntry._meta.constraints if each.name == "one_entry_per_source_and_id")
    JournalEntry._meta.constraints = []  # SQLite makes the table anew, as the model says
    with connection.schema_editor() as editor:
        editor.remove_constraint(JournalEntry, key)


def forget_lease() -> bool:
    """Whether the database takes a running job whose lease has no end; it does not stay."""
    job = submit({"steps": 1, "seconds": 0.1})[0]["id"]
    try:
        with transaction.atomic():
            TrainingJob.objects.filter(pk=job).update(state="running", lease_until=None)
            transaction.set_rollback(True)
    except IntegrityError:
        return False
    return True


def drop_lease_check() -> None:
    """For a mutant: let the database take a running job without a lease."""
    (check,) = (each for each in TrainingJob._meta.constraints if each.name == "running_job_has_lease")
    TrainingJob._meta.constraints = [each for each in TrainingJob._meta.constraints if each is not check]
    with connection.schema_editor() as editor:
        editor.remove_constraint(TrainingJob, check)


def begin_below_the_floor(folder: str) -> list[str]:
    """What is begun although less of the disk is free than must stay free: a submission, a run, a checkpoint."""
    job = {"steps": 1, "seconds": 0.1}
    waiting = UUID(submit(job)[0]["id"])
    with override_settings(MIN_FREE_DISK_MB=10**9):
        begun = [] if _is_refused("disk_full", lambda: submit(job)) else ["submission"]
        begun += ["run"] * services.run_one(waiting)
    durable.FLOOR_BYTES, floor = 2**60, durable.FLOOR_BYTES
    if not _is_refused("disk_full", lambda: write_checkpoint(Path(folder), 1, {})):
        begun.append("checkpoint")
    durable.FLOOR_BYTES = floor
    return begun


def _is_refused(code: str, act: Callable[[], Any]) -> bool:
    try:
        act()
    except (ValidationError, RecipeError) as refusal:
        return bool(refusal.code == code)
    return False


def tell_and_undo() -> int:
    """Leave a message in a transaction that comes to nothing; how often anybody was told, or will be."""
    told: list[Any] = []
    handler, outbox.TOPICS["clear_job"] = outbox.TOPICS["clear_job"], told.append
    with transaction.atomic():
        outbox.post(topic="clear_job", payload={"job": NOBODYS})
        transaction.set_rollback(True)
    outbox.TOPICS["clear_job"] = handler
    return len(told) + in_dead_hands()


def die_while_delivering(lease_s: float) -> None:
    """Take a message and be killed before it is delivered. Nobody else takes it before us: it is for later."""
    outbox.TOPICS["clear_job"] = lambda payload: os.kill(os.getpid(), signal.SIGKILL)
    with override_settings(LEASE_S=lease_s):
        outbox._deliver(outbox.post(topic="clear_job", payload={"job": NOBODYS}, pause=timedelta(hours=1)))


def in_dead_hands() -> int:
    return OutboxMessage.objects.filter(topic="clear_job", payload__job=NOBODYS, delivered_at=None).count()


def deliver() -> None:
    outbox.deliver()


def slip_past_an_approval() -> list[str]:
    """What gets by on an approval that was not given for it: other settings, more money. Nothing of it stays."""
    manager, engineer = (User.objects.get(username=name) for name in ("manager", "engineer"))
    slipped = []
    with transaction.atomic():
        set_approval_threshold(project=Project.objects.get(key="TRA"), threshold_minor=1, by=manager)
        changed, dearer = (TrainingJob.objects.get(pk=each["id"]) for each in submit({"seconds": 9}, count=2))
        seen = approval.digest_of(changed)
        services.change_job(job=changed, by=engineer, params={"seconds": 99})
        if not _is_refused("changed", lambda: services.approve_job(job=changed, by=manager, seen=seen)):
            slipped.append("other settings")
        services.approve_job(job=dearer, by=manager)
        services.pause_job(job=dearer, by=engineer)
        TrainingJob.objects.filter(pk=dearer.pk).update(cost_micro=2 * dearer.forecast_micro_high)
        if services.resume_job(job=dearer, by=engineer).state != "awaiting":
            slipped.append("more money")
        transaction.set_rollback(True)
    return slipped


def give_pid(job: str, pid: int) -> None:
    """Write another pid on the running attempt, as if the system had given its number away again."""
    Attempt.objects.filter(job=job, ended_at=None).update(pid=pid)
