"""The form for what stops a job of a project: who may set what, and what is refused."""

import re

import pytest
from django.test import Client

from finance.models import BudgetLine
from people.models import AuditEntry

PAGE = "/projects/TRI/limits/"


def text(response):
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).replace("\xa0", " ").split())


@pytest.fixture
def typed(budget):
    """The form as it stands, with changes: `typed(threshold="5")`."""

    def fill(compute="stop", people="stop", threshold=""):
        by_category = {"compute": compute, "people": people}
        policies = {f"policy_{line.pk}": by_category[line.category] for line in budget.lines.all()}
        return {"threshold": threshold, **policies}

    return fill


def verbs():
    known = {"set_line_policy", "set_approval_threshold"}
    return sorted(AuditEntry.objects.filter(verb__in=known).values_list("verb", flat=True))


def test_a_manager_sets_threshold_and_policy_and_the_project_page_tells(sign_in, manager, project, typed, budget):
    client = sign_in(manager)
    assert client.post(PAGE, typed(compute="warn", threshold="12.50")).url == "/projects/TRI/"
    project.refresh_from_db()
    assert project.approval_threshold_minor == 1250
    assert dict(budget.lines.values_list("category", "policy")) == {"compute": "warn", "people": "stop"}
    assert verbs() == ["set_approval_threshold", "set_line_policy"]  # nothing for the line that stayed
    page = text(client.get("/projects/TRI/"))
    assert "· warns" in page
    assert "· stops" in page
    assert "Jobs above EUR 12.50 need approval." in page
    assert 'value="12.50"' in client.get(PAGE).content.decode()


def test_an_empty_threshold_lets_every_job_pass(sign_in, manager, project, typed):
    project.approval_threshold_minor = 5
    project.save()
    sign_in(manager).post(PAGE, typed())
    project.refresh_from_db()
    assert project.approval_threshold_minor is None
    assert "Jobs need no approval." in text(sign_in(manager).get("/projects/TRI/"))


def test_the_same_again_leaves_no_trace(sign_in, manager, typed):
    sign_in(manager).post(PAGE, typed())
    assert verbs() == []


def test_finance_sets_policies_but_no_threshold(sign_in, finance_user, project, typed):
    client = sign_in(finance_user)
    assert "Only portfolio managers change it." in text(client.get(PAGE))
    assert client.post(PAGE, typed(compute="ignore", threshold="0")).status_code == 302
    project.refresh_from_db()
    assert project.approval_threshold_minor is None
    assert BudgetLine.objects.get(category="compute").policy == "ignore"
    assert "· is only a plan" in text(client.get("/projects/TRI/"))


def test_finance_leaves_a_threshold_as_it_is(sign_in, finance_user, project, typed):
    project.approval_threshold_minor = 700
    project.save()
    assert sign_in(finance_user).post(PAGE, typed(compute="warn", threshold="")).status_code == 302
    project.refresh_from_db()
    assert project.approval_threshold_minor == 700


@pytest.mark.parametrize("threshold", ["-1", "abc", "1.234", "1e99", "NaN", "Infinity", "1e999999", "9" * 30, "1,50"])
def test_a_threshold_that_is_no_price_is_refused_and_nothing_is_set(sign_in, manager, project, typed, threshold):
    answer = sign_in(manager).post(PAGE, typed(compute="warn", threshold=threshold))
    assert answer.status_code == 422
    assert threshold in answer.content.decode()
    project.refresh_from_db()
    assert project.approval_threshold_minor is None
    assert verbs() == []


def test_an_unknown_policy_is_refused(sign_in, manager, typed):
    assert sign_in(manager).post(PAGE, typed(compute="explode")).status_code == 422
    assert verbs() == []


def test_only_those_who_decide_on_money_set_limits(sign_in, engineer, viewer, stranger, typed):
    answers = [sign_in(person).post(PAGE, typed(compute="warn")).status_code for person in (engineer, viewer, stranger)]
    assert answers == [403, 403, 404]
    assert verbs() == []
    assert "Set limits" not in text(sign_in(engineer).get("/projects/TRI/"))


def test_nothing_is_set_without_the_token_of_the_form(manager, typed):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    assert client.post(PAGE, typed(compute="warn")).status_code == 403


def test_without_a_budget_there_is_nothing_to_limit(sign_in, manager, project):
    client = sign_in(manager)
    assert client.get(PAGE).url == "/projects/TRI/"
    assert "has no budget yet" in text(client.get("/projects/TRI/"))
