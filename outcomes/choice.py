"""Which projects together are worth most under a cap on money and people: an exact choice, not a ranking.

A 0-1 knapsack with two constraints, solved by branch and cut (HiGHS, by way of `scipy.optimize.milp`):
maximise sum v_i x_i subject to sum c_i x_i <= money, sum p_i x_i <= people, x_i in {0, 1}.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

LONGEST_S = 5.0


@dataclass(frozen=True)
class Candidate:
    """One project: its value over the horizon and its cost to go, in minor units of one currency, and its people.

    `people_tenths` are tenths of a full-time person. `must` True keeps it in, False keeps it out, None lets choose.
    """

    key: str
    value_minor: int
    cost_minor: int
    people_tenths: int
    must: bool | None = None

    @property
    def people(self) -> float:
        return self.people_tenths / 10


@dataclass(frozen=True)
class Choice:
    """The keys chosen, and their sums. Not proven: the time ran out, so a better choice may exist."""

    keys: frozenset[str]
    value_minor: int
    cost_minor: int
    people_tenths: int
    is_proven: bool = True

    @property
    def people(self) -> float:
        return self.people_tenths / 10


@dataclass(frozen=True)
class NoChoice:
    """No choice keeps to the caps, and why."""

    reason: str


def sum_of(candidates: Sequence[Candidate], keys: frozenset[str], *, is_proven: bool = True) -> Choice:
    """The sums of some candidates."""
    chosen = [each for each in candidates if each.key in keys]
    return Choice(
        frozenset(each.key for each in chosen),
        sum(each.value_minor for each in chosen),
        sum(each.cost_minor for each in chosen),
        sum(each.people_tenths for each in chosen),
        is_proven,
    )


def choose(candidates: Sequence[Candidate], *, money_minor: int | None, people_tenths: int | None) -> Choice | NoChoice:
    """The candidates of the highest total value that keep to the caps; a cap of None does not bind."""
    kept = sum_of(candidates, frozenset(each.key for each in candidates if each.must))
    if money_minor is not None and kept.cost_minor > money_minor:
        return NoChoice(_("What must stay costs more than the budget. Raise the budget or let a project go."))
    if people_tenths is not None and kept.people_tenths > people_tenths:
        return NoChoice(_("What must stay needs more people than there are. Raise the cap or let a project go."))
    if not candidates:
        return kept
    return _solve(candidates, money_minor, people_tenths)


def _solve(candidates: Sequence[Candidate], money_minor: int | None, people_tenths: int | None) -> Choice | NoChoice:
    import numpy as np  # numpy and scipy cost a third of a second: only whoever asks pays for them
    from scipy.optimize import Bounds, LinearConstraint, milp

    caps = [
        (np.array([getattr(each, name) for each in candidates], dtype=float), cap)
        for name, cap in (("cost_minor", money_minor), ("people_tenths", people_tenths))
        if cap is not None
    ]
    result = milp(
        c=-np.array([each.value_minor for each in candidates], dtype=float),
        constraints=[LinearConstraint(weights[np.newaxis, :], ub=float(cap)) for weights, cap in caps],
        integrality=np.ones(len(candidates)),
        bounds=Bounds(
            [1.0 if each.must else 0.0 for each in candidates],
            [0.0 if each.must is False else 1.0 for each in candidates],
        ),
        options={"mip_rel_gap": 0.0, "time_limit": LONGEST_S},
    )
    if result.x is None:
        return NoChoice(_("No choice was found in %(s)s seconds. Narrow the list.") % {"s": LONGEST_S})
    keys = frozenset(each.key for each, taken in zip(candidates, result.x, strict=True) if taken > 0.5)
    return sum_of(candidates, keys, is_proven=result.status == 0)
