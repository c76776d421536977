"""Everything the portfolio board is drawn from, fetched in a number of queries that does not grow with the projects."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from experiments.models import Run
from finance.models import LedgerEntry
from finance.money import MICRO, exponent
from outcomes.models import Kpi, Measurement, ValueContract
from outcomes.value import higher_is_better
from people.models import User
from portal.boards.rows import ProjectRow, project_rows, reached_share
from projects.models import Feedback, Project
from trainingjobs.models import TrainingJob

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
    jobs: tuple[tuple[datetime, str, int], ...]  # finished, state, cost in millionths; of the last weeks
    value_steps: Steps
    kpi_steps: Steps
    currency: str
    now: datetime

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)


def portfolio_facts(user: User, now: datetime) -> PortfolioFacts:
    """The facts of every project that the person may see."""
    today = timezone.localdate(now)
    projects = list(Project.objects.visible_to(user).with_people())
    rows = project_rows(projects, today)
    ends = month_ends(today, MONTHS)
    months = LedgerEntry.objects.of_projects(projects).spend_by_month()
    feedback = Feedback.objects.visible_to(user).order_by("received_at").values_list("received_at", "score")
    jobs = TrainingJob.objects.visible_to(user).filter(finished_at__gt=now - timedelta(weeks=WEEKS))
    return PortfolioFacts(
        rows=rows,
        spend=tuple((month["month"], month["minor"]) for month in months if month["currency"] == settings.CURRENCY),
        feedback=tuple(feedback),
        jobs=tuple(jobs.values_list("finished_at", "state", "cost_micro")),
        value_steps=_value_steps(rows, ends),
        kpi_steps=_kpi_steps(rows, ends),
        currency=settings.CURRENCY,
        now=now,
    )


def month_ends(today: date, count: int) -> tuple[datetime, ...]:
    """The first moments after each of the last months, the running one ending now; oldest first."""
    first = today.replace(day=1)
    ends = [today + timedelta(days=1)]
    for _step in range(count - 1):
        ends.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return tuple(timezone.make_aware(datetime.combine(day, time.min)) for day in reversed(ends))


def net_minor(contract: ValueContract, metric: float) -> int:
    """Net value a year of a contract at some value of its metric, in minor units; for its course, not for the books."""
    effect = (
        Decimal(str(contract.sensitivity)) * Decimal(str(metric - contract.metric_baseline)) * contract.kpi.better_sign
    )
    gross = effect * Decimal(str(contract.units_per_year)) * contract.worth_micro / MICRO
    return int(gross.scaleb(exponent(contract.currency))) - contract.upkeep_minor


def _value_steps(rows: Sequence[ProjectRow], ends: Sequence[datetime]) -> Steps:
    """What today's contracts would have said of the best runs of each month."""
    contracts = {row.project.pk: row.value.contract for row in rows if row.value}
    runs = Run.objects.finished().filter(project__in=list(contracts), finished_at__isnull=False)
    found: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for project, finished_at, metrics in runs.values_list("project_id", "finished_at", "metrics"):
        if contracts[project].metric in metrics:
            found[project].append((finished_at, metrics[contracts[project].metric]))
    return Steps(
        tuple(
            float(sum(_net_at(contract, found[project], end) for project, contract in contracts.items()))
            for end in ends
        )
    )


def _net_at(contract: ValueContract, runs: Iterable[tuple[datetime, float]], end: datetime) -> int:
    known = [metric for finished_at, metric in runs if finished_at < end]
    if not known:
        return 0
    return net_minor(contract, max(known) if higher_is_better(contract.metric) else min(known))


def _kpi_steps(rows: Sequence[ProjectRow], ends: Sequence[datetime]) -> Steps:
    """How many KPIs were on target at each end; one KPI a project, the one its health is judged by."""
    kpis: dict[int, Kpi] = {row.kpi.pk: row.kpi for row in rows if row.kpi}
    latest: dict[int, float] = {}
    measured = list(
        Measurement.objects.filter(kpi__in=list(kpis))
        .order_by("measured_at", "recorded_at")
        .values_list("kpi_id", "measured_at", "value")
    )
    counts, index = [], 0
    for end in ends:
        while index < len(measured) and measured[index][1] < end:
            latest[measured[index][0]] = measured[index][2]
            index += 1
        counts.append(sum((reached_share(kpis[pk], value) or 0) >= 1 for pk, value in latest.items()))
    return Steps(tuple(float(count) for count in counts))
