"""One row a project: station, health, money, value, last job. The same row serves board, list, export and search."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import OuterRef, Subquery

from finance.models import BudgetLine
from finance.money import to_decimal
from finance.sums import Sums
from outcomes.kpi_status import Figure, figures
from outcomes.models import Kpi, Measurement
from outcomes.querysets import day_ends
from outcomes.value import Value, project_values
from people.foreign_keys import fetch
from portal.boards.health import Health, Standing, health_of
from portal.boards.lines import read_lines, sums_by
from portal.boards.money_plan import Plan, plans_of
from portal.boards.overdue import longest_overdue
from portal.boards.plan import Lateness, latest_points
from portal.wording import short
from projects.models import Project, Station
from trainingjobs.models import JobState, TrainingJob

NOTHING = Sums()


@dataclass(frozen=True)
class Money:
    """The columns of a budget in minor units of one currency, by the words of `finance.sums`.

    Spent is what the ledger holds, committed what is ordered, reserved what jobs hold; used is all three.
    """

    sums: Sums = NOTHING
    currency: str = settings.CURRENCY
    budget_pk: int | None = None

    @property
    def planned(self) -> int:
        return self.sums.planned

    @property
    def released(self) -> int:
        return self.sums.released

    @property
    def held(self) -> int:
        return self.sums.held

    @property
    def reserved(self) -> int:
        return self.sums.reserved

    @property
    def committed(self) -> int:
        return self.sums.committed

    @property
    def spent(self) -> int:
        return self.sums.spent

    @property
    def used(self) -> int:
        return self.sums.used

    @property
    def left(self) -> int:
        return self.planned - self.used

    @property
    def used_share(self) -> float | None:
        return self.used / self.planned if self.planned else None

    @property
    def gauge(self) -> int:
        """Percent of the bar; a bar cannot be more than full."""
        return min(100, max(0, round(100 * (self.used_share or 0))))

    @property
    def spent_gauge(self) -> int:
        return min(100, max(0, round(100 * self.spent / self.planned))) if self.planned else 0

    @property
    def held_gauge(self) -> int:
        """Percent that is ordered or reserved, beside what is spent."""
        asked = self.committed + self.reserved
        return min(100 - self.spent_gauge, max(0, round(100 * asked / self.planned))) if self.planned else 0

    @property
    def spent_only(self) -> str:
        return short(to_decimal(self.spent, self.currency))

    @property
    def committed_only(self) -> str:
        return short(to_decimal(self.committed, self.currency))

    @property
    def reserved_only(self) -> str:
        return short(to_decimal(self.reserved, self.currency))

    @property
    def left_only(self) -> str:
        return short(to_decimal(abs(self.left), self.currency))

    @property
    def over(self) -> int:
        return max(0, -self.left)

    @property
    def used_short(self) -> str:
        return short(to_decimal(self.used, self.currency))

    @property
    def planned_short(self) -> str:
        return short(to_decimal(self.planned, self.currency))


@dataclass(frozen=True)
class ProjectRow:
    project: Project
    station: Station
    money: Money
    value: Value | None
    kpi: Kpi | None
    reached: float | None
    health: Health
    standing: Standing
    last_job: TrainingJob | None
    plan: Plan = ()

    @property
    def net_minor(self) -> int | None:
        return self.value.net_minor if self.value else None


def project_rows(projects: Iterable[Project], today: date, on: date | None = None) -> tuple[ProjectRow, ...]:
    """A row for each project, in their order; the number of queries does not grow with them.

    Without `on` from the sums that are kept; with it, exactly as known at the end of that past day.
    """
    projects = list(projects)
    keys = [project.pk for project in projects]
    values, (money, plans) = project_values(projects, on), _money(keys, on)
    kpis, jobs = _kpis(keys, today, on), _last_jobs(projects, on)
    late, conditions = latest_points(projects, today, on), longest_overdue(keys, on or today, on is not None)
    return tuple(
        _row(
            project,
            values[project.pk],
            money.get(project.pk, Money()),
            kpis.get(project.pk, []),
            jobs.get(project.pk),
            late.get(project.pk),
            plans.get(project.pk, ()),
            conditions.get(project.pk, 0),
            today,
        )
        for project in projects
    )


def _row(
    project: Project,
    value: Value | None,
    money: Money,
    kpis: list[Figure],
    job: TrainingJob | None,
    late: Lateness | None,
    plan: Plan,
    condition_late: int,
    today: date,
) -> ProjectRow:
    of_contract = [figure for figure in kpis if value and figure.kpi.pk == value.contract.kpi_id]
    figure = next(iter(of_contract or kpis), None)
    reached = figure.reached if figure else None
    station = Station(project.station)
    standing = Standing(
        planned=money.planned,
        used=money.used,
        reached=reached,
        due_on=project.due_on,
        station=station,
        today=today,
        status=project.status,
        ended_on=project.ended_on,
        late=late,
        kpis=kpis,
        condition_late=condition_late,
    )
    return ProjectRow(
        project=project,
        station=station,
        money=money,
        value=value,
        kpi=figure.kpi if figure else None,
        reached=reached,
        health=health_of(standing),
        standing=standing,
        last_job=job,
        plan=plan,
    )


def _money(keys: list[int], on: date | None) -> tuple[dict[int, Money], dict[int, Plan]]:
    """The sums of a project's budgets in its newest budget's currency, and their plan in the portfolio's currency."""
    lines = read_lines(BudgetLine.objects.filter(budget__project__in=keys), on)
    money: dict[int, Money] = {}
    for (project, budget, currency), sums in sums_by(
        lines, lambda line: (line.project, line.budget, line.currency)
    ).items():
        known = money.get(project, Money(currency=currency, budget_pk=budget))
        if known.currency == currency:
            known = Money(Sums.together((known.sums, sums)), currency, known.budget_pk)
        money[project] = known
    return money, plans_of([line for line in lines if line.currency == settings.CURRENCY], on)


