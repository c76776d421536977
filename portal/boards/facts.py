"""Everything the portfolio board is drawn from, fetched in a number of queries that does not grow with the projects."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import OuterRef, Subquery, Sum
from django.urls import reverse
from django.utils import timezone

from experiments.models import Run
from finance.models import BudgetLine, MonthSpend
from finance.money import MICRO, exponent
from finance.then import months_then
from outcomes.kpi_status import figures, reached_share
from outcomes.models import Kpi, Measurement, ValueContract
from outcomes.querysets import day_ends
from outcomes.then import voices_then
from outcomes.value import higher_is_better
from people.foreign_keys import fetch
from people.models import User
from portal.boards.after_risk import Prospect, prospects_of
from portal.boards.rows import ProjectRow, project_rows
from portal.boards.then import last_moment, running_then
from projects.models import Feedback, Project
from trainingjobs.models import TrainingJob
from trainingjobs.querysets import COST_IN_CURRENCY

MONTHS = 8
WEEKS = 8
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Steps:
    """A quantity at the ends of equal periods, oldest first, for a sparkline."""

    values: tuple[float, ...]

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None


@dataclass(frozen=True)
class PortfolioFacts:
    rows: tuple[ProjectRow, ...]
    spend: tuple[tuple[date, int], ...]  # month, minor units
    feedback: tuple[tuple[datetime, int], ...]
    jobs: tuple[tuple[datetime, str, int, int], ...]  # finished, state, cost in millionths, project; of the last weeks
    value_steps: Steps
    kpi_steps: Steps
    prospects: Mapping[int, Prospect]  # by project, what it is worth after risk
    currency: str
    now: datetime
    on: date | None = None  # the past day that they are as of

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    def explained_at(self, what: str) -> str:
        """Where a sum of this board explains itself, as of the same day."""
        address = reverse("explain-portfolio", args=[what])
        return f"{address}?as_of={self.on.isoformat()}" if self.on else address


def portfolio_facts(user: User, now: datetime, on: date | None = None) -> PortfolioFacts:
    """The facts of every project that the person may see: of now, or exactly as known at the end of a past day."""
    now = now if on is None else last_moment(on)
    today = timezone.localdate(now)
    rows = rows_of(user, now, on)
    keys = [row.project.pk for row in rows]
    ends = month_ends(today, MONTHS)
    lines = BudgetLine.objects.filter(budget__project__in=keys, budget__currency=settings.CURRENCY)
    months = MonthSpend.objects.filter(line__in=lines) if on is None else months_then(lines, day_ends(on))
    voices = Feedback.objects.visible_to(user).order_by("received_at")
    feedback = (voices if on is None else voices_then(voices, day_ends(on))).values_list("received_at", "score")
    ended = TrainingJob.objects.visible_to(user).filter(finished_at__gt=now - timedelta(weeks=WEEKS))
    jobs = ended.order_by("finished_at", "pk")
    if on is not None:
        jobs = jobs.filter(finished_at__lte=now)
    return PortfolioFacts(
        rows=rows,
        spend=tuple(months.values_list("month").annotate(minor=Sum("amount_minor")).order_by("month")),
        feedback=tuple(feedback),
        jobs=tuple(jobs.values_list("finished_at", "state", COST_IN_CURRENCY, "project_id")),
        value_steps=_value_steps(rows, ends),
        kpi_steps=_kpi_steps(rows, ends, on),
        prospects=prospects_of(rows, settings.CURRENCY, today, on),
        currency=settings.CURRENCY,
        now=now,
        on=on,
    )


def rows_of(user: User, now: datetime, on: date | None = None) -> tuple[ProjectRow, ...]:
    """The projects that run, or ran at the end of a past day, of those that the person may see."""
    visible = Project.objects.visible_to(user)
    if on is not None:
        return project_rows(running_then(visible, on), on, on)
    everybody = list(visible.running())
    fetch(everybody, "lead", "sponsor", "portfolio", "programme")
    return project_rows(everybody, timezone.localdate(now))


def month_ends(today: date, count: int) -> tuple[datetime, ...]:
    """The first moments after each of the last months, the running one ending now; oldest first."""
    first = today.replace(day=1)
    ends = [today + timedelta(days=1)]
    for _step in range(count - 1):
        ends.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return tuple(timezone.make_aware(datetime.combine(day, time.min)) for day in reversed(ends))


@dataclass(frozen=True)
class Course:
    """Net value a year as a line over the metric, in floats: for its course on a board, not for the books."""

    unit_minor: float
    baseline: float
    upkeep_minor: int

    @classmethod
    def of(cls, contract: ValueContract) -> "Course":
        worth = contract.units_per_year * contract.worth_micro / MICRO * 10 ** exponent(contract.currency)
        return cls(
            contract.sensitivity * contract.kpi.better_sign * worth, contract.metric_baseline, contract.upkeep_minor
        )

    def at(self, metric: float | None) -> float:
        """Nothing is worth nothing before the first run."""
        return self.unit_minor * (metric - self.baseline) - self.upkeep_minor if metric is not None else 0.0


def _value_steps(rows: Sequence[ProjectRow], ends: Sequence[datetime]) -> Steps:
    """What today's contracts would have said of the best runs of each month."""
    contracts = {row.project.pk: row.value.contract for row in rows if row.value}
    runs = Run.objects.finished().filter(project__in=list(contracts), finished_at__isnull=False)
    found: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for project, finished_at, metrics in runs.values_list("project_id", "finished_at", "metrics"):
        if contracts[project].metric in metrics:
            found[project].append((finished_at, metrics[contracts[project].metric]))
    courses = {project: Course.of(contract) for project, contract in contracts.items()}
    higher = {project: higher_is_better(contract.metric) for project, contract in contracts.items()}
    return Steps(
        tuple(
            sum(course.at(_best_before(end, found[project], higher[project])) for project, course in courses.items())
            for end in ends
        )
    )


def _best_before(end: datetime, runs: Iterable[tuple[datetime, float]], higher: bool) -> float | None:
    known = (metric for finished_at, metric in runs if finished_at < end)
    return max(known, default=None) if higher else min(known, default=None)


def _kpi_steps(rows: Sequence[ProjectRow], ends: Sequence[datetime], on: date | None) -> Steps:
    """How many KPIs were on target at each end; one KPI a project, the one its health is judged by."""
    kpis: dict[int, Kpi] = {row.kpi.pk: row.kpi for row in rows if row.kpi}
    known = Measurement.objects.all() if on is None else Measurement.objects.known_on(on)
    newest = known.filter(kpi=OuterRef("pk")).order_by("-measured_at", "-recorded_at").values("value")
    latest = {f"at_{number}": Subquery(newest.filter(measured_at__lt=end)[:1]) for number, end in enumerate(ends)}
    met = [0] * len(ends)
    judged = Kpi.objects.filter(pk__in=list(kpis))
    of_periods = judged.exclude(aggregation=Kpi.Aggregation.LAST)
    for pk, *values in judged.filter(aggregation=Kpi.Aggregation.LAST).values_list("pk").annotate(**latest):
        for number, value in enumerate(values):
            met[number] += (reached_share(kpis[pk], value) or 0) >= 1
    if any(kpi.aggregation != Kpi.Aggregation.LAST for kpi in kpis.values()):
        for number, end in enumerate(ends):
            until = timezone.localdate(end) - timedelta(days=1)
            found = figures(of_periods, known.filter(measured_at__lt=end), until)
            met[number] += sum((figure.reached or 0) >= 1 for figure in found)
    return Steps(tuple(map(float, met)))
