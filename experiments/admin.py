"""Admin pages of experiments: what trainers reported, only shown."""

from django.contrib import admin

from experiments.models import Dataset, MetricSeries, ModelVersion, Run
from people.admin_rules import ReadOnlyAdmin, ReadOnlyInline


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    list_display = ["name", "version", "digest", "rows", "first_seen_at"]
    list_filter = ["name"]
    search_fields = ["name", "digest"]


class MetricSeriesInline(ReadOnlyInline):
    model = MetricSeries
    fields = ["name", "count", "last", "minimum", "maximum"]
    show_change_link = False


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["name", "project", "recipe", "status", "dataset", "started_at", "finished_at"]
    list_filter = ["status", "recipe", "project"]
    list_select_related = ["project", "dataset"]
    search_fields = ["name", "project__key", "mlflow_run_id"]
    date_hierarchy = "started_at"
    inlines = [MetricSeriesInline]


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["run", "kind", "size_bytes", "registered_name", "registered_version", "created_at"]
    list_filter = ["kind", "run__project"]
    list_select_related = ["run"]
    search_fields = ["run__name", "digest", "registered_name"]
    date_hierarchy = "created_at"
