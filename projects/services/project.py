"""Verbs on portfolios, programmes and projects: open, place, move along the line, hold, resume, end."""

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from people.models import Department, User
from people.services import record_audit
from projects.models import Horizon, Membership, Portfolio, Programme, Project, Stage, Station

ENDS = frozenset({Project.Status.KILLED, Project.Status.COMPLETED})
# From where a project may go where: a killed or completed one is not woken, a new demand opens a new project.
PROJECT_STEPS: Mapping[str, tuple[Project.Status, ...]] = {
    Project.Status.ACTIVE: (Project.Status.ON_HOLD, Project.Status.KILLED, Project.Status.COMPLETED),
    Project.Status.ON_HOLD: (Project.Status.ACTIVE, Project.Status.KILLED, Project.Status.COMPLETED),
    Project.Status.KILLED: (),
    Project.Status.COMPLETED: (),
}


@transaction.atomic
def open_portfolio(*, name: str, by: User | None) -> Portfolio:
    """Open a portfolio that projects can belong to."""
    portfolio = Portfolio(name=name)
    portfolio.full_clean()
    portfolio.save()
    record_audit(verb="open_portfolio", subject=portfolio, by=by, detail={"name": name})
    return portfolio


@transaction.atomic
def open_programme(*, portfolio: Portfolio, name: str, owner: User, by: User) -> Programme:
    """Open a programme: projects of one portfolio that serve one aim."""
    programme = Programme(portfolio=portfolio, name=name, owner=owner)
    programme.full_clean()
    programme.save()
    record_audit(verb="open_programme", subject=programme, by=by, detail={"name": name, "portfolio": portfolio.name})
    return programme


@transaction.atomic
def place_project(*, project: Project, programme: Programme | None, horizon: str, by: User) -> Project:
    """Say to which programme a project belongs and how far from today's business it is."""
    _demand_own_programme(project.portfolio, programme)
    row = _locked(project)
    row.programme, row.horizon = programme, horizon
    row.full_clean()
    row.save()
    detail = {"project": row.key, "programme": programme.name if programme else None, "horizon": horizon}
    record_audit(verb="place_project", subject=row, by=by, detail=detail)
    return row


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
    programme: Programme | None = None,
    horizon: str = Horizon.CORE,
) -> Project:
    """Open a project at its first station; the lead and the members may see it from then on."""
    _demand_own_programme(portfolio, programme)
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
        programme=programme,
        horizon=horizon,
    )
    project.full_clean()
    project.save()
    Membership.objects.bulk_create(Membership(project=project, user=user) for user in dict.fromkeys((lead, *members)))
    stages = [
        Stage(project=project, station=station, actual_start=started_on if station == Station.DEMAND else None)
        for station in Station
    ]
    bulk_create_with_history(stages, Stage)
    record_audit(verb="open_project", subject=project, by=by, detail={"key": key, "title": title})
    return project


@transaction.atomic
def enter_station(*, project: Project, station: Station, on: date, by: User) -> Project:
    """Move a project on to a later station; the stages up to there are finished on that day."""
    row = _locked(project)
    _demand_active(row)
    current = Station(row.station)
    if station.position <= current.position:
        raise ValidationError(
            _("%(project)s is already at %(station)s; it can only move on along the line."),
            code="not_forward",
            params={"project": row.key, "station": current.label},
        )
    _demand_begun(row, on)
    passed = [step for step in Station if current.position <= step.position < station.position]
    for stage in row.stages.filter(station__in=passed):
        stage.actual_start = stage.actual_start or on
        stage.actual_finish = on
        stage.save()
    stage = row.stages.get(station=station)
    stage.actual_start = on
    stage.save()
    row.station = project.station = station
    row.save(update_fields=["station"])
    record_audit(verb="enter_station", subject=row, by=by, detail={"from": current, "to": station})
    return row


