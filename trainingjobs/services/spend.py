"""Watch what a running job spends: its reservation grows while line and threshold allow it, and not beyond."""

from django.core.exceptions import ValidationError
from django.utils import timezone

from finance.models import BudgetLine, Reservation
from finance.money import charge_micro
from finance.services.budget import change_reservation
from projects.models import Project
from trainingjobs.models import TrainingJob
from trainingjobs.services.claim import Claim
from trainingjobs.services.notify import tell_over_budget
from trainingjobs.services.submit import is_over_threshold

AHEAD_S = 2.0  # a trainer needs about that long to write a checkpoint and stop
GROWTH = 10  # a reservation grows by a tenth of the upper price at a time


def keeps_within_budget(claim: Claim, cost_micro: int) -> bool:
    """Reserve more when the job is about to cross what is reserved for it; False when that is not its to take.

    A line that stops gives no more than it has, and nobody but a manager lets a job grow beyond the threshold.
    """
    job, currency = claim.job, claim.job.rate_card.currency
    soon = charge_micro(cost_micro + _micro_soon(claim, cost_micro), currency)
    reservation = Reservation.objects.select_related("line__budget").get(pk=job.reservation_id)
    if soon <= reservation.amount_minor:
        return True
    line = reservation.line
    more = max(1, charge_micro(job.forecast_micro_high // GROWTH, currency), soon - reservation.amount_minor)
    if line.policy == BudgetLine.Policy.STOP:
        more = min(more, max(line.available_minor, soon - reservation.amount_minor))
    project = Project.objects.get(pk=job.project_id)  # its threshold as it is now, not as it was at the claim
    if job.needs_approval or is_over_threshold(project, reservation.amount_minor + more):
        return False
    try:
        change_reservation(reservation=reservation, amount_minor=reservation.amount_minor + more, by=None)
    except ValidationError:
        return False
    line.refresh_from_db()
    if line.policy == BudgetLine.Policy.WARN and line.available_minor < 0 <= line.available_minor + more:
        tell_over_budget(TrainingJob.objects.select_related("project__lead", "submitted_by").get(pk=job.pk))
    return True


def _micro_soon(claim: Claim, cost_micro: int) -> int:
    """What it will cost while it is being stopped, at the mean price of a second of this attempt."""
    elapsed = (timezone.now() - claim.claimed_at).total_seconds()
    return round((cost_micro - claim.job.cost_micro) * AHEAD_S / max(elapsed, AHEAD_S))
