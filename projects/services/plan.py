"""Verbs on the plan of a project: its stages, its milestones and what they wait for, its risks."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people.models import User
from people.services import hold_name, record_audit
from projects.forecast import Circle, Link, in_order
from projects.models import Dependency, Milestone, Project, Risk, Stage, Station
from projects.services.running import hold_running

ANOTHER = "…"
RISK_WORDS = ("title", "probability_percent", "impact_minor", "response", "mitigation", "owner")


@transaction.atomic
def plan_stages(
    *,
    project: Project,
    finishes: Mapping[Station, date | None],
    by: User,
    starts: Mapping[Station, date | None] | None = None,
) -> Project:
    """Set planned starts and finishes; along the line no stage may be planned to end before the one ahead of it."""
    hold_running(project.pk)
    starts = starts or {}
    stages = {Station(stage.station): stage for stage in project.stages.select_for_update()}
    for station, stage in stages.items():
        stage.planned_finish = finishes.get(station, stage.planned_finish)
        stage.planned_start = starts.get(station, stage.planned_start)
    in_line = [stages[station] for station in Station]
    _demand_order(in_line)
    for stage in in_line:
        _demand_start_first(stage, stage.planned_start, stage.planned_finish)
        if Station(stage.station) in {*finishes, *starts}:
            stage.full_clean()
            stage.save()
    detail: dict[str, Any] = {str(station): _iso(finish) for station, finish in finishes.items()}
    if starts:
        detail["starts"] = {str(station): _iso(start) for station, start in starts.items()}
    record_audit(verb="plan_stages", subject=project, by=by, detail=detail)
    return project


@transaction.atomic
def set_forecast(*, stage: Stage, start: date | None, finish: date | None, by: User) -> Stage:
    """Say when a stage is expected instead of what is computed; two times None hands it back to the computation."""
    row = _locked_stage(stage)
    if row.actual_finish:
        raise ValidationError(
            _("%(station)s is finished; there is nothing to expect any more."),
            code="stage_finished",
            params={"station": row.get_station_display()},
        )
    _demand_start_first(row, start, finish)
    row.forecast_start, row.forecast_finish = start, finish
    row.full_clean()
    row.save()
    detail = {"station": row.station, "start": _iso(start), "finish": _iso(finish)}
    record_audit(verb="set_forecast", subject=row.project, by=by, detail=detail)
    return row


@transaction.atomic
def assess_stage(*, stage: Stage, p_success_percent: int | None, cost_minor: int | None, by: User) -> Stage:
    """Say how likely a stage succeeds and what it costs, in minor units of the budget's currency."""
    row = _locked_stage(stage)
    row.p_success_percent, row.cost_minor = p_success_percent, cost_minor
    row._history_user = by  # type: ignore[attr-defined]  # who forecasts is judged by what comes of it
    row.full_clean()
    row.save()
    detail = {"station": row.station, "p_success_percent": p_success_percent, "cost_minor": cost_minor}
    record_audit(verb="assess_stage", subject=row.project, by=by, detail=detail)
    return row


@transaction.atomic
def add_milestone(*, project: Project, title: str, planned_on: date, by: User) -> Milestone:
    """Add a milestone; the first plan is its baseline for ever."""
    hold_running(project.pk)
    if Milestone.objects.filter(project=project, title=title).exists():
        text = _("%(project)s has a milestone of this title. Choose another title.")
        raise ValidationError({"title": ValidationError(text, code="taken", params={"project": project.key})})
    milestone = Milestone(project=project, title=title, planned_on=planned_on, baseline_on=planned_on)
    milestone.full_clean()
    milestone.save()
    detail = {"title": title, "planned_on": planned_on.isoformat()}
    record_audit(verb="add_milestone", subject=milestone, by=by, detail=detail)
    return milestone


@transaction.atomic
def move_milestone(*, milestone: Milestone, planned_on: date, by: User) -> Milestone:
    """Plan a milestone for another day; its baseline stays."""
    row = _ahead(milestone)
    before, row.planned_on = row.planned_on, planned_on
    row.full_clean()
    row.save()
    detail = {"from": before.isoformat(), "to": planned_on.isoformat()}
    record_audit(verb="move_milestone", subject=row, by=by, detail=detail)
    return row


@transaction.atomic
def reach_milestone(*, milestone: Milestone, on: date, today: date, by: User) -> Milestone:
    """Say that a milestone has been reached, today or before."""
    row = _ahead(milestone)
    if on > today:
        text = _("%(day)s has not come yet. A milestone is reached today or before.")
        raise ValidationError({"on": ValidationError(text, code="in_the_future", params={"day": on})})
    row.actual_on = on
    row.full_clean()
    row.save()
    record_audit(verb="reach_milestone", subject=row, by=by, detail={"on": on.isoformat()})
    return row


@transaction.atomic
def remove_milestone(*, milestone: Milestone, by: User) -> None:
    """Take a milestone out of the plan, and with it what waits for it; one that was reached stays."""
    row = _ahead(milestone)
    detail = {"project": row.project.key, "title": row.title, "planned_on": row.planned_on.isoformat()}
    record_audit(verb="remove_milestone", subject=row, by=by, detail=detail)
    row.delete()


