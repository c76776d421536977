"""Criteria of gates, and reviews before them: define, ask, answer, withdraw, read the evidence."""

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.gate_facts import Reading, read_reviews
from outcomes.gate_sets import QUESTIONS, SETS, CriterionDraft
from outcomes.models import Gate, GateCriterion, GateReview
from outcomes.permissions import may_ask_review, may_decide_gate, may_define_gate
from people.models import Notice, User
from people.notices import notify
from people.services import record_audit
from projects.models import Project, Station


@transaction.atomic
def define_gate(
    *,
    horizon: str,
    station: str,
    title: str,
    criteria: Sequence[CriterionDraft],
    by: User | None,
    pass_percent: int = 60,
) -> Gate:
    """Set the question and the criteria of one gate. While a review waits before it, nobody moves the posts."""
    if by is not None and not may_define_gate(by):
        raise ValidationError(_("Only managers say what a gate asks. Ask one of them."), code="not_allowed")
    if not criteria:
        raise ValidationError({"criteria": ValidationError(_("Name one criterion at least."), code="required")})
    gate = Gate.objects.select_for_update().filter(horizon=horizon, station=station).first()
    gate = gate or Gate(horizon=horizon, station=station)
    refuse_while_waiting(gate)
    gate.title, gate.pass_percent = title, pass_percent
    gate.full_clean()
    gate.save()
    gate.criteria.all().delete()
    for position, draft in enumerate(criteria, start=1):
        _criterion(gate, position, draft).save()
    record_audit(
        verb="define_gate",
        subject=gate,
        by=by,
        detail={"horizon": horizon, "station": station, "title": title, "criteria": [each.title for each in criteria]},
    )
    return gate


def refuse_while_waiting(gate: Gate) -> None:
    """Criteria stay as they are while somebody waits to be judged by them."""
    waiting = GateReview.objects.open().filter(gate=gate).count() if gate.pk else 0
    if waiting:
        raise ValidationError(
            ngettext(
                "%(n)d review waits before this gate. Decide or withdraw it, then change the criteria.",
                "%(n)d reviews wait before this gate. Decide or withdraw them, then change the criteria.",
                waiting,
            ),
            code="gate_in_use",
            params={"n": waiting},
        )


def _criterion(gate: Gate, position: int, draft: CriterionDraft) -> GateCriterion:
    refuse_unreadable(draft)
    criterion = GateCriterion(
        gate=gate,
        position=position,
        title=draft.title,
        kind=draft.kind,
        weight=draft.weight,
        fact=draft.fact,
        metric=draft.metric,
        comparison=draft.comparison,
        threshold=draft.threshold,
    )
    criterion.full_clean()
    return criterion


def refuse_unreadable(draft: CriterionDraft) -> None:
    """A criterion says what it reads and, unless somebody answers it, what it is held against."""
    if draft.fact == GateCriterion.Fact.MODEL_METRIC and not draft.metric:
        raise ValidationError(
            {
                "metric": ValidationError(
                    _("“%(title)s” reads a metric of the model. Name it, for example test_accuracy."),
                    code="required",
                    params={"title": draft.title},
                )
            }
        )
    if (draft.threshold is None) != (draft.fact == GateCriterion.Fact.CHECK):
        raise ValidationError(
            {
                "threshold": ValidationError(
                    _("“%(title)s”: a check list has no threshold, everything else has one."),
                    code="threshold",
                    params={"title": draft.title},
                )
            }
        )


@transaction.atomic
def lay_gates(*, by: User | None) -> int:
    """Define the gates that an installation begins with, where there is none yet; how many were missing."""
    known = set(Gate.objects.values_list("horizon", "station"))
    missing = [
        (horizon, station, criteria)
        for horizon, gates in SETS.items()
        for station, criteria in gates.items()
        if (horizon.value, station.value) not in known
    ]
    for horizon, station, criteria in missing:
        define_gate(horizon=horizon, station=station, title=QUESTIONS[station], criteria=criteria, by=by)
    return len(missing)


def next_gate(project: Project) -> Gate | None:
    """The gate between the station of a project and the one after it; None at the end of the line."""
    after = [station for station in Station if station.position == Station(project.station).position + 1]
    return Gate.objects.filter(horizon=project.horizon, station=after[0]).first() if after else None


