"""The demo is entered by the product's own verbs, once, and its books are in order."""

import json
from datetime import date
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import F, Sum

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


@pytest.fixture(autouse=True)
def demo_is_allowed(settings):
    settings.DEMO = True


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


def test_a_second_run_changes_nothing_and_says_the_same(db):
    first, before = seed(), rows()
    second = seed()
    assert without_tokens(first) == without_tokens(second)
    assert rows() == before


def test_the_story_is_the_same_on_every_machine_of_that_day(db):
    seed()
    assert Project.objects.count() == len(STORIES) == 8
    assert {project.station for project in Project.objects.all()} == set(Station)
    assert Measurement.objects.order_by("-measured_at").first().measured_at.date() == date(2026, 11, 20)
    assert JournalEntry.objects.order_by("effective_on").last().effective_on == date(2026, 10, 31)
    invoiced = 1_600_00 * 9275 // 10_000  # half of an order in dollars, at the rate of that day
    assert BudgetLine.objects.aggregate(total=Sum("spent_minor"))["total"] == invoiced + sum(
        100 * amount for story in STORIES for amount in story.spent.values()
    )


def test_every_figure_came_by_a_verb(db):
    seed()
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


def test_the_trail_of_the_demo_is_sealed(db):
    seed()
    assert not AuditEntry.objects.filter(link=None).exists()
    assert first_break() is None


def test_no_voice_of_the_demo_asks_for_an_improvement_once_it_is_heard(db):
    seed()
    before = Demand.objects.count()
    assert outbox.deliver() >= Feedback.objects.count()
    assert Demand.objects.count() == before


def test_the_books_are_in_order(db):
    seed()
    unbalanced = JournalEntry.objects.annotate(total=Sum("entries__amount_minor")).exclude(total=0)
    assert not unbalanced.exists()
    drifted = BudgetLine.objects.annotate(posted=Sum("ledger_entries__amount_minor", default=0)).exclude(
        posted=F("spent_minor")
    )
    assert not drifted.exists()
    assert not BudgetLine.objects.exclude(reserved_minor=0).exists()
    assert LedgerEntry.objects.all().spend_by_category().keys() == {"people", "data", "other"}


def test_the_product_itself_finds_no_breach(db):
    seed(jobs=2)
    call_command("check_invariants", stdout=StringIO())


def test_no_training_figure_is_invented(db):
    told = seed()
    assert told["jobs"] == []
    assert not Run.objects.exists()


def test_everybody_in_the_cast_can_sign_in_and_has_a_token(db, client):
    for user in seed()["users"]:
        assert client.login(username=user["username"], password=user["password"])
        answer = client.get("/api/schema/", headers={"authorization": f"Token {user['token']}"})
        assert answer.status_code == 200


def test_a_few_real_jobs_are_submitted_once_with_different_seeds(db):
    first = seed(jobs=6)["jobs"]
    assert first == seed(jobs=6)["jobs"]
    assert sorted(job["recipe"] for job in first) == ["image-classifier"] * 3 + ["linear-regression"] * 3
    assert {job["state"] for job in first} == {"queued"}
    assert [job.params["seed"] for _key, job in jobs_in_order()[:6]] == [1, 1, 2, 2, 3, 3]


def test_without_demo_the_password_is_random_and_told_once(db, settings):
    settings.DEMO = False
    passwords = {user["password"] for user in seed()["users"]}
    assert len(passwords) == 1
    assert passwords != {"throughline-demo"}
    assert {user["password"] for user in seed()["users"]} == {None}


def test_the_password_of_a_demo_is_told_again_to_whoever_may_run_commands(db, settings):
    seed()
    settings.DEMO = False
    assert {user["password"] for user in seed()["users"]} == {"throughline-demo"}


def test_a_portal_in_use_is_left_alone(project):
    with pytest.raises(CommandError, match="cannot be entered"):
        call_command("seed_demo")
    assert Project.objects.count() == 1
    assert not AuditEntry.objects.filter(verb="seed_demo").exists()


@pytest.mark.parametrize("today", ["2024-02-29", "2025-12-31", "2026-01-01", "2026-03-31"])
def test_any_day_can_be_today(db, today):
    call_command("seed_demo", today=date.fromisoformat(today), verbosity=0)
    assert Project.objects.count() == 8
    assert BusinessCase.objects.count() == 6  # also when the portal learns of it long after
