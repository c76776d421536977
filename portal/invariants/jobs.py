"""What must hold for jobs, their charges, models and messages."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone

from engine.artifact import load_artifact
from engine.recipe import RecipeError
from experiments.models import ModelVersion, Run
from finance.models import JournalEntry, LedgerEntry, Reservation
from people.models import AuditEntry, OutboxMessage
from portal.invariants.breach import Breach
from trainingjobs.models import TERMINAL, Approval, Attempt, JobState, TrainingJob
from trainingjobs.permissions import changed_by
from trainingjobs.services.approval import is_approved
from trainingjobs.services.finish import RUN_STATUS
from trainingjobs.services.settle import charge_of

STUCK = timedelta(minutes=30)


def jobs_settle_once() -> Iterator[Breach]:
    """A job that ended has ended its reservation and is charged for its metered use; one that has not is neither."""
    for job in TrainingJob.objects.select_related("reservation", "rate_card", "charge"):
        ended, is_open = job.state in TERMINAL, job.reservation.status == Reservation.Status.OPEN
        due = charge_of(job).minor if ended else 0
        posted = LedgerEntry.objects.filter(
            account="expense", journal_entry__source="job", journal_entry__external_id=str(job.pk)
        ).aggregate(total=Sum("amount_minor"))["total"]
        if ended == is_open:
            yield Breach(
                "jobs_settle_once", str(job.pk), f"{job.state} and its reservation is {job.reservation.status}"
            )
        if (posted or 0) != due or (job.charge is None) != (due == 0):
            yield Breach("jobs_settle_once", str(job.pk), f"{job.state}, charged {posted or 0}, its use costs {due}")
        if job.charge and (job.charge.source, job.charge.external_id) != ("job", str(job.pk)):
            yield Breach("jobs_settle_once", str(job.pk), f"points to the charge of {job.charge.external_id}")
        if ended and job.cost_micro != charge_of(job).micro:
            yield Breach(
                "jobs_settle_once", str(job.pk), f"shows {job.cost_micro}, its use costs {charge_of(job).micro}"
            )


def money_of_jobs_has_its_job() -> Iterator[Breach]:
    """What was reserved or charged for a job belongs to a job that is there."""
    known = {str(pk) for pk in TrainingJob.objects.values_list("pk", flat=True)}
    for reservation in Reservation.objects.filter(reference__startswith="job:", job=None):
        yield Breach(
            "money_of_jobs_has_its_job", f"reservation {reservation.pk}", f"{reservation.reference} has no job"
        )
    for entry in JournalEntry.objects.filter(source="job").exclude(external_id__in=known):
        yield Breach("money_of_jobs_has_its_job", f"journal entry {entry.pk}", f"{entry.external_id} is no job")


def attempts_add_up() -> Iterator[Breach]:
    """The use that a job is charged for is that of its attempts."""
    for job in TrainingJob.objects.annotate(cpu=Sum("attempts__cpu_core_seconds")):
        if abs((job.cpu or 0.0) - job.cpu_core_seconds) > 0.01:
            yield Breach("attempts_add_up", str(job.pk), f"{job.cpu_core_seconds} s of CPU, its attempts {job.cpu}")


def running_jobs_have_a_lease() -> Iterator[Breach]:
    """A job runs under a lease and has an attempt that runs; no other job has one."""
    running = Count("attempts", filter=Q(attempts__ended_at=None))
    for job in TrainingJob.objects.annotate(open=running):
        wanted = int(job.state == JobState.RUNNING)
        if job.open != wanted or (wanted and job.lease_until is None):
            yield Breach("running_jobs_have_a_lease", str(job.pk), f"{job.state} with {job.open} open attempts")


def jobs_complete_once() -> Iterator[Breach]:
    """One attempt at most brings a job to its end, and a job that succeeded has one model at most."""
    ends = [Attempt.Outcome.FINISHED, Attempt.Outcome.FAILED, Attempt.Outcome.CANCELLED]
    counted = Count("attempts", filter=Q(attempts__outcome__in=ends))
    for job in TrainingJob.objects.annotate(ends=counted).filter(ends__gt=1):
        yield Breach("jobs_complete_once", str(job.pk), f"{job.ends} attempts ended it")
    status_of = {**dict.fromkeys(JobState, Run.Status.RUNNING), **RUN_STATUS}
    for run in Run.objects.filter(job__isnull=False).select_related("job"):
        if run.status != status_of[run.job.status]:
            yield Breach("jobs_complete_once", str(run.job.pk), f"{run.job.state}, and its run is {run.status}")
    for model in ModelVersion.objects.exclude(run__job__state=JobState.SUCCEEDED).select_related("run"):
        yield Breach("jobs_complete_once", str(model.run), "has a model, though its job did not succeed")


def prices_are_approved() -> Iterator[Breach]:
    """A job whose price is a manager's to decide waits or runs only as somebody else approved it."""
    admitted = [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED]
    for job in TrainingJob.objects.filter(needs_approval=True, state__in=admitted).select_related("reservation"):
        if not is_approved(job):
            yield Breach("prices_are_approved", str(job.pk), f"{job.state} at a price that nobody approved")


