"""The REST face of runs, models and data sets."""

from experiments.models import Dataset, ModelVersion, Run
from people.serializers import Output, name_field


class DatasetOut(Output):
    class Meta:
        model = Dataset
        fields = ["id", "name", "version", "digest", "rows", "splits", "first_seen_at"]


class RunOut(Output):
    project = name_field("key")

    class Meta:
        model = Run
        fields = [
            "id",
            "project",
            "name",
            "recipe",
            "params",
            "status",
            "parent",
            "dataset",
            "model_version",
            "parameter_count",
            "epochs",
            "metrics",
            "report",
            "versions",
            "mlflow_run_id",
            "started_at",
            "finished_at",
        ]


class ModelVersionOut(Output):
    project = name_field("key", source="run.project")

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "project",
            "run",
            "kind",
            "digest",
            "size_bytes",
            "signature",
            "registered_name",
            "registered_version",
            "created_at",
        ]
