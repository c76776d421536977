"""The REST face of money: earned value of a project, the burn of a budget, the waste meter and the cost of a point."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.earned_value import EarningRule, Figure, Method
from finance.models import Budget, BudgetLine
from finance.money import MICRO, exponent, to_decimal
from finance.sums import Sums
from finance.then import budgets_then
from outcomes.querysets import day_ends
from people.viewsets import VisibleViewSet
from portal.api.as_of import AS_OF, day_of, demand_shown, project_on
from portal.boards.budget import budget_facts
from portal.boards.cost_per_point import PointCost, point_costs
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
    kpi = serializers.IntegerField(
        allow_null=True, help_text="The KPI that earns by metric_based; null where none is measured."
    )
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


class EarnedValueViewSet(VisibleViewSet):
    """Earned value of a project's newest budget, or of the one that is named."""

    queryset = Project.objects.all()
    serializer_class = EarnedValueOut
    filterset_class = None
    scope = "finance.budgets"
    past = {"earned_value": "projects/{key}/earned-value/"}
    lookup_field = "key"

    @extend_schema(
        parameters=[
            AS_OF,
            OpenApiParameter("budget", int, description="Which budget; the newest when left out."),
            OpenApiParameter("rule", str, enum=[rule.value for rule in EarningRule]),
            OpenApiParameter("method", str, enum=[method.value for method in Method]),
        ],
        responses=EarnedValueOut,
    )
    def earned_value(self, request: Request, key: str) -> Response:
        """CPI, SPI and the estimate at completion, each with its reason where the data cannot support it."""
        project, asked = project_on(request, self.get_object())
        found = budget_facts(project, request.query_params.get("budget", ""), asked.on)
        if found is None:
            raise serializers.ValidationError(_("The project has no budget yet."), code="no_budget")
        facts = earned_facts(
            found.budget,
            rule=request.query_params.get("rule", ""),
            method=request.query_params.get("method", ""),
            on=asked.on or asked.today,
            is_past=asked.on is not None,
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
        "kpi": facts.kpi.pk if facts.kpi and facts.rule is EarningRule.METRIC_BASED else None,
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


class BurnViewSet(VisibleViewSet):
    """Where the spending of one budget is going."""

    queryset = Budget.objects.all()
    serializer_class = BurnOut
    filterset_class = None
    scope = "finance.budgets"
    past = {"burn": "budgets/{id}/burn/"}

    @extend_schema(parameters=[AS_OF], responses=BurnOut)
    def burn(self, request: Request, pk: int) -> Response:
        """The forecast of spending, P10 to P90, and the day on which the approved limit is crossed."""
        budget, asked = self.get_object(), day_of(request)
        if asked.on and not budgets_then(Budget.objects.filter(pk=budget.pk), day_ends(asked.on)).exists():
            demand_shown(asked.too_early(budget.name))
        rows, today = BudgetLine.objects.filter(budget=budget), asked.on or asked.today
        lines = read_lines(rows, asked.on)
        sums, plan = Sums.together(line.sums for line in lines), together(plans_of(lines, asked.on).values(), today)
        spend = [(month, sum(parts.values())) for month, parts in month_sums(rows, asked.on).items()]
        until = plan[-1][0] if plan else today
        outlook = outlook_of(spend, limit=sums.planned, today=today, until=until)
        return Response(BurnOut(_burn(budget, sums, outlook)).data)


def _burn(budget: Budget, sums: Sums, outlook: Outlook) -> dict[str, object]:
    return {
        "budget": budget.pk,
        "currency": budget.currency,
        "planned": format(to_decimal(sums.planned, budget.currency), "f"),
        "spent": format(to_decimal(sums.spent, budget.currency), "f"),
        **fan_of(outlook, budget.currency),
    }


def fan_of(outlook: Outlook, currency: str) -> dict[str, object]:
    """The forecast of spending, or the reason why there is none."""
    text = lambda minor: format(to_decimal(round(minor), currency), "f")  # noqa: E731
    return {
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
    idle = serializers.CharField(allow_null=True, help_text="Places for jobs that stood free; null: not measured.")


class WastedOut(serializers.Serializer):
    job = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in Kind if kind is not Kind.IDLE])
    week = serializers.DateField()
    cost = serializers.CharField()
    better = serializers.CharField(help_text="The job that makes it a repeat, or dominates it.")


