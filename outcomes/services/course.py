"""The course of a project by hand: move it on where no gate waits, and end it with all that is open of it."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import BudgetLine, Reservation
from finance.money import to_decimal
from finance.services.budget import end_reservation
from finance.services.commitment import cancel_commitment
from finance.services.journal import reverse_entry
from finance.services.locks import hold_lines
from finance.services.period import first_open_day
from outcomes.gate_effects import (
    Amounts,
    accrual_amounts,
    amounts_of,
    open_accruals,
    open_commitments,
    open_reservations,
    unfinished_jobs,
)
from outcomes.models import GateReview
from outcomes.services.gate import withdraw_review
from people.models import User
from people.services import record_audit
from projects.models import Project, Station
from projects.services.people import free_people
from projects.services.project import end_project, enter_station
from trainingjobs.models import JobState
from trainingjobs.services import cancel_job, hold_unfinished


@transaction.atomic
def move_project(*, project: Project, station: Station, on: date, at: datetime, by: User) -> Project:
    """Move a project on to a later station by hand. While a review waits, its decision does that."""
    _demand_not_ahead(on, at)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # a review may be asked for meanwhile
    waiting = project.reviews.open().select_related("gate").first()
    if waiting is not None:
        raise ValidationError(
            _(
                "Review %(number)d of %(project)s waits for its decision: “%(question)s” "
                "The decision moves the project. Decide or withdraw it first."
            ),
            code="review_open",
            params={"number": waiting.number, "project": project.key, "question": waiting.gate.title},
        )
    return enter_station(project=project, station=station, on=on, by=by)


@transaction.atomic
def close_project(
    *, project: Project, status: str, on: date, at: datetime, by: User, decided: GateReview | None = None
) -> dict[str, Any]:
    """End a project and all of it that can be ended; what was done, and what stays, is counted.

    Of a killed one accruals are reversed and orders cancelled; those of a completed one stay to be invoiced. The review
    that `decided` it is not withdrawn.
    """
    _demand_not_ahead(on, at)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    reviews = [each for each in project.reviews.open() if each != decided]
    withdrawn = [withdraw_review(review=each, at=at, by=by) for each in reviews]
    hold_unfinished(project)
    hold_lines(BudgetLine.objects.filter(budget__project=project).values_list("pk", flat=True))
    jobs = [cancel_job(job=job, by=by) for job in unfinished_jobs(project).select_related("project")]
    effects = {
        "jobs_cancelled": sum(job.state == JobState.CANCELLED for job in jobs),
        "jobs_told_to_stop": sum(job.state == JobState.RUNNING for job in jobs),
        **_end_orders(project, status, on, at, by),
        **_release(project, at),
        "people_freed": free_people(project=project, on=on, by=by),
        "reviews_withdrawn": len(withdrawn),
    }
    end_project(project=project, status=status, on=on, by=by)  # last: what is reversed before is owed until cancelled
    record_audit(verb="close_project", subject=project, by=by, detail={"project": project.key, **effects})
    return effects


def _end_orders(project: Project, status: str, on: date, at: datetime, by: User) -> dict[str, Any]:
    """Take back the accruals of a killed project and cancel its orders; what cannot be cancelled is counted too."""
    is_killed = status == Project.Status.KILLED
    accruals = list(open_accruals(project)) if is_killed else []
    reversed_money = accrual_amounts(accruals)
    for entry in accruals:  # before the orders: what an accrual had relieved is open again
        memo = _("%(key)s is stopped: %(memo)s")[:200] % {"key": project.key, "memo": entry.memo[:150]}
        counts = first_open_day(max(on, entry.effective_on))  # nothing is taken back before it counts
        reverse_entry(entry=entry, memo=memo, effective_on=counts, at=at, by=by)
    commitments = list(open_commitments(project))
    cancellable = [each for each in commitments if each.is_cancellable and is_killed]
    given_up = amounts_of((each.line.budget.currency, each.open_minor) for each in cancellable)
    for commitment in cancellable:
        cancel_commitment(commitment=commitment, at=at, by=by)
    return {
        "commitments_cancelled": len(cancellable),
        "commitments_cancelled_money": plain(given_up),
        "commitments_kept": len(commitments) - len(cancellable),
        "accruals_reversed": len(accruals),
        "accruals_reversed_money": plain(reversed_money),
    }


def _release(project: Project, at: datetime) -> dict[str, Any]:
    """Give back the money that was held and that no job speaks for."""
    reservations = list(open_reservations(project))
    for reservation in reservations:
        end_reservation(reservation=reservation, status=Reservation.Status.RELEASED, at=at)
    money = amounts_of((each.line.budget.currency, each.amount_minor) for each in reservations)
    return {"reservations_released": len(reservations), "reservations_released_money": plain(money)}


def plain(amounts: Amounts) -> dict[str, str]:
    """Amounts as text: {"EUR": "1234.50"}."""
    return {currency: format(to_decimal(minor, currency), "f") for currency, minor in sorted(amounts.items())}


def _demand_not_ahead(on: date, at: datetime) -> None:
    if on > timezone.localdate(at):
        text = _("%(day)s has not come yet. Name today or a day before.")
        raise ValidationError({"on": ValidationError(text, code="in_the_future", params={"day": on})})
