"""The REST face of how much of a stage somebody calls done."""

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.models import StageCompletion
from finance.services.completion import judge_completion
from people.idempotency import idempotent
from people.serializers import Input, Output, name_field
from people.viewsets import ReadableViewSet
from projects.models import Station
from projects.permissions import may_contribute, may_plan
from projects.serializers import project_field


class StageCompletionOut(Output):
    project = name_field("key")
    judged_by = name_field()

    class Meta:
        model = StageCompletion
        fields = ["id", "project", "station", "percent", "judged_on", "reason", "judged_by", "recorded_at"]


class StageCompletionIn(Input):
    project = project_field()
    station = serializers.ChoiceField(Station.choices)
    percent = serializers.IntegerField(min_value=0, max_value=100)
    judged_on = serializers.DateField(
        default=timezone.localdate, help_text=gettext_lazy("As of which day; today when left out.")
    )
    reason = serializers.CharField(max_length=240)


class StageCompletionFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = StageCompletion
        fields = ["station", "judged_on"]


class StageCompletionViewSet(ReadableViewSet):
    """How much of a stage was done on a day, by whose judgement and why; what `percent_complete` earns by."""

    queryset = StageCompletion.objects.select_related("project", "judged_by")
    serializer_class = StageCompletionOut
    scope = "portfolio"
    filterset_class = StageCompletionFilter
    lookup_value_converter = "int"
    inputs = {"create": StageCompletionIn}
    who_may = {"create": may_contribute}

    @idempotent()
    def create(self, request: Request) -> Response:
        """Judge a stage that is under way. A later judgement stands beside the earlier ones."""
        accepted = self.accepted()
        if not may_plan(self.person, accepted["project"]):
            raise PermissionDenied(_("The lead of the project and portfolio managers say how much is done. Ask them."))
        return self.created(judge_completion(**accepted, at=timezone.now(), by=self.person))
