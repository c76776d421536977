"""A project's words, days and team can be corrected by who leads it; what it said before stays in its history."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from people.models import AuditEntry
from projects.models import Project
from projects.services import change_project, end_project


def team(project):
    return set(project.members.values_list("username", flat=True))


def test_only_what_is_named_changes_and_the_audit_trail_says_from_what(project, manager):
    title, before = project.title, timezone.now()
    due = project.started_on + timedelta(days=200)
    change_project(project=project, title="Tickets find their desk", due_on=due, by=manager)
    project.refresh_from_db()
    assert (project.title, project.due_on, project.key) == ("Tickets find their desk", due, "TRI")
    entry = AuditEntry.objects.get(verb="change_project")
    assert entry.detail["changed"]["title"] == [title, "Tickets find their desk"]
    assert set(entry.detail["changed"]) == {"title", "due_on"}
    assert Project.history.as_of(before).get(key="TRI").title == title


def test_what_changes_nothing_leaves_no_trace(project, manager):
    change_project(project=project, title=project.title, members=project.members.all(), by=manager)
    assert not AuditEntry.objects.filter(verb="change_project").exists()


def test_who_leaves_the_team_no_longer_sees_the_project(project, manager, viewer, make_user):
    joins = make_user("nina.new", "engineer")
    change_project(project=project, members=[joins], by=manager)
    assert team(project) == {"nina.new", project.lead.username}, "the lead always belongs to it"
    seen_by = [Project.objects.visible_to(user).exists() for user in (joins, viewer)]
    assert seen_by == [True, False]
    detail = AuditEntry.objects.get(verb="change_project").detail
    assert (detail["joined"], viewer.username in detail["left"]) == (["nina.new"], True)


def test_a_new_lead_joins_the_team(project, manager, make_user):
    lead = make_user("nina.new", "engineer")
    change_project(project=project, lead=lead, by=manager)
    assert {"nina.new", project.lead.username} <= team(project)


def test_nothing_is_due_before_it_begins(project, manager):
    with pytest.raises(ValidationError) as refusal:
        change_project(project=project, due_on=project.started_on - timedelta(days=1), by=manager)
    assert refusal.value.error_dict["due_on"][0].code == "before_start"


def test_what_has_ended_keeps_its_words(project, manager):
    end_project(project=project, status="completed", on=project.started_on, by=manager)
    with pytest.raises(ValidationError) as refusal:
        change_project(project=project, title="Another", by=manager)
    assert refusal.value.code == "ended"


@pytest.fixture
def typed(project):
    return {
        "title": "Tickets find their desk",
        "summary": "",
        "demand": "",
        "sponsor": project.sponsor_id,
        "lead": project.lead_id,
        "members": [project.lead_id],
        "due_on": "",
    }


def test_the_page_shows_what_is_and_saves_what_is_typed(sign_in, engineer, project, typed):
    client, address = sign_in(engineer), reverse("project-edit", args=["TRI"])
    assert project.title in client.get(address).content.decode()
    assert client.post(address, typed).url == project.get_absolute_url()
    project.refresh_from_db()
    assert (project.title, team(project)) == ("Tickets find their desk", {engineer.username})


def test_a_wrong_day_is_said_and_the_rest_kept(sign_in, engineer, project, typed):
    day = project.started_on - timedelta(days=1)
    answer = sign_in(engineer).post(reverse("project-edit", args=["TRI"]), typed | {"due_on": day.isoformat()})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "It is due on that day or later." in page
    assert "Tickets find their desk" in page
    project.refresh_from_db()
    assert project.title != "Tickets find their desk"


def test_who_neither_leads_nor_manages_is_told_who_may(sign_in, finance_user, project, typed):
    client = sign_in(finance_user)
    answer = client.post(reverse("project-edit", args=["TRI"]), typed)
    assert answer.status_code == 403
    assert "The lead of the project and portfolio managers change it." in answer.content.decode()
    assert reverse("project-edit", args=["TRI"]) not in client.get(project.get_absolute_url()).content.decode()
