"""The REST face of recipes, jobs and their attempts."""

import inspect
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from engine.recipe import Recipe
from experiments.models import ModelVersion
from finance.models import LedgerEntry
from finance.money import to_decimal
from finance.serializers import AMOUNT, MicroOut, MinorOut
from people.serializers import Input, Output, VisibleKeyField, name_field
from projects.serializers import project_field
from trainingjobs.models import Attempt, CardAdjustment, JobState, Priority, Resource, TrainingJob
from trainingjobs.serializers_verbs import LimitField, PriorityField, TokenField
from trainingjobs.services.approval import digest_of
from trainingjobs.time_limit import StopAtLimit


class ObjectiveOut(serializers.Serializer):
    metric = serializers.CharField(read_only=True)
    direction = serializers.CharField(read_only=True, help_text=_("higher or lower: which way is better."))
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]


class RecipeOut(serializers.Serializer):
    """One thing the portal can run, with the JSON schema that judges its settings."""

    slug = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    summary = serializers.CharField(read_only=True)
    description = serializers.SerializerMethodField()
    family = serializers.CharField(read_only=True, help_text=_("training or compression."))
    objective = ObjectiveOut(read_only=True)
    parent_kinds = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text=_("Kinds of model it works on; empty when it takes no parent."),
    )
    produces = serializers.CharField(read_only=True, allow_null=True)
    cores = serializers.IntegerField(read_only=True)
    memory_gib = serializers.FloatField(read_only=True)
    gpus = serializers.IntegerField(read_only=True)
    resource = serializers.SerializerMethodField(help_text=_("The queue that its jobs wait in."))
    available = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField(help_text=_("Why it cannot run here, or null."))
    params_schema = serializers.SerializerMethodField()

    def get_description(self, recipe: Recipe) -> str:
        return inspect.getdoc(type(recipe)) or ""

    @extend_schema_field(serializers.ChoiceField(choices=Resource.choices))
    def get_resource(self, recipe: Recipe) -> str:
        return Resource.of(recipe).value

    def get_available(self, recipe: Recipe) -> bool:
        return recipe.unavailable_reason() is None

    def get_reason(self, recipe: Recipe) -> str | None:
        return recipe.unavailable_reason()

    def get_params_schema(self, recipe: Recipe) -> dict[str, Any]:
        return recipe.Params.model_json_schema()


class RangeOut(serializers.Serializer):
    """P10, median and P90 of a forecast duration, in seconds, at most the time limit."""

    low = serializers.FloatField(source="forecast_seconds_low", read_only=True)
    mid = serializers.FloatField(source="forecast_seconds_mid", read_only=True)
    high = serializers.FloatField(source="forecast_seconds_high", read_only=True)


class CostRangeOut(serializers.Serializer):
    """P10, median and P90 of a forecast cost, at most what the time limit lets the job spend."""

    low = MicroOut("forecast_micro_low", "rate_card.currency")
    mid = MicroOut("forecast_micro_mid", "rate_card.currency")
    high = MicroOut("forecast_micro_high", "rate_card.currency")


class ForecastOut(serializers.Serializer):
    """What was predicted for a job, none of it beyond its time limit."""

    seconds = RangeOut(source="*", read_only=True)
    cost = CostRangeOut(source="*", read_only=True)
    stop_at_limit = serializers.ChoiceField(
        choices=StopAtLimit.choices,
        allow_null=True,
        read_only=True,
        help_text=_(
            "Whether the time limit stops it before its work is done: probable when the median of the duration lies "
            "beyond the limit, possible when the P90 does, else null. Then raise the limit or shorten the job."
        ),
    )


class FailureOut(serializers.Serializer):
    """Why a job failed, and the way out."""

    code = serializers.CharField(source="error_code", read_only=True)
    message = serializers.CharField(source="error_message", read_only=True)
    mend = serializers.CharField(source="error_mend", read_only=True)


class CardAdjustmentOut(Output):
    """What a rate card that came late changed about the cost of a job, posted beside its charge."""

    entry = serializers.IntegerField(source="journal_entry_id", help_text=_("Its number in the journal."))
    amount = MinorOut("amount_minor", "journal_entry.currency")
    currency = serializers.CharField(source="journal_entry.currency")
    effective_on = serializers.DateField(source="journal_entry.effective_on")
    rate_card = serializers.IntegerField(source="journal_entry.rate_card_id")

    class Meta:
        model = CardAdjustment
        fields = ["entry", "amount", "currency", "effective_on", "rate_card"]


