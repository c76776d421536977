"""What every page shares: no inline script, a skip link, colours, sign-in, error pages, search and audit."""

import re

import pytest
from django.conf import settings as live_settings
from django.urls import reverse

INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|\son\w+=|<style|javascript:", re.IGNORECASE)


def pages(project):
    kpi = project.kpis.get()
    contract = kpi.contracts.get()
    return [
        "/",
        "/projects/",
        "/projects/new/",
        "/projects/TRI/",
        "/projects/TRI/kpis/new/",
        "/projects/TRI/feedback/new/",
        f"/kpis/{kpi.pk}/",
        f"/kpis/{kpi.pk}/measurements/new/",
        f"/kpis/{kpi.pk}/contracts/new/",
        f"/contracts/{contract.pk}/sign/",
        "/rate-cards/",
        "/search/?q=parcel",
        "/audit/",
        f"/explain/value/{contract.pk}/",
    ]


def test_no_page_holds_inline_script_or_style_blocks(sign_in, make_user, told):
    client = sign_in(make_user("root.user", is_superuser=True))
    for address in pages(told):
        response = client.get(address)
        assert response.status_code == 200, address
        assert not INLINE.search(response.content.decode()), address
        assert "script-src 'self'" in response["Content-Security-Policy"]


def test_every_page_has_one_heading_a_skip_link_and_a_named_main(sign_in, make_user, told):
    client = sign_in(make_user("root.user", is_superuser=True))
    for address in pages(told):
        page = client.get(address).content.decode()
        assert page.count("<h1") == 1, address
        assert 'href="#main"' in page
        assert page.count('<main id="main"') == 1


def test_no_page_weighs_more_than_the_budget(sign_in, manager, told):
    client = sign_in(manager)
    own = (
        sum(
            (live_settings.BASE_DIR / "static" / name).stat().st_size
            for name in ("css/tokens.css", "css/app.css", "js/app.js", "js/charts.js", "icons/sprite.svg")
        )
        if hasattr(live_settings, "BASE_DIR")
        else 0
    )
    assert len(client.get("/").content) + own < 150_000


def test_the_current_entry_of_the_menu_is_marked(sign_in, manager, told):
    page = sign_in(manager).get("/projects/TRI/").content.decode()
    assert re.search(r'href="/projects/" aria-current="true"', page)


def test_the_theme_is_remembered_by_the_server_alone(sign_in, manager):
    client = sign_in(manager)
    response = client.post("/theme/", {"theme": "dark", "next": "/projects/"})
    assert response.url == "/projects/"
    assert 'data-theme="dark"' in client.get("/").content.decode()
    client.post("/theme/", {"theme": "system", "next": "/"})
    assert "data-theme=" not in client.get("/").content.decode().split("<head>")[0]


@pytest.mark.parametrize("theme", ["", "neon", '"><script>'])
def test_a_theme_that_does_not_exist_is_the_systems(client, db, theme):
    client.post("/theme/", {"theme": theme})
    assert "data-theme=" not in client.get("/sign-in/").content.decode().split("<head>")[0]


def test_the_theme_never_redirects_away_from_the_portal(client, db):
    assert client.post("/theme/", {"theme": "dark", "next": "https://evil.example/"}).url == "/"


def test_signing_in_leads_to_the_page_that_was_asked_for(client, manager, told):
    response = client.post(
        "/sign-in/", {"username": manager.username, "password": "a-long-test-password", "next": "/projects/TRI/"}
    )
    assert response.url == "/projects/TRI/"


def test_a_wrong_password_says_so_and_keeps_the_name(client, manager):
    page = client.post("/sign-in/", {"username": manager.username, "password": "wrong"}).content.decode()
    assert "do not fit together" in page
    assert manager.username in page


def test_the_demo_cast_is_shown_only_in_the_demo(client, manager, settings):
    assert "throughline-demo" not in client.get("/sign-in/").content.decode()
    settings.DEMO = True
    page = client.get("/sign-in/").content.decode()
    assert "throughline-demo" in page
    assert manager.username in page


def test_signing_out_ends_the_session(sign_in, manager):
    client = sign_in(manager)
    client.post("/sign-out/")
    assert client.get("/").status_code == 302


def test_an_address_that_is_nowhere_gets_a_friendly_page(sign_in, manager):
    response = sign_in(manager).get("/nowhere/")
    assert response.status_code == 404
    assert "nothing here" in response.content.decode()


def test_search_finds_projects_jobs_models_and_kpis(sign_in, engineer, told):
    client = sign_in(engineer)
    assert "/projects/TRI/" in client.get("/search/?q=digit").content.decode()
    assert "/jobs/TRI-1/" in client.get("/search/?q=tri-1").content.decode()
    assert reverse("kpi", args=[told.kpis.get().pk]) in client.get("/search/?q=misread").content.decode()
    assert "Models" in client.get("/search/?q=image-classifier").content.decode()


def test_search_never_shows_what_belongs_to_another_team(sign_in, stranger, told):
    page = sign_in(stranger).get("/search/?q=TRI").content.decode()
    assert "Nothing found" in page
    assert "/projects/TRI/" not in page


@pytest.mark.parametrize("query", ["", "%", "'", "TRI-99999999999999999999", "\x00", "a" * 5000])
def test_search_survives_any_words(sign_in, manager, told, query):
    assert sign_in(manager).get("/search/", {"q": query}).status_code == 200


@pytest.mark.parametrize(
    ("name", "status"), [("manager", 200), ("finance_user", 200), ("engineer", 403), ("viewer", 403)]
)
def test_the_audit_trail_is_open_to_those_who_see_everything(request, sign_in, told, name, status):
    assert sign_in(request.getfixturevalue(name)).get("/audit/").status_code == status


def test_the_audit_trail_is_paged_and_filtered(sign_in, manager, told):
    page = sign_in(manager).get("/audit/?verb=sign_contract&page=7").content.decode()
    assert "1 entry" in page
    assert "sign_contract" in page


def test_rate_cards_mark_the_one_in_force(sign_in, viewer, rate_card):
    page = sign_in(viewer).get("/rate-cards/").content.decode()
    assert "Compute v1 prices work today" in page


def test_without_a_rate_card_the_page_says_who_publishes_one(sign_in, viewer):
    assert "No rate card yet" in sign_in(viewer).get("/rate-cards/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/kpis/{}/",
        "/kpis/{}/measurements/new/",
        "/kpis/{}/contracts/new/",
        "/contracts/{}/sign/",
        "/explain/value/{}/",
        "/explain/budget/{}/",
        "/explain/budget-line/{}/",
    ],
)
def test_a_number_beyond_every_row_is_not_found(sign_in, finance_user, path):
    client = sign_in(finance_user)
    assert client.get(path.format(10**19)).status_code == 404
    assert client.get(path.format(10**40)).status_code == 404
