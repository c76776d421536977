"""The REST face of the money boards: earned value of a project, the burn of a budget, and the waste meter."""

from typing import cast

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from finance.earned_value import EarningRule, Figure, Method
from finance.models import Budget, BudgetLine
from finance.money import MICRO, exponent, to_decimal
from finance.sums import Sums
from people.models import User
from portal.boards.budget import budget_facts
from portal.boards.earned_value import EarnedFacts, earned_facts
from portal.boards.lines import read_lines
from portal.boards.money import month_sums
from portal.boards.money_plan import plans_of, together
from portal.boards.outlook import Outlook, outlook_of
from portal.boards.waste import Kind, WasteFacts, waste_facts
from projects.models import Project


class FigureOut(serializers.Serializer):
    """A figure, or the reason why there is none."""

    value = serializers.CharField(allow_null=True, help_text="A decimal string.")
    reason = serializers.CharField(help_text="Empty where there is a value.")


class EarnedValueOut(serializers.Serializer):
    project = serializers.CharField()
    budget = serializers.IntegerField()
    currency = serializers.CharField()
    on = serializers.DateField()
    earning_rule = serializers.ChoiceField([rule.value for rule in EarningRule])
    method = serializers.ChoiceField([method.value for method in Method])
    planned_value = FigureOut()
    earned_value = FigureOut()
    actual_cost = FigureOut()
    budget_at_completion = FigureOut()
    cost_variance = FigureOut()
    schedule_variance = FigureOut()
    cpi = FigureOut()
    spi = FigureOut()
    spi_t = FigureOut()
    earned_schedule_days = FigureOut()
    estimate_at_completion = FigureOut()
    estimate_to_complete = FigureOut()
    variance_at_completion = FigureOut()
    tcpi_bac = FigureOut()
    tcpi_eac = FigureOut()


class EarnedValueView(GenericAPIView):
    """Earned value of a project's newest budget, or of the one that is named."""

    queryset = Project.objects.none()
    serializer_class = EarnedValueOut
    filter_backends = ()
    pagination_class = None

    @extend_schema(
        parameters=[
            OpenApiParameter("budget", int, description="Which budget; the newest when left out."),
            OpenApiParameter("rule", str, enum=[rule.value for rule in EarningRule]),
            OpenApiParameter("method", str, enum=[method.value for method in Method]),
        ],
        operation_id="projects_earned_value",
    )
    def get(self, request: Request, key: str) -> Response:
        """CPI, SPI and the estimate at completion, each with its reason where the data cannot support it."""
        project = get_object_or_404(Project.objects.visible_to(cast(User, request.user)), key=key)
        found = budget_facts(project, request.query_params.get("budget", ""))
        if found is None:
            raise serializers.ValidationError("The project has no budget yet.", code="no_budget")
        facts = earned_facts(
            found.budget,
            rule=request.query_params.get("rule", ""),
            method=request.query_params.get("method", ""),
            on=timezone.localdate(),
        )
        return Response(EarnedValueOut(_earned(project, found.budget, facts)).data)


def _earned(project: Project, budget: Budget, facts: EarnedFacts) -> dict[str, object]:
    state, method = facts.state, facts.method
    amounts = {
        "planned_value": state.planned_value,
        "earned_value": state.earned_value,
        "actual_cost": state.actual_cost,
        "budget_at_completion": state.budget_at_completion,
        "cost_variance": state.cost_variance,
        "schedule_variance": state.schedule_variance,
        "estimate_at_completion": state.estimate_at_completion(method),
        "estimate_to_complete": state.estimate_to_complete(method),
        "variance_at_completion": state.variance_at_completion(method),
    }
    ratios = {
        "cpi": state.cpi,
        "spi": state.spi,
        "spi_t": facts.spi_t,
        "earned_schedule_days": facts.schedule,
        "tcpi_bac": state.tcpi_bac,
        "tcpi_eac": state.tcpi_eac(method),
    }
    return {
        "project": project.key,
        "budget": budget.pk,
        "currency": budget.currency,
        "on": facts.on,
        "earning_rule": facts.rule.value,
        "method": method.value,
        **{name: _amount(figure, budget.currency) for name, figure in amounts.items()},
        **{name: _ratio(figure) for name, figure in ratios.items()},
    }


def _amount(figure: Figure, currency: str) -> dict[str, str | None]:
    value = None if figure.minor is None else format(to_decimal(figure.minor, currency), "f")
    return {"value": value, "reason": figure.reason}


def _ratio(figure: Figure) -> dict[str, str | None]:
    return {"value": None if figure.value is None else f"{float(figure.value):.4f}", "reason": figure.reason}


