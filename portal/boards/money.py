"""Everything the money board is drawn from, in a number of queries that does not grow with budgets or postings."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import LedgerEntry, MonthSpend
from finance.sums import Sums
from finance.then import months_then, posted_then
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.lines import Line, read_lines, rows_of, sums_by
from portal.boards.money_plan import plans_of, together
from portal.boards.outlook import Outlook, outlook_of
from portal.boards.scope import Scope
from portal.boards.then import last_moment
from projects.models import Portfolio, Programme, Project


@dataclass(frozen=True)
class Part:
    """One row of the drill-down: where it leads, and its sums."""

    name: str
    query: str
    sums: Sums
    note: str = ""


@dataclass(frozen=True)
class RateVariance:
    """What exchange rates alone have cost: between budget and order, and since the order.

    What came without an order stood at the rate of the budget until it was paid: all of that is since.
    """

    until_order: int
    since: int

    @property
    def together(self) -> int:
        return self.until_order + self.since


@dataclass(frozen=True)
class MoneyFacts:
    scope: Scope
    currency: str
    now: datetime
    sums: Sums
    by_category: dict[str, Sums]
    parts: tuple[Part, ...]
    near: tuple[Line, ...]
    months: dict[date, dict[str, int]]  # month: category: minor units
    plan: tuple[tuple[date, int], ...]  # the first day after a period, planned until then
    fx_variance: RateVariance
    others: tuple[str, ...]  # other currencies in which budgets of the scope are kept
    outlook: Outlook
    on: date | None = None  # the past day that they are as of

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @property
    def spend(self) -> tuple[tuple[date, int], ...]:
        return tuple((month, sum(parts.values())) for month, parts in self.months.items())


def money_facts(user: User, scope: Scope, now: datetime, on: date | None = None) -> MoneyFacts:
    """All that is shown of the money of a scope: of now, or as known at the end of a past day."""
    now = now if on is None else last_moment(on)
    today, every = timezone.localdate(now), rows_of(user, scope, on)
    rows = every.filter(budget__currency=settings.CURRENCY)
    lines, months = read_lines(rows, on), month_sums(rows, on)
    sums = Sums.together(line.sums for line in lines)
    plan = together(plans_of(lines, on).values(), today)
    spend = [(month, sum(parts.values())) for month, parts in months.items()]
    until = plan[-1][0] if plan else today
    others = every.exclude(budget__currency=settings.CURRENCY).values_list("budget__currency", flat=True)
    return MoneyFacts(
        scope=scope,
        currency=settings.CURRENCY,
        now=now,
        sums=sums,
        by_category=sums_by(sorted(lines, key=lambda line: line.category), lambda line: line.category),
        parts=parts_of(lines, scope),
        near=near_limit(lines),
        months=months,
        plan=plan,
        fx_variance=fx_variance_of(rows, on),
        others=tuple(others.order_by("budget__currency").distinct()),
        outlook=outlook_of(spend, limit=sums.planned, today=today, until=until),
        on=on,
    )


def month_sums(rows: QuerySet, on: date | None = None) -> dict[date, dict[str, int]]:
    """What each month has cost by category, oldest first, from the sums that the verbs keep."""
    spent = MonthSpend.objects.filter(line__in=rows) if on is None else months_then(rows, day_ends(on))
    months: dict[date, dict[str, int]] = defaultdict(dict)
    by_month = spent.values_list("month", "line__category").annotate(minor=Sum("amount_minor"))
    for month, category, minor in by_month.order_by("month", "line__category"):
        months[month][category] = minor
    return dict(months)


def fx_variance_of(rows: QuerySet, on: date | None = None) -> RateVariance:
    """What exchange rates alone have cost since money was planned; a variance until an order names that order."""
    known = LedgerEntry.objects.all() if on is None else posted_then(day_ends(on))
    known = known.filter(line__in=rows, account=LedgerEntry.Account.FX_VARIANCE)
    sums = known.aggregate(
        until_order=Sum("amount_minor", filter=Q(commitment__isnull=False), default=0),
        since=Sum("amount_minor", filter=Q(commitment=None), default=0),
    )
    return RateVariance(**sums)


def parts_of(lines: Iterable[Line], scope: Scope) -> tuple[Part, ...]:
    """The next level down: portfolios, then programmes, then projects; the dearest first."""
    if not (scope.portfolio or scope.programme or scope.project):
        sums = sums_by(lines, lambda line: line.portfolio)
        names = dict(Portfolio.objects.filter(pk__in=sums).values_list("pk", "name"))
        return _dearest(Part(names[pk], f"portfolio={pk}", part) for pk, part in sums.items())
    if scope.programme or scope.project:
        return _projects(lines)
    lines = list(lines)
    sums = sums_by((line for line in lines if line.programme), lambda line: line.programme or 0)
    names = dict(Programme.objects.filter(pk__in=sums).values_list("pk", "name"))
    programmes = _dearest(Part(names[pk], f"programme={pk}", part) for pk, part in sums.items())
    return programmes + _projects(line for line in lines if not line.programme)


def _projects(lines: Iterable[Line]) -> tuple[Part, ...]:
    sums = sums_by(lines, lambda line: line.project_key)
    titles = dict(Project.objects.filter(key__in=sums).values_list("key", "title"))
    return _dearest(Part(titles[key], f"project={key}", part, key) for key, part in sums.items())


def _dearest(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: (-part.sums.planned, part.name, part.query)))


def near_limit(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines with nine tenths of their released money used, or more than all; those far over it first."""
    return tuple(sorted((line for line in lines if line.is_near), key=lambda line: (line.sums.available, line.pk)))


def spend_by_centre(
    rows: QuerySet, begin: date, this_month: date, on: date | None = None
) -> list[tuple[str, int, int]]:
    """What each cost centre bore in the year and in the running month; read from the ledger, only when asked for."""
    posted = LedgerEntry.objects.all() if on is None else posted_then(day_ends(on))
    centres = (
        posted.expenses()
        .filter(line__in=rows, journal_entry__effective_on__gte=begin)
        .values_list("cost_centre__code", "cost_centre__name")
        .annotate(
            year=Sum("amount_minor"),
            month=Sum("amount_minor", filter=Q(journal_entry__effective_on__gte=this_month), default=0),
        )
        .order_by("-year")
    )
    return [(f"{code} {name}" if code else _("No cost centre"), month, year) for code, name, year, month in centres]
