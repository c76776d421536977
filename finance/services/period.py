"""When money counts and where it belongs: periods that open and close, their control totals, and cost centres."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import CostCentre, FiscalPeriod, JournalEntry, LedgerEntry
from finance.permissions import may_post
from people.models import User
from people.services import record_audit

Status = FiscalPeriod.Status
EARLIEST, LATEST = date(1990, 1, 1), date(2200, 1, 1)  # days that can be meant: a year of three digits is a slip


@dataclass(frozen=True)
class ControlTotal:
    """What one source has posted into a period in one currency: what it compares with its own books."""

    source: str
    currency: str
    entries: int
    debit_minor: int
    credit_minor: int


@transaction.atomic
def open_periods(*, first: date, months: int, by: User | None) -> list[FiscalPeriod]:
    """Open a period for each of so many calendar months; a month that has one keeps it as it is."""
    if months < 1:
        raise ValidationError(_("Open one month at least."), code="no_months")
    begins = [_months_after(first.replace(day=1), number) for number in range(months + 1)]
    known = {period.starts_on: period for period in FiscalPeriod.objects.held(begins[0], begins[-1])}
    return [known[begin] if begin in known else _open_period(begin, end, by) for begin, end in pairwise(begins)]


def _open_period(begin: date, end: date, by: User | None) -> FiscalPeriod:
    if other := FiscalPeriod.objects.filter(starts_on__lt=end, ends_on__gt=begin).first():
        raise ValidationError(
            _("%(month)s overlaps the period %(other)s. Begin after it ends."),
            code="periods_overlap",
            params={"month": f"{begin:%Y-%m}", "other": other},
        )
    period = FiscalPeriod(name=f"{begin:%Y-%m}", starts_on=begin, ends_on=end)
    period.full_clean(exclude={"closed_at", "closed_by"}, validate_constraints=False)
    period.save()
    record_audit(verb="open_period", subject=period, by=by, detail={"name": period.name})
    return period


def _month_end(day: date) -> date:
    return _months_after(day.replace(day=1), 1) - timedelta(days=1)


def _months_after(first: date, number: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
    return date(year, month + 1, 1)


@transaction.atomic
def set_period_status(*, period: FiscalPeriod, status: str, at: datetime, by: User | None) -> FiscalPeriod:
    """Open, soft-close or close a period. Closed is for ever; closing waits for the postings that are under way."""
    held = FiscalPeriod.objects.select_for_update().get(pk=period.pk)
    if held.status == Status.CLOSED:
        raise ValidationError(
            _("%(period)s is closed for ever. Post an adjustment into an open period instead."),
            code="period_closed",
            params={"period": held},
        )
    before, period.status = held.status, status
    if status == Status.CLOSED:
        period.closed_at, period.closed_by = max(at, _last_posting(held) or at), by
    period.full_clean(exclude={"closed_at", "closed_by"}, validate_constraints=False)
    period.save(update_fields=["status", "closed_at", "closed_by"])
    record_audit(
        verb="set_period_status", subject=period, by=by, detail={"name": period.name, "from": before, "to": status}
    )
    return period


def _last_posting(period: FiscalPeriod) -> datetime | None:
    entries = JournalEntry.objects.filter(effective_on__gte=period.starts_on, effective_on__lt=period.ends_on)
    return entries.aggregate(last=Max("posted_at"))["last"]


def demand_open(on: date, *, at: datetime, by: User | None) -> None:
    """Refuse a posting on a day that takes none, as `refused_days` says."""
    for refusal in refused_days([on], at=at, by=by).values():
        raise refusal


def takes_postings(period: FiscalPeriod, by: User | None) -> bool:
    if period.status == Status.SOFT_CLOSED:
        return by is None or may_post(by)
    return period.status == Status.OPEN


def period_closed(period: FiscalPeriod, on: date) -> ValidationError:
    """The refusal, with the first day that would be taken."""
    return ValidationError(
        _("%(period)s is %(status)s and takes no posting of %(day)s. Post it on %(open_day)s or later."),
        code="period_closed",
        params={
            "period": period,
            "status": period.get_status_display().lower(),
            "day": on.isoformat(),
            "open_day": first_open_day(on).isoformat(),
        },
    )


def first_open_day(on: date) -> date:
    """The day itself where everybody may post on it, else the first day after it where everybody may."""
    if first := _first_of_begun_books():
        on = max(on, first.starts_on)
    while (periods := FiscalPeriod.objects.held(on, on)) and periods[0].status != Status.OPEN:
        on = periods[0].ends_on
    return on


def refused_days(days: Iterable[date], *, at: datetime, by: User | None) -> dict[date, ValidationError]:
    """Those days that take no posting, with the reason: for many postings at once.

    A closed period takes none from anybody, a soft-closed one none but from finance. Nobody posts beyond the month in
    which he does so, or that of the first open day, nor before the first period once a later one is shut.
    """
    wanted = sorted(set(days))
    if not wanted:
        return {}
    held = FiscalPeriod.objects.held(wanted[0], wanted[-1])
    today, refused = timezone.localdate(at), {}
    if wanted[-1] > _month_end(today):
        last = _month_end(first_open_day(today))
        refused = {day: _too_far_ahead(day, last) for day in wanted if day > last}
    if first := _first_of_begun_books():
        refused |= {day: _before_the_books(day, first) for day in wanted if day < first.starts_on}
    shut = [each for each in held if not takes_postings(each, by)]
    return refused | {day: period_closed(each, day) for day in wanted for each in shut if each.holds(day)}


def _first_of_begun_books() -> FiscalPeriod | None:
    """The first period, once any period has been shut."""
    return (
        FiscalPeriod.objects.filter(Exists(FiscalPeriod.objects.exclude(status=Status.OPEN)))
        .order_by("starts_on")
        .first()
    )


def _too_far_ahead(day: date, last: date) -> ValidationError:
    return ValidationError(
        _("%(day)s is too far ahead. Post it on %(last)s, the end of the month, at the latest."),
        code="too_far_ahead",
        params={"day": day.isoformat(), "last": last.isoformat()},
    )


def _before_the_books(day: date, first: FiscalPeriod) -> ValidationError:
    return ValidationError(
        _("%(day)s lies before %(period)s, with which the books begin. Post it on %(first)s or later."),
        code="before_the_books",
        params={"day": day.isoformat(), "period": first, "first": first_open_day(day).isoformat()},
    )


def control_totals(period: FiscalPeriod) -> list[ControlTotal]:
    """What each source has posted into a period, by currency: count of entries, sums of debits and of credits.

    Entries balance, so the two sums are one. It is added up entry by entry: a join would read the whole ledger.
    """
    last = period.ends_on - timedelta(days=1)
    debits = LedgerEntry.objects.filter(journal_entry=OuterRef("pk"), amount_minor__gt=0).order_by()
    own = debits.values("journal_entry").annotate(sum=Sum("amount_minor")).values("sum")
    entries = JournalEntry.objects.filter(effective_on__range=(period.starts_on, last)).annotate(debit=Subquery(own))
    rows = entries.order_by("source", "currency").values("source", "currency")
    sums = rows.annotate(count=Count("pk"), total=Sum("debit", default=0))
    return [ControlTotal(row["source"], row["currency"], row["count"], row["total"], row["total"]) for row in sums]


@transaction.atomic
def add_cost_centre(
    *,
    code: str,
    name: str,
    owner: User,
    valid_from: date,
    by: User | None,
    parent: CostCentre | None = None,
    valid_to: date | None = None,
) -> CostCentre:
    """Add a cost centre, that of the department or of a part of it."""
    if valid_to is not None and valid_to <= valid_from:
        raise ValidationError(
            {"valid_to": ValidationError(_("It ends before it begins. Choose a later day."), code="ends_too_early")}
        )
    centre = CostCentre(code=code, name=name, owner=owner, valid_from=valid_from, valid_to=valid_to, parent=parent)
    centre.full_clean()
    centre.save()
    record_audit(verb="add_cost_centre", subject=centre, by=by, detail={"code": code})
    return centre


def demand_valid(centre: CostCentre | None, first: date, last: date) -> None:
    """Refuse a cost centre that is not valid on any of these days."""
    if centre and (centre.valid_from > last or (centre.valid_to is not None and centre.valid_to <= first)):
        raise ValidationError(
            _("The cost centre %(code)s is not valid on %(day)s. Choose another one."),
            code="cost_centre_not_valid",
            params={"code": centre.code, "day": first.isoformat()},
        )