@transaction.atomic
def ask_review(
    *, project: Project, gate: Gate, at: datetime, by: User, due_on: date | None = None
) -> GateReview:  # fmt: skip
    """Ask for a decision at the next gate of a project. One waits at a time, and those who decide are told."""
    if not (may_ask_review(by) and Project.objects.visible_to(by).filter(pk=project.pk).exists()):
        raise ValidationError(
            _("%(user)s may not ask for a review of this project. Ask its lead to make you a member as an engineer."),
            code="not_allowed",
            params={"user": by},
        )
    # reviews asked at once must not both come through
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    _refuse_wrong_gate(row, gate)
    if due_on is not None and due_on < timezone.localdate(at):
        raise ValidationError(
            {"due_on": ValidationError(_("This day is over. Name one that is still to come."), code="in_past")}
        )
    number = (row.reviews.aggregate(last=Max("number"))["last"] or 0) + 1
    review = GateReview(project=project, gate=gate, number=number, asked_by=by, asked_at=at, due_on=due_on)
    review.full_clean()
    review.save()
    record_audit(
        verb="ask_review", subject=review, by=by, detail={"project": row.key, "gate": gate.title, "number": number}
    )
    notify(
        users=_deciders(review),
        kind=Notice.Kind.GATE,
        text=_("%(key)s asks for a decision: %(question)s") % {"key": row.key, "question": gate.title},
        url=review.get_absolute_url(),
        subject=review,
    )
    return review


def _refuse_wrong_gate(project: Project, gate: Gate) -> None:
    if project.status not in {Project.Status.ACTIVE, Project.Status.ON_HOLD}:
        raise ValidationError(
            _("%(project)s has ended; there is nothing left to decide."),
            code="project_ended",
            params={"project": project.key},
        )
    if gate.horizon != project.horizon or Station(gate.station).position != Station(project.station).position + 1:
        raise ValidationError(
            _("%(project)s stands at %(station)s, so this is not its next gate. Reload the page and ask again."),
            code="not_next_gate",
            params={"project": project.key, "station": Station(project.station).label},
        )
    waiting = project.reviews.open().first()
    if waiting is not None:
        raise ValidationError(
            _("Review %(number)d of %(project)s still waits for its decision. Decide or withdraw that one first."),
            code="review_open",
            params={"number": waiting.number, "project": project.key},
        )


def _deciders(review: GateReview) -> list[User]:
    managers = User.objects.filter(is_active=True, role=User.Role.MANAGER)
    return list(managers.exclude(pk__in=[review.asked_by_id, review.project.lead_id]).order_by("pk"))


def open_review(review: GateReview) -> GateReview:
    """The review, locked for the verb that calls, or the refusal that it has been decided or withdrawn."""
    GateReview.objects.select_for_update().get(pk=review.pk)
    row = GateReview.objects.with_criteria().get(pk=review.pk)
    if row.withdrawn_at is not None:
        raise ValidationError(_("This review was withdrawn. Ask for a new one."), code="withdrawn")
    if not row.is_open:
        raise ValidationError(
            _("This review has been decided: %(outcome)s. Ask for a new one to decide otherwise."),
            code="already_decided",
            params={"outcome": row.decision.get_outcome_display()},
        )
    return row


@transaction.atomic
def answer_check(
    *, review: GateReview, criterion: GateCriterion, met: bool, at: datetime, by: User, note: str = ""
) -> GateReview:  # fmt: skip
    """Answer one point of the check list; the last answer counts, and the name of who gave it stands beside it."""
    if not (may_ask_review(by) and Project.objects.visible_to(by).filter(pk=review.project_id).exists()):
        raise ValidationError(_("Only who works on the project answers its check list."), code="not_allowed")
    row = open_review(review)
    if criterion.gate_id != row.gate_id or criterion.fact != GateCriterion.Fact.CHECK:
        raise ValidationError(_("This is no point of the check list of this gate."), code="not_a_check")
    if len(note) > 500:
        raise ValidationError({"note": ValidationError(_("Say it in 500 characters at most."), code="max_length")})
    answer = {"met": met, "note": note.strip(), "by": by.username, "name": str(by), "at": at.isoformat()}
    row.checks = {**row.checks, str(criterion.pk): answer}
    row.save(update_fields=["checks"])
    review.checks = row.checks
    detail = {"criterion": criterion.title, "met": met, "note": note}
    record_audit(verb="answer_check", subject=row, by=by, detail=detail)
    return row


@transaction.atomic
def withdraw_review(*, review: GateReview, at: datetime, by: User) -> GateReview:
    """Take a review back before it is decided: who asked, the project's lead, or a manager."""
    row = open_review(review)
    if by.pk not in {row.asked_by_id, row.project.lead_id} and not may_decide_gate(by):
        raise ValidationError(
            _("Only %(asker)s, the lead or a manager takes this review back."),
            code="not_allowed",
            params={"asker": row.asked_by},
        )
    row.withdrawn_at = review.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    record_audit(verb="withdraw_review", subject=row, by=by, detail={"project": row.project.key, "number": row.number})
    return row


def read_evidence(review: GateReview, at: datetime, on: date | None = None) -> tuple[Reading, ...]:
    """What the criteria of a review read at a moment, or had read at the end of a past day."""
    return read_reviews([review], at, on)[review.pk]