def decisions_are_of_others() -> Iterator[Breach]:
    """Nobody decided on what he asked for himself, and one decision at most is in force for a job."""
    for approval in Approval.objects.select_related("job", "by"):
        if approval.by_id == approval.job.submitted_by_id or changed_by(approval.by, [approval.job], approval.at):
            yield Breach("decisions_are_of_others", str(approval.job_id), f"{approval.by} decided on his own job")
    in_force = Count("approvals", filter=Q(approvals__voided_at=None))
    for job in TrainingJob.objects.annotate(in_force=in_force).filter(in_force__gt=1):
        yield Breach("decisions_are_of_others", str(job.pk), f"{job.in_force} decisions are in force")


def requests_are_heeded() -> Iterator[Breach]:
    """A job that was asked to end is not put aside, and one that is put aside is not asked to pause any more."""
    for job in TrainingJob.objects.filter(state=JobState.PAUSED).exclude(
        cancel_requested_at=None, pause_requested_at=None
    ):
        yield Breach("requests_are_heeded", str(job.pk), "paused with a request that nobody will answer")


def models_are_whole() -> Iterator[Breach]:
    """The files of every model are there, and are those that were registered."""
    for model in ModelVersion.objects.all():
        try:
            digest = load_artifact(Path(settings.JOBS_DIR) / model.path).digest
        except RecipeError as error:
            yield Breach("models_are_whole", str(model.pk), error.message)
            continue
        if digest != model.digest:
            yield Breach("models_are_whole", str(model.pk), f"digest {digest[:12]}, registered {model.digest[:12]}")


def outbox_flows() -> Iterator[Breach]:
    """What was decided has been told to the outside within half an hour."""
    for message in OutboxMessage.objects.filter(delivered_at=None, created_at__lt=timezone.now() - STUCK):
        fact = f"{message.tries} tries, last error: {message.last_error or 'none'}"
        yield Breach("outbox_flows", f"outbox message {message.pk}", fact)


def audit_is_complete() -> Iterator[Breach]:
    """Every job has left its submission and its end in the audit trail, once each."""
    trail = AuditEntry.objects.filter(subject_type="trainingjobs.trainingjob")
    seen = {
        (row["subject_id"], row["verb"]): row["count"]
        for row in trail.values("subject_id", "verb").annotate(count=Count("pk")).order_by()
    }
    for job in TrainingJob.objects.all():
        wanted = ["submit_job"] + ([f"job_{job.state}"] if job.state in TERMINAL else [])
        for verb in wanted:
            if seen.get((str(job.pk), verb), 0) != 1:
                yield Breach(
                    "audit_is_complete", str(job.pk), f"{verb} stands {seen.get((str(job.pk), verb), 0)} times"
                )
