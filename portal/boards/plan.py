"""When stages and milestones are expected, for one project with its words and for many without; queries do not grow."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.models import Budget
from finance.then import budgets_then
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.board import Finding, Panel
from portal.boards.charts.plan import Plan, PlanMark, PlanRow, Span, plan
from portal.boards.then import dependencies_then, rows_then
from portal.wording import day, money_minor
from projects.forecast import Circle, Expected, Link, MilestoneDates, StageDates, expected_milestones, expected_stages
from projects.models import Dependency, Milestone, Project, Risk, Stage, Station

STAGE_DATES = (
    "planned_start", "planned_finish", "forecast_start", "forecast_finish", "actual_start", "actual_finish",
)  # fmt: skip


@dataclass(frozen=True)
class Lateness:
    """The one point of a plan that is expected farthest behind its planned day."""

    name: str
    days: int


@dataclass(frozen=True)
class StageLine:
    """One stage with what is expected of it; `starts` is the planned start, its own or the end of the stage ahead."""

    stage: Stage
    expected: Expected
    starts: date | None
    late_days: int | None

    @property
    def is_running(self) -> bool:
        return bool(self.stage.actual_start and not self.stage.actual_finish)

    @property
    def word(self) -> str:
        return late_words(self.late_days)

    @property
    def tone(self) -> str:
        return late_tone(self.late_days)


@dataclass(frozen=True)
class Waiting:
    """What a milestone waits for; without a name where the person may not see that project."""

    dependency: Dependency
    name: str


@dataclass(frozen=True)
class MilestoneLine:
    milestone: Milestone
    expected: date
    waits_for: tuple[Waiting, ...]

    @property
    def late_days(self) -> int:
        return (self.expected - self.milestone.planned_on).days

    @property
    def word(self) -> str:
        return late_words(self.late_days)

    @property
    def tone(self) -> str:
        return late_tone(self.late_days)


@dataclass(frozen=True)
class PlanFacts:
    project: Project
    stages: tuple[StageLine, ...]
    milestones: tuple[MilestoneLine, ...]
    risks: tuple[Risk, ...]
    currency: str
    today: date
    on: date | None = None  # the past day that they are as of

    @property
    def open_risks(self) -> list[Risk]:
        return [risk for risk in self.risks if not risk.closed_on]

    @property
    def exposure_minor(self) -> int:
        """What the open risks would cost on average, in the currency of the project."""
        return sum(risk.exposure_minor for risk in self.open_risks if risk.currency == self.currency)


def late_words(days: int | None) -> str:
    """`12 days late`, `on plan`, `3 days early`."""
    if days is None:
        return _("no plan")
    if not days:
        return _("on plan")
    if days > 0:
        return ngettext("%(n)s day late", "%(n)s days late", days) % {"n": days}
    return ngettext("%(n)s day early", "%(n)s days early", -days) % {"n": -days}


def late_tone(days: int | None) -> str:
    if days is None:
        return ""
    return "warn" if days > TOLERATED_DAYS else "good" if days <= 0 else ""


TOLERATED_DAYS = 14


def plan_facts(project: Project, user: User, today: date, on: date | None = None) -> PlanFacts:
    """Stages, milestones and risks of one project; with a past day all of them as they were at its end."""
    today = on or today
    budgets: QuerySet[Budget] = Budget.objects.filter(project=project)
    if on is not None:
        budgets = budgets_then(budgets, day_ends(on))
    newest = budgets.order_by("-approved_on", "-pk").values_list("currency").first()
    return PlanFacts(
        project=project,
        stages=_stage_lines(project, today, on),
        milestones=_milestone_lines(project, user, today, on),
        risks=_risks(project, on),
        currency=newest[0] if newest else settings.CURRENCY,
        today=today,
        on=on,
    )


def _of(project: Project, model: type[Model], on: date | None) -> QuerySet:
    """The rows of a project: of now, or as they were at the end of a past day."""
    rows = model._default_manager.all() if on is None else rows_then(model, on)
    return rows.filter(project=project.pk)


def _risks(project: Project, on: date | None) -> tuple[Risk, ...]:
    risks = list(_of(project, Risk, on).order_by("closed_on", "-probability_percent", "id"))
    prefetch_related_objects(risks, "owner")
    return tuple(risks)


def _stage_lines(project: Project, today: date, on: date | None) -> tuple[StageLine, ...]:
    known = {stage.station: stage for stage in _of(project, Stage, on)}
    stages = [known[station] for station in Station if station in known]
    dates = [StageDates(*(getattr(stage, name) for name in STAGE_DATES)) for stage in stages]
    lines, ahead = [], project.started_on
    for stage, expected in zip(stages, expected_stages(dates, today), strict=True):
        starts = stage.planned_start or (ahead if stage.planned_finish else None)
        lines.append(StageLine(stage, expected, starts, _late(expected.finish, stage.planned_finish)))
        ahead = stage.planned_finish or ahead
    return tuple(lines)


def _late(expected: date | None, planned: date | None) -> int | None:
    return (expected - planned).days if expected and planned else None


def _milestone_lines(project: Project, user: User, today: date, on: date | None) -> tuple[MilestoneLine, ...]:
    milestones = list(_of(project, Milestone, on).order_by("planned_on", "id"))
    keys = [milestone.pk for milestone in milestones]
    expected = milestone_days(keys, today, on)
    waits: dict[int, list[Waiting]] = defaultdict(list)
    rows = _dependencies(keys, on)
    known = Milestone.objects.all() if on is None else rows_then(Milestone, on)
    firsts = {row.pk: row for row in known.filter(id__in=[row.predecessor_id for row in rows])}
    prefetch_related_objects(list(firsts.values()), "project")
    seen = set(Project.objects.visible_to(user).filter(pk__in=[row.project_id for row in firsts.values()]))
    for row in rows:
        if row.predecessor_id in firsts:
            waits[row.successor_id].append(Waiting(row, _name(firsts[row.predecessor_id], project, seen)))
    return tuple(
        MilestoneLine(each, expected.get(each.pk, each.actual_on or each.planned_on), tuple(waits[each.pk]))
        for each in milestones
    )


def _dependencies(successors: QuerySet | list[int], on: date | None) -> list[Dependency]:
    """What these milestones wait for."""
    if on is None:
        return list(Dependency.objects.filter(successor__in=successors).order_by("pk"))
    known = set(successors)
    return [row for row in dependencies_then(on) if row.successor_id in known]


def _name(milestone: Milestone, project: Project, seen: set[Project]) -> str:
    if milestone.project not in seen:
        return _("a milestone of another team")
    return milestone.title if milestone.project_id == project.pk else f"{milestone.project.key} {milestone.title}"


def milestone_days(keys: Sequence[int], today: date, on: date | None = None) -> dict[int, date]:
    """The expected day of each, whatever projects they wait for; a circle, which no verb lets in, leaves them out."""
    ahead: dict[int, list[Link]] = defaultdict(list)
    known = Milestone.objects.all() if on is None else rows_then(Milestone, on)
    waiting: QuerySet = known.filter(actual_on=None).values_list("id", flat=True)
    for row in _dependencies(waiting, on):
        ahead[row.successor_id].append(Link(row.predecessor_id, row.successor_id, row.lag_days))
    needed, fresh = set(keys), list(keys)
    links: list[Link] = []
    while fresh:
        for link in ahead.get(fresh.pop(), ()):
            links.append(link)
            if link.predecessor not in needed:
                needed.add(link.predecessor)
                fresh.append(link.predecessor)
    rows = known.filter(id__in=needed).values_list("id", "planned_on", "actual_on")
    dates = {pk: MilestoneDates(planned_on, actual_on) for pk, planned_on, actual_on in rows}
    try:
        return expected_milestones(dates, links, today)
    except Circle:
        return {}


def latest_points(projects: Iterable[Project], today: date, on: date | None = None) -> dict[int, Lateness]:
    """For each active project the stage or milestone that is expected farthest behind its plan, as known on a day."""
    keys = [project.pk for project in projects if project.status == Project.Status.ACTIVE]
    found: dict[int, Lateness] = {}
    for key, lateness in (*_late_stages(keys, today, on), *_late_milestones(keys, today, on)):
        if lateness.days > 0 and (key not in found or lateness.days > found[key].days):
            found[key] = lateness
    return found


def _late_stages(keys: Sequence[int], today: date, on: date | None) -> Iterable[tuple[int, Lateness]]:
    known: dict[int, dict[str, StageDates]] = defaultdict(dict)
    rows = Stage.objects.all() if on is None else rows_then(Stage, on)
    for pk, station, *dates in rows.filter(project__in=keys).values_list("project", "station", *STAGE_DATES):
        known[pk][station] = StageDates(*dates)
    for pk, stages in known.items():
        in_line: Mapping[Station, StageDates] = {station: stages[station] for station in Station if station in stages}
        for station, expected in zip(in_line, expected_stages(list(in_line.values()), today), strict=True):
            late = _late(expected.finish, in_line[station].planned_finish)
            if late and not in_line[station].actual_finish:
                yield pk, Lateness(str(station.label), late)


def _late_milestones(keys: Sequence[int], today: date, on: date | None) -> Iterable[tuple[int, Lateness]]:
    known = Milestone.objects.all() if on is None else rows_then(Milestone, on)
    ahead = known.filter(project__in=keys, actual_on=None)
    rows = list(ahead.values_list("id", "project", "title", "planned_on"))
    expected = milestone_days([row[0] for row in rows], today, on) if rows else {}
    for pk, project, title, planned_on in rows:
        if pk in expected:
            yield project, Lateness(f"“{title}”", (expected[pk] - planned_on).days)


def plan_question(facts: PlanFacts) -> Finding:
    """Will it end when it should, and where does it lose time?"""
    data = Plan(
        rows=tuple(_row(line, facts) for line in facts.stages),
        marks=tuple(
            PlanMark(line.milestone.title, line.expected.isoformat(), line.milestone.actual_on is not None)
            for line in facts.milestones
        ),
        today=facts.today.isoformat(),
        today_label=_("Today") if facts.on is None else day(facts.on),
        planned_label=_("Planned"),
        actual_label=_("Done"),
        expected_label=_("Expected"),
        marks_label=_("Milestones"),
    )
    title = _title(facts)
    return Finding(
        title=title,
        how_to_read=_("Hairline: planned. Dark: done. Orange: expected, computed from what runs late. Dotted: today."),
        alt=_("Chart of the six stages over time: %(finding)s") % {"finding": title},
        data=data if any(line.starts or line.stage.actual_start for line in facts.stages) else None,
        columns=(_("Stage"), _("Planned"), _("Expected"), _("Lateness")),
        rows=tuple(
            (
                str(line.stage.get_station_display()),
                day(line.stage.planned_finish),
                day(line.expected.finish),
                line.word,
            )
            for line in facts.stages
        ),
        absent=_("Nothing is planned yet"),
        hope=_("The stages with their planned, expected and actual dates would be drawn here."),
    )


def _row(line: StageLine, facts: PlanFacts) -> PlanRow:
    stage, today = line.stage, facts.today
    planned = _span(line.starts, stage.planned_finish)
    actual = _span(stage.actual_start, stage.actual_finish or min(today, line.expected.finish or today))
    begun = today if stage.actual_start and not stage.actual_finish else line.expected.start
    expected = None if stage.actual_finish else _span(begun, line.expected.finish)
    return PlanRow(str(stage.get_station_display()), planned, actual, expected)


def _span(start: date | None, finish: date | None) -> Span | None:
    return Span(start.isoformat(), finish.isoformat()) if start and finish and start <= finish else None


def _title(facts: PlanFacts) -> str:
    project = facts.project
    if project.ended_on is not None:
        figures = {"day": day(project.ended_on), "stage": project.get_station_display()}
        if project.status == Project.Status.KILLED:
            return _("It was killed on %(day)s at %(stage)s; nothing more is expected") % figures
        return _("It was completed on %(day)s at %(stage)s") % figures
    ends = [line for line in facts.stages if line.expected.finish and line.late_days is not None]
    if not ends:
        return _("No stage has a planned end")
    last = ends[-1]
    figures = {"day": day(last.expected.finish), "late": last.word}
    if last.stage.actual_finish:
        return _("The line ended on %(day)s, %(late)s") % figures
    return _("The line is expected to end on %(day)s, %(late)s") % figures


def exposure_words(facts: PlanFacts) -> str:
    """How much the open risks weigh together."""
    count = len(facts.open_risks)
    if not count:
        return _("No open risk")
    figures = {"n": count, "money": money_minor(facts.exposure_minor, facts.currency)}
    return ngettext("%(n)s open risk weighs %(money)s", "%(n)s open risks weigh %(money)s", count) % figures


PLAN_PANEL = Panel("plan", plan_question, plan, span=12, height="320px")
