"""Notices by REST: only one's own, read one or all, and mails on or off."""

import pytest

from people.models import AuditEntry, Notice
from people.notices import mark_read, notify


@pytest.fixture
def notices(engineer, manager):
    """Two for the engineer, one for the manager."""
    notify(users=[engineer, manager], kind="job_ended", text="TRI-1 finished", url="/jobs/TRI-1/")
    notify(users=[engineer], kind="budget", text="80% of Compute is spent", url="/projects/TRI/")
    return Notice.objects.visible_to(engineer)


def test_the_list_holds_ones_own_notices_the_newest_first(notices, engineer, api):
    rows = api(engineer).get("/api/v1/notices/").json()["results"]
    assert [(row["kind"], row["text"], row["url"], row["read_at"]) for row in rows] == [
        ("budget", "80% of Compute is spent", "/projects/TRI/", None),
        ("job_ended", "TRI-1 finished", "/jobs/TRI-1/", None),
    ]


@pytest.mark.parametrize(("query", "count"), [("unread=true", 1), ("unread=false", 1), ("kind=budget", 1), ("", 2)])
def test_the_list_is_filtered(notices, engineer, api, query, count):
    mark_read(notice=notices.get(kind="budget"))
    assert api(engineer).get(f"/api/v1/notices/?{query}").json()["count"] == count


def test_a_filter_that_makes_no_sense_is_refused(notices, engineer, api):
    assert api(engineer).get("/api/v1/notices/?kind=gossip").status_code == 422


def test_one_notice_is_read_and_stays_read(notices, engineer, api):
    path = f"/api/v1/notices/{notices.get(kind='budget').pk}/read/"
    first = api(engineer).post(path)
    assert (first.status_code, first.json()["read_at"] is None) == (200, False)
    assert api(engineer).post(path).json() == first.json()
    assert notices.unread().count() == 1


def test_the_notice_of_another_person_does_not_exist(notices, manager, api):
    path = f"/api/v1/notices/{notices.get(kind='budget').pk}/read/"
    assert api(manager).post(path).status_code == 404
    assert notices.unread().count() == 2


def test_all_of_ones_own_are_read(notices, engineer, api):
    assert api(engineer).post("/api/v1/notices/read-all/").json() == {"read": 2}
    assert api(engineer).post("/api/v1/notices/read-all/").json() == {"read": 0}
    assert Notice.objects.unread().count() == 1


def test_mails_are_switched_off_by_the_person_alone(engineer, api):
    answer = api(engineer).patch("/api/v1/me/", {"mail_notices": False})
    assert (answer.status_code, answer.json()["mail_notices"]) == (200, False)
    engineer.refresh_from_db()
    assert engineer.mail_notices is False
    assert AuditEntry.objects.get(verb="choose_mail").actor == engineer


@pytest.mark.parametrize("body", [{}, {"mail_notices": "perhaps"}, {"mail_notices": None}, {"role": "manager"}])
def test_nothing_else_about_oneself_is_changed_here(engineer, api, body):
    answer = api(engineer).patch("/api/v1/me/", body)
    assert answer.status_code == 422
    engineer.refresh_from_db()
    assert (engineer.role, engineer.mail_notices) == ("engineer", True)
