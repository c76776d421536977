"""What an end of a project would close, in words and numbers, before anybody ends it."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.gate_effects import Closing, closing_of
from projects.models import Project
from projects.services.project import ENDS, PROJECT_STEPS

Status = Project.Status
SYMBOLS = {Status.ACTIVE: "play", Status.ON_HOLD: "pause", Status.COMPLETED: "check", Status.KILLED: "stop"}


@dataclass(frozen=True)
class Step:
    """A state that a project may take, and what would come of it."""

    status: Project.Status
    symbol: str
    effects: tuple[str, ...]


def steps_of(project: Project, today: date) -> tuple[Step, ...]:
    """Where a project may go from its state; an end says what it closes."""
    return tuple(
        Step(step, SYMBOLS[step], _ending(project, step, today) if step in ENDS else (_turn(step),))
        for step in PROJECT_STEPS[project.status]
    )


def _turn(step: Project.Status) -> str:
    if step == Status.ON_HOLD:
        return _("It may be resumed. No new job is taken; what runs or waits in the queue goes on.")
    return _("It goes on where it rested.")


def _ending(project: Project, status: Project.Status, today: date) -> tuple[str, ...]:
    stage = project.get_station_display()
    finished = _("%(stage)s is finished on that day.") % {"stage": stage} if status == Status.COMPLETED else ""
    review = project.reviews.open().first()
    withdrawn = _("Review %(n)d is withdrawn undecided.") % {"n": review.number} if review else ""
    return tuple(filter(None, (*closing_words(closing_of(project, status, today), status), finished, withdrawn)))


def closing_words(closing: Closing, status: str = Status.KILLED) -> tuple[str, ...]:
    """What an end does, a sentence for each kind of thing that it closes or leaves."""
    orders, held, accruals, kept = closing.commitments, closing.reservations, closing.accruals, closing.kept_commitments
    stays = ngettext(
        "%(n)d order cannot be cancelled and stays owed", "%(n)d orders cannot be cancelled and stay owed", kept.count
    )
    if status == Status.COMPLETED:
        stays = ngettext(
            "%(n)d order stays open until it is invoiced", "%(n)d orders stay open until they are invoiced", kept.count
        )
    said = [
        _("The project ends for good."),
        _counted(ngettext("%(n)d job is cancelled.", "%(n)d jobs are cancelled.", closing.jobs), closing.jobs),
        _with_money(
            ngettext("%(n)d order is cancelled", "%(n)d orders are cancelled", orders.count), orders.count, orders.money
        ),
        _with_money(
            ngettext("%(n)d reservation is given back", "%(n)d reservations are given back", held.count),
            held.count,
            held.money,
        ),
        _with_money(
            ngettext("%(n)d accrual is reversed", "%(n)d accruals are reversed", accruals.count),
            accruals.count,
            accruals.money,
        ),
        _counted(
            ngettext("%(n)d person is free again.", "%(n)d people are free again.", closing.people), closing.people
        ),
        _with_money(stays, kept.count, kept.money),
    ]
    return tuple(filter(None, said))


def _counted(words: str, count: int) -> str:
    return words % {"n": count} if count else ""


def _with_money(words: str, count: int, money: str) -> str:
    return f"{words % {'n': count}}: {money}." if count else ""
