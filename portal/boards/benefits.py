"""What was promised and what came of it: benefits with their sums to date, filtered, ordered and summed in SQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from finance.money import to_decimal
from outcomes.models import Benefit, BenefitPlan, BenefitRealisation
from outcomes.querysets import day_ends
from outcomes.services.shortfall import newest_demands
from outcomes.services.triage import UNDECIDED
from outcomes.shortfall import Realised, latest_by_month, shortfall, unreported_months
from outcomes.then import demands_then, plan_then
from people.models import User
from portal.boards.board import Finding, Panel
from portal.boards.charts.benefits import PromisedRealised, promised_realised
from portal.boards.listing import PORTFOLIO
from portal.export import Column, Table, in_lots
from portal.search import typed
from portal.wording import count_of, in_front, money_minor, percent
from projects.models import Demand, Project

FILTERS = ("q", "project", "portfolio", "kind")
ORDERS = {
    "name": "name",
    "project": "project__key",
    "owner": "owner__first_name",
    "kind": "kind",
    "promised": "promised_minor",
    "realised": "realised_minor",
    "share": "share",
}
MONTHS_BACK, MONTHS_AHEAD = 18, 6


@dataclass(frozen=True)
class Sums:
    """Months that are over, in one currency."""

    currency: str
    promised_minor: int
    realised_minor: int

    @property
    def share(self) -> float | None:
        return self.realised_minor / self.promised_minor if self.promised_minor else None


@dataclass(frozen=True)
class BenefitRow:
    """One benefit with its sums to date, how it stands in words, and the newest demand that its shortfall opened."""

    benefit: Benefit
    promised_minor: int
    realised_minor: int
    state: tuple[str, str, str]
    demand: Demand | None
    sees_project: bool

    @property
    def share(self) -> float | None:
        return self.realised_minor / self.promised_minor if self.promised_minor else None


@dataclass(frozen=True)
class ByMonth:
    """Promised and realised in each month of one currency, in minor units; `until` is the first month not over."""

    currency: str
    promised: tuple[tuple[date, int], ...]
    realised: tuple[tuple[date, int], ...]
    until: date


def filtered(benefits: QuerySet[Benefit], query: Mapping[str, str]) -> QuerySet[Benefit]:
    """Benefits by words, project, portfolio and kind; what does not exist finds nothing."""
    if words := typed(query.get("q", "")):
        benefits = benefits.filter(Q(name__icontains=words) | Q(project__title__icontains=words))
    if key := typed(query.get("project", "")):
        benefits = benefits.filter(project__key__iexact=key)
    if PORTFOLIO.fullmatch(query.get("portfolio", "")):
        benefits = benefits.filter(project__portfolio=int(query["portfolio"]))
    if kind := typed(query.get("kind", "")):
        benefits = benefits.filter(kind=kind)
    return benefits


def known(benefits: QuerySet[Benefit], on: date | None) -> QuerySet[Benefit]:
    """The benefits that there are, or that had been promised by the end of a past day."""
    return benefits if on is None else benefits.filter(created_at__lt=day_ends(on))


def promises(on: date | None = None) -> Any:
    """What each month promises as `promised`: now, or as known at the end of a past day."""
    return BenefitPlan.objects.annotate(promised=F("planned_minor")) if on is None else plan_then(day_ends(on))


def with_sums(benefits: QuerySet[Benefit], until: date, on: date | None = None) -> QuerySet[Benefit]:
    """Each benefit with what was promised and realised in the months before `until`."""
    promised = promises(on).filter(benefit=OuterRef("pk"), month__lt=until)
    realised = latest_records(on).filter(benefit=OuterRef("pk"), month__lt=until)
    return benefits.annotate(
        promised_minor=Coalesce(_sum_of(promised, "promised"), 0),
        realised_minor=Coalesce(_sum_of(realised, "attributed_minor"), 0),
    ).annotate(
        share=Case(
            When(promised_minor=0, then=None),
            default=Cast("realised_minor", FloatField()) / Cast("promised_minor", FloatField()),
            output_field=FloatField(),
        )
    )


def latest_records(on: date | None = None) -> QuerySet[BenefitRealisation]:
    """The record that counts for each month, with the share owed to the project as `attributed_minor`."""
    records = BenefitRealisation.objects.all()
    if on is not None:
        records = records.filter(recorded_at__lt=day_ends(on))
    later = records.filter(benefit=OuterRef("benefit"), month=OuterRef("month")).filter(
        Q(recorded_at__gt=OuterRef("recorded_at")) | Q(recorded_at=OuterRef("recorded_at"), pk__gt=OuterRef("pk"))
    )
    hundredths = ExpressionWrapper(F("actual_minor") * F("attributed_percent") + 50, output_field=BigIntegerField())
    rest = (F("hundredths") % 100 + 100) % 100  # never negative, so that amounts below zero round the same way
    owed = ExpressionWrapper((F("hundredths") - rest) / 100, output_field=BigIntegerField())
    rows = records.filter(~Exists(later)).order_by()
    return rows.annotate(hundredths=hundredths).annotate(attributed_minor=owed)


def _sum_of(rows: QuerySet, column: str) -> Subquery:
    sums = rows.order_by().values("benefit").annotate(total=Sum(column)).values("total")
    return Subquery(sums, output_field=BigIntegerField())


def ordered(benefits: QuerySet[Benefit], sort: str) -> QuerySet[Benefit]:
    """By one column; an unknown order puts the largest promise first."""
    name = sort.removeprefix("-")
    if name not in ORDERS:
        sort, name = "-promised", "promised"
    column = F(ORDERS[name])
    by = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return benefits.order_by(by, "project__key", "name")


def rows_of(benefits: Sequence[Benefit], user: User, until: date, on: date | None = None) -> tuple[BenefitRow, ...]:
    """The benefits of one page: three questions, whatever the page holds."""
    keys = [benefit.pk for benefit in benefits]
    plans: dict[int, dict[date, int]] = {key: {} for key in keys}
    for key, month, amount in promises(on).filter(benefit__in=keys).values_list("benefit", "month", "promised"):
        plans[key][month] = amount
    records: dict[int, list[Realised]] = {key: [] for key in keys}
    told = BenefitRealisation.objects.filter(benefit__in=keys)
    if on is not None:
        told = told.filter(recorded_at__lt=day_ends(on))
    for row in told.order_by("recorded_at", "pk"):
        records[row.benefit_id].append(Realised(row.month, row.actual_minor, row.attributed_percent, row.recorded_at))
    demands = newest_demands(benefits, demands_of(user, on))
    seen = seen_projects(benefits, user)
    return tuple(
        BenefitRow(
            benefit,
            benefit.promised_minor,  # type: ignore[attr-defined]
            benefit.realised_minor,  # type: ignore[attr-defined]
            state_of(benefit, plans[benefit.pk], records[benefit.pk], until),
            _as_it_stood(demands.get(benefit.pk)),
            benefit.project_id in seen,
        )
        for benefit in benefits
    )


def demands_of(user: User, on: date | None) -> Any:
    """Demands with their `status_then`: of now, or of the end of a past day."""
    visible = Demand.objects.visible_to(user)
    return visible.annotate(status_then=F("status")) if on is None else demands_then(visible, day_ends(on))


def _as_it_stood(demand: Demand | None) -> Demand | None:
    if demand is not None:
        demand.status = demand.status_then  # type: ignore[attr-defined]
    return demand


def seen_projects(benefits: Sequence[Benefit], user: User) -> set[int]:
    """Which of their projects a person sees: an owner from the business sees his benefit and not its project."""
    keys = {benefit.project_id for benefit in benefits}
    if user.sees_everything:
        return keys
    return set(Project.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))


def state_of(
    benefit: Benefit, plan: Mapping[date, int], records: Iterable[Realised], until: date
) -> tuple[str, str, str]:
    """Word, tone and symbol: how a benefit stands against its promise. Silence keeps no promise."""
    known = list(records)
    if shortfall(plan, known, benefit.tolerance_percent, until=until):
        return _("Below its promise"), "bad", "alert"
    reported = {record.month for record in known if record.month < until}
    silent = unreported_months(plan, reported, until=until)
    if silent and not reported:
        return _("Nothing recorded"), "warn", "clock"
    if silent and silent[-1] > max(reported):
        return _("Not reported since %(month)s") % {"month": date_format(max(reported), "M Y")}, "warn", "clock"
    if silent:
        return in_front(count_of(len(silent), "month not reported", "months not reported")), "warn", "clock"
    if not reported:
        return _("Not begun"), "", "clock"
    came = sum(record.attributed_minor for month, record in latest_by_month(known).items() if month < until)
    if came >= sum(plan.get(month, 0) for month in reported):
        return _("Keeps its promise"), "good", "check"
    return _("Within its tolerance of %(percent)s%%") % {"percent": benefit.tolerance_percent}, "good", "check"


def sums_of(benefits: QuerySet[Benefit], until: date, on: date | None = None) -> tuple[Sums, ...]:
    """Promised and realised to date by currency, the board's own first."""
    keys = benefits.order_by().values("pk")
    promised = _by_currency(promises(on).filter(benefit__in=keys, month__lt=until), "promised")
    realised = _by_currency(latest_records(on).filter(benefit__in=keys, month__lt=until), "attributed_minor")
    currencies = sorted({*promised, *realised}, key=lambda code: (code != settings.CURRENCY, code))
    return tuple(Sums(code, promised.get(code, 0), realised.get(code, 0)) for code in currencies)


