"""Who gets which answer from every page, and what every answer carries."""

import json
import os
import re
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from csp.constants import SELF
from django.contrib import admin
from django.contrib.auth import get_user
from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from experiments.models import ModelVersion, Run
from finance.models import BudgetLine, JournalEntry
from outcomes.models import Kpi, ValueContract
from outcomes.services import add_key_result, open_objective, promise_benefit, record_measurement
from outcomes.services.gate import ask_review, lay_gates, next_gate
from people.models import User
from people.services import add_job_role, record_employment
from portal.environment import BASE_DIR
from projects.models import Feedback, Project
from projects.services import (
    add_dependency,
    add_milestone,
    add_risk,
    allocate,
    open_programme,
    place_project,
    propose_demand,
    submit_demand,
)
from trainingjobs.models import TrainingJob

ROLES = ("anonymous", "viewer", "engineer", "stranger", "manager", "finance", "admin")
# The viewer and the engineer are members of the project, the stranger is an engineer of another team.
# A row of another team is 404 before anything else; 302 of the anonymous leads to the sign-in.
ALL = "302 200 200 200 200 200 200"
TEAM = "302 200 200 404 200 200 200"
WRITE = "302 403 200 404 200 200 200"
POST_ONLY = "302 405 405 405 405 405 405"
PAGES = {
    "portfolio": ALL,
    "portfolio-export": ALL,
    **dict.fromkeys(("portfolio-export-xlsx", "money-export-xlsx", "gates-export-xlsx", "report"), ALL),
    **dict.fromkeys(("benefits-export-xlsx", "feedback-export-xlsx", "demands-export-xlsx"), ALL),
    **dict.fromkeys(
        (f"{page}-export{kind}" for page in ("objectives", "waste", "cost-per-point") for kind in ("", "-xlsx")), ALL
    ),
    "forecasters": "302 403 403 403 200 200 200",
    **dict.fromkeys(("saved-view-new", "saved-view-drop"), POST_ONLY),
    "explain-portfolio": ALL,
    "waste-explain": ALL,
    "projects": ALL,
    "project-new": "302 403 403 403 200 403 200",
    "programmes": ALL,
    "programme": TEAM,
    **dict.fromkeys(("programme-report", "project-report"), TEAM),
    "programme-new": "302 403 403 403 200 403 200",
    "feedback-new": WRITE,
    "project": TEAM,
    "kpi": TEAM,
    "kpi-new": WRITE,
    "measurement-new": WRITE,
    **dict.fromkeys(("kpi-edit", "kpi-targets", "measurements-import"), WRITE),
    "measurements-template": TEAM,
    "contract-new": WRITE,
    "contract-sign": "302 403 403 404 403 200 200",
    "explain": TEAM,
    **dict.fromkeys(("explain-earned", "explain-point", "explain-feedback", "explain-health"), TEAM),
    **dict.fromkeys(("explain-budget", "explain-review"), TEAM),
    "explain-person": "302 404 404 404 200 200 200",
    **dict.fromkeys(("what-if-export", "what-if-export-xlsx", "explain-what-if"), ALL),
    **dict.fromkeys(
        ("explain-benefits", "explain-forecaster", "explain-forecast"), "302 404 404 404 404 404 404"
    ),  # no promised month is over, no forecast has come due
    "explain-gates": "302 404 404 404 404 404 404",  # no gate was decided
    "objectives-explain": TEAM,
    "jobs": ALL,
    **dict.fromkeys(("jobs-export", "jobs-export-xlsx"), ALL),
    **dict.fromkeys(("kpi-export", "kpi-export-xlsx"), TEAM),
    "jobs-act": POST_ONLY,
    "queue": ALL,
    "forecasts": ALL,
    "what-if": ALL,
    "approvals": ALL,
    **dict.fromkeys(("clients", "webhooks"), "302 403 403 403 200 200 200"),
    "webhook": "302 403 403 403 404 404 404",  # none is added
    **dict.fromkeys(("client-rotate", "client-revoke", "webhook-act", "delivery-replay"), POST_ONLY),
    "gates": ALL,
    "gates-export": ALL,
    "gate-sets": ALL,
    "gate-set": "302 403 403 403 200 403 200",
    "gate-review": TEAM,
    "gate-review-new": "302 403 302 404 302 302 302",  # a review is open: to its page
    **dict.fromkeys(("gate-answer", "gate-decide", "gate-withdraw", "gate-condition-fulfil"), POST_ONLY),
    "approval-decide": POST_ONLY,
    **dict.fromkeys(("demands", "demands-export", "demand"), ALL),
    **dict.fromkeys(("benefits", "benefits-export", "feedback-board", "feedback-export", "objectives"), ALL),
    "objective-new": "302 403 403 403 200 403 200",
    "key-result-new": "302 403 403 404 200 403 200",
    "case": TEAM,
    "feedback-triage": POST_ONLY,
    "benefit": TEAM,
    "benefit-new": WRITE,
    "benefit-realise": POST_ONLY,
    "benefit-plan": "302 403 200 404 200 200 200",  # the engineer owns it
    "demand-new": "302 403 200 200 200 200 200",
    "demand-edit": "302 403 302 403 302 403 302",  # submitted by the engineer: back to its page
    **dict.fromkeys(("demand-submit", "demand-decide"), POST_ONLY),
    "demand-accept": "302 403 403 403 200 403 200",
    "project-plan": TEAM,
    "project-completion": TEAM,
    "earning-kpi": POST_ONLY,
    **dict.fromkeys(
        ("project-edit", "project-plan-edit", "milestone-new", "milestone", "risk-new", "risk"),
        "302 403 200 404 200 403 200",
    ),  # the engineer leads the project
    "project-state": "302 403 403 404 200 403 200",
    **dict.fromkeys(("milestone-reach", "milestone-remove", "dependency-remove", "risk-close"), POST_ONLY),
    "project-limits": "302 403 403 404 200 200 200",
    **dict.fromkeys(("money", "money-export", "money-explain", "periods", "waste", "cost-per-point"), ALL),
    "project-budget": TEAM,
    "budget-version": TEAM,
    **dict.fromkeys(
        ("budget-new", "budget-version-new", "budget-version-edit", "budget-tranches"), "302 403 403 404 200 200 200"
    ),
    **dict.fromkeys(("order-new", "invoice-new", "entry-reverse"), "302 403 403 404 403 200 200"),
    **dict.fromkeys(
        ("exchange-rates", "exchange-rates-export", "exchange-rates-export-xlsx"), "302 403 403 403 200 200 200"
    ),
    "exchange-rate-new": "302 403 403 403 403 200 200",
    **dict.fromkeys(("commitment-cancel", "period-status", "periods-open"), POST_ONLY),
    "job-cancel": POST_ONLY,
    **dict.fromkeys(("job-pause", "job-resume", "job-retry", "job-priority", "job-approve", "job-decline"), POST_ONLY),
    "job-change": "302 403 302 404 302 302 302",  # the job has started: back to its page
    "job-change-price": POST_ONLY,
    "job-time-steps": POST_ONLY,
    "job-timing": "302 404 404 404 404 404 404",  # a dry run that nobody asked for
    "job-log": TEAM,
    "job-clone": "302 302 302 404 302 302 302",
    "job-new": WRITE,
    "job-price": POST_ONLY,
    "models": ALL,
    "model-file": TEAM,
    "rate-cards": ALL,
    "rate-card": "302 403 403 403 404 404 404",  # a card that nobody published
    **dict.fromkeys(
        ("people", "people-export", "people-export-xlsx", "role-rates", "role-rate-new"), "302 403 403 403 200 200 200"
    ),
    **dict.fromkeys(
        ("allocation", "allocation-new", "employment", "employment-new", "job-role-new"), "302 403 403 403 200 200 200"
    ),
    "role-rate": "302 403 403 403 404 404 404",  # no rate is recorded
    "job": TEAM,
    "job-live": "302 286 286 404 286 286 286",
    "job-series": TEAM,
    "job-worth": TEAM,
    "notices": ALL,
    "notice": "302 404 404 404 404 404 404",  # a notice of nobody
    "notices-bell": ALL,
    "notices-mail": POST_ONLY,
    "notices-read-all": POST_ONLY,
    "search": ALL,
    "audit": "302 403 403 403 200 200 200",
    "audit-export": "302 403 403 403 200 200 200",
    "sign-in": "200 302 302 302 302 302 302",
    "sign-out": "302 405 405 405 405 405 405",
    "theme": "405 405 405 405 405 405 405",
    "docs": ALL,
    "healthz": "200 200 200 200 200 200 200",
    "readyz": "200 200 200 200 200 200 200",
}
WRITES = ("project-new", "project-edit", "feedback-new", "kpi-new", "measurement-new", "contract-new", "contract-sign",
          "job-new", "job-price", "job-cancel", "job-pause", "job-resume", "job-retry", "job-priority", "job-approve",
          "job-decline", "job-change", "job-change-price", "job-time-steps", "jobs-act", "approval-decide",
          "gate-review-new", "gate-answer", "gate-decide", "gate-withdraw", "gate-condition-fulfil", "gate-set",
          "clients", "client-rotate", "client-revoke", "webhooks", "webhook-act", "delivery-replay",
          "programme-new", "benefit-plan", "budget-tranches",
          "budget-new", "budget-version-new", "budget-version-edit", "budget-version", "commitment-cancel",
          "period-status", "periods-open", "order-new", "invoice-new", "entry-reverse", "exchange-rate-new",
          "demand-new", "demand-edit", "demand-submit", "demand-decide", "demand-accept", "project-plan-edit",
          "project-state", "milestone-new", "milestone", "milestone-reach", "milestone-remove", "dependency-remove",
          "risk-new", "risk", "risk-close", "project-limits", "project-completion", "role-rate-new", "earning-kpi",
          "kpi-edit", "kpi-targets", "measurements-import", "benefit-new", "benefit-realise", "feedback-triage",
          "objective-new", "key-result-new", "case",
          "allocation", "allocation-new", "employment", "employment-new", "job-role-new",
          "notices-mail", "notices-read-all", "sign-in", "sign-out", "theme")  # fmt: skip
