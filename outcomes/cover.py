"""Whether the value contract that benefits rest on is worth what all of them promise together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from outcomes.models import BenefitPlan, ValueContract
from outcomes.value import best_run, net_minor
from projects.models import Project

YEAR = 12


@dataclass(frozen=True)
class Cover:
    """What the benefits of one contract promise in the twelve months that promise most, and its net value a year."""

    contract: ValueContract
    promised_minor: int
    net_minor: int

    @property
    def is_exceeded(self) -> bool:
        return self.promised_minor > self.net_minor


def covers_of(project: Project) -> tuple[Cover, ...]:
    """Each contract of a project that benefits rest on; one whose model has not run is worth nothing known."""
    plans: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    rows = BenefitPlan.objects.filter(benefit__project=project, benefit__contract__isnull=False)
    for contract, month, minor in rows.values_list("benefit__contract", "month", "planned_minor"):
        plans[contract][month] += minor
    contracts = ValueContract.objects.filter(pk__in=list(plans)).select_related("kpi").order_by("pk")
    found = ((contract, best_run(contract)) for contract in contracts)
    return tuple(
        Cover(contract, most_of_a_year(plans[contract.pk]), net_minor(contract, float(run.metrics[contract.metric])))
        for contract, run in found
        if run is not None
    )


def most_of_a_year(plan: Mapping[date, int]) -> int:
    """The most that any twelve months following each other promise, or nothing."""
    numbered = {month.year * YEAR + month.month: minor for month, minor in plan.items()}
    return max((_sum(numbered, range(first, first + YEAR)) for first in numbered), default=0)


def _sum(numbered: Mapping[int, int], months: Iterable[int]) -> int:
    return sum(numbered.get(month, 0) for month in months)