class FanOut(serializers.Serializer):
    on = serializers.DateField()
    p10 = serializers.CharField()
    p50 = serializers.CharField()
    p90 = serializers.CharField()


class CrossingOut(serializers.Serializer):
    early = serializers.DateField(allow_null=True, help_text="With a chance of one in ten already on this day.")
    middle = serializers.DateField(allow_null=True)
    late = serializers.DateField(allow_null=True)


class BurnOut(serializers.Serializer):
    budget = serializers.IntegerField()
    currency = serializers.CharField()
    planned = serializers.CharField()
    spent = serializers.CharField()
    fan = FanOut(many=True, help_text="What will have been spent in all; empty without a forecast.")
    limit_crossed = CrossingOut(allow_null=True)
    reason = serializers.CharField(help_text="Why there is no forecast; empty where there is one.")


class BurnView(GenericAPIView):
    """Where the spending of one budget is going."""

    queryset = Budget.objects.none()
    serializer_class = BurnOut
    filter_backends = ()
    pagination_class = None

    @extend_schema(operation_id="budgets_burn")
    def get(self, request: Request, pk: int) -> Response:
        """The forecast of spending, P10 to P90, and the day on which the approved limit is crossed."""
        budget = get_object_or_404(Budget.objects.visible_to(cast(User, request.user)), pk=pk)
        rows, today = BudgetLine.objects.filter(budget=budget), timezone.localdate()
        sums, plan = rows.totals(), together(plans_of(read_lines(rows)).values(), today)
        spend = [(month, sum(parts.values())) for month, parts in month_sums(rows).items()]
        until = plan[-1][0] if plan else today
        outlook = outlook_of(spend, limit=sums.planned, today=today, until=until)
        return Response(BurnOut(_burn(budget, sums, outlook)).data)


def _burn(budget: Budget, sums: Sums, outlook: Outlook) -> dict[str, object]:
    text = lambda minor: format(to_decimal(round(minor), budget.currency), "f")  # noqa: E731
    return {
        "budget": budget.pk,
        "currency": budget.currency,
        "planned": text(sums.planned),
        "spent": text(sums.spent),
        "fan": [
            {"on": fan.on, "p10": text(fan.p10), "p50": text(fan.p50), "p90": text(fan.p90)} for fan in outlook.fan
        ],
        "limit_crossed": outlook.crossing,
        "reason": outlook.reason,
    }


class WasteWeekOut(serializers.Serializer):
    week = serializers.DateField(help_text="Its Monday.")
    failed = serializers.CharField()
    repeated = serializers.CharField()
    dominated = serializers.CharField()


class WastedOut(serializers.Serializer):
    job = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    week = serializers.DateField()
    cost = serializers.CharField()
    better = serializers.CharField(help_text="The job that makes it a repeat, or dominates it.")


class WasteOut(serializers.Serializer):
    currency = serializers.CharField()
    spent = serializers.CharField(help_text="By all jobs that ended in these weeks.")
    wasted = serializers.CharField()
    a_week = serializers.CharField()
    idle = serializers.CharField(allow_null=True, help_text="Always null: idle time of past weeks is not measured.")
    weeks = WasteWeekOut(many=True)
    jobs = WastedOut(many=True, help_text="The dearest 200.")


class WasteView(GenericAPIView):
    """What bought nothing in the last twelve weeks: failed, repeated and dominated jobs."""

    queryset = Budget.objects.none()
    serializer_class = WasteOut
    filter_backends = ()
    pagination_class = None

    @extend_schema(operation_id="waste_read")
    def get(self, request: Request) -> Response:
        """By week and job, in the currency of the house."""
        return Response(WasteOut(_waste(waste_facts(cast(User, request.user), timezone.now()))).data)


MOST_JOBS = 200


def _waste(facts: WasteFacts) -> dict[str, object]:
    text = lambda micro: f"{micro / MICRO:.{exponent(facts.currency) + 4}f}"  # noqa: E731
    dearest = sorted(facts.wasted, key=lambda each: -each.job.micro)[:MOST_JOBS]
    return {
        "currency": settings.CURRENCY,
        "spent": text(facts.spent_micro),
        "wasted": text(facts.micro()),
        "a_week": text(facts.a_week_micro),
        "idle": None,
        "weeks": [
            {"week": week, **{kind.value: text(facts.micro(week, kind)) for kind in Kind}} for week in facts.weeks
        ],
        "jobs": [
            {
                "job": each.job.pk,
                "name": each.job.name,
                "kind": each.kind.value,
                "week": each.week,
                "cost": text(each.job.micro),
                "better": each.better,
            }
            for each in dearest
        ],
    }