HOSTILE = '<img src=x onerror=alert(1)>"\'&lt;i&gt;</script><a href="//evil">%{y}{{7*7}}'


@pytest.fixture
def world(told, settings):
    """The told project, its model with a file, and the arguments of every address."""
    job, kpi = TrainingJob.objects.get(), Kpi.objects.get()
    contract, model = ValueContract.objects.get(), ModelVersion.objects.get()
    folder = settings.JOBS_DIR / model.path
    folder.mkdir(parents=True)
    (folder / "model.json").write_text('{"files": {}}')
    numbered = {"key": "TRI", "number": 1}
    lay_gates(by=None)
    review = ask_review(project=told, gate=next_gate(told), at=timezone.now(), by=told.lead)
    version = planned_version(told)
    asked = propose_demand(title="More", problem="Less", department=told.sponsor, at=timezone.now(), by=told.lead)
    asked = submit_demand(demand=asked, at=timezone.now(), by=told.lead)
    day = timezone.localdate()
    first = add_milestone(project=told, title="First", planned_on=day, by=told.lead)
    then = add_milestone(project=told, title="Then", planned_on=day, by=told.lead)
    waits = add_dependency(predecessor=first, successor=then, by=told.lead)
    risk = add_risk(project=told, title="Rain", probability_percent=10, impact_minor=100, currency="EUR",
                    response="accept", owner=told.lead, opened_on=day, by=told.lead)  # fmt: skip
    programme = open_programme(portfolio=told.portfolio, name="Depots", owner=told.lead, by=told.lead)
    place_project(project=told, programme=programme, horizon=told.horizon, by=told.lead)
    benefit = promise_benefit(project=told, name="Hours", kind="cashable", owner=told.lead, currency="EUR",
                              plan={day.replace(day=1): 100}, at=timezone.now(), by=told.lead)  # fmt: skip
    objective = open_objective(portfolio=told.portfolio, title="Fewer misreads", owner=told.lead, starts_on=day,
                               ends_on=day + timedelta(days=90), by=told.lead)  # fmt: skip
    add_key_result(objective=objective, kpi=kpi, by=told.lead)
    record_measurement(kpi=kpi, value=kpi.baseline, measured_at=timezone.now(), by=told.lead)
    role, since = add_job_role(code="tester", name="Tester", by=None), {"valid_from": day, "source": "portal"}
    person = record_employment(name="Ada Quist", role=role, department=told.sponsor, fte_percent=100, external_id="E-1",
                               at=timezone.now(), by=None, **since)  # fmt: skip
    held = allocate(employment=person, project=told, hours_per_week=8, external_id="A-1", by=None, **since)
    arguments = {
        **{key: {"pk": person.pk} for key in ("allocation-new", "employment")},
        "allocation": {"pk": held.pk},
        **{key: {"pk": benefit.pk} for key in ("benefit", "benefit-realise", "benefit-plan")},
        **{key: {"pk": programme.pk} for key in ("programme", "programme-report")},
        "project-report": {"key": "TRI"},
        "budget-tranches": {"pk": version.budget_id},
        "feedback-triage": {"pk": told.feedback.first().pk},
        **{key: {"key": "TRI"} for key in ("benefit-new", "case")},
        "key-result-new": {"pk": objective.pk},
        **{f"demand{end}": {"pk": asked.pk} for end in ("", "-edit", "-submit", "-decide", "-accept")},
        **{f"project-{page}": {"key": "TRI"} for page in ("edit", "plan", "plan-edit", "state", "completion")},
        **{f"milestone{end}": {"key": "TRI", "pk": then.pk} for end in ("", "-reach", "-remove")},
        **{f"{thing}-new": {"key": "TRI"} for thing in ("milestone", "risk")},
        "dependency-remove": {"key": "TRI", "pk": then.pk, "dependency": waits.pk},
        **{name: {"key": "TRI", "pk": risk.pk} for name in ("risk", "risk-close")},
        "explain-portfolio": {"what": "value"},
        "money-explain": {"what": "available"},
        "waste-explain": {"what": "idle"},
        **{key: {"key": "TRI"} for key in ("project-budget", "budget-new")},
        **{key: {"pk": version.budget_id} for key in ("budget-version-new", "order-new", "invoice-new")},
        "entry-reverse": {"pk": JournalEntry.objects.earliest("pk").pk},
        **{key: {"pk": version.pk} for key in ("budget-version", "budget-version-edit")},
        **{key: {"pk": 10**6} for key in ("commitment-cancel", "period-status")},
        **{key: {"pk": kpi.pk} for key in ("kpi", "kpi-export", "kpi-export-xlsx")},
        "measurement-new": {"pk": kpi.pk},
        **{key: {"pk": kpi.pk} for key in ("kpi-edit", "kpi-targets", "measurements-import", "measurements-template")},
        "contract-new": {"pk": kpi.pk},
        "contract-sign": {"pk": contract.pk},
        "explain": {"kind": "value", "pk": contract.pk},
        "explain-earned": {"pk": version.budget_id, "what": "ac"},
        "explain-point": {"key": "TRI", "recipe": "image-classifier"},
        "explain-health": {"key": "TRI"},
        "explain-budget": {"pk": version.budget_id, "what": "planned"},
        "explain-benefits": {"what": "promised"},
        "explain-what-if": {"what": "yours-cost"},
        "explain-person": {"pk": person.pk, "what": "given"},
        "explain-review": {"pk": review.pk, "what": "musts"},
        "explain-forecaster": {"pk": told.lead.pk, "what": "stages"},
        "explain-forecast": {"recipe": "image-classifier", "what": "duration-error"},
        "model-file": {"pk": model.pk, "name": "model.json"},
        **{key: {"key": "TRI"} for key in ("project", "feedback-new", "kpi-new", "job-new", "job-price")},
        **dict.fromkeys(("job", "job-live", "job-series", "job-worth", "job-log", "job-clone", "job-cancel"), numbered),
        **dict.fromkeys(
            ("job-pause", "job-resume", "job-retry", "job-priority", "job-approve", "job-decline"), numbered
        ),
        **dict.fromkeys(("job-change", "job-change-price", "approval-decide"), numbered),
        **{key: {"key": "TRI"} for key in ("project-limits", "earning-kpi", "job-time-steps")},
        "gate-review-new": {"key": "TRI"},
        **{key: {"pk": review.pk} for key in ("gate-review", "gate-decide", "gate-withdraw", "gate-condition-fulfil")},
        "gate-set": {"horizon": "core", "station": "data"},
        "gate-answer": {"pk": review.pk, "criterion": review.gate.criteria.first().pk},
        "job-timing": {"key": "TRI", "pk": uuid.UUID(int=0)},
        "notice": {"pk": 10**6},
        "saved-view-drop": {"pk": 10**6},
        **{key: {"pk": 1} for key in ("client-rotate", "client-revoke", "webhook", "delivery-replay")},
        "webhook-act": {"pk": 1, "act": "ping"},
        "role-rate": {"pk": 10**6},
        "rate-card": {"pk": 10**6},
    }
    return {name: address_of(name, arguments.get(name, {})) for name in PAGES}, job


