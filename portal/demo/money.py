"""The money of the story beyond approved lines: cost centres, plan versions, orders, tranches, and closed months."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from finance.models import Budget, BudgetLine, CostCentre, ExchangeRate, FiscalPeriod
from finance.money import allocate, to_minor
from finance.services.commitment import commit
from finance.services.exchange import record_exchange_rate
from finance.services.journal import post_actual
from finance.services.period import add_cost_centre, open_periods, set_period_status
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    draft_version,
    open_budget,
    plan_tranches,
)
from people.models import User
from portal.demo.calendar import evening, months_before
from portal.demo.story import CURRENCY
from projects.models import Project, Stage, Station

MONTHS_BACK, MONTHS_AHEAD = 15, 12
STILL_OPEN = 2  # months before the running one that take postings
CENTRES = {"4100": "Model Lab", "4110": "Data and labelling", "4120": "Compute"}
RATES = ("0.9120", "0.9185", "0.9240", "0.9310", "0.9275", "0.9362")  # euro for a dollar, the oldest month first


def enter_budgets(today: date, people: dict[str, User]) -> None:
    """Periods, cost centres and rates; then plans, orders and tranches that stand on them."""
    chief, controller = people["katrin.vogel"], people["ruben.castillo"]
    first = months_before(today.replace(day=1), MONTHS_BACK)
    periods = open_periods(first=first, months=MONTHS_BACK + MONTHS_AHEAD + 1, by=controller)
    centres = {
        code: add_cost_centre(code=code, name=name, owner=controller, valid_from=first, by=controller)
        for code, name in CENTRES.items()
    }
    enter_exchange_rates(today, controller)
    for key, reason in (
        ("TRI", "Two depots more: labelling in Lübeck, less work on training"),
        ("PFA", "Sensors arrived two months late, so recording goes on into winter"),
    ):
        enter_versions(Budget.objects.get(project__key=key), periods, centres, reason, today, chief, controller)
    enter_orders(today, controller, centres)
    enter_tranches(Project.objects.get(key="SPA"), periods, today, chief, controller)


def enter_exchange_rates(today: date, controller: User) -> None:
    """The dollar on the first of each of the last months, and the rate that plans are made with."""
    for months, rate in zip(range(len(RATES) - 1, -1, -1), RATES, strict=True):
        on = months_before(today, months).replace(day=1)
        record_exchange_rate(
            base="USD", quote=CURRENCY, kind=ExchangeRate.Kind.SPOT, valid_on=on, rate=Decimal(rate),
            source="central bank", at=evening(on), by=controller,
        )  # fmt: skip
    begin = months_before(today, MONTHS_BACK).replace(day=1)
    record_exchange_rate(
        base="USD", quote=CURRENCY, kind=ExchangeRate.Kind.BUDGET, valid_on=begin, rate=Decimal("0.9100"),
        source="controlling", at=evening(begin), by=controller,
    )  # fmt: skip


def enter_versions(
    budget: Budget,
    periods: list[FiscalPeriod],
    centres: Mapping[str, CostCentre],
    reason: str,
    today: date,
    chief: User,
    controller: User,
) -> None:
    """The baseline as it was approved, and a second version that moves people's money into data."""
    start = budget.project.started_on
    end = budget.project.due_on or today
    months = [period for period in periods if start <= period.ends_on - timedelta(days=1) and period.starts_on <= end]
    planned = {line.category: line.planned_minor for line in budget.lines.all()}
    begun = evening(start + timedelta(days=3))
    baseline = draft_version(
        budget=budget, lines=_lines(budget, planned, months, centres), reason="As approved", at=begun, by=chief
    )
    approve_version(version=baseline, at=begun, by=controller)
    moved = planned["people"] // 50
    later = {**planned, "people": planned["people"] - moved, "data": planned["data"] + moved}
    changed = evening(months_before(today, 3))
    second = draft_version(
        budget=budget, lines=_lines(budget, later, months, centres), reason=reason, at=changed, by=chief
    )
    approve_version(version=second, at=changed, by=controller)


