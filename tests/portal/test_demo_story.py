"""What the demo tells. It is entered once for all tests of this file; each of them runs on top of it."""

import json
from datetime import date
from io import StringIO

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Sum
from django.test import override_settings
from django.urls import reverse

from experiments.models import Run
from finance.models import Budget, BudgetLine, BudgetVersion, Commitment, JournalEntry, LedgerEntry
from outcomes.models import Benefit, BusinessCase, FeedbackTriage, Kpi, Measurement, Objective, ValueContract
from people import outbox
from people.chain import first_break
from people.models import AuditEntry, AuditLink, User
from portal.demo.stories import STORIES, jobs_in_order
from projects.models import Demand, Feedback, Project, Station

TODAY = date(2026, 11, 21)
OURS = ("people", "projects", "finance", "experiments", "trainingjobs", "outcomes")
SHOWN = [model for model in admin.site._registry if model._meta.app_label in OURS]
MD5 = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def entered(django_db_setup, django_db_blocker):
    """The demo, and what the command said of it; the transaction around it is never committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEMO=True, PASSWORD_HASHERS=MD5):
            yield seed()
        transaction.set_rollback(True)


def seed(**options):
    out = StringIO()
    call_command("seed_demo", json=True, today=TODAY, stdout=out, **options)
    return json.loads(out.getvalue())


def rows():
    """How many rows of each model there are; issuing tokens, and sealing that, is the one thing a second run does."""
    counts = {
        model._meta.label: model.objects.count() for label in OURS for model in apps.get_app_config(label).get_models()
    }
    counts["people.AuditEntry"] = AuditEntry.objects.exclude(verb="issue_token").count()
    counts["people.AuditLink"] = AuditLink.objects.exclude(entry__verb="issue_token").count()
    return counts


def without_tokens(told):
    return told | {"users": [{key: value for key, value in user.items() if key != "token"} for user in told["users"]]}


def test_a_second_run_changes_nothing_and_says_the_same(entered, db):
    before = rows()
    assert without_tokens(entered) == without_tokens(seed())
    assert rows() == before


def test_the_story_is_the_same_on_every_machine_of_that_day(entered, db):
    assert Project.objects.count() == len(STORIES) == 8
    assert {project.station for project in Project.objects.all()} == set(Station)
    assert Measurement.objects.order_by("-measured_at").first().measured_at.date() == date(2026, 11, 20)
    assert JournalEntry.objects.order_by("effective_on").last().effective_on == date(2026, 10, 31)
    invoiced = 1_600_00 * 9275 // 10_000  # half of an order in dollars, at the rate of that day
    told = 100 * sum(amount for story in STORIES for amount in story.spent.values())
    spent = BudgetLine.objects.aggregate(total=Sum("spent_minor"))["total"]
    assert 0 <= invoiced + told - spent < 22 * 160  # hours are whole minutes, of 22 people on projects


def test_every_figure_came_by_a_verb(entered, db):
    for model, *verbs in (
        (User, "add_user"),
        (Project, "open_project"),
        (Demand, "propose_demand", "open_improvement"),
        (Budget, "approve_budget", "open_budget"),
        (BudgetVersion, "draft_version"),
        (Commitment, "commit"),
        (JournalEntry, "post_actual"),
        (Kpi, "define_kpi"),
        (Measurement, "record_measurement"),
        (ValueContract, "draft_contract"),
        (Benefit, "promise_benefit"),
        (BusinessCase, "make_case"),
        (Objective, "open_objective"),
        (Feedback, "record_feedback"),
        (FeedbackTriage, "triage_feedback"),
    ):
        subjects = set(AuditEntry.objects.filter(verb__in=verbs).values_list("subject_id", flat=True))
        assert subjects == {str(pk) for pk in model.objects.values_list("pk", flat=True)}, verbs
        assert subjects, verbs
    assert set(ValueContract.objects.values_list("status", flat=True)) == {"draft", "signed"}


def test_the_trail_of_the_demo_is_sealed(entered, db):
    assert not AuditEntry.objects.filter(link=None).exists()
    assert first_break() is None


def test_no_voice_of_the_demo_asks_for_an_improvement_once_it_is_heard(entered, db):
    before = Demand.objects.count()
    assert outbox.deliver() >= Feedback.objects.count()
    assert Demand.objects.count() == before


def test_the_books_are_in_order(entered, db):
    unbalanced = JournalEntry.objects.annotate(total=Sum("entries__amount_minor")).exclude(total=0)
    assert not unbalanced.exists()
    drifted = BudgetLine.objects.annotate(posted=Sum("ledger_entries__amount_minor", default=0)).exclude(
        posted=F("spent_minor")
    )
    assert not drifted.exists()
    assert not BudgetLine.objects.exclude(reserved_minor=0).exists()
    assert LedgerEntry.objects.all().spend_by_category().keys() == {"people", "data", "other"}


def test_the_product_itself_finds_no_breach(entered, db):
    seed(jobs=2)
    call_command("check_invariants", stdout=StringIO())


def test_no_training_figure_is_invented(entered, db):
    assert entered["jobs"] == []
    assert not Run.objects.exists()


def test_everybody_in_the_cast_can_sign_in_and_has_a_token(entered, db, client):
    for user in entered["users"]:
        assert client.login(username=user["username"], password=user["password"])
        answer = client.get("/api/v1/me/", headers={"authorization": f"Token {user['token']}"})
        assert answer.status_code == 200


def test_a_few_real_jobs_are_submitted_once_with_different_seeds(entered, db):
    first = seed(jobs=6)["jobs"]
    assert first == seed(jobs=6)["jobs"]
    assert sorted(job["recipe"] for job in first) == ["image-classifier"] * 3 + ["linear-regression"] * 3
    assert {job["state"] for job in first} == {"queued"}
    assert [job.params["seed"] for _key, job in jobs_in_order()[:6]] == [1, 1, 2, 2, 3, 3]


def test_the_password_of_a_demo_is_told_again_to_whoever_may_run_commands(entered, db, settings):
    settings.DEMO = False
    assert {user["password"] for user in seed()["users"]} == {"throughline-demo"}


def test_every_list_of_the_admin_can_be_opened_searched_and_its_rows_read(entered, db, sign_in):
    client = sign_in(User.objects.get(username="katrin.vogel"))

    def opens(model, name, *args, **question):
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)
        return client.get(address, question).status_code == 200

    for model in SHOWN:
        assert opens(model, "changelist", q="tri"), model
        assert opens(model, "changelist"), model
        row = model.objects.first()
        assert row is None or opens(model, "change", row.pk), model
