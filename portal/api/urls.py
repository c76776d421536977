"""Every address of the API, version 1."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from experiments.viewsets import DatasetViewSet, ModelVersionViewSet, RunViewSet
from finance.viewsets import BudgetViewSet, RateCardViewSet, ReservationViewSet
from finance.viewsets_labour import RoleRateViewSet, TimeEntryViewSet
from outcomes.viewsets import ContractViewSet, KpiViewSet
from people.client_access import ClientTokenView
from people.viewsets import AuditViewSet, CurrentTokenView, MeView, NoticeViewSet, TokenView
from people.viewsets_employment import EmploymentViewSet, JobRoleViewSet
from portal.api import schema as schema
from portal.api.views import NothingHere, docs
from projects.viewsets import FeedbackViewSet, ProjectViewSet
from projects.viewsets_people import AllocationViewSet
from trainingjobs.viewsets import JobViewSet, RecipeViewSet
from trainingjobs.viewsets_queue import ApprovalViewSet, QueueView, WorkerViewSet
from trainingjobs.viewsets_timing import ForecastAccuracyViewSet, StepTimingViewSet

app_name = "api"

router = SimpleRouter(use_regex_path=False)
for prefix, face in {
    "projects": ProjectViewSet,
    "feedback": FeedbackViewSet,
    "budgets": BudgetViewSet,
    "reservations": ReservationViewSet,
    "rate-cards": RateCardViewSet,
    "kpis": KpiViewSet,
    "contracts": ContractViewSet,
    "recipes": RecipeViewSet,
    "jobs": JobViewSet,
    "approvals": ApprovalViewSet,
    "workers": WorkerViewSet,
    "step-timings": StepTimingViewSet,
    "forecast-accuracy": ForecastAccuracyViewSet,
    "runs": RunViewSet,
    "models": ModelVersionViewSet,
    "datasets": DatasetViewSet,
    "notices": NoticeViewSet,
    "audit": AuditViewSet,
    "job-roles": JobRoleViewSet,
    "employments": EmploymentViewSet,
    "allocations": AllocationViewSet,
    "role-rates": RoleRateViewSet,
    "time-entries": TimeEntryViewSet,
}.items():
    router.register(prefix, face, basename=prefix)

v1 = [
    path("me/", MeView.as_view(), name="me"),
    path("tokens/", TokenView.as_view(), name="tokens"),
    path("tokens/current/", CurrentTokenView.as_view(), name="tokens-current"),
    path("queue/", QueueView.as_view(), name="queue"),
    *router.urls,
]
urlpatterns = [
    path("v1/", include(v1)),
    path("oauth/token/", ClientTokenView.as_view(), name="client-token"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    re_path("", NothingHere.as_view(), name="nothing-here"),
]
