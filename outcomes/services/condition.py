"""Conditions of a go: written down with the decision, fulfilled once, by whom and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.models import ConditionFulfilment, GateCondition, GateDecision
from outcomes.permissions import condition_owners, may_fulfil_condition
from people.models import Notice, User
from people.notices import notify
from people.services import record_audit
from projects.models import Project

MOST_CONDITIONS = 12


@dataclass(frozen=True)
class ConditionDraft:
    """A condition before it is signed."""

    text: str
    due_on: date
    owner: User

    @property
    def signed(self) -> str:
        """As the decision writes and signs it."""
        return f"{self.text.strip()} ({self.due_on.isoformat()}, {self.owner.username})"


def refuse_conditions(project: Project, outcome: str, conditions: Sequence[ConditionDraft], on: date) -> None:
    """A go with conditions names some, with words, a day ahead and somebody who can fulfil it; no other has any."""
    if outcome != GateDecision.Outcome.CONDITIONAL_GO:
        if conditions:
            text = _("Only a go with conditions has conditions. Leave them out, or choose that outcome.")
            raise ValidationError({"conditions": ValidationError(text, code="not_conditional")})
        return
    if not conditions:
        text = _("Name the conditions, or choose another outcome.")
        raise ValidationError({"conditions": ValidationError(text, code="required")})
    if len(conditions) > MOST_CONDITIONS:
        text = _("Name at most %(most)d conditions; put what belongs together into one.")
        fault = ValidationError(text, code="too_many", params={"most": MOST_CONDITIONS})
        raise ValidationError({"conditions": fault})
    for each in conditions:
        if not condition_owners(project).filter(pk=each.owner.pk).exists():
            text = _(
                "%(person)s cannot fulfil it: choose somebody who works on %(key)s, or make this person a member of it."
            )
            params = {"person": each.owner, "key": project.key}
            raise ValidationError({"conditions": ValidationError(text, code="cannot_fulfil", params=params)})
        if not each.text.strip():
            text = _("Say what has to be fulfilled.")
            raise ValidationError({"conditions": ValidationError(text, code="required")})
        if each.due_on < on:
            text = _("“%(condition)s” would be overdue at once. Choose a day that is still to come.")
            raise ValidationError(
                {"conditions": ValidationError(text, code="due_past", params={"condition": each.text})}
            )


def write_conditions(decision: GateDecision, conditions: Sequence[ConditionDraft]) -> None:
    """Keep each condition beside its decision, in the transaction of that decision, and tell who sees to it."""
    for position, draft in enumerate(conditions, start=1):
        row = GateCondition(
            decision=decision, position=position, text=draft.text.strip(), due_on=draft.due_on, owner=draft.owner
        )
        row.full_clean()
        row.save()
        words = {"key": decision.review.project.key, "condition": row.text, "day": row.due_on.isoformat()}
        notify(
            users=[row.owner],
            kind=Notice.Kind.GATE,
            text=_("%(key)s: “%(condition)s” is yours to fulfil until %(day)s.") % words,
            url=decision.review.get_absolute_url(),
            subject=decision.review,
        )


@transaction.atomic
def fulfil_condition(*, condition: GateCondition, note: str, at: datetime, by: User) -> ConditionFulfilment:
    """Say that a condition is fulfilled and where that can be seen. Once; it cannot be taken back."""
    if not may_fulfil_condition(by, condition):
        text = _("Only %(owner)s, who sees to it, or a manager says that it is fulfilled.")
        raise ValidationError(text, code="not_allowed", params={"owner": condition.owner})
    GateCondition.objects.select_for_update().get(pk=condition.pk)
    if ConditionFulfilment.objects.filter(condition=condition.pk).exists():
        raise ValidationError(_("This condition is fulfilled already."), code="fulfilled")
    if not note.strip():
        raise ValidationError({"note": ValidationError(_("Say where it can be seen."), code="required")})
    fulfilment = ConditionFulfilment(condition=condition, note=note.strip(), at=at, by=by)
    fulfilment.full_clean()
    fulfilment.save()
    decision = condition.decision
    project = decision.review.project
    days_late = max(0, (timezone.localdate(at) - condition.due_on).days)
    record_audit(
        verb="fulfil_condition",
        subject=condition,
        by=by,
        detail={"project": project.key, "condition": condition.text, "note": fulfilment.note, "days_late": days_late},
    )
    if decision.decided_by != by:
        words = {"key": project.key, "condition": condition.text, "who": by, "note": fulfilment.note}
        notify(
            users=[decision.decided_by],
            kind=Notice.Kind.GATE,
            text=_("%(key)s: %(who)s says that “%(condition)s” is fulfilled: %(note)s") % words,
            url=decision.review.get_absolute_url(),
            subject=decision.review,
        )
    return fulfilment