@transaction.atomic
def set_approval_threshold(*, project: Project, threshold_minor: int | None, by: User) -> Project:
    """Say above which upper price a job is a manager's to decide; None lets every job pass. Jobs that wait stay."""
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
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


@transaction.atomic
def hold_project(*, project: Project, on: date, by: User) -> Project:
    """Let a project rest; it may be resumed."""
    return _becomes(project, Project.Status.ON_HOLD, verb="hold_project", on=on, by=by)


@transaction.atomic
def resume_project(*, project: Project, on: date, by: User) -> Project:
    """Go on with a project that rests."""
    return _becomes(project, Project.Status.ACTIVE, verb="resume_project", on=on, by=by)


@transaction.atomic
def end_project(*, project: Project, status: str, on: date, by: User) -> Project:
    """End a project for ever: killed, or completed, which finishes the stage it is at. Its money stays counted.

    What is open of it is seen to by `outcomes.services.close_project`, which ends with this.
    """
    end = Project.Status(status)
    if end not in ENDS:
        raise ValidationError(_("A project ends killed or completed."), code="no_end")
    row = _becomes(project, end, verb="end_project", on=on, by=by)
    if end == Project.Status.COMPLETED:
        _finish_stage(row, on)
    return row


def _finish_stage(project: Project, on: date) -> None:
    stage = project.stages.filter(station=project.station).first()
    if stage is not None:
        stage.actual_start = stage.actual_start or on
        stage.actual_finish = on
        stage.save()


def _becomes(project: Project, status: Project.Status, *, verb: str, on: date, by: User) -> Project:
    row = _locked(project)
    if status not in PROJECT_STEPS[row.status]:
        possible = get_text_list([str(step.label) for step in PROJECT_STEPS[row.status]], _("or"))
        raise ValidationError(
            _("%(project)s is “%(here)s” and cannot become “%(there)s”. Possible: %(possible)s."),
            code="illegal_step",
            params={
                "project": row.key,
                "here": row.get_status_display(),
                "there": status.label,
                "possible": possible or _("nothing more"),
            },
        )
    if on < row.started_on:
        raise ValidationError(
            {"on": ValidationError(_("The project began on %(day)s only. Correct the day."), code="before_start",
                                   params={"day": row.started_on})}
        )  # fmt: skip
    if status in ENDS:
        _demand_begun(row, on)
    before, row.status = row.status, status
    row.ended_on = on if status in ENDS else None
    row.full_clean()
    row.save()
    project.status, project.ended_on = row.status, row.ended_on
    detail = {"project": row.key, "from": before, "to": status, "on": on.isoformat()}
    record_audit(verb=verb, subject=row, by=by, detail=detail)
    return project


def _demand_begun(project: Project, on: date) -> None:
    """Nothing ends a stage before it began."""
    stage = project.stages.filter(station=project.station, actual_start__gt=on).first()
    if stage is not None:
        text = _("%(project)s has been at %(station)s since %(day)s only. Correct the day.")
        params = {"project": project.key, "station": stage.get_station_display(), "day": stage.actual_start}
        raise ValidationError({"on": ValidationError(text, code="before_start", params=params)})


def _demand_active(project: Project) -> None:
    if project.status != Project.Status.ACTIVE:
        raise ValidationError(
            _("%(project)s is “%(status)s” and does not move. Only an active project moves on."),
            code="not_active",
            params={"project": project.key, "status": project.get_status_display()},
        )


def _locked(project: Project) -> Project:
    return Project.objects.select_for_update(no_key=True, of=("self",)).select_related("portfolio").get(pk=project.pk)


def _demand_own_programme(portfolio: Portfolio, programme: Programme | None) -> None:
    if programme and programme.portfolio_id != portfolio.pk:
        text = _("“%(programme)s” belongs to another portfolio. Choose a programme of %(portfolio)s.")
        params = {"programme": programme.name, "portfolio": portfolio.name}
        raise ValidationError({"programme": ValidationError(text, code="other_portfolio", params=params)})
