"""The words a story is told in. Amounts are whole currency units, times are months before today."""

from dataclasses import dataclass
from typing import Any

CURRENCY = "EUR"


@dataclass(frozen=True)
class Person:
    """Somebody in the cast. `works_as` is the role that hours are priced by; an admin also opens the admin pages."""

    username: str
    role: str
    job_title: str
    department: str
    works_as: str
    is_admin: bool = False
    fte_percent: int = 100

    @property
    def first_name(self) -> str:
        return self.username.partition(".")[0].title()

    @property
    def last_name(self) -> str:
        return self.username.partition(".")[2].title()


@dataclass(frozen=True)
class ContractStory:
    """What a metric is worth. `signed` is how many months ago finance signed it; None leaves a hypothesis."""

    metric: str
    metric_baseline: float
    sensitivity: float
    sensitivity_sd: float
    units_per_year: float
    units_label: str
    worth_micro: int
    upkeep: int
    basis: str
    signed: int | None = None


@dataclass(frozen=True)
class KpiStory:
    """A business figure and its last twelve monthly values, the oldest first."""

    name: str
    definition: str
    unit: str
    direction: str
    baseline: float
    target: float
    source: str
    owner: str
    values: tuple[float, ...]
    contract: ContractStory | None = None


@dataclass(frozen=True)
class Quote:
    """What somebody outside the team said, so many days ago."""

    score: int
    text: str
    source: str
    days: int


@dataclass(frozen=True)
class JobStory:
    """A job that the demo may submit; its figures come from really running it."""

    recipe: str
    params: dict[str, Any]


@dataclass(frozen=True)
class ProjectStory:
    """One project: `reached` and `plan` give, for each station in turn, the months before today (negative = ahead)."""

    key: str
    title: str
    summary: str
    demand: str
    portfolio: str
    sponsor: str
    lead: str
    members: tuple[str, ...]
    reached: tuple[int, ...]
    plan: tuple[int, int, int, int, int, int]
    planned: dict[str, int]
    spent: dict[str, int]
    kpis: tuple[KpiStory, ...]
    quotes: tuple[Quote, ...] = ()
    jobs: tuple[JobStory, ...] = ()
    approval_above: int | None = None


def repeats(recipe: str, **params: Any) -> tuple[JobStory, ...]:
    """The same work with three seeds, so that the spread of its metric is known."""
    return tuple(JobStory(recipe, {**params, "seed": seed}) for seed in (1, 2, 3))
