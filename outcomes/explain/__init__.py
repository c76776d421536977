"""Explain this number: from any figure down to formula, run, data set, rate card and signature.

`explain(kind, pk, user)` answers for every kind in `KINDS`. What the user may
not see does not exist for him: the caller turns `ObjectDoesNotExist` into a 404.
"""

from collections.abc import Callable
from functools import partial

from django.core.exceptions import ObjectDoesNotExist

from outcomes.explain.benefit import explain_benefit
from outcomes.explain.budget import explain_budget, explain_budget_line, explain_project_left
from outcomes.explain.case import FIGURES, explain_case, explain_case_figure
from outcomes.explain.chain import Explanation, Fact
from outcomes.explain.job_cost import explain_job_cost
from outcomes.explain.kpi import explain_kpi
from outcomes.explain.objective import explain_key_result, explain_objective
from outcomes.explain.value import explain_run_value, explain_value
from outcomes.value import Term
from people.models import User

KINDS: dict[str, Callable[[str, User], Explanation]] = {
    "value": explain_value,
    "run-value": explain_run_value,
    "job-cost": explain_job_cost,
    "budget-line": explain_budget_line,
    "budget": explain_budget,
    "project-left": explain_project_left,
    "benefit": explain_benefit,
    "case": explain_case,
    **{f"case-{what}": partial(explain_case_figure, what) for what in FIGURES},
    "kpi": explain_kpi,
    "objective": explain_objective,
    "key-result": explain_key_result,
}

LASTING = frozenset(kind for kind in KINDS if kind.startswith("case"))  # a version never changes: true of any day

__all__ = ["KINDS", "LASTING", "Explanation", "Fact", "Term", "explain"]


def explain(kind: str, pk: str, user: User) -> Explanation:
    """The chain behind one figure, for somebody who may see it."""
    if kind not in KINDS:
        raise ObjectDoesNotExist(f"there is no explanation of kind {kind!r}")
    return KINDS[kind](pk, user)
