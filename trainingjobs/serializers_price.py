"""The price tag over REST: what a job would take and cost, before anything is submitted."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.serializers import MicroOut, MinorOut
from people.serializers import UtcField
from trainingjobs.price_tag import PriceTag
from trainingjobs.time_limit import StopAtLimit


class PriceSecondsOut(serializers.Serializer):
    """P10, median and P90 of the duration, at most the time limit."""

    low = serializers.FloatField(source="forecast.seconds_low", read_only=True)
    mid = serializers.FloatField(source="forecast.seconds_mid", read_only=True)
    high = serializers.FloatField(source="forecast.seconds_high", read_only=True)


class PriceCostOut(serializers.Serializer):
    """P10, median and P90 of the cost."""

    low = MicroOut("forecast.micro_low", "currency")
    mid = MicroOut("forecast.micro_mid", "currency")
    high = MicroOut("forecast.micro_high", "currency")


class PriceEnergyOut(serializers.Serializer):
    """P10, median and P90 of the energy in Wh: an estimate from the rate card's watts."""

    low = serializers.FloatField(source="energy_low_wh", read_only=True)
    mid = serializers.FloatField(source="forecast.energy_wh_mid", read_only=True)
    high = serializers.FloatField(source="energy_high_wh", read_only=True)


class PriceQueueOut(serializers.Serializer):
    """Where it would stand."""

    place = serializers.IntegerField(source="queue.place", read_only=True)
    starts_in_s = serializers.FloatField(
        source="queue.starts_in_s",
        read_only=True,
        allow_null=True,
        help_text=_("Null while no worker serves its queue, or the disk has no room."),
    )
    reason = serializers.CharField(source="queue.reason", read_only=True)


class PriceOut(serializers.Serializer):
    """Everything that can be said about a job before it is submitted; nothing is reserved by asking."""

    currency = serializers.CharField(read_only=True)
    seconds = PriceSecondsOut(source="*", read_only=True)
    cost = PriceCostOut(source="*", read_only=True)
    energy_wh = PriceEnergyOut(source="*", read_only=True)
    basis = serializers.CharField(
        source="forecast.basis", read_only=True, help_text=_("history, dry_run or recipe: what it was learned from.")
    )
    history = serializers.IntegerField(
        source="forecast.history", read_only=True, help_text=_("Finished jobs that it was learned from.")
    )
    stop_at_limit = serializers.ChoiceField(
        choices=StopAtLimit.choices, source="stop", allow_null=True, read_only=True,
        help_text=_("Whether the time limit would stop it before its work is done."),
    )  # fmt: skip
    queue = PriceQueueOut(source="*", read_only=True)
    done_from, done_until = UtcField(read_only=True), UtcField(read_only=True)
    reserved = MinorOut("reserved_minor", "currency", help_text=_("What a submission would reserve: the upper cost."))
    left_after = MinorOut("left_minor", "currency", help_text=_("Of the budget line for compute, once it is reserved."))
    needs_approval = serializers.BooleanField(read_only=True, help_text=_("Whether a manager decides on it first."))
    refusal = serializers.SerializerMethodField(help_text=_("Why a submission would be refused, or null."))
    same_as = serializers.SerializerMethodField(
        help_text=_("The job that did, does or will do the very same work, for example TRI-47, or null.")
    )

    @extend_schema_field({"type": "string", "nullable": True})
    def get_refusal(self, tag: PriceTag) -> str | None:
        return " ".join(tag.refusal.messages) if tag.refusal else None

    @extend_schema_field({"type": "string", "nullable": True})
    def get_same_as(self, tag: PriceTag) -> Any:
        return tag.twin.name if tag.twin else None
