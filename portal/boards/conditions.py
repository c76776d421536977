"""What goes with conditions asked for: which wait, which are overdue, and how the others were fulfilled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.models import ConditionFulfilment, GateCondition, GateDecision, GateReview
from outcomes.permissions import may_fulfil_condition
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.gate_room import reviews_of
from portal.wording import day

RELATED = ("decision__review__project", "decision__review__gate", "owner", "fulfilment__by")


@dataclass(frozen=True)
class ConditionRow:
    """One condition with its state in words; `fulfilment` is left out while it had not been told of yet."""

    condition: GateCondition
    fulfilment: ConditionFulfilment | None
    days_late: int
    may_fulfil: bool
    has_ended: bool  # its project, with nobody left to fulfil it

    @property
    def pill(self) -> tuple[str, str, str]:
        if self.fulfilment is not None:
            return _("Fulfilled"), "good", "check"
        if self.has_ended:
            return _("Project ended"), "", "stop"
        if self.days_late:
            late = ngettext("%(n)d day overdue", "%(n)d days overdue", self.days_late) % {"n": self.days_late}
            return late, "bad", "clock"
        return _("Due %(day)s") % {"day": day(self.condition.due_on)}, "", "clock"


def rows_of(
    conditions: Iterable[GateCondition], user: User, at: datetime, on: date | None = None
) -> list[ConditionRow]:
    """As they stand, or as they stood at the end of a past day."""
    today = on or timezone.localdate(at)
    return [_row(each, user, today, on) for each in conditions]


def _row(condition: GateCondition, user: User, today: date, on: date | None) -> ConditionRow:
    fulfilment = getattr(condition, "fulfilment", None)
    if fulfilment is not None and on is not None and fulfilment.at >= day_ends(on):
        fulfilment = None
    ended_on = condition.decision.review.project.ended_on
    has_ended = ended_on is not None and ended_on <= today
    is_open = fulfilment is None and not has_ended
    late = max(0, (today - condition.due_on).days) if is_open else 0
    may_fulfil = is_open and on is None and may_fulfil_condition(user, condition)
    return ConditionRow(condition, fulfilment, late, may_fulfil, has_ended)


def of_decision(decision: GateDecision, user: User, at: datetime, on: date | None = None) -> list[ConditionRow]:
    return rows_of(GateCondition.objects.filter(decision=decision).select_related(*RELATED), user, at, on)


def waiting(user: User, query: Mapping[str, str], on: date | None = None) -> QuerySet[GateCondition]:
    """The open conditions of the room, the soonest due first."""
    found = GateCondition.objects.filter(decision__review__in=reviews_of(user, query, on).order_by().values("pk"))
    return (found.open() if on is None else found.open_on(on)).select_related(*RELATED)


def needs_at_conditions(user: User, on: date, most: int) -> list[GateCondition]:
    """Overdue ones that this person sees to, or answers for as somebody who decides; the longest overdue first."""
    found = GateCondition.objects.visible_to(user).open().overdue(on).select_related(*RELATED)
    return [each for each in found if may_fulfil_condition(user, each)][:most]


def address(condition: GateCondition) -> str:
    review: GateReview = condition.decision.review
    return f"{review.get_absolute_url()}#conditions"
