"""Who is told what about a job. Always in the transaction of the verb that decided it."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.money import charge_micro, to_decimal
from people.models import Notice, User
from people.notices import notify
from people.webhooks import EventType, announce
from trainingjobs.models import JobState, PauseReason, TrainingJob

ENDINGS = {
    JobState.SUCCEEDED: gettext_lazy("%(job)s has finished."),
    JobState.FAILED: gettext_lazy("%(job)s failed: %(cause)s."),
    JobState.CANCELLED: gettext_lazy("%(job)s was cancelled."),
}


def tell_end(job: TrainingJob) -> None:
    """The submitter learns how his job ended."""
    text = ENDINGS[job.status] % {"job": job.name, "cause": job.error_words or _("no reason was given")}
    _tell([job.submitted_by], Notice.Kind.JOB_ENDED, text, job)


def announce_end(job: TrainingJob, at: datetime) -> None:
    """Other systems learn it as well."""
    currency = job.rate_card.currency
    data = {
        "job": job.name,
        "project": job.project.key,
        "state": job.state,
        "error": job.error_code,
        "cost": str(to_decimal(charge_micro(job.cost_micro, currency), currency)),
        "currency": currency,
    }
    announce(event_type=EventType.JOB_ENDED, subject=job, data=data, at=at)


def tell_paused(job: TrainingJob) -> None:
    """A job that has used up its money waits for the decision of the submitter and the project's lead."""
    if job.pause_reason == PauseReason.BUDGET:
        kept = _("%(job)s has used up its money and waits with a checkpoint.")
        text = kept if job.checkpoint else _("%(job)s has used up its money and waits; it would begin again.")
        _tell([job.submitted_by, job.project.lead], Notice.Kind.JOB_PAUSED, text % {"job": job.name}, job)


def tell_over_budget(job: TrainingJob) -> None:
    """A line that only warns has gone over its plan."""
    text = _("%(job)s goes over the budget of %(project)s.") % {"job": job.name, "project": job.project.title}
    _tell([job.submitted_by, job.project.lead], Notice.Kind.BUDGET, text, job)


def ask_for_approval(job: TrainingJob, *, changed_by: User | None = None) -> None:
    """Everybody who may approve the job has it in his inbox; refused when nobody could."""
    approvers = User.objects.filter(Q(role=User.Role.MANAGER) | Q(is_superuser=True), is_active=True)
    managers = approvers.exclude(pk__in=[job.submitted_by_id, *([changed_by.pk] if changed_by else [])])
    if not managers.exists():
        raise ValidationError(
            _("%(job)s costs so much that a manager must approve it, and nobody but you could. Ask for a second one."),
            code="no_approver",
            params={"job": job.name},
        )
    text = _("%(by)s asks to run %(job)s for up to %(currency)s %(price)s.")
    notify(
        users=managers,
        kind=Notice.Kind.APPROVAL_ASKED,
        text=text % {"by": job.submitted_by, **_price(job)},
        url=f"{reverse('approvals')}#{job.name}",
        subject=job,
    )


def tell_decision(job: TrainingJob, by: User, *, approved: bool, reason: str) -> None:
    text = _("%(by)s approved %(job)s.") if approved else _("%(by)s declined %(job)s: %(reason)s")
    _tell([job.submitted_by], Notice.Kind.APPROVAL_DECIDED, text % {"by": by, "job": job.name, "reason": reason}, job)


def _price(job: TrainingJob) -> dict[str, object]:
    currency = job.rate_card.currency
    return {"job": job.name, "currency": currency, "price": to_decimal(job.reservation.amount_minor, currency)}


def _tell(users: Iterable[User], kind: Notice.Kind, text: str, job: TrainingJob) -> None:
    notify(users=users, kind=kind, text=text, url=job.get_absolute_url(), subject=job)
