"""The demo is entered by a command, once, on a portal that nobody uses yet; test_demo_story.py reads what it tells."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from outcomes.models import BusinessCase
from people.models import AuditEntry
from projects.models import Project

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def demo_is_allowed(settings):
    settings.DEMO = True


def seed(**options):
    out = StringIO()
    call_command("seed_demo", json=True, today=TODAY, stdout=out, **options)
    return json.loads(out.getvalue())


def test_without_demo_the_password_is_random_and_told_once(db, settings):
    settings.DEMO = False
    passwords = {user["password"] for user in seed()["users"]}
    assert len(passwords) == 1
    assert passwords != {"throughline-demo"}
    assert {user["password"] for user in seed()["users"]} == {None}


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