def _by_currency(rows: QuerySet, column: str) -> dict[str, int]:
    return dict(rows.order_by().values_list("benefit__currency").annotate(total=Sum(column)))


def by_month(benefits: QuerySet[Benefit], currency: str, until: date, on: date | None = None) -> ByMonth:
    """Each month of the last year and a half and the next half year; two questions."""
    of_currency = benefits.order_by().filter(currency=currency).values("pk")
    first, last = months_from(until, -MONTHS_BACK), months_from(until, MONTHS_AHEAD)
    window = Q(benefit__in=of_currency, month__gte=first, month__lt=last)
    promised = promises(on).filter(window).order_by("month").values_list("month")
    realised = latest_records(on).filter(window).order_by("month").values_list("month")
    return ByMonth(
        currency,
        tuple(promised.annotate(total=Sum("promised"))),
        tuple(realised.annotate(total=Sum("attributed_minor"))),
        until,
    )


def months_from(month: date, count: int) -> date:
    """The first day of the month so many months later."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def open_shortfalls(benefits: QuerySet[Benefit], user: User, on: date | None = None) -> int:
    """Demands that a shortfall opened and nobody has decided."""
    projects = benefits.order_by().values("project")
    demands = demands_of(user, on).filter(origin=Demand.Origin.BENEFIT, improves__in=projects)
    return demands.filter(status_then__in=UNDECIDED).count()


def unreported(benefits: QuerySet[Benefit], until: date, on: date | None = None) -> int:
    """Promised months that are over and of which nobody said what they brought; one question."""
    told = BenefitRealisation.objects.filter(benefit=OuterRef("benefit"), month=OuterRef("month"))
    if on is not None:
        told = told.filter(recorded_at__lt=day_ends(on))
    keys = benefits.order_by().values("pk")
    return promises(on).filter(~Exists(told), benefit__in=keys, month__lt=until).count()


def sentence_of(sums: Sequence[Sums], silent: int, shortfalls: int, until: date) -> str:
    """The answer first: what was promised, what came, what nobody reported, and how many promises wait for a mend."""
    if not any(each.promised_minor or each.realised_minor for each in sums):
        return _("No promised month is over yet.")
    month = date_format(months_from(until, -1), "F Y")
    parts = [
        _("%(realised)s of %(promised)s (%(share)s)")
        % {
            "realised": money_minor(each.realised_minor, each.currency),
            "promised": money_minor(each.promised_minor, each.currency),
            "share": percent(each.share) if each.share is not None else _("nothing was promised"),
        }
        for each in sums
    ]
    came = _("Of what was promised until %(month)s, benefits brought %(parts)s.") % {
        "month": month,
        "parts": " · ".join(parts),
    }
    if silent:
        months = count_of(silent, "promised month is not reported", "promised months are not reported")
        came = f"{came} {in_front(months)}."
    if not shortfalls:
        return came
    waiting = count_of(shortfalls, "improvement demand waits for a decision", "improvement demands wait for a decision")
    return f"{came} {in_front(waiting)}."


def month_question(facts: ByMonth) -> Finding:
    """Did the months bring what they promised?"""
    return finding_of(facts, absent=_("No month has a promise"))


def finding_of(facts: ByMonth, *, absent: str) -> Finding:
    promised, realised = dict(facts.promised), dict(facts.realised)
    over = [month for month in promised if month < facts.until]
    units = lambda minor: float(to_decimal(minor, facts.currency))  # noqa: E731
    shown = lambda minor: "–" if minor is None else money_minor(minor, facts.currency, full=True)  # noqa: E731
    title = _title(facts, over)
    return Finding(
        title=title,
        how_to_read=_("Money of each month: the promise dotted, what was realised and is owed to the projects in ink"),
        alt=_("Line chart by month: %(finding)s") % {"finding": title},
        data=PromisedRealised(
            tuple((month.isoformat(), units(minor)) for month, minor in facts.promised),
            tuple((month.isoformat(), units(minor)) for month, minor in facts.realised),
            facts.currency,
            _("Promised"),
            _("Realised"),
        )
        if promised or realised
        else None,
        columns=(_("Month"), _("Promised"), _("Realised")),
        rows=tuple(
            (date_format(month, "M Y"), shown(promised.get(month)), shown(realised.get(month)))
            for month in sorted(promised.keys() | realised.keys())
        ),
        absent=absent,
        hope=_("Promised and realised money would be drawn here, month by month."),
    )


def _title(facts: ByMonth, over: Sequence[date]) -> str:
    promised, realised = dict(facts.promised), dict(facts.realised)
    newest = max((month for month in realised if month < facts.until), default=None)
    if newest is None:
        return _("Nothing has been realised yet") if over else _("The first promised month is still ahead")
    words = {
        "month": date_format(newest, "F Y"),
        "realised": money_minor(realised[newest], facts.currency),
        "promised": money_minor(promised.get(newest, 0), facts.currency),
    }
    return _("%(month)s brought %(realised)s of %(promised)s promised") % words


MONTH_PANEL = Panel("benefits", month_question, promised_realised, span=12, height="280px")


def table_of(benefits: QuerySet[Benefit], user: User, until: date, on: date | None = None) -> Table:
    """Benefits to take along, as they are read from the database."""
    columns = (
        Column(_("Benefit"), 32),
        Column(_("Project"), 9),
        Column(_("Owner"), 20),
        Column(_("Kind"), 14),
        Column(_("Currency"), 9),
        Column(_("Promised to date"), 16),
        Column(_("Realised to date"), 16),
        Column(_("Share"), 9),
        Column(_("Status"), 18),
        Column(_("Improvement demand"), 40),
    )
    rows = (row for lot in in_lots(benefits) for row in rows_of(lot, user, until, on))
    return Table("benefits", columns, map(_cells, rows))


def _cells(row: BenefitRow) -> list[Any]:
    benefit = row.benefit
    return [
        benefit.name,
        benefit.project.key,
        str(benefit.owner),
        benefit.get_kind_display(),
        benefit.currency,
        to_decimal(row.promised_minor, benefit.currency),
        to_decimal(row.realised_minor, benefit.currency),
        None if row.share is None else round(row.share, 4),
        row.state[0],
        row.demand.title if row.demand else "",
    ]
