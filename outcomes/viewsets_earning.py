"""The REST face of the KPI by which a project earns."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from outcomes.models import Kpi
from outcomes.permissions import may_choose_earning_kpi
from outcomes.services import choose_earning_kpi
from people.idempotency import idempotent
from people.serializers import Input, VisibleKeyField
from people.viewsets import VisibleViewSet
from projects.models import Project


class EarningKpiOut(serializers.Serializer):
    project = serializers.CharField(source="key")
    kpi = serializers.IntegerField(
        source="earning_kpi_id", allow_null=True, help_text=_("Null: the first of the project that is measured.")
    )


class EarningKpiIn(Input):
    kpi = VisibleKeyField(
        queryset=Kpi.objects.all(),
        allow_null=True,
        help_text=_("A KPI of the project; null: the first that is measured."),
    )


class EarningKpiViewSet(VisibleViewSet):
    """The KPI by which a project earns by `metric_based`."""

    queryset = Project.objects.all()
    serializer_class = EarningKpiOut
    filterset_class = None
    scope = "portfolio"
    lookup_field = "key"
    inputs = {"choose_kpi": EarningKpiIn}
    for_people = frozenset({"choose_kpi"})
    who_may = {"choose_kpi": may_choose_earning_kpi}

    @extend_schema(responses=EarningKpiOut)
    def earning_kpi(self, request: Request, key: str) -> Response:
        """The KPI that was chosen, if one was."""
        return Response(EarningKpiOut(self.get_object()).data)

    @extend_schema(responses=EarningKpiOut)
    @idempotent()
    def choose_kpi(self, request: Request, key: str) -> Response:
        """Choose it. Earned value of past days keeps the KPI that was chosen then."""
        project = choose_earning_kpi(project=self.get_object(), **self.accepted(), by=self.person)
        return Response(EarningKpiOut(project).data)