@transaction.atomic
def add_dependency(*, predecessor: Milestone, successor: Milestone, by: User, lag_days: int = 0) -> Dependency:
    """Let a milestone wait for another, of any project; a circle is refused with its path."""
    if predecessor.pk == successor.pk:
        text = _("A milestone cannot wait for itself. Choose another one.")
        raise ValidationError({"predecessor": ValidationError(text, code="waits_for_itself")})
    dependency = Dependency(predecessor=predecessor, successor=successor, lag_days=lag_days)
    dependency.full_clean()
    hold_name("dependencies")  # two halves of a circle would not see each other
    _demand_no_circle(predecessor, successor, by)
    dependency.save()
    detail = {"predecessor": predecessor.pk, "successor": successor.pk, "lag_days": lag_days}
    record_audit(verb="add_dependency", subject=dependency, by=by, detail=detail)
    return dependency


@transaction.atomic
def remove_dependency(*, dependency: Dependency, by: User) -> None:
    """Let a milestone no longer wait for another."""
    detail = {"predecessor": dependency.predecessor_id, "successor": dependency.successor_id}
    record_audit(verb="remove_dependency", subject=dependency, by=by, detail=detail)
    dependency.delete()


@transaction.atomic
def add_risk(
    *,
    project: Project,
    title: str,
    probability_percent: int,
    impact_minor: int,
    currency: str,
    response: str,
    owner: User,
    opened_on: date,
    by: User,
    mitigation: str = "",
) -> Risk:
    """Write down what may happen, how likely it is, what it would cost, and who looks after it."""
    hold_running(project.pk)
    risk = Risk(
        project=project,
        title=title,
        probability_percent=probability_percent,
        impact_minor=impact_minor,
        currency=currency,
        response=response,
        mitigation=mitigation,
        owner=owner,
        opened_on=opened_on,
    )
    risk.full_clean()
    risk.save()
    detail = {"project": project.key, "title": title, "exposure_minor": risk.exposure_minor}
    record_audit(verb="add_risk", subject=risk, by=by, detail=detail)
    return risk


@transaction.atomic
def change_risk(*, risk: Risk, by: User, **words: Any) -> Risk:
    """Weigh an open risk anew, or say differently what is done about it: some of `RISK_WORDS`."""
    row = Risk.objects.select_for_update(of=("self",)).select_related("project").get(pk=risk.pk)
    _demand_open(row)
    before = row.exposure_minor
    for name in RISK_WORDS:
        setattr(row, name, words.get(name, getattr(row, name)))
    row.full_clean()
    row.save()
    detail = {"project": row.project.key, "title": row.title, "from_minor": before, "to_minor": row.exposure_minor}
    record_audit(verb="change_risk", subject=row, by=by, detail=detail)
    return row


@transaction.atomic
def close_risk(*, risk: Risk, on: date, by: User) -> Risk:
    """The risk is over, whether it happened or not."""
    row = Risk.objects.select_for_update().get(pk=risk.pk)
    _demand_open(row)
    row.closed_on = on
    row.full_clean()
    row.save()
    record_audit(verb="close_risk", subject=row, by=by, detail={"on": on.isoformat()})
    return row


def _demand_open(risk: Risk) -> None:
    if risk.closed_on:
        raise ValidationError(
            _("This risk was closed on %(day)s already."), code="risk_closed", params={"day": risk.closed_on}
        )


def _demand_order(stages: list[Stage]) -> None:
    planned = [(stage, stage.planned_finish) for stage in stages if stage.planned_finish]
    for (ahead, ahead_finish), (stage, finish) in pairwise(planned):
        if finish < ahead_finish:
            raise ValidationError(
                _(
                    "%(station)s is planned to end on %(finish)s, before %(ahead)s (%(ahead_finish)s). "
                    "Correct one date."
                ),
                code="plan_out_of_order",
                params={
                    "station": stage.get_station_display(),
                    "finish": stage.planned_finish,
                    "ahead": ahead.get_station_display(),
                    "ahead_finish": ahead.planned_finish,
                },
            )


def _demand_start_first(stage: Stage, start: date | None, finish: date | None) -> None:
    if start and finish and finish < start:
        raise ValidationError(
            _("%(station)s would end on %(finish)s, before it starts on %(start)s. Correct one date."),
            code="ends_before_start",
            params={"station": stage.get_station_display(), "start": start, "finish": finish},
        )


def _demand_no_circle(predecessor: Milestone, successor: Milestone, by: User) -> None:
    links = [Link(*row) for row in Dependency.objects.values_list("predecessor", "successor", "lag_days")]
    try:
        in_order([*links, Link(predecessor.pk, successor.pk)])
    except Circle as circle:
        seen = Milestone.objects.visible_to(by).filter(pk__in=circle.path).select_related("project")
        names = {milestone.pk: f"{milestone.project.key} {milestone.title}" for milestone in seen}
        path = " → ".join(names.get(key, ANOTHER) for key in circle.path)
        text = _("Then they would wait for each other: %(path)s. Leave one of these out.")
        raise ValidationError({"predecessor": ValidationError(text, code="circle", params={"path": path})}) from circle


def _locked_stage(stage: Stage) -> Stage:
    return Stage.objects.select_for_update(of=("self",)).select_related("project").get(pk=stage.pk)


def _ahead(milestone: Milestone) -> Milestone:
    row = Milestone.objects.select_for_update(of=("self",)).select_related("project").get(pk=milestone.pk)
    if row.actual_on:
        raise ValidationError(
            _("“%(title)s” was reached on %(day)s; that stays."),
            code="milestone_reached",
            params={"title": row.title, "day": row.actual_on},
        )
    return row


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
