"""The targets of a KPI by period, each with its light in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from outcomes.kpi_status import KpiStatus, State, status_in_period
from outcomes.models import Kpi, KpiTarget, Measurement
from outcomes.querysets import day_begins, day_ends
from outcomes.then import targets_then
from portal.boards.kpi import KpiFacts, light_pill


@dataclass(frozen=True)
class TargetRow:
    """A period with what was reached in it; a sum that still grows is held against its share of the target."""

    target: KpiTarget
    status: KpiStatus
    when: str

    @property
    def pill(self) -> tuple[str, str, str]:
        if self.status.state == State.UNKNOWN:
            return (_("Not begun") if self.when == "later" else _("Not measured")), "", "clock"
        return light_pill(self.status.state)

    @property
    def is_partial(self) -> bool:
        return self.status.target is not None and self.when == "now" and self.status.target != self.target.value


def target_rows(facts: KpiFacts, today: date, on: date | None = None) -> tuple[TargetRow, ...]:
    """The newest period first: of now, or as set by the end of a past day."""
    kpi = facts.kpi
    rows = kpi.targets.order_by("-starts_on")
    targets = rows if on is None else targets_then(rows, day_ends(on))
    return tuple(_row(kpi, target, facts.measurements, on or today) for target in targets)


def _row(kpi: Kpi, target: KpiTarget, measurements: Sequence[Measurement], on: date) -> TargetRow:
    begin, end = day_begins(target.starts_on), day_begins(target.ends_on)
    readings = [(row.measured_at, row.recorded_at, row.value) for row in measurements if begin <= row.measured_at < end]
    when = "later" if target.starts_on > on else "now" if target.ends_on > on else "over"
    return TargetRow(target, status_in_period(kpi, target, readings, on), when)
