"""Admin pages of finance: publish a rate card; budgets, reservations and the journal are only shown."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from finance.models import (
    Budget,
    BudgetLine,
    BudgetVersion,
    Commitment,
    CostCentre,
    ExchangeRate,
    FiscalPeriod,
    FundingTranche,
    JournalEntry,
    LedgerEntry,
    MonthSpend,
    PlanLine,
    RateAdjustment,
    RateCard,
    Reservation,
    RoleRate,
    StageCompletion,
    TimeEntry,
    TrancheLine,
)
from finance.money import to_decimal
from finance.permissions import may_publish_rates
from finance.services.rates import publish_rate_card
from people.admin_rules import ReadOnlyAdmin, ReadOnlyInline, ShownAdmin
from people.models import User


def amount(minor: int, currency: str) -> str:
    return f"{to_decimal(minor, currency):,} {currency}"


@admin.register(RateCard)
class RateCardAdmin(ReadOnlyAdmin):
    """Adding one publishes the next version through the verb; a published card never changes."""

    list_display = ["name", "version", "currency", "valid_from", "cpu_core_hour", "gpu_hour", "kwh"]
    list_filter = ["name", "currency"]
    search_fields = ["name"]
    exclude = ["version"]

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return may_publish_rates(cast(User, request.user))

    def save_model(self, request: HttpRequest, obj: RateCard, form: Any, change: bool) -> None:
        published = publish_rate_card(by=cast(User, request.user), **form.cleaned_data)
        obj.pk, obj.version = published.pk, published.version

    @admin.display(description=_("CPU core-hour"))
    def cpu_core_hour(self, card: RateCard) -> str:
        return f"{card.cpu_core_hour_micro / 1e6:.4f}"

    @admin.display(description=_("GPU-hour"))
    def gpu_hour(self, card: RateCard) -> str:
        return f"{card.gpu_hour_micro / 1e6:.4f}"

    @admin.display(description=_("kWh"))
    def kwh(self, card: RateCard) -> str:
        return f"{card.kwh_micro / 1e6:.4f}"


class BudgetLineInline(ReadOnlyInline):
    model = BudgetLine


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin):
    list_display = ["project", "name", "currency", "approved_by", "approved_on"]
    list_filter = ["currency", "project"]
    list_select_related = ["project", "approved_by"]
    search_fields = ["name", "project__key", "project__title"]
    date_hierarchy = "approved_on"
    inlines = [BudgetLineInline]


@admin.register(BudgetLine)
class BudgetLineAdmin(ReadOnlyAdmin):
    list_display = ["budget", "category", "planned", "reserved", "spent", "available"]
    list_filter = ["category", "budget__project"]
    list_select_related = ["budget__project"]
    search_fields = ["budget__project__key", "budget__name"]

    @admin.display(description=_("planned"), ordering="planned_minor")
    def planned(self, line: BudgetLine) -> str:
        return amount(line.planned_minor, line.budget.currency)

    @admin.display(description=_("reserved"), ordering="reserved_minor")
    def reserved(self, line: BudgetLine) -> str:
        return amount(line.reserved_minor, line.budget.currency)

    @admin.display(description=_("spent"), ordering="spent_minor")
    def spent(self, line: BudgetLine) -> str:
        return amount(line.spent_minor, line.budget.currency)

    @admin.display(description=_("available"))
    def available(self, line: BudgetLine) -> str:
        return amount(line.available_minor, line.budget.currency)


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ["reference", "line", "amount_minor", "status", "created_at", "ended_at"]
    list_filter = ["status", "line__budget__project"]
    list_select_related = ["line__budget__project"]
    search_fields = ["reference", "line__budget__project__key"]
    date_hierarchy = "created_at"


class LedgerEntryInline(ReadOnlyInline):
    model = LedgerEntry
    show_change_link = False


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    list_display = ["id", "effective_on", "memo", "currency", "source", "external_id", "posted_by", "reverses"]
    list_filter = ["source", "currency"]
    list_select_related = ["posted_by", "reverses"]
    search_fields = ["memo", "external_id", "source"]
    date_hierarchy = "effective_on"
    inlines = [LedgerEntryInline]


admin.site.register(
    [
        BudgetVersion,
        Commitment,
        CostCentre,
        ExchangeRate,
        FiscalPeriod,
        FundingTranche,
        MonthSpend,
        PlanLine,
        RateAdjustment,
        RoleRate,
        StageCompletion,
        TimeEntry,
        TrancheLine,
    ],
    ShownAdmin,
)
