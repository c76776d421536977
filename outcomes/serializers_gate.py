"""The REST face of gates: criteria sets, reviews with their live readings, decisions with their frozen evidence."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from outcomes import evidence
from outcomes.gate_sets import CriterionDraft
from outcomes.models import EvidenceSnapshot, Gate, GateCondition, GateCriterion, GateDecision, GateReview
from outcomes.services.condition import MOST_CONDITIONS, ConditionDraft
from people.serializers import Input, NumberField, Output, UtcField, name_field, person_field
from projects.models import Horizon, Station
from projects.serializers import project_field

STATIONS = [(station.value, station.label) for station in Station if station is not Station.DEMAND]


class CriterionOut(Output):
    class Meta:
        model = GateCriterion
        fields = ["id", "position", "title", "kind", "weight", "fact", "metric", "comparison", "threshold"]


class GateOut(Output):
    criteria = CriterionOut(many=True)

    class Meta:
        model = Gate
        fields = ["id", "horizon", "station", "title", "pass_percent", "criteria"]


class CriterionIn(Input):
    title = serializers.CharField(max_length=160)
    kind = serializers.ChoiceField(GateCriterion.Kind.choices)
    fact = serializers.ChoiceField(GateCriterion.Fact.choices)
    threshold = NumberField(required=False, allow_null=True, help_text=_("Left out only for a check list."))
    comparison = serializers.ChoiceField(GateCriterion.Comparison.choices, default=GateCriterion.Comparison.AT_LEAST)
    metric = serializers.CharField(max_length=80, required=False, allow_blank=True)
    weight = serializers.IntegerField(min_value=1, max_value=100, default=1)


class GateIn(Input):
    horizon = serializers.ChoiceField(Horizon.choices)
    station = serializers.ChoiceField(STATIONS, help_text=_("The station that the gate opens."))
    title = serializers.CharField(max_length=160, help_text=_("Its question."))
    pass_percent = serializers.IntegerField(min_value=0, max_value=100, default=60)
    criteria = CriterionIn(many=True, allow_empty=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "criteria": [CriterionDraft(**each) for each in attrs["criteria"]]}


class ReviewOut(Output):
    project = name_field("key")
    asked_by = name_field()
    horizon = serializers.ChoiceField(Horizon.choices, source="gate.horizon")
    station = serializers.ChoiceField(STATIONS, source="gate.station")
    question = serializers.CharField(source="gate.title")
    state = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()

    class Meta:
        model = GateReview
        fields = ["id", "project", "number", "gate", "horizon", "station", "question", "asked_by", "asked_at", "due_on",
                  "checks", "withdrawn_at", "state", "outcome"]  # fmt: skip

    def get_state(self, row: GateReview) -> str:
        """open, decided or withdrawn."""
        return "withdrawn" if row.withdrawn_at else "open" if row.is_open else "decided"

    def get_outcome(self, row: GateReview) -> str | None:
        """What was decided, once it is."""
        return row.decision.outcome if hasattr(row, "decision") else None


class ReviewIn(Input):
    project = project_field()
    gate = serializers.PrimaryKeyRelatedField(
        queryset=Gate.objects.all(), pk_field=serializers.IntegerField(), help_text=_("The project's next gate.")
    )
    due_on = serializers.DateField(required=False, allow_null=True)


class AnswerIn(Input):
    criterion = serializers.PrimaryKeyRelatedField(
        queryset=GateCriterion.objects.all(), pk_field=serializers.IntegerField()
    )
    met = serializers.BooleanField()
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ConditionIn(Input):
    text = serializers.CharField(max_length=500)
    due_on = serializers.DateField()
    owner = person_field()


class DecideIn(Input):
    outcome = serializers.ChoiceField(GateDecision.Outcome.choices)
    reasons = serializers.CharField(max_length=4000)
    conditions = ConditionIn(
        many=True, required=False, max_length=MOST_CONDITIONS, help_text=_("Asked for with conditional_go.")
    )  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "conditions": [ConditionDraft(**each) for each in attrs.get("conditions", ())]}


class ConditionOut(Output):
    project = serializers.CharField(source="decision.review.project.key")
    owner = name_field()
    fulfilled_at = UtcField(source="fulfilment.at", default=None, allow_null=True)
    fulfilled_by = serializers.CharField(
        source="fulfilment.by.username", default=None, allow_null=True, help_text=_("User name.")
    )
    note = serializers.CharField(source="fulfilment.note", default="", help_text=_("Where it can be seen."))

    class Meta:
        model = GateCondition
        fields = ["id", "decision", "project", "text", "due_on", "owner", "fulfilled_at", "fulfilled_by", "note"]


class FulfilIn(Input):
    note = serializers.CharField(max_length=500, help_text=_("Where it can be seen."))


class SourceOut(serializers.Serializer):
    kind = serializers.CharField(help_text=_("For example model_version, run, measurement, budget."))
    id = serializers.CharField()
    name = serializers.CharField()
    at = UtcField(allow_null=True)


class ReadingOut(serializers.Serializer):
    """One criterion as it reads now. A value that cannot be read is null, is not met, and says why."""

    criterion = CriterionOut()
    value = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    text = serializers.CharField()
    is_met = serializers.BooleanField()
    missing = serializers.CharField(help_text=_("Why there is no value; empty when there is one."))
    read_from = SourceOut(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        source = instance.source
        told = {name: getattr(instance, name) for name in ("value", "unit", "text", "is_met", "missing")}
        return {
            "criterion": CriterionOut(instance.criterion).data,
            **told,
            "read_from": SourceOut(source).data if source else None,
        }


class EvidenceOut(Output):
    canonical = serializers.SerializerMethodField()

    class Meta:
        model = EvidenceSnapshot
        fields = ["taken_at", "facts", "canonical", "digest"]
        extra_kwargs = {
            "facts": {"help_text": _("What the criteria read. Figures are text; times are ISO 8601 in UTC.")},
            "digest": {
                "help_text": _(
                    "SHA-256, in hexadecimal, of `facts` as canonical JSON: UTF-8, the keys of every object sorted, "
                    "separators `,` and `:` without white space, no escapes but those that JSON asks for."
                )
            },
        }

    def get_canonical(self, row: EvidenceSnapshot) -> str:
        """The facts in canonical form, as they are hashed."""
        return evidence.canonical(row.facts)


class DecisionOut(Output):
    project = serializers.CharField(source="review.project.key")
    station = serializers.ChoiceField(STATIONS, source="review.gate.station")
    decided_by = name_field()
    conditions = ConditionOut(source="terms", many=True)
    conditions_text = serializers.CharField(
        source="conditions", help_text=_("As they were signed; the only form of those from before they had days.")
    )
    evidence = EvidenceOut(source="snapshot")
    signed = serializers.SerializerMethodField()

    class Meta:
        model = GateDecision
        fields = ["id", "review", "project", "station", "outcome", "reasons", "conditions", "conditions_text",
                  "decided_by", "decided_at", "effects", "evidence", "signed", "signature"]  # fmt: skip
        extra_kwargs = {
            "signature": {
                "help_text": _(
                    "SHA-256, in hexadecimal, of `signed`: canonical JSON of conditions, decided_at, decided_by "
                    "(the person's number), digest, outcome and reasons."
                )
            },
        }

    def get_signed(self, row: GateDecision) -> str:
        """What the signature is over, as it is hashed."""
        return evidence.canonical(evidence.signed_form_of(row))
