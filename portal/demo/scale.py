"""A large portfolio, to measure on: rows as the verbs would leave them, entered in bulk, with one audit entry.

A thousand projects over three years are about a million ledger entries and two hundred thousand measurements.
"""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.conf import settings
from django.db import connection, models, transaction

from experiments.models import Dataset, Run
from finance.models import (
    Budget,
    BudgetLine,
    BudgetVersion,
    FiscalPeriod,
    JournalEntry,
    LedgerEntry,
    MonthSpend,
    PlanLine,
)
from outcomes.models import Benefit, BenefitPlan, BenefitRealisation, Kpi, Measurement, ValueContract
from people.models import AuditEntry, Department, User
from people.services import record_audit
from portal.demo.calendar import evening, months_before
from projects.models import Feedback, Membership, Portfolio, Programme, Project, Stage, Station

TOLD = "seed_scale"
ENTRIES_A_MONTH, CATEGORIES = 14, tuple(BudgetLine.Category)
KPIS, MEASURED_EVERY_DAYS, VOICES, RUNS = 2, 11, 20, 3
AT_ONCE = 5000
Row = TypeVar("Row")


@dataclass(frozen=True)
class World:
    """What all projects share: who acts, the months from the first to the running one, and the dice."""

    today: date
    months: tuple[date, ...]
    chief: User
    controller: User
    leads: tuple[User, ...]
    departments: tuple[Department, ...]
    dice: random.Random


def is_grown() -> bool:
    return AuditEntry.objects.filter(verb=TOLD).exists()


@transaction.atomic
def grow(*, projects: int, months: int, today: date, seed: int = 7) -> None:
    """Enter so many projects with so many months behind them; the demo's cast has to be there."""
    first = months_before(today.replace(day=1), months - 1)
    world = World(
        today=today,
        months=tuple(months_before(first, -number) for number in range(months)),
        chief=User.objects.get(username="katrin.vogel"),
        controller=User.objects.get(username="ruben.castillo"),
        leads=tuple(User.objects.filter(role=User.Role.ENGINEER).order_by("pk")),
        departments=tuple(Department.objects.order_by("pk")),
        dice=random.Random(seed),  # noqa: S311 figures of a demo, no secret
    )
    rows = _projects(world, projects)
    _plans(world, _budgets(world, rows), _periods(world))
    _ledger(world, list(BudgetLine.objects.filter(budget__project__in=rows).order_by("pk")))
    _outcomes(world, rows)
    if connection.vendor == "postgresql":  # SQLite plans worse with it: it takes columns that are mostly empty for even
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the server does so by itself in its own time, and plans badly until then
    record_audit(verb=TOLD, subject=world.chief, by=None, detail={"projects": projects, "months": months})


def _save(rows: Iterable[models.Model]) -> None:
    """Bulk rows of one kind, a few thousand at once, so that memory does not grow with the portfolio."""
    for some in _batches(rows, AT_ONCE):
        type(some[0])._default_manager.bulk_create(some)


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


