"""Questions about money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypedDict

from django.db import connection, models
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

from finance.sums import COLUMNS, Sums

if TYPE_CHECKING:
    from finance.models import ExchangeRate, FiscalPeriod, RateCard, RoleRate
    from people.models import JobRole, User
    from projects.models import Project


class MonthSpend(TypedDict):
    """What was spent in the month that begins on `month`."""

    month: date
    currency: str
    minor: int


class RateCardQuerySet(models.QuerySet["RateCard"]):
    def in_force(self, on: date) -> RateCard | None:
        """The card that prices work on that day: the latest valid one, the highest version of it."""
        cards = self.filter(models.Q(valid_to=None) | models.Q(valid_to__gt=on), valid_from__lte=on)
        return cards.order_by("-valid_from", "-version").first()


class BudgetQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> BudgetQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)


class BudgetVersionQuerySet(models.QuerySet):
    def drafts(self) -> BudgetVersionQuerySet:
        """Those that wait for an approval: of each budget the newest, where it is a draft."""
        others = self.model._default_manager.all()
        newer = others.filter(budget=models.OuterRef("budget"), number__gt=models.OuterRef("number"))
        rows = self.filter(~models.Exists(newer), status="draft").select_related("budget__project", "made_by")
        return rows.order_by("made_at", "pk")


class BudgetLineQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> BudgetLineQuerySet:
        return self if user.sees_everything else self.filter(budget__project__memberships__user=user)

    def with_available(self) -> BudgetLineQuerySet:
        """The one definition of what may still be committed: released less reservations, commitments and actuals."""
        return self.annotate(
            available=F("released_minor") - F("reserved_minor") - F("committed_minor") - F("spent_minor")
        )

    def totals(self) -> Sums:
        """The columns of all of them, as the verbs keep them; of lines in one currency."""
        sums = self.aggregate(**{name: Sum(f"{name}_minor", default=0) for name in COLUMNS})
        return Sums(**sums)


class JournalEntryQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> JournalEntryQuerySet:
        """Those of a member's own projects, but for what worked time cost: that he sees in the sums of the line."""
        if user.sees_everything:
            return self
        return self.filter(entries__line__budget__project__memberships__user=user).distinct().listed_for(user)

    def listed_for(self, user: User) -> JournalEntryQuerySet:
        """One by one, postings of worked time are for those who see what an hour costs: it could be divided out."""
        if user.sees_everything:
            return self
        return self.filter(
            time_entries=None, rate_adjustments=None, reverses__time_entries=None, reverses__rate_adjustments=None
        )


class LedgerEntryQuerySet(models.QuerySet):
    """Spending is read from the ledger: the expense side of every entry, reversals counting negative."""

    def visible_to(self, user: User) -> LedgerEntryQuerySet:
        return self if user.sees_everything else self.filter(line__budget__project__memberships__user=user)

    def expenses(self) -> LedgerEntryQuerySet:
        return self.filter(account__in=["expense", "fx_variance"])

    def of_projects(self, projects: Iterable[Project]) -> LedgerEntryQuerySet:
        return self.filter(line__budget__project__in=projects)

    def spend_by_month(self) -> list[MonthSpend]:
        """Minor units spent in each month that has entries, oldest first, by the day they took effect."""
        months = self.expenses().annotate(
            month=TruncMonth("journal_entry__effective_on"), currency=F("journal_entry__currency")
        )
        return list(
            months.values("month", "currency").annotate(minor=Sum("amount_minor")).order_by("month", "currency")
        )

    def spend_by_category(self) -> dict[str, int]:
        """Minor units spent on each category of budget line, for entries of one currency."""
        categories = self.expenses().values_list("line__category").annotate(minor=Sum("amount_minor"))
        return dict(categories.order_by("line__category"))


class OfLineQuerySet(models.QuerySet):
    """Rows that a person sees where he sees the project of their budget line."""

    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(line__budget__project__memberships__user=user)


class CommitmentQuerySet(OfLineQuerySet):
    def open(self) -> CommitmentQuerySet:
        return self.filter(status="open")


class TimeEntryQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> TimeEntryQuerySet:
        """Hours are personal: those who see everything, and everybody his own."""
        return self if user.sees_everything else self.filter(employment__user=user)

    def standing(self, before: datetime | None = None) -> TimeEntryQuerySet:
        """What no reversal of its posting has taken back; or had by some moment."""
        if before is None:
            return self.filter(journal_entry__reversed_by=None)
        return self.exclude(journal_entry__reversed_by__posted_at__lt=before)

    def of_days(self, begin: date, end: date) -> TimeEntryQuerySet:
        """Worked from one day on and before another."""
        return self.filter(worked_on__gte=begin, worked_on__lt=end)

    def priced_by(self, rate: RoleRate) -> TimeEntryQuerySet:
        """Time of the rate's role on the days on which no other rate counts before it."""
        rows = self.filter(role_rate__role=rate.role_id, worked_on__gte=rate.valid_from)
        if rate.valid_to is not None:
            rows = rows.filter(worked_on__lt=rate.valid_to)
        for other in type(rate).objects.before(rate):
            days = models.Q(worked_on__gte=other.valid_from)
            if other.valid_to is not None:
                days &= models.Q(worked_on__lt=other.valid_to)
            rows = rows.exclude(days)
        return rows


class StageCompletionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> StageCompletionQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)

    def shares(self, on: date, known_before: datetime | None = None) -> dict[str, float]:
        """The share of each stage that is judged done on a day, from 0 to 1; as known now or before some moment."""
        rows = self.filter(judged_on__lte=on)
        if known_before is not None:
            rows = rows.filter(recorded_at__lt=known_before)
        ordered = rows.order_by("judged_on", "recorded_at", "pk").values_list("station", "percent")
        return {station: percent / 100 for station, percent in ordered}


class FundingTrancheQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> FundingTrancheQuerySet:
        return self if user.sees_everything else self.filter(budget__project__memberships__user=user)


class FiscalPeriodQuerySet(models.QuerySet["FiscalPeriod"]):
    def of(self, day: date) -> FiscalPeriod | None:
        """The period that a day lies in, if one is defined."""
        return self.filter(starts_on__lte=day, ends_on__gt=day).first()

    def held(self, first: date, last: date) -> list[FiscalPeriod]:
        """The periods of these days, kept as they are until the transaction ends: closing waits for postings.

        Postings do not wait for each other. SQLite lets one write at a time anyway.
        """
        periods = self.filter(starts_on__lte=last, ends_on__gt=first).order_by("starts_on")
        if connection.vendor != "postgresql":
            return list(periods)
        sql, params = periods.query.sql_with_params()
        return list(self.raw(f"{sql} FOR SHARE", params))


class RoleRateQuerySet(models.QuerySet["RoleRate"]):
    def in_force(self, role: JobRole, on: date, known_at: datetime | None = None) -> RoleRate | None:
        """The rate of a role on a day, as known now or at some moment."""
        rates = self.filter(models.Q(valid_to=None) | models.Q(valid_to__gt=on), role=role, valid_from__lte=on)
        if known_at is not None:
            rates = rates.filter(recorded_at__lte=known_at)
        return rates.order_by("-valid_from", "-recorded_at", "-pk").first()

    def all_in_force(self, on: date) -> set[int]:
        """The keys of the rates that count on a day, one for each role that has any."""
        rates = self.filter(models.Q(valid_to=None) | models.Q(valid_to__gt=on), valid_from__lte=on)
        ordered = rates.order_by("role", "valid_from", "recorded_at", "pk").values_list("role", "pk")
        return set(dict(ordered).values())

    def before(self, rate: RoleRate) -> RoleRateQuerySet:
        """The rates of the role that count before this one wherever both hold."""
        later = models.Q(recorded_at__gt=rate.recorded_at) | models.Q(recorded_at=rate.recorded_at, pk__gt=rate.pk)
        stronger = models.Q(valid_from__gt=rate.valid_from) | models.Q(valid_from=rate.valid_from) & later
        return self.filter(stronger, role=rate.role_id)


class ExchangeRateQuerySet(models.QuerySet["ExchangeRate"]):
    def in_force(self, base: str, quote: str, kind: str, on: date) -> ExchangeRate | None:
        """The newest rate of that kind not after the day; of one day the latest recorded."""
        rates = self.filter(base=base, quote=quote, kind=kind, valid_on__lte=on)
        return rates.order_by("-valid_on", "-recorded_at", "-pk").first()

    def newest_first(self, on: date) -> ExchangeRateQuerySet:
        """With `counts`, the one of its pair and kind that counts on that day, and whether a later one corrects it."""
        same = self.model._default_manager.filter(
            base=models.OuterRef("base"), quote=models.OuterRef("quote"), kind=models.OuterRef("kind")
        )
        in_force = same.filter(valid_on__lte=on).order_by("-valid_on", "-recorded_at", "-pk").values("pk")
        later = models.Q(recorded_at__gt=models.OuterRef("recorded_at"))
        later |= models.Q(recorded_at=models.OuterRef("recorded_at"), pk__gt=models.OuterRef("pk"))
        rows = self.annotate(
            counts=models.Subquery(in_force[:1]),
            is_corrected=models.Exists(same.filter(later, valid_on=models.OuterRef("valid_on"))),
        )
        return rows.order_by("-valid_on", "-recorded_at", "-pk")

    def asked_for(self, pair: str, kind: str) -> ExchangeRateQuerySet:
        """Those of a pair such as `USD/EUR` and of a kind; of all where none is named."""
        base, _slash, quote = pair.partition("/")
        rows = self.filter(base=base, quote=quote) if pair else self
        return rows.filter(kind=kind) if kind else rows

    def next_after(self, base: str, quote: str, kind: str, on: date) -> ExchangeRate | None:
        """The rate that ends the one of a day: the first of a later day."""
        rows = self.filter(base=base, quote=quote, kind=kind, valid_on__gt=on)
        return rows.order_by("valid_on", "-recorded_at", "-pk").first()