class WasteOut(serializers.Serializer):
    currency = serializers.CharField()
    spent = serializers.CharField(help_text="By all jobs that ended in these weeks.")
    wasted = serializers.CharField(help_text="By such jobs and by idle places.")
    a_week = serializers.CharField()
    idle = serializers.CharField(allow_null=True, help_text="Null where no week was measured.")
    weeks = WasteWeekOut(many=True)
    jobs = WastedOut(many=True, help_text="The dearest 200.")


class WasteViewSet(VisibleViewSet):
    """What bought nothing in the last twelve weeks: failed, repeated and dominated jobs, and idle places for jobs."""

    queryset = Project.objects.none()
    serializer_class = WasteOut
    filterset_class = None
    scope = "jobs"
    past = {"read": "waste/"}

    @extend_schema(parameters=[AS_OF], responses=WasteOut)
    def read(self, request: Request) -> Response:
        """By week and job, in the currency of the house."""
        asked = day_of(request)
        return Response(WasteOut(_waste(waste_facts(self.person, timezone.now(), asked.on))).data)


MOST_JOBS = 200


def _waste(facts: WasteFacts) -> dict[str, object]:
    text = lambda micro: _micro(micro, facts.currency)  # noqa: E731
    dearest = sorted(facts.wasted, key=lambda each: -each.job.micro)[:MOST_JOBS]
    return {
        "currency": settings.CURRENCY,
        "spent": text(facts.spent_micro),
        "wasted": text(facts.micro()),
        "a_week": text(facts.a_week_micro),
        "idle": text(facts.micro(kind=Kind.IDLE)) if facts.measured else None,
        "weeks": [
            {
                "week": week,
                **{kind.value: text(facts.micro(week, kind)) for kind in Kind},
                **({} if week in facts.measured else {Kind.IDLE.value: None}),
            }
            for week in facts.weeks
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


class PointCostOut(serializers.Serializer):
    project = serializers.CharField()
    recipe = serializers.CharField()
    metric = serializers.CharField()
    jobs = serializers.IntegerField(help_text="That have ended.")
    currency = serializers.CharField()
    cost = serializers.CharField(help_text="Of all of them.")
    first = serializers.FloatField(allow_null=True, help_text="The metric of the first finished run.")
    best = serializers.FloatField(allow_null=True)
    gain = serializers.FloatField(
        allow_null=True, help_text="In points of a share, or in units of another metric; above 0 is better."
    )
    cost_per_point = serializers.CharField(allow_null=True)
    reason = serializers.CharField(help_text="Why a point has no price; empty where it has one.")


class CostPerPointViewSet(VisibleViewSet):
    """What a point of quality has cost, by project and recipe."""

    queryset = Project.objects.none()
    serializer_class = PointCostOut
    filterset_class = None
    scope = "jobs"
    past = {"list": "cost-per-point/"}

    @extend_schema(parameters=[AS_OF])
    def list(self, request: Request) -> Response:
        """The dearest point first, those without a price last."""
        rows = self.paginate_queryset(point_costs(self.person, day_of(request).on)) or ()
        return self.get_paginated_response(PointCostOut([_point(row) for row in rows], many=True).data)


def _point(row: PointCost) -> dict[str, object]:
    price = row.micro_a_point
    return {
        "project": row.key,
        "recipe": row.recipe,
        "metric": row.metric,
        "jobs": row.jobs,
        "currency": settings.CURRENCY,
        "cost": _micro(row.micro, settings.CURRENCY),
        "first": row.first,
        "best": row.best,
        "gain": row.gain,
        "cost_per_point": None if price is None else _micro(price, settings.CURRENCY),
        "reason": row.reason,
    }


def _micro(micro: int, currency: str) -> str:
    return f"{micro / MICRO:.{exponent(currency) + 4}f}"
