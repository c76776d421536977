"""The REST face of targets, benefits, cases, objectives, triage and forecasters: what is read and what is sent."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError as BrokenRule
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from experiments.models import ModelVersion
from finance.money import to_decimal
from finance.serializers import AMOUNT, AmountIn, MinorOut, currency_field, minor_units
from finance.serializers_journal import SignedAmountIn
from outcomes.appraisal import Figure, Flow
from outcomes.case import figures_of
from outcomes.models import (
    Benefit,
    BenefitPlan,
    BenefitRealisation,
    BusinessCase,
    CashFlow,
    FeedbackTriage,
    Kpi,
    KpiTarget,
    ValueContract,
)
from outcomes.services.measurement import MOST_AT_ONCE, MeasurementDraft
from people.serializers import (
    Input,
    NumberField,
    Output,
    UtcField,
    VisibleKeyField,
    VisibleSlugField,
    name_field,
    person_field,
)
from projects.models import Demand, Feedback, Portfolio
from projects.serializers import project_field


def kpi_field(**options: Any) -> VisibleKeyField:
    return VisibleKeyField(queryset=Kpi.objects.all(), pk_field=serializers.IntegerField(), **options)


def model_field(**options: Any) -> VisibleKeyField:
    return VisibleKeyField(queryset=ModelVersion.objects.all(), pk_field=serializers.UUIDField(), **options)


EXCLUSIVE = _("The day after the last one: a span to 31 August ends on 1 September.")


class KpiTargetOut(Output):
    class Meta:
        model = KpiTarget
        fields = ["id", "kpi", "starts_on", "ends_on", "value", "value_high", "amber", "red"]
        extra_kwargs = {"ends_on": {"help_text": EXCLUSIVE}}


class KpiTargetIn(Input):
    kpi = kpi_field()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text=EXCLUSIVE)
    value = NumberField(help_text=_("Of a band its lower end."))
    value_high = NumberField(required=False, allow_null=True, help_text=_("Upper end of a band."))
    amber = NumberField(help_text=_("Beyond it the light is amber; of a band, a distance outside of it."))
    red = NumberField(help_text=_("Beyond it the light is red; of a band, a distance outside of it."))


class SensitivityIn(Input):
    metric = serializers.CharField(max_length=80)


class RegressionOut(serializers.Serializer):
    slope = serializers.FloatField(read_only=True)
    intercept = serializers.FloatField(read_only=True)
    standard_error = serializers.FloatField(read_only=True)
    low = serializers.FloatField(read_only=True, help_text=_("Begin of the 90 % interval of the slope."))
    high = serializers.FloatField(read_only=True)
    n = serializers.IntegerField(read_only=True, help_text=_("Models; readings of one model count as their mean."))
    r2 = serializers.FloatField(read_only=True)


class SensitivityOut(serializers.Serializer):
    metric = serializers.CharField(read_only=True)
    line = RegressionOut(read_only=True, allow_null=True)
    reason = serializers.CharField(read_only=True, help_text=_("Why there is no line."))


class MeasurementRowIn(Input):
    kpi = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    value = NumberField()
    measured_at = UtcField()
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]
    model_version = serializers.UUIDField(required=False, allow_null=True)


class MeasurementsIn(Input):
    measurements = MeasurementRowIn(many=True, allow_empty=False, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Drafts as the verb wants them; the KPIs and models of all rows are read in two queries."""
        user, rows = self.context["request"].user, attrs["measurements"]
        kpis = Kpi.objects.visible_to(user).select_related("project").in_bulk({row["kpi"] for row in rows})
        named = {row["model_version"] for row in rows if row.get("model_version")}
        models = ModelVersion.objects.visible_to(user).select_related("run").in_bulk(named)
        faults = {}
        for index, row in enumerate(rows):
            for field, known in (("kpi", kpis), ("model_version", models)):
                if row.get(field) and row[field] not in known:
                    text = _("There is no such row that you may see.")
                    faults[f"measurements.{index}.{field}"] = BrokenRule(text, code="does_not_exist")
        if faults:
            raise BrokenRule(faults)
        return {
            "drafts": [
                MeasurementDraft(
                    kpis[row["kpi"]],
                    row["value"],
                    row["measured_at"],
                    row.get("source", ""),
                    models.get(row.get("model_version")),
                )
                for row in rows
            ]
        }


class ImportedOut(serializers.Serializer):
    recorded = serializers.IntegerField(read_only=True)
    repeated = serializers.ListField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text=_("Lines passed over: recorded already, or twice in the file."),
    )


class BenefitPlanOut(Output):
    planned = MinorOut("planned_minor", "benefit.currency")

    class Meta:
        model = BenefitPlan
        fields = ["month", "planned"]


class RealisationOut(Output):
    actual = MinorOut("actual_minor", "benefit.currency")
    recorded_by = name_field()

    class Meta:
        model = BenefitRealisation
        fields = ["month", "actual", "attributed_percent", "note", "recorded_at", "recorded_by"]