def planned_version(project):
    """A draft of the project's plan, by its manager."""
    from finance.services.period import open_periods
    from finance.services.plan import PlannedAmount, draft_version

    budget, at = project.budgets.first(), timezone.now()
    (period,) = open_periods(first=at.date(), months=1, by=None)
    line = PlannedAmount(period, "people", "data", 9_000_000)
    return draft_version(budget=budget, lines=[line], reason="First plan", at=at, by=budget.approved_by)


def address_of(name, arguments):
    from django.urls import reverse

    return reverse(f"api:{name}" if name == "docs" else name, kwargs=arguments)


@pytest.fixture
def cast(viewer, engineer, stranger, manager, finance_user, make_user):
    root = make_user("root", "viewer", is_superuser=True, is_staff=True)
    people = (None, viewer, engineer, stranger, manager, finance_user, root)
    clients = {}
    for role, person in zip(ROLES, people, strict=True):
        clients[role] = Client()
        if person:
            clients[role].force_login(person)
    return clients


def named(patterns, inside=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name not in {"admin"} and not inside.startswith("api/v1"):
                yield from named(pattern.url_patterns, inside + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and not inside.startswith("api/v1"):
            yield pattern.name


def test_the_policy_names_every_page():
    no_pages = {"schema", "nothing-here", "client-token"}  # the last: tests/api/test_clients.py
    assert set(named(get_resolver().url_patterns)) - no_pages == set(PAGES)


def test_every_page_answers_each_role_as_the_policy_says(world, cast):
    addresses, _job = world
    answers = {
        name: " ".join(str(cast[role].get(address).status_code) for role in ROLES)
        for name, address in addresses.items()
    }
    assert answers == PAGES


def test_nothing_is_written_without_the_token_of_the_form(world, engineer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(engineer)
    assert {name for name in WRITES if client.post(world[0][name]).status_code != 403} == set()


def test_an_outsider_writes_nothing(world):
    addresses, _job = world
    for name in set(WRITES) - {"sign-in", "sign-out", "theme"}:
        assert Client().post(addresses[name]).url.startswith("/sign-in/"), name


def test_a_job_is_not_cancelled_by_who_only_looks_or_does_not_see(world, cast):
    address = world[0]["job-cancel"]
    assert [cast[role].post(address).status_code for role in ("viewer", "stranger")] == [403, 404]


def test_outside_only_the_sign_in_and_the_two_signs_of_health_answer(client, db):
    for path in ("/", "/admin/", "/nowhere", "/api/docs/", "/explain/x/1/"):
        assert client.get(path).status_code in {302, 404}, path
    for path in ("/api/v1/jobs/", "/api/schema/", "/api/v1/nowhere/"):
        assert client.get(path).status_code == 401, path


# What every answer carries


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/sign-in/", "testserver", 200),
        ("/", "testserver", 302),
        ("/admin/login/", "testserver", 200),
        ("/nowhere/", "testserver", 404),
        ("/api/v1/jobs/", "testserver", 401),
        ("/healthz", "testserver", 200),
        ("/sign-in/", "evil.example", 400),
        ("/api/v1/jobs/", "evil.example", 400),
    ],
)
def test_every_answer_carries_the_policy(client, db, settings, path, host, status):
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = client.get(path, HTTP_HOST=host)
    assert answer.status_code == status
    policy = answer["Content-Security-Policy"]
    assert f"script-src {SELF}" in policy
    assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_static_files_carry_the_policy_too(settings, tmp_path):
    (tmp_path / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    settings.STATIC_ROOT = tmp_path
    answer = Client().get("/static/a.svg")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_fault_of_ours_tells_nothing_and_keeps_the_policy(sign_in, engineer, monkeypatch, settings):
    monkeypatch.setattr("portal.search.find", None)
    monkeypatch.setattr("portal.views.reference.find", lambda *words: 1 / 0)
    client = sign_in(engineer)
    client.raise_request_exception = False
    answer = client.get("/search/?q=x")
    assert (answer.status_code, "ZeroDivision" in answer.content.decode()) == (500, False)
    assert "script-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("gone")])
def test_a_database_that_lets_nobody_in_is_worth_another_try(error, sign_in, engineer, monkeypatch):
    def locked(*words):
        raise error

    client = sign_in(engineer)
    client.raise_request_exception = False
    monkeypatch.setattr("portal.views.reference.find", locked)
    monkeypatch.setattr("portal.api.views.render", locked)
    page, problem = client.get("/search/?q=x"), client.get("/api/docs/")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "Try again in a few seconds" in page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert (problem.status_code, problem["Retry-After"], problem.json()["code"]) == (503, "5", "busy")
    assert problem["Content-Type"] == "application/problem+json"


def test_what_cannot_be_read_is_answered_by_a_page_of_the_house(client, db, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = client.get("/sign-in/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "This could not be read" in answer.content.decode()
    assert "evil.example" not in answer.content.decode()


def test_faults_outside_the_faces_of_the_api_have_its_shape_too(sign_in, engineer, settings, monkeypatch):
    client = sign_in(engineer)
    client.raise_request_exception = False
    monkeypatch.setattr("portal.api.views.render", lambda *words: 1 / 0)
    for answer, status in (
        (client.get("/api/docs/"), 500),
        (client.get("/api/v1/jobs/", HTTP_HOST="evil.example"), 400),
    ):
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status


# Sessions


def test_signing_in_changes_the_session_and_signing_out_ends_it(client, engineer):
    client.get("/sign-in/")
    client.session["mark"] = 1
    before = client.session.session_key
    client.post("/sign-in/", {"username": engineer.username, "password": "a-long-test-password"})
    stolen = client.session.session_key
    assert stolen != before
    client.post("/sign-out/")
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/").status_code == 302


def test_a_closed_account_and_a_new_password_end_every_session(sign_in, engineer, manager):
    for person in (engineer, manager):
        client = sign_in(person)
        assert client.get("/").status_code == 200
        if person is engineer:
            User.objects.filter(pk=person.pk).update(is_active=False)
        else:
            person.set_password("another-long-password")
            person.save()
        assert not get_user(client).is_authenticated
        assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "next_page",
    ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", "\t//evil.example"],
)
def test_signing_in_never_leads_away_from_the_portal(client, engineer, next_page):
    answer = client.post(
        "/sign-in/", {"username": engineer.username, "password": "a-long-test-password", "next": next_page}
    )
    assert answer.url == "/"
    assert client.post("/theme/", {"theme": "dark", "next": next_page}).url == "/"


# Text of users


@pytest.fixture
def hostile(told):
    """Every text that a person can have stored, as bad as it gets."""
    Project.objects.update(title=HOSTILE, summary=HOSTILE, demand=HOSTILE)
    Kpi.objects.update(name=HOSTILE[:100], unit="<b>%{y}</b>", definition=HOSTILE, source=HOSTILE)
    Feedback.objects.update(text=HOSTILE, source=HOSTILE)
    User.objects.update(first_name="<b>=cmd</b>", last_name=F("username"), job_title=HOSTILE)
    TrainingJob.objects.update(error_message=HOSTILE, error_mend=HOSTILE, progress_message=HOSTILE)
    Run.objects.update(name="<b>run</b>")
    return TrainingJob.objects.get()


def test_no_text_of_a_user_becomes_markup(hostile, sign_in, manager, settings):
    from trainingjobs.folders import attempt_folder

    folder = attempt_folder(hostile.pk, hostile.fence)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text(f"{HOSTILE}\n\x1b[31m{HOSTILE}\x1b[0m\n\x1b")
    TrainingJob.objects.update(state="failed", error_code="boom")
    client, kpi, contract = sign_in(manager), Kpi.objects.get(), ValueContract.objects.get()
    pages = [
        "/", "/projects/", "/projects/TRI/", f"/kpis/{kpi.pk}/", "/jobs/", "/jobs/TRI-1/", "/jobs/TRI-1/log/",
        "/jobs/TRI-1/live/", "/models/", "/search/?q=img", "/audit/", "/projects/TRI/jobs/new/",
        f"/explain/value/{contract.pk}/", f"/explain/job-cost/{hostile.pk}/", "/explain/portfolio/value/",
        f"/kpis/{kpi.pk}/measurements/new/", f"/kpis/{kpi.pk}/contracts/new/",
        f"/explain/budget-line/{BudgetLine.objects.first().pk}/",
    ]  # fmt: skip
    figures = 0
    for page in pages:
        answer = client.get(page)
        assert answer.status_code in {200, 286}, page
        html = answer.content.decode()
        for live in ("<img src=x", "<b>run", "<b>=cmd", "<b>%{y}", '<a href="//evil', '<i>"', "\x1b"):
            assert live not in html, (page, live)
        for text in re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', html, re.S):
            figures += 1
            assert not [
                word for word in words_of(json.loads(text)) if re.search(r"<(img|a |i>|b>(run|=cmd|%\{y\}<))", word)
            ], page
    assert figures


def words_of(value):
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from words_of(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("path", ["/portfolio.csv", "/jobs.csv"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00a0=", "x\n=", "＝", "\u200b="])
def test_exports_carry_no_live_formula(path, start, told, sign_in, manager):
    import csv

    Project.objects.update(title=f"{start}HYPERLINK(1)", summary=f"{start}X()")
    User.objects.update(first_name=f"{start}cmd")
    answer = sign_in(manager).get(path)
    text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode("utf-8-sig")
    for row in csv.reader(text.splitlines(keepends=True)):
        for cell in row:
            if re.search(r"HYPERLINK|X\(\)|cmd", cell):
                assert cell.startswith("'"), cell


@pytest.mark.parametrize("name", ["..%2f..%2fsecret_key", "%2e%2e", "model.json%00", "", "/etc/passwd", "MODEL.JSON"])
def test_no_name_leads_out_of_the_folder_of_a_model(name, world, sign_in, manager):
    model = ModelVersion.objects.get()
    assert sign_in(manager).get(f"/models/{model.pk}/files/{name}").status_code == 404
    assert sign_in(manager).get(f"/models/{uuid.uuid4()}/files/model.json").status_code == 404


def test_the_admin_shows_machine_rows_and_changes_none(cast, world):
    for model in (TrainingJob, BudgetLine, ValueContract, Feedback):
        options = model._meta
        if model in admin.site._registry:
            answer = cast["admin"].get(f"/admin/{options.app_label}/{options.model_name}/add/")
            assert answer.status_code == 403, model
    assert cast["manager"].get("/admin/").status_code == 302


OVER_TLS = """
import django
django.setup()
from django.conf import settings
from django.test import Client
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
page = Client(headers={"host": "localhost"}).get("/sign-in/", secure=True)
plain = Client(headers={"host": "localhost"}).get("/sign-in/")
cookie = page.cookies["csrftoken"]
print(page["Strict-Transport-Security"], bool(cookie["secure"]), cookie["samesite"])
print(settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE)
print(plain.status_code, plain["Location"], "script-src 'self'" in plain["Content-Security-Policy"])
"""


def test_over_tls_cookies_are_secure_and_plain_http_is_sent_away(tmp_path):
    environment = {**os.environ, "HTTPS": "true", "DATA_DIR": str(tmp_path), "DATABASE_URL": "",
                   "DJANGO_SETTINGS_MODULE": "portal.settings"}  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-c", OVER_TLS], env=environment, cwd=BASE_DIR, capture_output=True, text=True, timeout=60
    )
    assert told.stdout.splitlines() == [
        "max-age=31536000; includeSubDomains; preload True Lax",
        "True True Lax",
        "301 https://localhost/sign-in/ True",
    ], told.stderr
    key = (tmp_path / "secret_key").read_text()
    assert key not in told.stdout + told.stderr
