"""What the depots measure with the model that the main job has just made: the first figures that name a model."""

from collections.abc import Mapping
from datetime import datetime

from experiments.models import ModelVersion
from outcomes.services import record_measurement
from projects.models import Project

FIGURES: Mapping[str, tuple[float, str]] = {  # by the name of the KPI
    "Parcels misread": (4.4, "sorter log, first carts with the new model"),
    "Dock to sorter": (36.0, "scanner log, first carts with the new model"),
}


def enter_first_figures(*, project: Project, at: datetime) -> None:
    """With the newest model of the project; without a model nothing is measured."""
    model = ModelVersion.objects.filter(run__project=project).order_by("-created_at").first()
    for kpi in project.kpis.filter(name__in=FIGURES).select_related("owner") if model else ():
        value, source = FIGURES[kpi.name]
        record_measurement(kpi=kpi, value=value, measured_at=at, by=kpi.owner, source=source, model_version=model)
