"""The REST face of runs, models and data sets: read only, jobs make them."""

from typing import Any

from django.db import models
from django_filters import rest_framework as filters

from experiments.models import Dataset, ModelVersion, Run
from experiments.serializers import DatasetOut, ModelVersionOut, RunOut
from people.models import User
from people.viewsets import ReadableViewSet


class RunFilter(filters.FilterSet):
    project = filters.CharFilter("project__key")

    class Meta:
        model = Run
        fields = ["recipe", "status", "dataset"]


class RunViewSet(ReadableViewSet):
    """Training and compression runs, the same that MLflow holds under `mlflow_run_id`."""

    queryset = Run.objects.select_related("project", "model_version").order_by("-started_at", "pk")
    serializer_class = RunOut
    scope = "jobs"
    filterset_class = RunFilter
    lookup_value_converter = "uuid"


class ModelVersionFilter(filters.FilterSet):
    project = filters.CharFilter("run__project__key")

    class Meta:
        model = ModelVersion
        fields = ["kind", "run"]


class ModelVersionViewSet(ReadableViewSet):
    """Finished models; one of these can be the parent of a compression job."""

    queryset = ModelVersion.objects.select_related("run__project").order_by("-created_at", "pk")
    serializer_class = ModelVersionOut
    scope = "jobs"
    filterset_class = ModelVersionFilter
    lookup_value_converter = "uuid"


class DatasetViewSet(ReadableViewSet):
    """Data sets by digest, as far as a visible run has used them."""

    queryset = Dataset.objects.all()
    serializer_class = DatasetOut
    scope = "jobs"
    filterset_fields = ["name", "digest"]
    lookup_value_converter = "int"

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.filter(pk__in=Run.objects.visible_to(user).values("dataset"))
