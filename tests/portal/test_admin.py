"""The admin shows everything and writes only what is written by hand."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from finance.models import RateCard
from people.models import AuditEntry, User

OURS = ("people", "projects", "finance", "experiments", "trainingjobs", "outcomes")
SHOWN = [model for model in admin.site._registry if model._meta.app_label in OURS]
BY_HAND = {"people.user", "people.department", "projects.portfolio", "projects.project", "outcomes.kpi"}


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def boss(make_user):
    return make_user("ada.quist", "manager", is_staff=True, is_superuser=True)


NAMED = {model.__name__ for label in OURS for model in apps.get_app_config(label).get_models()}


def test_every_model_with_a_page_of_its_own_is_shown():
    parts = {"Membership", "Stage", "LedgerEntry", "MetricSeries", "Attempt"}  # shown inside their owners
    history = {name for name in NAMED if name.startswith("Historical")}  # what a past day is read from
    unreadable = {"SignInAttempt", "Notice", "IdempotentRequest"}  # hashed keys; what one person or client alone reads
    assert NAMED - {model.__name__ for model in SHOWN} == parts | history | unreadable


@pytest.mark.parametrize("model", [model for model in SHOWN if model._meta.label_lower not in BY_HAND],
                         ids=lambda model: model._meta.label_lower)  # fmt: skip
def test_machine_written_rows_are_only_shown(model, boss, rf):
    request, site = rf.get("/"), admin.site._registry[model]
    request.user = boss
    assert not site.has_change_permission(request)
    assert not site.has_delete_permission(request)
    assert site.has_add_permission(request) == (model is RateCard)


@pytest.mark.parametrize("label", sorted(BY_HAND))
def test_nothing_is_deleted_in_the_admin(label, boss, rf):
    request = rf.get("/")
    request.user = boss
    assert not admin.site._registry[apps.get_model(label)].has_delete_permission(request)


def test_a_change_of_role_leaves_an_audit_entry(boss, engineer, sign_in):
    client = sign_in(boss)
    answer = client.post(page(User, "change", engineer.pk), {
        "username": engineer.username, "role": "finance", "is_active": "on", "first_name": "Lena",
        "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "department": engineer.department_id,
    })  # fmt: skip
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    engineer.refresh_from_db()
    assert engineer.role == "finance"
    entry = AuditEntry.objects.get(verb="change_in_admin")
    assert (entry.actor, entry.subject_id) == (boss, str(engineer.pk))
    assert "role" in entry.detail["fields"]


def test_a_rate_card_is_published_as_the_next_version(boss, rate_card, sign_in):
    fields = {"name": "Compute", "currency": "EUR", "valid_from": "2026-12-01", "cpu_core_hour_micro": 500_000,
              "gpu_hour_micro": 2_000_000, "gib_hour_micro": 12_000, "kwh_micro": 300_000, "watt_per_core": "11.5",
              "watt_per_gpu": "400"}  # fmt: skip
    answer = sign_in(boss).post(page(RateCard, "add"), fields)
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    assert list(RateCard.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    assert AuditEntry.objects.filter(verb="publish_rate_card", actor=boss).count() == 1


def test_an_engineer_has_no_way_in(engineer, sign_in):
    assert sign_in(engineer).get(reverse("admin:index")).status_code == 302
