"""Verbs on portfolios and projects: open one, move it along the line, say from which price jobs wait."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people.models import Department, User
from people.services import record_audit
from projects.models import Membership, Portfolio, Project, Stage, Station


@transaction.atomic
def open_portfolio(*, name: str, by: User | None) -> Portfolio:
    """Open a portfolio that projects can belong to."""
    portfolio = Portfolio(name=name)
    portfolio.full_clean()
    portfolio.save()
    record_audit(verb="open_portfolio", subject=portfolio, by=by, detail={"name": name})
    return portfolio


@transaction.atomic
def open_project(
    *,
    key: str,
    title: str,
    portfolio: Portfolio,
    sponsor: Department,
    lead: User,
    started_on: date,
    by: User,
    summary: str = "",
    demand: str = "",
    due_on: date | None = None,
    members: tuple[User, ...] = (),
) -> Project:
    """Open a project at its first station; the lead and the members may see it from then on."""
    project = Project(
        key=key,
        title=title,
        portfolio=portfolio,
        sponsor=sponsor,
        lead=lead,
        started_on=started_on,
        summary=summary,
        demand=demand,
        due_on=due_on,
    )
    project.full_clean()
    project.save()
    Membership.objects.bulk_create(Membership(project=project, user=user) for user in dict.fromkeys((lead, *members)))
    Stage.objects.bulk_create(
        Stage(project=project, station=station, actual_start=started_on if station == Station.DEMAND else None)
        for station in Station
    )
    record_audit(verb="open_project", subject=project, by=by, detail={"key": key, "title": title})
    return project


@transaction.atomic
def enter_station(*, project: Project, station: Station, on: date, by: User) -> Project:
    """Move a project on to a later station; the stages up to there are finished on that day."""
    current = Station(project.station)
    if station.position <= current.position:
        raise ValidationError(
            _("%(project)s is already at %(station)s; it can only move on along the line."),
            code="not_forward",
            params={"project": project.key, "station": current.label},
        )
    passed = [step for step in Station if current.position <= step.position < station.position]
    for stage in project.stages.filter(station__in=passed):
        stage.actual_start = stage.actual_start or on
        stage.actual_finish = on
        stage.save()
    project.stages.filter(station=station).update(actual_start=on)
    project.station = station
    project.save(update_fields=["station"])
    record_audit(verb="enter_station", subject=project, by=by, detail={"from": current, "to": station})
    return project


@transaction.atomic
def set_approval_threshold(*, project: Project, threshold_minor: int | None, by: User) -> Project:
    """Say above which upper price a job is a manager's to decide; None lets every job pass. Jobs that wait stay."""
    row = Project.objects.select_for_update().get(pk=project.pk)
    before, row.approval_threshold_minor = row.approval_threshold_minor, threshold_minor
    row.clean_fields(exclude=[field.name for field in row._meta.fields if field.name != "approval_threshold_minor"])
    row.save(update_fields=["approval_threshold_minor"])
    project.approval_threshold_minor = threshold_minor
    record_audit(
        verb="set_approval_threshold",
        subject=project,
        by=by,
        detail={"project": project.key, "from_minor": before, "to_minor": threshold_minor},
    )
    return project
