"""Admin pages of outcomes: correct the words of a KPI; figures, measurements and contracts are written by verbs."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from outcomes.models import (
    Benefit,
    BenefitPlan,
    BenefitRealisation,
    BusinessCase,
    CashFlow,
    ConditionFulfilment,
    EvidenceSnapshot,
    FeedbackTriage,
    Gate,
    GateCondition,
    GateCriterion,
    GateDecision,
    GateReview,
    KeyResult,
    Kpi,
    KpiTarget,
    Measurement,
    Objective,
    ValueContract,
)
from people.admin_rules import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline, ShownAdmin


class ValueContractInline(ReadOnlyInline):
    model = ValueContract
    fields = ["version", "status", "metric", "sensitivity", "units_per_year", "worth_micro", "signed_by", "signed_at"]


@admin.register(Kpi)
class KpiAdmin(AuditedAdmin):
    list_display = ["name", "project", "unit", "direction", "baseline", "target", "owner", "source"]
    list_filter = ["direction", "project"]
    list_select_related = ["project", "owner"]
    search_fields = ["name", "definition", "project__key"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["project", "unit", "direction", "baseline", "target"]
    inlines = [ValueContractInline]

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    list_display = ["measured_at", "kpi", "value", "recorded_by", "recorded_at", "source", "model_version"]
    list_filter = ["kpi__project", "kpi"]
    list_select_related = ["kpi", "recorded_by", "model_version__run"]
    search_fields = ["kpi__name", "kpi__project__key", "source"]
    date_hierarchy = "measured_at"


@admin.register(ValueContract)
class ValueContractAdmin(ReadOnlyAdmin):
    list_display = ["kpi", "version", "status", "metric", "currency", "valid_from", "owner", "signed_by", "signed_at"]
    list_filter = ["status", "metric", "kpi__project"]
    list_select_related = ["kpi", "owner", "signed_by"]
    search_fields = ["kpi__name", "kpi__project__key", "metric"]


admin.site.register(
    [
        Benefit,
        BenefitPlan,
        BenefitRealisation,
        BusinessCase,
        CashFlow,
        ConditionFulfilment,
        EvidenceSnapshot,
        FeedbackTriage,
        Gate,
        GateCondition,
        GateCriterion,
        GateDecision,
        GateReview,
        KeyResult,
        KpiTarget,
        Objective,
    ],
    ShownAdmin,
)
