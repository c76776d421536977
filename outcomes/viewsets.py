"""The REST face of KPIs, their measurements and value contracts: the same questions and verbs as the pages."""

from collections import defaultdict
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from outcomes.measurement_file import Reading, read_measurements
from outcomes.models import Kpi, ValueContract
from outcomes.parsing import CsvParser, bytes_of
from outcomes.permissions import may_define_kpi, may_draft_contract, may_sign_contract
from outcomes.sensitivity import estimate_sensitivity
from outcomes.serializers import ChangeKpiIn, ContractIn, ContractOut, KpiIn, KpiOut, MeasurementIn, MeasurementOut
from outcomes.serializers_outcomes import ImportedOut, SensitivityIn, SensitivityOut
from outcomes.services import (
    change_kpi,
    define_kpi,
    draft_contract,
    import_measurements,
    record_measurement,
    sign_contract,
)
from people.idempotency import idempotent
from people.viewsets import ReadableViewSet
from projects.permissions import may_contribute


class KpiFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = Kpi
        fields = ["direction"]


class KpiViewSet(ReadableViewSet):
    """Business figures of a project, from a baseline towards a target."""

    queryset = Kpi.objects.select_related("project", "owner")
    serializer_class = KpiOut
    scope = "outcomes.measurements"
    filterset_class = KpiFilter
    lookup_value_converter = "int"
    inputs = {
        "create": KpiIn,
        "change": ChangeKpiIn,
        "record_measurement": MeasurementIn,
        "sensitivity": SensitivityIn,
    }
    who_may = {
        "create": may_define_kpi,
        "change": may_define_kpi,
        "record_measurement": may_contribute,
        "import_file": may_contribute,
        "sensitivity": may_draft_contract,
    }

    @idempotent()
    def create(self, request: Request) -> Response:
        """Define a KPI."""
        return self.created(define_kpi(**self.accepted(), by=self.person))

    @extend_schema(responses=KpiOut)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: int) -> Response:
        """Correct what the KPI says of itself. What is left out stays; its figures always do."""
        return self.answer(change_kpi(kpi=self.get_object(), **self.accepted(), by=self.person))

    @extend_schema(responses=MeasurementOut(many=True), filters=False)
    @action(detail=True)
    def measurements(self, request: Request, pk: int) -> Response:
        """What was measured, oldest first; for one time the latest record counts."""
        rows = self.get_object().measurements.select_related("recorded_by").order_by("measured_at", "recorded_at", "pk")
        return self.get_paginated_response(MeasurementOut(self.paginate_queryset(rows), many=True).data)

    @extend_schema(responses={201: MeasurementOut})
    @measurements.mapping.post
    @idempotent()
    def record_measurement(self, request: Request, pk: int) -> Response:
        """Record a measured value. A correction is one more record for the same time."""
        row = record_measurement(kpi=self.get_object(), **self.accepted(), by=self.person)
        return Response(MeasurementOut(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request={"text/csv": OpenApiTypes.STR}, responses={201: ImportedOut})
    @action(detail=True, methods=["post"], url_path="import", parser_classes=[CsvParser])
    @idempotent()
    def import_file(self, request: Request, pk: int) -> Response:
        """Record a CSV file of measurements of this KPI and others of its project, all rows or none."""
        project, content, at = self.get_object().project_id, bytes_of(request.data), timezone.now()
        kpis = list(self.get_queryset().filter(project=project))
        demand_no_fault(read_measurements(content, kpis=kpis, at=at))
        reading = import_measurements(content=content, kpis=kpis, at=at, by=self.person)
        told = ImportedOut({"recorded": len(reading.rows), "repeated": reading.repeated})
        return Response(told.data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=SensitivityOut)
    @action(detail=True, methods=["post"])
    def sensitivity(self, request: Request, pk: int) -> Response:
        """How the KPI follows a metric, by its measurements: what a contract of method regression would take."""
        return Response(SensitivityOut(estimate_sensitivity(self.get_object(), **self.accepted())).data)


def demand_no_fault(reading: Reading) -> None:
    """Refuse a file with every fault of it, by line and column."""
    faults = defaultdict(list)
    for fault in reading.faults:
        name = f"lines.{fault.line}.{fault.column}" if fault.column else f"lines.{fault.line}"
        faults[name].append(ValidationError(fault.text, code="faulty_line"))
    if faults:
        raise ValidationError(dict(faults))


class ContractFilter(filters.FilterSet):
    project = filters.CharFilter("kpi__project__key")
    status = filters.ChoiceFilter("stands", choices=ValueContract.Status.choices)

    class Meta:
        model = ValueContract
        fields = ["kpi"]


class ContractViewSet(ReadableViewSet):
    """Versioned formulas from a model metric to a KPI to money. Unsigned, a figure is a hypothesis."""

    queryset = ValueContract.objects.select_related("kpi__project", "owner", "signed_by")
    serializer_class = ContractOut
    scope = "outcomes.benefits"
    filterset_class = ContractFilter
    lookup_value_converter = "int"
    inputs = {"create": ContractIn}
    who_may = {"create": may_draft_contract, "sign": may_sign_contract}

    def get_queryset(self) -> Any:
        return super().get_queryset().with_standing()  # type: ignore[attr-defined]

    @idempotent()
    def create(self, request: Request) -> Response:
        """Draft the next version of a KPI's contract."""
        return self.created(draft_contract(**self.accepted(), by=self.person))

    @extend_schema(request=None, responses=ContractOut)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: int) -> Response:
        """Sign the newest draft; the version signed before is superseded."""
        contract = self.get_object()
        sign_contract(contract=contract, by=self.person)
        return self.answer(contract)
