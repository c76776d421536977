"""Settle a job once: charge what it used and end its reservation. Always inside the transaction that ends the job."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import JournalEntry, Reservation
from finance.services.budget import end_reservation
from finance.services.journal import post_actual
from finance.services.period import first_open_day
from finance.services.rates import Charge, Usage, price
from trainingjobs.models import TrainingJob


def charge_of(job: TrainingJob) -> Charge:
    """The price of what the job has used so far, by the card that was in force when it was submitted."""
    usage = Usage(cpu_core_seconds=job.cpu_core_seconds, gpu_seconds=job.gpu_seconds, gib_seconds=job.gib_seconds)
    return price(job.rate_card, usage)


def settle(job: TrainingJob, *, at: datetime) -> None:
    """Post the actual and relieve the reservation; release it when nothing was used. An overrun is posted as it is."""
    charge = charge_of(job)
    if charge.minor:
        job.charge = _post(job, charge, at)
    status = Reservation.Status.RELIEVED if charge.minor else Reservation.Status.RELEASED
    end_reservation(reservation=job.reservation, status=status, at=at)
    job.cost_micro, job.energy_wh = charge.micro, charge.energy_wh
    job.save(update_fields=["charge", "cost_micro", "energy_wh"])


def _post(job: TrainingJob, charge: Charge, at: datetime) -> JournalEntry:
    """On the day it ended. Where that is closed the portal itself posts on the next open day, and the memo says so."""
    ended_on = timezone.localdate(at)
    on, memo = first_open_day(ended_on), f"{job.name} {job.recipe}"
    if on != ended_on:
        memo = _("%(memo)s (ended on %(day)s, in a period that is closed)") % {"memo": memo, "day": ended_on}
    return post_actual(
        line=job.reservation.line,
        amount_minor=charge.minor,
        memo=memo,
        source="job",
        external_id=str(job.pk),
        effective_on=on,
        at=at,
        by=job.submitted_by if on == ended_on else None,
        rate_card=job.rate_card,
    )
