"""Decide at a gate: freeze the evidence, sign, and do what the outcome means, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import Budget, BudgetLine
from finance.services.locks import hold_budgets, hold_lines
from finance.services.plan import release_tranche
from outcomes import evidence
from outcomes.gate_effects import amounts_of, tranches_held
from outcomes.gate_facts import Reading, score_percent
from outcomes.models import EvidenceSnapshot, GateCriterion, GateDecision, GateReview
from outcomes.permissions import may_decide_gate, may_decide_review
from outcomes.services.condition import ConditionDraft, refuse_conditions, write_conditions
from outcomes.services.course import close_project, plain
from outcomes.services.gate import open_review, read_evidence
from people.models import Notice, User
from people.notices import notify
from people.services import record_audit
from people.webhooks import announce
from projects.models import Project, Station
from projects.services.project import enter_station, hold_project, resume_project

Outcome = GateDecision.Outcome


@transaction.atomic
def decide_gate(
    *,
    review: GateReview,
    outcome: str,
    reasons: str,
    at: datetime,
    by: User,
    conditions: Sequence[ConditionDraft] = (),
) -> GateDecision:
    """Decide on the evidence as it reads at this moment. The decision bears the number of its review.

    Conditions are signed as text with their day and person, and kept one by one.
    """
    if not may_decide_gate(by):
        raise ValidationError(_("Only managers decide at gates. Ask one of them."), code="not_allowed")
    Project.objects.select_for_update(no_key=True).get(pk=review.project_id)
    row = open_review(review)
    readings = read_evidence(row, at)
    reasons = reasons.strip()
    _refuse(row, outcome, reasons, readings, by)
    refuse_conditions(row.project, outcome, conditions, timezone.localdate(at))
    facts = frozen_facts(row, readings, at)
    snapshot = EvidenceSnapshot.objects.create(
        review=row, taken_at=at, facts=facts, digest=evidence.digest_of(facts)
    )  # fmt: skip
    decision = GateDecision(
        pk=row.pk,
        review=row,
        snapshot=snapshot,
        outcome=outcome,
        reasons=reasons,
        conditions="\n".join(each.signed for each in conditions),
        decided_by=by,
        decided_at=at,
    )
    decision.signature = evidence.digest_of(evidence.signed_form_of(decision))
    decision.effects = _effects_of(decision, at, by)
    decision.save(force_insert=True)
    write_conditions(decision, conditions)
    _tell(decision, at, by)
    return decision


def _refuse(review: GateReview, outcome: str, reasons: str, readings: tuple[Reading, ...], by: User) -> None:
    if not may_decide_review(by, review):
        raise ValidationError(
            _("You lead this project or asked for this review yourself, so another manager decides."),
            code="own_review",
        )
    if outcome not in Outcome.values:
        raise ValidationError({"outcome": ValidationError(_("Choose one of the five outcomes."), code="invalid")})
    if not reasons:
        raise ValidationError(
            {"reasons": ValidationError(_("Give the reasons; they are signed and kept."), code="required")}
        )
    unmet = must_meets_unmet(readings)
    if outcome == Outcome.GO and unmet:
        raise ValidationError(
            {
                "outcome": ValidationError(
                    _(
                        "A go needs every must-meet, and these are not met: %(criteria)s. "
                        "Go with conditions, hold, do it again or stop the project."
                    ),
                    code="must_meet_open",
                    params={"criteria": "; ".join(each.criterion.title for each in unmet)},
                )
            }
        )


def must_meets_unmet(readings: tuple[Reading, ...]) -> list[Reading]:
    return [each for each in readings if each.criterion.kind == GateCriterion.Kind.MUST_MEET and not each.is_met]


def frozen_facts(review: GateReview, readings: tuple[Reading, ...], at: datetime) -> dict[str, Any]:
    """What the readings say, so that nothing but this text is needed to check the digest."""
    gate = review.gate
    return {
        "format": evidence.FORMAT,
        "project": review.project.key,
        "review": review.number,
        "asked_by": review.asked_by.username,
        "asked_at": evidence.moment(review.asked_at),
        "taken_at": evidence.moment(at),
        "gate": {
            "horizon": gate.horizon,
            "station": gate.station,
            "title": gate.title,
            "pass_percent": gate.pass_percent,
        },
        "score_percent": score_percent(readings),
        "readings": [_frozen(reading) for reading in readings],
    }


def _frozen(reading: Reading) -> dict[str, Any]:
    criterion, source = reading.criterion, reading.source
    return {
        "position": criterion.position,
        "title": criterion.title,
        "kind": criterion.kind,
        "weight": criterion.weight,
        "fact": criterion.fact,
        "metric": criterion.metric,
        "comparison": criterion.comparison,
        "threshold": evidence.figure(criterion.threshold),
        "value": evidence.figure(reading.value),
        "unit": reading.unit,
        "text": reading.text,
        "is_met": reading.is_met,
        "missing": reading.missing,
        "source": None
        if source is None
        else {
            "kind": source.kind,
            "id": source.id,
            "name": source.name,
            "at": evidence.moment(source.at) if source.at else None,
            "number": source.number,
        },
    }


def _effects_of(decision: GateDecision, at: datetime, by: User) -> dict[str, Any]:
    project = decision.review.project
    if decision.result.opens:
        return _open_way(decision, at, by)
    if decision.outcome == Outcome.HOLD and project.status == Project.Status.ACTIVE:
        hold_project(project=project, on=timezone.localdate(at), by=by)
        return {"held": True}
    if decision.outcome == Outcome.KILL:
        on = timezone.localdate(at)
        return close_project(
            project=project, status=Project.Status.KILLED, on=on, at=at, by=by, decided=decision.review
        )
    return {}


def _open_way(decision: GateDecision, at: datetime, by: User) -> dict[str, Any]:
    """The project enters its station, and the money of that station is released."""
    review, project = decision.review, decision.review.project
    if project.status == Project.Status.ON_HOLD:
        resume_project(project=project, on=timezone.localdate(at), by=by)
    hold_budgets(Budget.objects.filter(project=project).values_list("pk", flat=True))
    hold_lines(BudgetLine.objects.filter(budget__project=project).values_list("pk", flat=True))
    tranches = list(tranches_held(project, review.gate.station))
    for index, tranche in enumerate(tranches):
        reference = f"gate-decision:{decision.pk}" + (f"/{index + 1}" if index else "")
        release_tranche(tranche=tranche, reference=reference, at=at, by=by)
    enter_station(project=project, station=Station(review.gate.station), on=timezone.localdate(at), by=by)
    released = amounts_of((each.budget.currency, line.amount_minor) for each in tranches for line in each.lines.all())
    return {"station": review.gate.station, "released": plain(released), "tranches": len(tranches)}


def _tell(decision: GateDecision, at: datetime, by: User) -> None:
    """The trail, the project's people and other systems hear of it."""
    review = decision.review
    detail = {
        "project": review.project.key,
        "review": review.number,
        "gate": review.gate.title,
        "outcome": decision.outcome,
        "digest": decision.snapshot.digest,
        "signature": decision.signature,
        "effects": decision.effects,
    }
    record_audit(verb="decide_gate", subject=decision, by=by, detail=detail)
    words = {"key": review.project.key, "question": review.gate.title, "outcome": decision.get_outcome_display()}
    notify(
        users=[review.project.lead, review.asked_by],
        kind=Notice.Kind.GATE,
        text=_("%(key)s, “%(question)s” %(outcome)s.") % words,
        url=review.get_absolute_url(),
        subject=review,
    )
    announce(event_type="gate.decided", subject=decision, data=detail, at=at)
