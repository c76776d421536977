"""A large portfolio, to measure on: rows as the verbs would leave them, entered in bulk, with one audit entry.

A thousand projects over three years are about a million ledger entries and two hundred thousand measurements.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction

from finance.models import (
    Budget,
    BudgetLine,
    BudgetVersion,
    FiscalPeriod,
    JournalEntry,
    MonthSpend,
    PlanLine,
)
from people.models import AuditEntry, Department, User
from people.services import record_audit
from portal.demo.calendar import evening, months_before
from portal.demo.scale_outcomes import enter_outcomes
from portal.demo.scale_work import enter_objectives, enter_reviews, enter_work
from portal.demo.scale_world import AT_ONCE, World, batches, save, sides
from projects.models import Membership, Portfolio, Programme, Project, Stage, Station

TOLD = "seed_scale"
ENTRIES_A_MONTH, CATEGORIES = 14, tuple(BudgetLine.Category)


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
    enter_outcomes(world, rows)
    lines = list(BudgetLine.objects.filter(budget__project__in=rows).select_related("budget").order_by("pk"))
    _ledger(world, lines, enter_work(world, lines))
    enter_reviews(world, rows)
    enter_objectives(world, rows)
    if connection.vendor == "postgresql":  # SQLite plans worse with it: it takes columns that are mostly empty for even
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the server does so by itself in its own time, and plans badly until then
    record_audit(verb=TOLD, subject=world.chief, by=None, detail={"projects": projects, "months": months})


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
    save(rows)
    Project.history.bulk_history_create(rows, batch_size=AT_ONCE, default_date=evening(world.months[0]))
    save(Membership(project=row, user=row.lead) for row in rows)
    stages = [stage for row in rows for stage in _stages(world, row)]
    save(stages)
    Stage.history.bulk_history_create(stages, batch_size=AT_ONCE, default_date=evening(world.months[0]))
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
    save(budgets)
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
    save(versions)
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
    save(lines)
    save(plan)


def _ledger(world: World, lines: Sequence[BudgetLine], charged: Mapping[tuple[int, date], int]) -> None:
    """Postings of every month on every line, around the plan; the sums that go with them hold the charges of jobs."""
    each, spent = ENTRIES_A_MONTH // len(CATEGORIES) + 1, dict.fromkeys((line.pk for line in lines), 0)
    for some in batches(lines, 40):
        entries, postings, months = [], [], []
        for line in some:
            monthly = line.planned_minor // len(world.months)
            for month in world.months:
                total = charged.get((line.pk, month), 0)
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
                    postings += sides(entry, line, amount)
                    total += amount
                months.append(MonthSpend(line=line, month=month, amount_minor=total))
                spent[line.pk] += total
        for rows in (entries, postings, months):
            save(rows)
    for line in lines:
        line.spent_minor = spent[line.pk]
    BudgetLine.objects.bulk_update(lines, ["spent_minor", "committed_minor"], batch_size=500)
