"""Verbs on demands: propose, submit, decide; and the demand that opens itself where a promise fell short."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from people.models import Department, User
from people.services import record_audit
from projects.models import Demand, Horizon, Portfolio, Programme, Project
from projects.services.project import open_project

Status = Demand.Status
# From where a demand may go where. Accepted, rejected and merged are the end; the shelf is not.
STEPS: Mapping[str, tuple[Demand.Status, ...]] = {
    Status.DRAFT: (Status.SUBMITTED,),
    Status.SUBMITTED: (Status.UNDER_REVIEW, Status.ACCEPTED, Status.SHELVED, Status.REJECTED, Status.MERGED),
    Status.UNDER_REVIEW: (Status.ACCEPTED, Status.SHELVED, Status.REJECTED, Status.MERGED),
    Status.SHELVED: (Status.SUBMITTED, Status.UNDER_REVIEW, Status.REJECTED, Status.MERGED),
    Status.ACCEPTED: (),
    Status.REJECTED: (),
    Status.MERGED: (),
}
NEED_NO_REASON = frozenset({Status.UNDER_REVIEW, Status.ACCEPTED})
TAKES_IN_OTHERS = frozenset({Status.SUBMITTED, Status.UNDER_REVIEW, Status.ACCEPTED})


@transaction.atomic
def propose_demand(
    *,
    title: str,
    problem: str,
    department: Department,
    at: datetime,
    by: User,
    horizon: str = Horizon.CORE,
    impact: int = 3,
) -> Demand:
    """Write down what the business asks for; a draft is its proposer's until he submits it."""
    demand = Demand(
        title=title,
        problem=problem,
        department=department,
        proposer=by,
        horizon=horizon,
        impact=impact,
        opened_at=at,
    )
    demand.full_clean()
    demand.save()
    record_audit(verb="propose_demand", subject=demand, by=by, detail={"title": title})
    return demand


@transaction.atomic
def change_demand(
    *, demand: Demand, title: str, problem: str, department: Department, horizon: str, impact: int, by: User
) -> Demand:
    """Change the words of a draft; what has been submitted stays as it was read."""
    row = _locked(demand)
    if row.status != Status.DRAFT:
        raise ValidationError(
            _("This demand is no longer a draft, so its words stay. Propose a new one that says what is different."),
            code="not_a_draft",
        )
    row.title, row.problem, row.department, row.horizon, row.impact = title, problem, department, horizon, impact
    row.full_clean()
    row.save()
    record_audit(verb="change_demand", subject=row, by=by, detail={"title": title})
    return row


@transaction.atomic
def submit_demand(*, demand: Demand, at: datetime, by: User) -> Demand:
    """Put a draft, or what lies on the shelf, before those who decide."""
    row = _locked(demand)
    _demand_step(row, Status.SUBMITTED)
    row.decided_at, row.decided_by, row.decision_note = None, None, ""
    return _gone(row, Status.SUBMITTED, verb="submit_demand", by=by, detail={"at": at.isoformat()})


@transaction.atomic
def decide_demand(
    *,
    demand: Demand,
    status: str,
    note: str,
    at: datetime,
    by: User,
    project: Project | None = None,
    merged_into: Demand | None = None,
) -> Demand:
    """Take a demand under review, or end its wait: accepted as a project, shelved, rejected or merged."""
    row = _locked(demand)
    step = Status(status)
    if step in {Status.DRAFT, Status.SUBMITTED}:
        raise ValidationError(_("This is no decision. Submit the demand instead."), code="no_decision")
    _demand_step(row, step)
    if row.proposer_id == by.pk:
        raise ValidationError(
            _("Nobody decides his own demand. Ask another portfolio manager."), code="decides_own_demand"
        )
    if not note.strip() and step not in NEED_NO_REASON:
        raise ValidationError(
            {"note": ValidationError(_("Missing. Say why, so that whoever asked can follow it."), code="required")}
        )
    if step == Status.ACCEPTED:
        row.project = _its_project(project)
    if step == Status.MERGED:
        row.merged_into = _the_other(row, merged_into)
    if step == Status.UNDER_REVIEW:
        row.decided_at, row.decided_by, row.decision_note = None, None, ""
    else:
        row.decided_at, row.decided_by, row.decision_note = at, by, note
    detail: dict[str, Any] = {"from": row.status, "to": step, "note": note}
    if row.merged_into_id:
        detail["merged_into"] = row.merged_into_id
    if row.project:
        detail["project"] = row.project.key
    return _gone(row, step, verb="decide_demand", by=by, detail=detail)