class JobOut(Output):
    name = serializers.CharField(help_text=_("Key of the project and number, for example TRI-47."))
    project = name_field("key")
    submitted_by = name_field()
    share_done = serializers.FloatField()
    currency = serializers.CharField(source="rate_card.currency")
    cost = MicroOut("cost_micro", "rate_card.currency", help_text=_("So far, live while the job runs."))
    charged = serializers.SerializerMethodField(help_text=_("Posted to the budget when the job ended, or null."))
    adjustments = CardAdjustmentOut(
        source="late",
        many=True,
        help_text=_("What late rate cards changed beside the charge, as far as nobody took it back."),
    )
    forecast = ForecastOut(source="*")
    failure = serializers.SerializerMethodField()
    to_approve = serializers.SerializerMethodField(
        help_text=_("Digest of what a manager decides on while the job awaits approval, or null.")
    )

    class Meta:
        model = TrainingJob
        fields = [
            "id",
            "name",
            "project",
            "number",
            "recipe",
            "params",
            "parent",
            "retry_of",
            "submitted_by",
            "submitted_at",
            "resource",
            "priority",
            "time_limit_s",
            "needs_approval",
            "to_approve",
            "state",
            "pause_reason",
            "queued_at",
            "started_at",
            "finished_at",
            "cancel_requested_at",
            "pause_requested_at",
            "step",
            "steps",
            "epoch",
            "epochs",
            "share_done",
            "progress_message",
            "failure",
            "currency",
            "cost",
            "charged",
            "adjustments",
            "forecast",
            "cpu_core_seconds",
            "gpu_seconds",
            "gib_seconds",
            "energy_wh",
            "rate_card",
            "reservation",
            "run",
        ]

    @extend_schema_field({"type": ["string", "null"], "pattern": AMOUNT, "examples": ["0.25"]})
    def get_charged(self, job: TrainingJob) -> str | None:
        if job.charge is None:
            return None
        sides = job.charge.entries.all()
        minor = sum(side.amount_minor for side in sides if side.account == LedgerEntry.Account.EXPENSE)
        return format(to_decimal(minor, job.charge.currency), "f")

    def get_to_approve(self, job: TrainingJob) -> str | None:
        return digest_of(job) if job.state == JobState.AWAITING else None

    @extend_schema_field(FailureOut(allow_null=True))
    def get_failure(self, job: TrainingJob) -> dict[str, str] | None:
        return FailureOut(job).data if job.error_code else None


class AttemptOut(Output):
    class Meta:
        model = Attempt
        fields = [
            "fence",
            "worker",
            "started_at",
            "first_event_at",
            "ended_at",
            "outcome",
            "exit_code",
            "cpu_core_seconds",
            "gib_seconds",
        ]


class PriceIn(Input):
    """A job to price. What `params` may hold is decided by the recipe: see its schema."""

    project = project_field()
    recipe = serializers.CharField(max_length=60)
    params = serializers.DictField(required=False, default=dict)
    parent = VisibleKeyField(  # type: ignore[assignment]
        queryset=ModelVersion.objects.all(),
        pk_field=serializers.UUIDField(),
        required=False,
        allow_null=True,
        help_text=_("The model to work on, for recipes that need one."),
    )
    priority = PriorityField(default=Priority.NORMAL)
    time_limit_s = LimitField()


class JobIn(PriceIn):
    """A job to run. What `params` may hold is decided by the recipe: see its schema."""

    submission = TokenField()


class LogQuery(Input):
    limit = serializers.IntegerField(min_value=1, max_value=65_536, default=65_536, help_text=_("Bytes from the end."))
    attempt = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text=_("Fence of an attempt; the newest without it.")
    )


def read_since(texts: list[str]) -> dict[str, int]:
    """How many points of each curve the client has: `name:count`, repeated or between commas."""
    counts = {}
    for text in filter(None, ",".join(texts).split(",")):
        name, _colon, count = text.rpartition(":")
        if not name or not (count.isascii() and count.isdigit() and len(count) < 10):
            message = _("“%(text)s” is not name:count, for example train_loss:120.") % {"text": text[:60]}
            raise serializers.ValidationError({"since": [message]}, code="not_a_pair")
        counts[name] = int(count)
    return counts
