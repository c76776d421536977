"""Every address of the API, version 1."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from experiments.viewsets import DatasetViewSet, ModelVersionViewSet, RunViewSet
from finance.viewsets import BudgetViewSet, ReservationViewSet
from finance.viewsets_completion import StageCompletionViewSet
from finance.viewsets_journal import (
    ActualViewSet,
    CommitmentViewSet,
    CostCentreViewSet,
    FiscalPeriodViewSet,
    JournalBatchViewSet,
    JournalEntryViewSet,
)
from finance.viewsets_labour import RoleRateViewSet, TimeEntryViewSet
from finance.viewsets_limits import ThresholdViewSet
from finance.viewsets_plan import BudgetVersionViewSet, ExchangeRateViewSet, TrancheViewSet
from outcomes.viewsets import ContractViewSet, KpiViewSet
from outcomes.viewsets_course import ProjectCourseViewSet
from outcomes.viewsets_earning import EarningKpiViewSet
from outcomes.viewsets_gate import ConditionViewSet, DecisionViewSet, GateViewSet, ReviewViewSet
from outcomes.viewsets_outcomes import (
    BenefitViewSet,
    CaseViewSet,
    KpiTargetViewSet,
    MeasurementViewSet,
    TriageViewSet,
)
from people.client_access import ClientTokenView
from people.viewsets import AuditViewSet, CurrentTokenView, MeView, NoticeViewSet, TokenView
from people.viewsets_employment import EmploymentViewSet, JobRoleViewSet
from portal.api import schema as schema
from portal.api.boards import HealthViewSet, MoneyBoardViewSet, PortfolioBoardViewSet
from portal.api.budget import BudgetBoardViewSet
from portal.api.explanations import ExplanationViewSet
from portal.api.money import BurnViewSet, CostPerPointViewSet, EarnedValueViewSet, WasteViewSet
from portal.api.outcomes import (
    BenefitBoardViewSet,
    FeedbackBoardViewSet,
    ForecastersOfDayViewSet,
    ObjectivesOfDayViewSet,
)
from portal.api.saved_views import SavedViewViewSet
from portal.api.views import NothingHere, docs
from portal.api.webhooks import DeliveryViewSet, WebhookViewSet
from portal.api.what_if import WhatIfViewSet
from portal.plan_pages.viewsets import RiskViewSet, StageViewSet
from projects.viewsets import FeedbackViewSet
from projects.viewsets_people import AllocationViewSet
from projects.viewsets_plan import (
    DemandViewSet,
    DependencyViewSet,
    MilestoneViewSet,
    PortfolioViewSet,
    ProgrammeViewSet,
)
from trainingjobs.viewsets import JobViewSet, RecipeViewSet
from trainingjobs.viewsets_queue import ApprovalViewSet, QueueView, WorkerViewSet
from trainingjobs.viewsets_rates import PricedRateCardViewSet
from trainingjobs.viewsets_timing import ForecastAccuracyViewSet, StepTimingViewSet

app_name = "api"

router = SimpleRouter(use_regex_path=False)
for prefix, face in {
    "projects": ProjectCourseViewSet,
    "feedback": FeedbackViewSet,
    "demands": DemandViewSet,
    "portfolios": PortfolioViewSet,
    "programmes": ProgrammeViewSet,
    "stages": StageViewSet,
    "stage-completions": StageCompletionViewSet,
    "milestones": MilestoneViewSet,
    "dependencies": DependencyViewSet,
    "risks": RiskViewSet,
    "budgets": BudgetViewSet,
    "reservations": ReservationViewSet,
    "budget-versions": BudgetVersionViewSet,
    "tranches": TrancheViewSet,
    "commitments": CommitmentViewSet,
    "actuals": ActualViewSet,
    "journal-entries": JournalEntryViewSet,
    "journal-batches": JournalBatchViewSet,
    "fiscal-periods": FiscalPeriodViewSet,
    "cost-centres": CostCentreViewSet,
    "exchange-rates": ExchangeRateViewSet,
    "rate-cards": PricedRateCardViewSet,
    "kpis": KpiViewSet,
    "contracts": ContractViewSet,
    "kpi-targets": KpiTargetViewSet,
    "measurements": MeasurementViewSet,
    "benefits": BenefitViewSet,
    "business-cases": CaseViewSet,
    "objectives": ObjectivesOfDayViewSet,
    "feedback-triage": TriageViewSet,
    "forecaster-scores": ForecastersOfDayViewSet,
    "recipes": RecipeViewSet,
    "jobs": JobViewSet,
    "approvals": ApprovalViewSet,
    "workers": WorkerViewSet,
    "step-timings": StepTimingViewSet,
    "forecast-accuracy": ForecastAccuracyViewSet,
    "runs": RunViewSet,
    "models": ModelVersionViewSet,
    "datasets": DatasetViewSet,
    "gates": GateViewSet,
    "gate-reviews": ReviewViewSet,
    "gate-decisions": DecisionViewSet,
    "gate-conditions": ConditionViewSet,
    "notices": NoticeViewSet,
    "audit": AuditViewSet,
    "saved-views": SavedViewViewSet,
    "webhooks": WebhookViewSet,
    "webhook-deliveries": DeliveryViewSet,
    "job-roles": JobRoleViewSet,
    "employments": EmploymentViewSet,
    "allocations": AllocationViewSet,
    "role-rates": RoleRateViewSet,
    "time-entries": TimeEntryViewSet,
}.items():
    router.register(prefix, face, basename=prefix)

threshold = ThresholdViewSet.as_view({"get": "threshold", "post": "set_threshold"})
earning_kpi = EarningKpiViewSet.as_view({"get": "earning_kpi", "post": "choose_kpi"})
health, earned_value = HealthViewSet.as_view({"get": "health"}), EarnedValueViewSet.as_view({"get": "earned_value"})

v1 = [
    path("me/", MeView.as_view(), name="me"),
    path("tokens/", TokenView.as_view(), name="tokens"),
    path("tokens/current/", CurrentTokenView.as_view(), name="tokens-current"),
    path("queue/", QueueView.as_view(), name="queue"),
    path("projects/<slug:key>/approval-threshold/", threshold, name="approval-threshold"),
    path("projects/<slug:key>/earning-kpi/", earning_kpi, name="earning-kpi"),
    path("projects/<slug:key>/health/", health, name="project-health"),
    path("projects/<slug:key>/earned-value/", earned_value, name="earned-value"),
    path("projects/<slug:key>/budget/", BudgetBoardViewSet.as_view({"get": "budget"}), name="budget-board"),
    path("project-health/", HealthViewSet.as_view({"get": "list"}), name="health"),
    path("portfolio/", PortfolioBoardViewSet.as_view({"get": "read"}), name="portfolio"),
    path("money/", MoneyBoardViewSet.as_view({"get": "read"}), name="money"),
    path("benefits-board/", BenefitBoardViewSet.as_view({"get": "read"}), name="benefits-board"),
    path("feedback-board/", FeedbackBoardViewSet.as_view({"get": "read"}), name="feedback-board"),
    path("explanations/", ExplanationViewSet.as_view({"get": "read"}), name="explanations"),
    path("what-if/", WhatIfViewSet.as_view({"get": "read"}), name="what-if"),
    path("budgets/<int:pk>/burn/", BurnViewSet.as_view({"get": "burn"}), name="budget-burn"),
    path("waste/", WasteViewSet.as_view({"get": "read"}), name="waste"),
    path("cost-per-point/", CostPerPointViewSet.as_view({"get": "list"}), name="cost-per-point"),
    *router.urls,
]
urlpatterns = [
    path("v1/", include(v1)),
    path("oauth/token/", ClientTokenView.as_view(), name="client-token"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    re_path("", NothingHere.as_view(), name="nothing-here"),
]
