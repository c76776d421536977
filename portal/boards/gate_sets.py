"""What each gate asks, by horizon."""

from dataclasses import dataclass

from outcomes.gate_facts import needed
from outcomes.models import Gate, GateCriterion, GateReview
from projects.models import Horizon, Station

STATIONS = tuple(station for station in Station if station is not Station.DEMAND)


@dataclass(frozen=True)
class GateSet:
    """One gate of one horizon; `gate` is none while nobody has defined it."""

    horizon: Horizon
    station: Station
    gate: Gate | None
    criteria: tuple[tuple[GateCriterion, str], ...]  # with what is needed, in words
    waiting: int

    @property
    def number(self) -> int:
        return self.station.position


def sets_by_horizon() -> list[tuple[Horizon, list[GateSet]]]:
    """Every gate of every horizon in the order of the line; three questions."""
    gates = {(gate.horizon, gate.station): gate for gate in Gate.objects.prefetch_related("criteria")}
    waiting: dict[int, int] = {}
    for pk in GateReview.objects.open().order_by().values_list("gate", flat=True):
        waiting[pk] = waiting.get(pk, 0) + 1
    return [
        (
            horizon,
            [_gate_set(horizon, station, gates.get((horizon.value, station.value)), waiting) for station in STATIONS],
        )
        for horizon in Horizon
    ]


def _gate_set(horizon: Horizon, station: Station, gate: Gate | None, waiting: dict[int, int]) -> GateSet:
    if gate is None:
        return GateSet(horizon, station, None, (), 0)
    criteria = tuple((criterion, needed(criterion)) for criterion in gate.criteria.all())
    return GateSet(horizon, station, gate, criteria, waiting.get(gate.pk, 0))
