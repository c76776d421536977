"""Everything the money board is drawn from, in a number of queries that does not grow with budgets or postings."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import BudgetLine, LedgerEntry, MonthSpend
from finance.querysets import BudgetLineQuerySet
from finance.then import NOW, THEN, lines_then, months_then, posted_then
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.money_plan import plans_of, together
from portal.boards.outlook import Outlook, outlook_of
from portal.boards.scope import Scope
from portal.boards.then import last_moment

COLUMNS = ("planned", "released", "reserved", "committed", "spent")
NEAR_TENTHS = 9  # a line with nine tenths of its released money used is near its limit


@dataclass(frozen=True)
class Sums:
    """The columns of budget lines, summed; all in minor units of one currency."""

    planned: int = 0
    released: int = 0
    reserved: int = 0
    committed: int = 0
    spent: int = 0

    @classmethod
    def of(cls, row: dict) -> "Sums":
        return cls(*(row[name] or 0 for name in COLUMNS))

    @classmethod
    def over(cls, lines: QuerySet, on: date | None) -> "Sums":
        return cls.of(lines.aggregate(**summed(on)))

    @property
    def available(self) -> int:
        """Available to commit: released less reservations, commitments and actuals."""
        return self.released - self.used

    @property
    def used(self) -> int:
        return self.reserved + self.committed + self.spent

    @property
    def held(self) -> int:
        """Approved and not released yet: it waits behind gates."""
        return self.planned - self.released

    @property
    def used_share(self) -> float | None:
        return self.used / self.released if self.released else None


@dataclass(frozen=True)
class Part:
    """One row of the drill-down: where it leads, and its sums."""

    name: str
    query: str
    sums: Sums
    note: str = ""


@dataclass(frozen=True)
class MoneyFacts:
    scope: Scope
    currency: str
    now: datetime
    sums: Sums
    months: dict[date, dict[str, int]]  # month: category: minor units
    plan: tuple[tuple[date, int], ...]  # the first day after a period, planned until then
    fx_variance: int
    others: tuple[str, ...]  # other currencies in which budgets of the scope are kept
    outlook: Outlook
    on: date | None = None  # the past day that they are as of

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @property
    def spend(self) -> tuple[tuple[date, int], ...]:
        return tuple((month, sum(parts.values())) for month, parts in self.months.items())


def lines_of(user: User, scope: Scope, on: date | None = None) -> BudgetLineQuerySet:
    """The budget lines of a scope that the person may see, whatever their currency; of a past day as they stood."""
    lines = scope.narrow(BudgetLine.objects.visible_to(user), "budget__project")
    return lines if on is None else lines_then(lines, day_ends(on))


def summed(on: date | None) -> dict[str, Sum]:
    """The columns of lines to sum up: those that are kept, or those of a past day."""
    return {name: Sum(column(name, on)) for name in COLUMNS}


def column(name: str, on: date | None) -> str:
    return f"{name}_{NOW if on is None else THEN}"


def money_facts(user: User, scope: Scope, now: datetime, on: date | None = None) -> MoneyFacts:
    """Six questions, however much money there is: of now, or as known at the end of a past day."""
    now = now if on is None else last_moment(on)
    every, today = lines_of(user, scope, on), timezone.localdate(now)
    lines = every.filter(budget__currency=settings.CURRENCY)
    sums = Sums.over(lines, on)
    months = month_sums(lines, on)
    plan = together(plans_of(lines, on).values(), today)
    spend = [(month, sum(parts.values())) for month, parts in months.items()]
    until = plan[-1][0] if plan else today
    others = every.exclude(budget__currency=settings.CURRENCY).values_list("budget__currency", flat=True)
    return MoneyFacts(
        scope=scope,
        currency=settings.CURRENCY,
        now=now,
        sums=sums,
        months=months,
        plan=plan,
        fx_variance=fx_variance_of(lines, on),
        others=tuple(others.order_by("budget__currency").distinct()),
        outlook=outlook_of(spend, limit=sums.planned, today=today, until=until),
        on=on,
    )


def month_sums(lines: QuerySet, on: date | None = None) -> dict[date, dict[str, int]]:
    """What each month has cost by category, oldest first, from the sums that the verbs keep."""
    spent = MonthSpend.objects.filter(line__in=lines) if on is None else months_then(lines, day_ends(on))
    rows = spent.values_list("month", "line__category")
    months: dict[date, dict[str, int]] = defaultdict(dict)
    for month, category, minor in rows.annotate(minor=Sum("amount_minor")).order_by("month", "line__category"):
        months[month][category] = minor
    return dict(months)


def fx_variance_of(lines: QuerySet, on: date | None = None) -> int:
    """What exchange rates alone have cost since the money was committed."""
    known = LedgerEntry.objects.all() if on is None else posted_then(day_ends(on))
    rows = known.filter(line__in=lines, account=LedgerEntry.Account.FX_VARIANCE)
    return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def parts_of(lines: QuerySet, scope: Scope, on: date | None = None) -> list[Part]:
    """The next level down: portfolios, then programmes, then projects; the dearest first."""
    if scope.programme or scope.project:
        return _grouped(lines, "budget__project__key", "budget__project__title", "project", on)
    if scope.portfolio is None:
        return _grouped(lines, "budget__project__portfolio", "budget__project__portfolio__name", "portfolio", on)
    inside = _grouped(
        lines.filter(budget__project__programme__isnull=False),
        "budget__project__programme",
        "budget__project__programme__name",
        "programme",
        on,
    )
    outside = lines.filter(budget__project__programme=None)
    return inside + _grouped(outside, "budget__project__key", "budget__project__title", "project", on)


def _grouped(lines: QuerySet, key: str, name: str, parameter: str, on: date | None) -> list[Part]:
    rows = lines.values(key, name).annotate(**summed(on))
    return [
        Part(row[name], f"{parameter}={row[key]}", Sums.of(row), str(row[key]) if parameter == "project" else "")
        for row in rows.order_by("-planned", key)
    ]


def near_limit(lines: QuerySet, on: date | None = None) -> QuerySet:
    """Lines with nine tenths of their released money used, or more than all; those far over it first.

    Each bears `used`, `released` and `left`, whatever the day."""
    used = F(column("reserved", on)) + F(column("committed", on)) + F(column("spent", on))
    near = lines.annotate(used=used, released=F(column("released", on)))
    near = near.filter(used__gt=0, used__gte=F("released") * NEAR_TENTHS / 10)
    return near.select_related("budget__project").annotate(left=F("released") - used).order_by("left", "pk")


def spend_by_centre(
    lines: QuerySet, begin: date, this_month: date, on: date | None = None
) -> list[tuple[str, int, int]]:
    """What each cost centre bore in the year and in the running month; read from the ledger, only when asked for."""
    posted = LedgerEntry.objects.all() if on is None else posted_then(day_ends(on))
    rows = (
        posted.expenses()
        .filter(line__in=lines, journal_entry__effective_on__gte=begin)
        .values_list("cost_centre__code", "cost_centre__name")
        .annotate(
            year=Sum("amount_minor"),
            month=Sum("amount_minor", filter=Q(journal_entry__effective_on__gte=this_month), default=0),
        )
        .order_by("-year")
    )
    return [(f"{code} {name}" if code else _("No cost centre"), month, year) for code, name, year, month in rows]
