"""The REST face of the budget page: lines, versions and tranches of a project's budget, as of any day."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import BudgetLine, BudgetVersion
from finance.sums import COLUMNS, Sums
from people.viewsets import VisibleViewSet
from portal.api.as_of import AS_OF, project_on
from portal.api.boards import CategorySumsOut, RateVarianceOut, SumsOut, text_of
from portal.boards.budget import BudgetFacts, budget_facts, headline_of
from portal.boards.money import fx_variance_of
from projects.models import Project, Station


class PolicySumsOut(CategorySumsOut):
    line = serializers.IntegerField()
    policy = serializers.ChoiceField(BudgetLine.Policy.choices, help_text="What happens when it is used up.")


class VersionOnBoardOut(serializers.Serializer):
    version = serializers.IntegerField()
    number = serializers.IntegerField()
    status = serializers.ChoiceField(BudgetVersion.Status.choices)
    reason = serializers.CharField()
    approved_at = serializers.DateTimeField(allow_null=True)


class TrancheOnBoardOut(serializers.Serializer):
    station = serializers.ChoiceField(Station.choices)
    amount = serializers.CharField()
    released_at = serializers.DateTimeField(allow_null=True, help_text="Null: it waits behind its gate.")


class ShiftOut(serializers.Serializer):
    category = serializers.CharField(help_text="In words.")
    difference = serializers.CharField(help_text="Of the current plan from the baseline.")


class BudgetBoardOut(serializers.Serializer):
    """One budget of a project with what hangs on it."""

    project = serializers.CharField()
    on = serializers.DateField()
    headline = serializers.CharField()
    budget = serializers.IntegerField()
    budgets = serializers.ListField(child=serializers.IntegerField(), help_text="All of the project, the newest first.")
    currency = serializers.CharField()
    is_metered = serializers.BooleanField()
    sums = SumsOut()
    lines = PolicySumsOut(many=True)
    versions = VersionOnBoardOut(many=True)
    tranches = TrancheOnBoardOut(many=True)
    shifts = ShiftOut(many=True, help_text="What each category gained or lost against the baseline.")
    variance = RateVarianceOut()


class BudgetBoardViewSet(VisibleViewSet):
    """The budget page of a project: the newest budget, or the one that is named."""

    queryset = Project.objects.all()
    serializer_class = BudgetBoardOut
    filterset_class = None
    scope = "finance.budgets"
    lookup_field = "key"
    past = {"budget": "projects/{key}/budget/"}

    @extend_schema(
        parameters=[AS_OF, OpenApiParameter("budget", int, description="Which budget; the newest when left out.")],
        responses=BudgetBoardOut,
    )
    def budget(self, request: Request, key: str) -> Response:
        """Its lines, versions and tranches; of now or as known at the end of a past day."""
        project, asked = project_on(request, self.get_object())
        facts = budget_facts(project, request.query_params.get("budget", ""), asked.on)
        if facts is None:
            raise serializers.ValidationError(_("The project has no budget yet."), code="no_budget")
        variance = fx_variance_of(facts.budget.lines.order_by(), asked.on)
        currency = facts.budget.currency
        told = _told(facts) | {
            "project": project.key,
            "on": asked.on or asked.today,
            "variance": {
                name: text_of(getattr(variance, name), currency) for name in ("until_order", "since", "together")
            },
        }
        return Response(BudgetBoardOut(told).data)


def _told(facts: BudgetFacts) -> dict[str, Any]:
    budget, currency = facts.budget, facts.budget.currency
    return {
        "headline": headline_of(facts),
        "budget": budget.pk,
        "budgets": [each.pk for each in facts.budgets],
        "currency": currency,
        "is_metered": budget.is_metered,
        "sums": _sums(facts.sums, currency),
        "lines": [
            {"line": line.pk, "category": line.category, "policy": line.policy, **_sums(line.sums, currency)}
            for line in facts.lines
        ],
        "versions": [
            {
                "version": version.pk,
                "number": version.number,
                "status": version.status,
                "reason": version.reason,
                "approved_at": version.approved_at,
            }
            for version in facts.versions
        ],
        "tranches": [
            {
                "station": tranche.station,
                "amount": text_of(tranche.minor, currency),
                "released_at": tranche.released_at,
            }
            for tranche in facts.tranches
        ],
        "shifts": [{"category": word, "difference": text_of(minor, currency)} for word, minor in facts.shifts],
    }


def _sums(sums: Sums, currency: str) -> dict[str, str]:
    return {name: text_of(getattr(sums, name), currency) for name in (*COLUMNS, "available")}
