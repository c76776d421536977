"""The API without one of its guards: rows that are not limited to those that a person sees."""

import pytest

from experiments.querysets import RunQuerySet
from finance.querysets import BudgetQuerySet
from outcomes.querysets import KpiQuerySet
from people.querysets import NoticeQuerySet
from projects.querysets import OfProjectQuerySet, ProjectQuerySet
from tests.api import test_access
from trainingjobs.querysets import TrainingJobQuerySet

cast_of = test_access.cast_of

SCOPED = {
    "projects": ProjectQuerySet,
    "risks": OfProjectQuerySet,
    "budgets": BudgetQuerySet,
    "kpis": KpiQuerySet,
    "runs": RunQuerySet,
    "jobs": TrainingJobQuerySet,
    "notices": NoticeQuerySet,
}


@pytest.mark.parametrize("resource", SCOPED)
def test_rows_that_are_not_limited_to_those_of_a_person_are_found_out(
    resource, world, cast_of, api, engineer, department, monkeypatch
):
    monkeypatch.setattr(SCOPED[resource], "visible_to", lambda self, user: self)
    with pytest.raises(AssertionError, match="404"):
        test_access.test_every_route_answers_each_role_as_the_policy_says(
            resource, world, cast_of, api, engineer, department
        )