def _projects(world: World, number: int) -> list[Project]:
    portfolios = Portfolio.objects.bulk_create(
        Portfolio(name=f"Portfolio {index:02}") for index in range(1, number // 100 + 2)
    )
    programmes = Programme.objects.bulk_create(
        Programme(portfolio=portfolio, name=f"Programme {letter}", owner=world.chief)
        for portfolio in portfolios
        for letter in "ABC"
    )
    stations = tuple(Station)
    rows = []
    for index in range(number):
        programme = programmes[index % len(programmes)]
        rows.append(
            Project(
                key=f"S{index:05}",
                title=f"Scale project {index:05}",
                summary="One of many, to measure how the portal carries a large portfolio",
                portfolio=programme.portfolio,
                programme=programme,
                sponsor=world.departments[index % len(world.departments)],
                lead=world.leads[index % len(world.leads)],
                station=stations[index % 6],
                started_on=world.months[0],
                due_on=world.today + timedelta(days=world.dice.randint(-60, 400)),
            )
        )
    _save(rows)
    Project.history.bulk_history_create(rows, batch_size=AT_ONCE)
    _save(Membership(project=row, user=row.lead) for row in rows)
    stages = [stage for row in rows for stage in _stages(world, row)]
    _save(stages)
    Stage.history.bulk_history_create(stages, batch_size=AT_ONCE)
    return rows


def _stages(world: World, project: Project) -> Iterator[Stage]:
    span = (world.today - project.started_on).days // 6
    reached = Station(project.station).position
    for station in Station:
        start = project.started_on + timedelta(days=span * station.position)
        finish = start + timedelta(days=span - 1)
        yield Stage(
            project=project,
            station=station,
            planned_start=start,
            planned_finish=finish,
            actual_start=start if station.position <= reached else None,
            actual_finish=finish if station.position < reached else None,
            p_success_percent=60 + 5 * station.position,
            cost_minor=world.dice.randint(2_000_000, 20_000_000),
        )


def _budgets(world: World, projects: Sequence[Project]) -> list[Budget]:
    budgets = [
        Budget(
            project=project,
            name="Approved plan",
            currency=settings.CURRENCY,
            approved_by=world.chief,
            approved_on=project.started_on,
        )
        for project in projects
    ]
    _save(budgets)
    return budgets


def _periods(world: World) -> list[FiscalPeriod]:
    known = {period.starts_on: period for period in FiscalPeriod.objects.all()}
    FiscalPeriod.objects.bulk_create(
        FiscalPeriod(name=f"{month:%Y-%m}", starts_on=month, ends_on=months_before(month, -1))
        for month in world.months
        if month not in known
    )
    return list(FiscalPeriod.objects.filter(starts_on__in=world.months))


def _plans(world: World, budgets: Sequence[Budget], periods: Sequence[FiscalPeriod]) -> None:
    """Version 1 of every budget, and its control lines as the sums of it."""
    at = evening(world.months[0])
    versions = [
        BudgetVersion(
            budget=budget,
            number=1,
            status=BudgetVersion.Status.APPROVED,
            made_by=world.chief,
            made_at=at,
            approved_by=world.chief,
            approved_at=at,
        )
        for budget in budgets
    ]
    _save(versions)
    stations = tuple(Station)
    lines, plan = [], []
    for version in versions:
        for category in CATEGORIES:
            monthly = world.dice.randint(200_000, 1_200_000)
            planned = monthly * len(periods)
            lines.append(
                BudgetLine(budget=version.budget, category=category, planned_minor=planned, released_minor=planned)
            )
            plan += [
                PlanLine(
                    version=version,
                    period=period,
                    category=category,
                    station=stations[index * 6 // len(periods)],
                    amount_minor=monthly,
                )
                for index, period in enumerate(periods)
            ]
    _save(lines)
    _save(plan)


def _ledger(world: World, lines: Sequence[BudgetLine]) -> None:
    """Postings of every month on every line, around the plan; the sums of months and lines go with them."""
    each, spent = ENTRIES_A_MONTH // len(CATEGORIES) + 1, dict.fromkeys((line.pk for line in lines), 0)
    for some in _batches(lines, 40):
        entries, sides, months = [], [], []
        for line in some:
            monthly = line.planned_minor // len(world.months)
            for month in world.months:
                total = 0
                for number in range(each if line.category != BudgetLine.Category.OTHER else each - 2):
                    day = min(month + timedelta(days=world.dice.randrange(28)), world.today)
                    amount = max(1, round(monthly / each * world.dice.lognormvariate(-0.1, 0.5)))
                    entry = JournalEntry(
                        posted_at=evening(day),
                        effective_on=day,
                        currency=settings.CURRENCY,
                        memo=f"{line.category}, {month:%B %Y}",
                        source="scale",
                        external_id=f"{line.pk}-{month:%Y%m}-{number}",
                        posted_by=world.controller,
                    )
                    entries.append(entry)
                    sides += _sides(entry, line, amount)
                    total += amount
                months.append(MonthSpend(line=line, month=month, amount_minor=total))
                spent[line.pk] += total
        for rows in (entries, sides, months):
            _save(rows)
    for line in lines:
        line.spent_minor = spent[line.pk]
    BudgetLine.objects.bulk_update(lines, ["spent_minor"], batch_size=500)


def _sides(entry: JournalEntry, line: BudgetLine, amount: int) -> list[LedgerEntry]:
    account = LedgerEntry.Account
    return [
        LedgerEntry(journal_entry=entry, account=account.EXPENSE, line=line, amount_minor=amount),
        LedgerEntry(journal_entry=entry, account=account.CLEARING, amount_minor=-amount),
    ]


def _outcomes(world: World, projects: Sequence[Project]) -> None:
    kpis = [
        Kpi(
            project=project,
            name=f"Figure {number}",
            unit="%",
            direction=Kpi.Direction.LOWER,
            owner=project.lead,
            baseline=8.0,
            target=4.0,
        )
        for project in projects
        for number in range(1, KPIS + 1)
    ]
    _save(kpis)
    _save(_measurements(world, kpis))
    _save(_runs(world, projects))
    _save(_contracts(world, kpis[::KPIS]))
    _save(_voices(world, projects))
    _benefits(world, [project for project in projects if project.station == Station.FEEDBACK])


def _measurements(world: World, kpis: Sequence[Kpi]) -> Iterator[Measurement]:
    days = range(0, (world.today - world.months[0]).days, MEASURED_EVERY_DAYS)
    for kpi in kpis:
        goal = world.dice.uniform(3.0, 7.5)
        for day in days:
            at = evening(world.months[0] + timedelta(days=day))
            value = goal + (8.0 - goal) * math.exp(-3 * day / days.stop) + world.dice.gauss(0, 0.15)
            yield Measurement(
                kpi=kpi,
                value=round(value, 3),
                measured_at=at,
                recorded_at=at + timedelta(hours=2),
                recorded_by=kpi.owner,
                source="scale",
            )


def _runs(world: World, projects: Sequence[Project]) -> Iterator[Run]:
    digest = "5ca1e".ljust(64, "0")
    dataset, _new = Dataset.objects.get_or_create(
        digest=digest, defaults={"name": "scale", "rows": 2000, "splits": {"test": 500}}
    )
    for project in projects:
        for number in range(1, RUNS + 1):
            at = _moment(world)
            yield Run(
                project=project,
                name=f"{project.key}-{number}",
                recipe="image-classifier",
                params={"epochs": 3, "seed": number},
                status=Run.Status.FINISHED,
                dataset=dataset,
                metrics={"test_accuracy": round(world.dice.uniform(0.93, 0.99), 4)},
                started_at=at,
                finished_at=at + timedelta(minutes=20),
            )


def _contracts(world: World, kpis: Sequence[Kpi]) -> Iterator[ValueContract]:
    signed = evening(world.months[len(world.months) // 2])
    for index, kpi in enumerate(kpis):
        is_signed = index % 10 < 7
        yield ValueContract(
            kpi=kpi,
            version=1,
            status=ValueContract.Status.SIGNED if is_signed else ValueContract.Status.DRAFT,
            metric_baseline=0.929,
            sensitivity=-100.0,
            sensitivity_sd=12.0,
            units_per_year=world.dice.randint(100_000, 4_000_000),
            units_label="Cases",
            worth_micro=14_580,
            upkeep_minor=1_000_000,
            currency=settings.CURRENCY,
            valid_from=signed.date(),
            owner=kpi.owner,
            basis="Counted, six weeks side by side",
            signed_by=world.controller if is_signed else None,
            signed_at=signed if is_signed else None,
        )


def _voices(world: World, projects: Sequence[Project]) -> Iterator[Feedback]:
    for project in projects:
        for _number in range(VOICES):
            yield Feedback(
                project=project,
                score=min(5, max(1, round(world.dice.gauss(3.8, 0.9)))),
                text="What somebody at the desk says about it.",
                source="Desk",
                received_at=_moment(world),
                recorded_by=project.lead,
            )


def _benefits(world: World, projects: Sequence[Project]) -> None:
    benefits = [
        Benefit(
            project=project,
            name="Fewer hours of rework",
            owner=project.lead,
            currency=settings.CURRENCY,
            created_at=evening(world.months[0]),
        )
        for project in projects
    ]
    _save(benefits)
    months = world.months[-13:-1]
    _save(BenefitPlan(benefit=row, month=month, planned_minor=1_000_000) for row in benefits for month in months)
    _save(
        BenefitRealisation(
            benefit=row,
            month=month,
            actual_minor=world.dice.randint(850_000, 1_200_000),
            recorded_at=evening(months_before(month, -1)),
            recorded_by=world.controller,
        )
        for row in benefits
        for month in months
    )


def _moment(world: World) -> datetime:
    return evening(world.months[0] + timedelta(days=world.dice.randrange((world.today - world.months[0]).days)))