def _lines(
    budget: Budget, planned: Mapping[str, int], months: list[FiscalPeriod], centres: Mapping[str, CostCentre]
) -> list[PlannedAmount]:
    """Each category spread over the months, at the stage that was planned for each of them."""
    finishes = dict(Stage.objects.filter(project=budget.project).values_list("station", "planned_finish"))
    return [
        PlannedAmount(month, category, _station(month, finishes), minor, centres["4100"])
        for category, amount in planned.items()
        for month, minor in zip(months, allocate(amount, [1] * len(months)), strict=True)
        if minor
    ]


def _station(month: FiscalPeriod, finishes: Mapping[str, date | None]) -> str:
    for station in Station:
        finish = finishes.get(station.value)
        if finish and finish >= month.starts_on:
            return station.value
    return Station.FEEDBACK.value


def _line(key: str, category: str) -> BudgetLine:
    return BudgetLine.objects.select_related("budget__project").filter(budget__project__key=key).get(category=category)


def enter_orders(today: date, controller: User, centres: Mapping[str, CostCentre]) -> None:
    """Three orders; one in dollars, half invoiced at the end of last month, after the dollar had risen."""
    at = lambda months: evening(months_before(today, months))  # noqa: E731
    orders = (
        ("TRI", "data", 3_400, "Kontor Labelling", "Digits of 40,000 parcels, Lübeck", 1),
        ("PFA", "other", 2_900, "Nordsensor", "Twelve vibration sensors", 2),
    )
    for number, (key, category, amount, supplier, memo, months) in enumerate(orders, 1):
        commit(
            line=_line(key, category), amount_minor=to_minor(str(amount), CURRENCY), supplier=supplier, memo=memo,
            source="demo-erp", external_id=f"PO-{number}", at=at(months), by=controller,
        )  # fmt: skip
    line = _line("IFR", "data")
    order = commit(
        line=line, amount_minor=None, supplier="Fieldmark Inc.", memo="Annotation tool, one year",
        source="demo-erp", external_id="PO-3", at=at(4), by=controller,
        transaction_currency="USD", transaction_minor=to_minor("3200", "USD"),
    )  # fmt: skip
    invoiced_on = today.replace(day=1) - timedelta(days=1)
    post_actual(
        line=line, amount_minor=None, memo="Annotation tool, first half", source="demo-erp", external_id="INV-3-1",
        effective_on=invoiced_on, at=evening(invoiced_on), by=controller, commitment=order, cost_centre=centres["4110"],
        station=Station.DATA.value, transaction_currency="USD", transaction_minor=to_minor("1600", "USD"),
    )  # fmt: skip


def enter_tranches(project: Project, periods: list[FiscalPeriod], today: date, chief: User, controller: User) -> None:
    """The next stages of a young project: gates release their money one by one."""
    at = evening(months_before(today, 1))
    budget = open_budget(project=project, name="Next stages", currency=CURRENCY, at=at, by=chief)
    ahead = [period for period in periods if period.ends_on > today]
    amounts = {
        "data": {"people": 14_000, "data": 9_000},
        "training": {"people": 22_000},
        "deployment": {"people": 16_000},
    }
    lines = [
        PlannedAmount(ahead[2 * index], category, station, to_minor(str(amount), CURRENCY))
        for index, (station, by_category) in enumerate(amounts.items())
        for category, amount in by_category.items()
    ]
    version = draft_version(budget=budget, lines=lines, reason="Asked for at the first gate", at=at, by=chief)
    approve_version(version=version, at=at, by=controller)
    plan_tranches(
        budget=budget,
        tranches={
            Station(station): {category: to_minor(str(amount), CURRENCY) for category, amount in by_category.items()}
            for station, by_category in amounts.items()
        },
        by=controller,
        expires_on=months_before(today, -MONTHS_AHEAD),
    )


def close_months(today: date, people: dict[str, User]) -> None:
    """Once everything is posted: the old months are closed for ever, the last but one only for finance."""
    controller = people["ruben.castillo"]
    this_month = today.replace(day=1)
    oldest_open = months_before(this_month, STILL_OPEN)
    for period in FiscalPeriod.objects.filter(starts_on__lt=months_before(this_month, 1)).order_by("starts_on"):
        is_old = period.starts_on < oldest_open
        status = FiscalPeriod.Status.CLOSED if is_old else FiscalPeriod.Status.SOFT_CLOSED
        set_period_status(period=period, status=status, at=evening(today), by=controller)