class BenefitOut(Output):
    project = name_field("key")
    owner = name_field()
    baseline = MinorOut("baseline_minor", help_text=_("What a month brought before the project."))
    plan = BenefitPlanOut(many=True)
    realisations = RealisationOut(many=True)

    class Meta:
        model = Benefit
        fields = [
            "id",
            "project",
            "name",
            "kind",
            "owner",
            "kpi",
            "contract",
            "currency",
            "baseline",
            "tolerance_percent",
            "created_at",
            "plan",
            "realisations",
        ]


class PlannedMonthIn(Input):
    month = serializers.DateField(help_text=_("Its first day."))
    planned = SignedAmountIn()


class BenefitPlanIn(Input):
    plan = PlannedMonthIn(many=True, allow_empty=False, max_length=240)  # type: ignore[call-arg]

    def months(self, rows: list[Mapping[str, Any]], currency: str) -> dict[date, int]:
        """The plan as the verb wants it: minor units by month, each month once."""
        plan: dict[date, int] = {}
        for number, row in enumerate(rows):
            if row["month"] in plan:
                text = _("One amount for each month.")
                raise BrokenRule({f"plan.{number}.month": BrokenRule(text, code="duplicate")})
            plan[row["month"]] = minor_units(f"plan.{number}.planned", row["planned"], currency)
        return plan

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs | {"plan": self.months(attrs["plan"], self.context["benefit"].currency)}


class BenefitIn(BenefitPlanIn):
    project = project_field()
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(Benefit.Kind.choices)
    owner = person_field()
    currency = currency_field()
    kpi = kpi_field(required=False, allow_null=True)
    contract = VisibleKeyField(
        queryset=ValueContract.objects.select_related("kpi"),
        pk_field=serializers.IntegerField(),
        required=False,
        allow_null=True,
    )
    baseline = SignedAmountIn(required=False)
    tolerance_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        currency = attrs["currency"]
        if "baseline" in attrs:
            attrs["baseline_minor"] = minor_units("baseline", attrs.pop("baseline"), currency)
        return attrs | {"plan": self.months(attrs["plan"], currency)}


