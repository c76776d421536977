"""The REST face of the queue: places in line, decisions on prices, and the workers."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.serializers import MinorOut
from people.serializers import Output, UtcField, name_field
from trainingjobs.models import Approval, Priority, Resource, Worker


class PlaceOut(serializers.Serializer):
    """A queued job that the client may see, and where it stands among all of them."""

    job = serializers.UUIDField(source="row.pk", read_only=True)
    name = serializers.CharField(source="row.name", read_only=True)
    resource = serializers.ChoiceField(source="row.resource", choices=Resource.choices, read_only=True)
    project = serializers.CharField(source="row.project.key", read_only=True)
    submitted_by = serializers.CharField(source="row.submitted_by.username", read_only=True)
    priority = serializers.ChoiceField(source="row.priority", choices=Priority.choices, read_only=True)
    queued_at = UtcField(source="row.queued_at", read_only=True, allow_null=True)
    place = serializers.IntegerField(source="place.place", read_only=True, help_text=_("Counted from one."))
    ahead = serializers.IntegerField(source="place.ahead", read_only=True, help_text=_("How many start before it."))
    starts_in_s = serializers.FloatField(
        source="place.starts_in_s",
        read_only=True,
        allow_null=True,
        help_text=_("Null while no worker serves it, or the disk has no room."),
    )
    starts_at = UtcField(read_only=True, allow_null=True, help_text=_("When it will probably start."))
    reason = serializers.CharField(source="place.reason", read_only=True, help_text=_("Why it does not run yet."))


class LineOut(serializers.Serializer):
    """One queue: its slots, and how many jobs run and wait, whoever may see them."""

    resource = serializers.ChoiceField(choices=Resource.choices, read_only=True)
    slots = serializers.IntegerField(read_only=True)
    workers = serializers.IntegerField(read_only=True)
    running = serializers.IntegerField(read_only=True)
    waiting = serializers.IntegerField(read_only=True)


class QueueIn(serializers.Serializer):
    """Which queue; without a word, each."""

    resource = serializers.ChoiceField(choices=Resource.choices, required=False)


class QueueOut(serializers.Serializer):
    """Every queue as it stands now, and one page of the jobs in line that the client may see."""

    at = UtcField(read_only=True)
    has_disk_room = serializers.BooleanField(
        read_only=True, help_text=_("False: nothing starts until room is made on the disk of the jobs folder.")
    )
    queues = LineOut(many=True, read_only=True)
    count = serializers.IntegerField(read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)
    previous = serializers.URLField(read_only=True, allow_null=True)
    results = PlaceOut(many=True, read_only=True)


class ApprovalOut(Output):
    by = name_field()
    currency = serializers.CharField(source="job.rate_card.currency")
    reserved = MinorOut("reserved_minor", "job.rate_card.currency", help_text=_("The price that was decided on."))
    voided_at = UtcField(allow_null=True, help_text=_("When a change of the job ended the decision, or null."))

    class Meta:
        model = Approval
        fields = ["id", "job", "decision", "by", "at", "reason", "currency", "reserved", "voided_at"]


class WorkerOut(Output):
    resources = serializers.SerializerMethodField(help_text=_("The queues that it serves."))
    alive = serializers.BooleanField(source="is_alive", help_text=_("Whether it was heard of within a lease."))

    class Meta:
        model = Worker
        fields = ["id", "name", "resources", "slots", "started_at", "seen_at", "alive"]

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": Resource.values}})
    def get_resources(self, worker: Worker) -> list[str]:
        return worker.resources.split(",")