def _kpis(keys: list[int], today: date, on: date | None) -> dict[int, list[Figure]]:
    rows, known = Kpi.objects.filter(project__in=keys), Measurement.objects.all()
    if on is not None:
        rows, known = rows.known_on(on), known.known_on(on)
    kpis: dict[int, list[Figure]] = {}
    for figure in figures(rows.order_by("pk"), known, on or today):
        kpis.setdefault(figure.kpi.project_id, []).append(figure)
    return kpis


def _last_jobs(projects: list[Project], on: date | None) -> dict[int, TrainingJob]:
    known = {project.pk: project for project in projects}
    submitted = TrainingJob.objects.filter(project=OuterRef("pk"))
    if on is not None:
        submitted = submitted.filter(submitted_at__lt=day_ends(on))
    last = Project.objects.filter(pk__in=list(known)).annotate(
        last=Subquery(submitted.order_by("-number").values("pk")[:1])
    )
    jobs = list(TrainingJob.objects.filter(pk__in=last.values("last")))
    fetch(jobs, "rate_card")
    for job in jobs:
        job.project = known[job.project_id]
    return {job.project_id: job if on is None else as_it_stood(job, day_ends(on)) for job in jobs}


def as_it_stood(job: TrainingJob, before: datetime) -> TrainingJob:
    """A job that ended later was running, or waited; whether it paused in between is not told."""
    if job.finished_at is None or job.finished_at >= before:
        has_started = job.started_at is not None and job.started_at < before
        job.state = JobState.RUNNING if has_started else JobState.QUEUED
    return job


def row_sums(rows: Iterable[ProjectRow], currency: str) -> Money:
    """The money of all rows that are kept in that currency."""
    return Money(Sums.together(row.money.sums for row in rows if row.money.currency == currency), currency)


def value_sum(rows: Iterable[ProjectRow], currency: str, *, hypothesis: bool | None = None) -> int:
    """Net value a year of all rows, or only of the signed or the unsigned ones."""
    values = [row.value for row in rows if row.value and row.value.currency == currency]
    return sum(value.net_minor for value in values if hypothesis is None or value.is_hypothesis is hypothesis)