class RealiseIn(Input):
    month = serializers.DateField(help_text=_("Its first day."))
    actual = SignedAmountIn(help_text=_("What came beyond what a month brought before."))
    attributed_percent = serializers.IntegerField(min_value=0, max_value=100, default=100)
    note = serializers.CharField(max_length=240, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["actual_minor"] = minor_units("actual", attrs.pop("actual"), self.context["benefit"].currency)
        return attrs


class CashFlowOut(Output):
    cost = MinorOut("cost_minor", "case.currency")
    benefit = MinorOut("benefit_minor", "case.currency")

    class Meta:
        model = CashFlow
        fields = ["year", "cost", "benefit", "p_cumulative_percent"]


class AmountFigureOut(serializers.Serializer):
    value = serializers.RegexField(AMOUNT, read_only=True, allow_null=True)
    reason = serializers.CharField(read_only=True, help_text=_("Why there is no figure."))


class ShareFigureOut(serializers.Serializer):
    value = serializers.FloatField(read_only=True, allow_null=True)
    reason = serializers.CharField(read_only=True, help_text=_("Why there is no figure."))


class FiguresOut(serializers.Serializer):
    npv = AmountFigureOut(read_only=True)
    rnpv = AmountFigureOut(read_only=True, help_text=_("NPV in which each year counts by its probability."))
    irr = ShareFigureOut(read_only=True)
    roi = ShareFigureOut(read_only=True)
    payback = ShareFigureOut(read_only=True, help_text=_("Years."))
    discounted_payback = ShareFigureOut(read_only=True, help_text=_("Years."))


class CaseOut(Output):
    project = name_field("key")
    made_by = name_field()
    flows = CashFlowOut(many=True)
    figures = serializers.SerializerMethodField()

    class Meta:
        model = BusinessCase
        fields = [
            "id",
            "project",
            "version",
            "currency",
            "discount_rate_bp",
            "starts_on",
            "note",
            "made_by",
            "made_at",
            "flows",
            "figures",
        ]

    @extend_schema_field(FiguresOut)
    def get_figures(self, case: BusinessCase) -> dict[str, Any]:
        figures = figures_of(case)
        amounts = {name: _amount(getattr(figures, name), case.currency) for name in ("npv", "rnpv")}
        shares = {name: _share(getattr(figures, name)) for name in ("irr", "roi", "payback", "discounted_payback")}
        return amounts | shares


def _amount(figure: Figure, currency: str) -> dict[str, Any]:
    value = None if figure.value is None else format(to_decimal(int(figure.value), currency), "f")
    return {"value": value, "reason": figure.reason}


def _share(figure: Figure) -> dict[str, Any]:
    return {"value": None if figure.value is None else round(float(figure.value), 6), "reason": figure.reason}


class CashFlowIn(Input):
    year = serializers.IntegerField(min_value=0, max_value=30)
    cost = AmountIn()
    benefit = AmountIn()
    p_cumulative_percent = serializers.IntegerField(min_value=0, max_value=100, default=100)


class CaseIn(Input):
    project = project_field()
    currency = currency_field()
    discount_rate_bp = serializers.IntegerField(min_value=0, max_value=10_000)
    starts_on = serializers.DateField(default=timezone.localdate)
    note = serializers.CharField(max_length=240, required=False, allow_blank=True)
    flows = CashFlowIn(many=True, allow_empty=False, max_length=31)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        currency = attrs["currency"]
        attrs["flows"] = [
            Flow(
                row["year"],
                minor_units(f"flows.{number}.cost", row["cost"], currency),
                minor_units(f"flows.{number}.benefit", row["benefit"], currency),
                row["p_cumulative_percent"],
            )
            for number, row in enumerate(attrs["flows"])
        ]
        return attrs


class ProgressOut(serializers.Serializer):
    raw = serializers.FloatField(read_only=True, allow_null=True, help_text=_("May lie below 0 or above 1."))
    shown = serializers.FloatField(read_only=True, allow_null=True, help_text=_("Between 0 and 1."))
    reason = serializers.CharField(read_only=True)


class KeyResultOut(serializers.Serializer):
    id = serializers.IntegerField(source="key_result.pk", read_only=True)
    kpi = serializers.IntegerField(source="key_result.kpi_id", read_only=True)
    name = serializers.CharField(source="key_result.kpi.name", read_only=True)
    baseline = serializers.FloatField(source="key_result.baseline", read_only=True)
    target = serializers.FloatField(source="key_result.target", read_only=True)
    target_high = serializers.FloatField(
        source="key_result.target_high", read_only=True, allow_null=True, help_text=_("Upper end of a band.")
    )
    weight = serializers.IntegerField(source="key_result.weight", read_only=True)
    current = serializers.FloatField(read_only=True, allow_null=True)
    measured_at = UtcField(read_only=True, allow_null=True)
    progress = ProgressOut(read_only=True)


class PortfolioObjectiveOut(serializers.Serializer):
    id = serializers.IntegerField(source="objective.pk", read_only=True)
    portfolio = serializers.CharField(source="objective.portfolio.name", read_only=True)
    title = serializers.CharField(source="objective.title", read_only=True)
    owner = serializers.CharField(source="objective.owner.username", read_only=True, help_text=_("User name."))
    starts_on = serializers.DateField(source="objective.starts_on", read_only=True)
    ends_on = serializers.DateField(source="objective.ends_on", read_only=True, help_text=EXCLUSIVE)
    progress = ProgressOut(read_only=True)
    key_results = serializers.SerializerMethodField(help_text=_("Those of projects that you may see."))

    @extend_schema_field(KeyResultOut(many=True))
    def get_key_results(self, row: Any) -> list[dict[str, Any]]:
        seen = self.context["visible_projects"]
        shown = [each for each in row.key_results if seen is None or each.key_result.kpi.project_id in seen]
        return KeyResultOut(shown, many=True).data  # type: ignore[return-value]


class ObjectiveIn(Input):
    portfolio = VisibleSlugField(slug_field="name", queryset=Portfolio.objects.all())
    title = serializers.CharField(max_length=160)
    owner = person_field()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text=EXCLUSIVE)


class KeyResultIn(Input):
    kpi = kpi_field()
    baseline = NumberField(required=False, help_text=_("That of the KPI when left out."))
    target = NumberField(required=False, help_text=_("That of the KPI when left out."))
    weight = serializers.IntegerField(min_value=1, max_value=100, required=False)


class TriageOut(Output):
    project = serializers.CharField(source="feedback.project.key")
    by = name_field()

    class Meta:
        model = FeedbackTriage
        fields = ["id", "project", "feedback", "status", "model_version", "note", "demand", "by", "at"]


class TriageIn(Input):
    feedback = VisibleKeyField(queryset=Feedback.objects.select_related("project"), pk_field=serializers.IntegerField())
    status = serializers.ChoiceField(FeedbackTriage.Status.choices)
    model_version = model_field(required=False, allow_null=True)
    note = serializers.CharField(max_length=240, required=False, allow_blank=True)
    demand = VisibleKeyField(
        queryset=Demand.objects.all(), pk_field=serializers.IntegerField(), required=False, allow_null=True
    )


class ScoreOut(serializers.Serializer):
    forecasts = serializers.IntegerField(read_only=True)
    value = serializers.FloatField(read_only=True, allow_null=True)
    reason = serializers.CharField(read_only=True)


class ForecasterOut(serializers.Serializer):
    user = serializers.CharField(source="user.username", read_only=True, help_text=_("User name."))
    stages = ScoreOut(read_only=True, help_text=_("Brier score of the probabilities given to stages."))
    benefits = ScoreOut(read_only=True, help_text=_("Median error of the months promised, as a share of the promise."))
