"""What people cost: rates of roles, and worked time at them."""

import hashlib
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import BudgetLine, RoleRate, TimeEntry
from finance.money import labour_minor
from finance.services.journal import post_actual
from finance.services.late_rate import RateEffect, adjust_for_rate, rate_effect
from finance.services.repeat import made_before, once_more
from people.models import Employment, JobRole, User
from people.services import hold_person, record_audit
from people.validity import demand_order

__all__ = ["RateEffect", "adjust_for_rate", "rate_effect", "record_role_rate", "record_time"]

DAY_MINUTES = 24 * 60
SOURCE = "worked-time"  # so that no number of another system is in the way of it


@once_more
@transaction.atomic
def record_role_rate(
    *,
    role: JobRole,
    hour_minor: int,
    currency: str,
    valid_from: date,
    source: str,
    external_id: str,
    at: datetime,
    by: User | None,
    valid_to: date | None = None,
) -> RoleRate:
    """Record what an hour of a role costs from a day on. Rows only come; what was posted stays until it is adjusted."""
    demand_order(valid_from, valid_to)
    if hour_minor < 0:
        raise ValidationError(_("An hour costs nothing or more. Correct the sign."), code="negative")
    before = made_before(
        RoleRate,
        source,
        external_id,
        code="already_recorded",
        role=role,
        hour_minor=hour_minor,
        currency=currency,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    if before:
        return before
    rate = RoleRate(
        role=role,
        hour_minor=hour_minor,
        currency=currency,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=at,
        source=source,
        external_id=external_id,
    )
    rate.full_clean()
    rate.save()
    detail = {"role": role.code, "hour_minor": hour_minor, "currency": currency, "from": valid_from.isoformat()}
    record_audit(verb="record_role_rate", subject=rate, by=by, detail=detail)
    return rate


@once_more
@transaction.atomic
def record_time(
    *,
    employment: Employment,
    line: BudgetLine,
    worked_on: date,
    minutes: int,
    source: str,
    external_id: str,
    at: datetime,
    by: User | None,
    station: str = "",
) -> TimeEntry:
    """Record worked time and post its cost at the rate of the role on that day. A correction is the difference."""
    hold_person(employment.source, employment.external_id)  # of two records at once, one counts first
    before = made_before(
        TimeEntry,
        source,
        external_id,
        code="already_recorded",
        employment_id=employment.pk,
        line_id=line.pk,
        worked_on=worked_on,
        minutes=minutes,
        station=station,
    )
    if before:
        return before
    _demand_worked(employment, line, worked_on, minutes, at)
    rate = _rate_of(employment.role, worked_on)
    posted = post_actual(
        line=line,
        amount_minor=None,
        transaction_currency=rate.currency,
        transaction_minor=labour_minor(minutes, rate.hour_minor),
        memo=_("%(minutes)s min of %(role)s") % {"minutes": minutes, "role": rate.role},
        source=SOURCE,
        external_id=_number_of(source, external_id),
        effective_on=worked_on,
        at=at,
        by=by,
        station=station,
    )
    entry = TimeEntry(
        employment=employment,
        line=line,
        worked_on=worked_on,
        minutes=minutes,
        station=station,
        journal_entry=posted,
        role_rate=rate,
        source=source,
        external_id=external_id,
        recorded_at=at,
    )
    entry.full_clean()
    entry.save()
    record_audit(verb="record_time", subject=entry, by=by, detail={"line": line.pk, "minutes": minutes})
    return entry


def _number_of(source: str, external_id: str) -> str:
    """The number in the journal: one for each source and number of worked time, however long they are."""
    return hashlib.sha256(f"{source}\0{external_id}".encode()).hexdigest()


def _rate_of(role: JobRole, on: date) -> RoleRate:
    rate = RoleRate.objects.in_force(role, on)
    if rate is None:
        raise ValidationError(
            _("No rate of an hour of %(role)s is in force on %(day)s. Ask finance to record one."),
            code="no_role_rate",
            params={"role": role, "day": on},
        )
    return rate


def _demand_worked(employment: Employment, line: BudgetLine, on: date, minutes: int, at: datetime) -> None:
    """Time is worked by somebody employed then, charged to people, and no day has more of it than there is."""
    if line.category != BudgetLine.Category.PEOPLE:
        raise ValidationError(
            _("%(line)s is not for people. Record time on the line for people of that budget."),
            code="not_for_people",
            params={"line": line},
        )
    if on > timezone.localdate(at):
        raise ValidationError(
            _("%(day)s is yet to come. Time is recorded once it is worked."), code="in_the_future", params={"day": on}
        )
    if on < employment.valid_from or (employment.valid_to is not None and on >= employment.valid_to):
        raise ValidationError(
            _("%(name)s is not employed on %(day)s. Correct the day, or have the employment recorded first."),
            code="not_employed",
            params={"name": employment.name, "day": on},
        )
    of_person = {"employment__source": employment.source, "employment__external_id": employment.external_id}
    known = (
        TimeEntry.objects.standing()
        .filter(**of_person, worked_on=on)
        .aggregate(line=Sum("minutes", filter=Q(line=line), default=0), day=Sum("minutes", default=0))
    )
    if not minutes or known["line"] + minutes < 0 or known["day"] + minutes > DAY_MINUTES:
        raise ValidationError(
            _(
                "%(minutes)s min cannot be added to the %(day_minutes)s min of %(day)s (%(line_minutes)s on this "
                "line). A day has 1440 min, and no less than nothing is worked."
            ),
            code="impossible_minutes",
            params={"minutes": minutes, "day_minutes": known["day"], "day": on, "line_minutes": known["line"]},
        )
