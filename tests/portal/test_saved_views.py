"""Filters kept under a name."""

import pytest
from django.urls import reverse
from django.utils import timezone

from people.models import AuditEntry, SavedView
from people.saved_views import MOST, save_view
from portal.views.saved_views import PAGES
from projects.services import record_feedback


def keep(client, **fields):
    return client.post(
        reverse("saved-view-new"), {"page": "projects", "name": "Mine", "query": "station=data", **fields}
    )


def test_filters_are_kept_under_a_name_and_offered_on_that_page(sign_in, engineer):
    client = sign_in(engineer)
    response = keep(client, query="?station=data&page=4&q=%C3%BC")
    assert response.url == "/projects/?station=data&q=%C3%BC"
    assert "Mine" in client.get(reverse("projects")).content.decode()
    assert "Mine" not in client.get(reverse("gates")).content.decode().split("</header>")[0].split("Kept")[-1]
    assert AuditEntry.objects.filter(verb="save_view", actor=engineer).exists()


def test_the_same_name_again_keeps_the_new_filters(sign_in, engineer):
    client = sign_in(engineer)
    keep(client)
    keep(client, query="station=training")
    assert SavedView.objects.get().query == "station=training"


@pytest.mark.parametrize("page", ["project", "audit", "https://example.org/", "//example.org", ""])
def test_no_address_but_those_pages_is_kept(page, sign_in, engineer):
    assert keep(sign_in(engineer), page=page).status_code == 404
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("query", ["//example.org/", "https://example.org/?a=1", "javascript:alert(1)", "\r\nX: 1"])
def test_whatever_is_sent_as_filters_stays_a_query_of_the_page(query, sign_in, engineer):
    response = keep(sign_in(engineer), query=query)
    assert response.url.startswith("/projects/?")
    assert "//" not in response.url
    assert "\n" not in response.url


def test_only_managers_share_with_everybody(sign_in, engineer, manager, viewer):
    assert keep(sign_in(engineer), is_shared="on").status_code == 403
    keep(sign_in(manager), name="Board meeting", is_shared="on")
    page = sign_in(viewer).get(reverse("projects")).content.decode()
    assert "Board meeting" in page
    assert "shared by Katrin Vogel" in page


def test_what_is_not_shared_is_seen_by_nobody_else(sign_in, engineer, manager):
    keep(sign_in(engineer), name="Secret plan")
    assert "Secret plan" not in sign_in(manager).get(reverse("projects")).content.decode()


def test_a_view_is_dropped_by_its_owner_alone(sign_in, engineer, manager):
    keep(sign_in(manager), is_shared="on")
    view = SavedView.objects.get()
    assert sign_in(engineer).post(reverse("saved-view-drop", args=[view.pk])).status_code == 404
    assert sign_in(manager).post(reverse("saved-view-drop", args=[view.pk])).url == "/projects/"
    assert not SavedView.objects.exists()
    assert AuditEntry.objects.filter(verb="drop_view").exists()


def test_a_view_without_a_name_is_not_kept_and_says_why(sign_in, engineer):
    client = sign_in(engineer)
    response = keep(client, name=" ")
    assert not SavedView.objects.exists()
    assert "Not kept." in client.get(response.url).content.decode()


def test_nobody_hoards_views(engineer, sign_in):
    for number in range(MOST):
        save_view(page="projects", name=f"{number}", query="", is_shared=False, at=timezone.now(), by=engineer)
    keep(sign_in(engineer))
    assert SavedView.objects.count() == MOST


@pytest.mark.parametrize("page", PAGES)
def test_each_page_with_filters_has_the_menu(page, sign_in, manager):
    assert 'name="query" value="q=a"' in sign_in(manager).get(reverse(page), {"q": "a"}).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_kept_view_leads_back_to_its_page(page, sign_in, manager):
    client = sign_in(manager)
    response = keep(client, page=page, name="As I like it", query="q=a")
    assert response.url == f"{reverse(page)}?q=a"
    assert "As I like it" in client.get(response.url).content.decode()


def test_the_page_of_a_refused_answer_offers_the_views_of_the_board(project, sign_in, engineer):
    voice = record_feedback(
        project=project, score=2, text="Slow", source="A", received_at=timezone.now(), by=engineer
    )  # fmt: skip
    client = sign_in(engineer)
    keep(client, page="feedback-board", name="Unhappy", query="score=1")
    refused = client.post(reverse("feedback-triage", args=[voice.pk]), {"status": "declined", "note": ""})
    assert refused.status_code == 422
    assert f"{reverse('feedback-board')}?score=1" in refused.content.decode()