@transaction.atomic
def accept_demand(
    *,
    demand: Demand,
    key: str,
    title: str,
    portfolio: Portfolio,
    sponsor: Department,
    lead: User,
    started_on: date,
    note: str,
    at: datetime,
    by: User,
    programme: Programme | None = None,
    summary: str = "",
    due_on: date | None = None,
    members: tuple[User, ...] = (),
) -> Project:
    """Accept a demand and open the project that answers it, or neither."""
    row = _locked(demand)
    _demand_step(row, Status.ACCEPTED)
    project = open_project(
        key=key,
        title=title,
        portfolio=portfolio,
        programme=programme,
        horizon=row.horizon,
        sponsor=sponsor,
        lead=lead,
        started_on=started_on,
        due_on=due_on,
        summary=summary,
        demand=row.problem,
        members=members,
        by=by,
    )
    decide_demand(demand=row, status=Status.ACCEPTED, note=note, at=at, by=by, project=project)
    return project


@transaction.atomic
def open_improvement(
    *,
    title: str,
    problem: str,
    department: Department,
    improves: Project,
    origin: str,
    reference: str,
    evidence: Mapping[str, Any],
    at: datetime,
    by: User | None = None,
) -> Demand:
    """The demand that a shortfall opens, with its proof; one for one cause, however often it is seen."""
    demand = Demand(
        title=title[: Demand._meta.get_field("title").max_length],
        problem=problem,
        department=department,
        improves=improves,
        horizon=improves.horizon,
        status=Status.SUBMITTED,
        origin=origin,
        reference=reference,
        evidence=dict(evidence),
        opened_at=at,
    )
    if not reference:
        raise ValueError("An improvement demand names its cause.")
    demand.full_clean(exclude=["proposer"], validate_unique=False)
    try:
        with transaction.atomic():
            demand.save()
    except IntegrityError:
        return Demand.objects.get(reference=reference)
    detail = {"reference": reference, "project": improves.key}
    record_audit(verb="open_improvement", subject=demand, by=by, detail=detail)
    return demand


def steps_from(demand: Demand) -> tuple[Demand.Status, ...]:
    """Where the demand may go from here."""
    return STEPS[demand.status]


def _locked(demand: Demand) -> Demand:
    return Demand.objects.select_for_update().get(pk=demand.pk)


def _gone(demand: Demand, status: Demand.Status, *, verb: str, by: User, detail: dict[str, Any]) -> Demand:
    demand.status = status
    demand.full_clean(exclude=["proposer"])
    demand.save()
    record_audit(verb=verb, subject=demand, by=by, detail=detail)
    return demand


def _demand_step(demand: Demand, status: Demand.Status) -> None:
    if status in STEPS[demand.status]:
        return
    possible = get_text_list([str(step.label) for step in STEPS[demand.status]], _("or"))
    raise ValidationError(
        _("This demand is “%(here)s” and cannot become “%(there)s”. Possible: %(possible)s."),
        code="illegal_step",
        params={"here": demand.get_status_display(), "there": status.label, "possible": possible or _("nothing more")},
    )


def _its_project(project: Project | None) -> Project:
    if project is None:
        text = _("An accepted demand becomes a project. Name it, or open it from the demand.")
        raise ValidationError({"project": ValidationError(text, code="required")})
    if Demand.objects.filter(project=project).exists():
        text = _("%(project)s answers another demand already. Merge this one into that.")
        raise ValidationError({"project": ValidationError(text, code="project_taken", params={"project": project.key})})
    return project


def _the_other(demand: Demand, other: Demand | None) -> Demand:
    if other is None:
        raise ValidationError({"merged_into": ValidationError(_("Missing. Choose the demand."), code="required")})
    if other.pk == demand.pk or other.status not in TAKES_IN_OTHERS:
        text = _("Merge it into another demand that is submitted, under review or accepted.")
        raise ValidationError({"merged_into": ValidationError(text, code="cannot_merge")})
    return other
