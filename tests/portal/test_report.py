"""The portfolio as a PDF."""

import re
import zlib
from base64 import a85decode
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from finance.services.journal import post_actual
from portal import report
from projects.models import Project
from projects.services import open_programme, place_project

MONDAY = date(2026, 3, 2)


def text_of(pdf):
    """The words that the pages draw with Helvetica, in order."""
    drawn = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            drawn += zlib.decompress(a85decode(stream.strip().removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue
    return " ".join(part.decode("cp1252", "replace") for part in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", drawn))


def test_the_report_has_headline_figures_projects_and_page_numbers(told, sign_in, manager):
    response = sign_in(manager).get(reverse("report"))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    text = text_of(response.content)
    for words in ("Portfolio report", "We are on course.", "Net value a year", "Parcel digit reader", "1 / 1"):
        assert words in text


def test_the_report_of_a_past_day_says_so_and_knows_nothing_later(told, sign_in, manager):
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    text = text_of(sign_in(manager).get(reverse("report"), {"as_of": yesterday}).content)
    assert f"As of the end of {yesterday}" in text
    assert "Parcel digit reader" not in text


def test_a_long_report_runs_over_numbered_pages(tell, sign_in, manager):
    for number in range(30):
        tell(f"P{number}")
    text = text_of(sign_in(manager).get(reverse("report")).content)
    assert "1 / 2" in text or "1 / 3" in text


def test_nobody_reads_of_projects_that_he_may_not_see(told, sign_in, stranger):
    assert "Parcel digit reader" not in text_of(sign_in(stranger).get(reverse("report")).content)


def test_markup_and_formulas_in_names_are_only_text(told, sign_in, manager):
    Project.objects.update(title="<b>A&B</b> <font size=900>{{x}} 1<2")
    assert sign_in(manager).get(reverse("report")).content.startswith(b"%PDF-")


def test_letters_beyond_western_europe_take_a_font_that_has_them():
    assert report.Ink(["Łódź 物流"]).fonts in (report.WIDE, report.PLAIN)
    assert report.Ink(["Zürich – “ok” −3"]).fonts == report.PLAIN


def test_without_such_a_font_what_cannot_be_drawn_is_seen_to_be_missing(monkeypatch):
    monkeypatch.setattr(report, "_wide_fonts", lambda: report.PLAIN)
    assert report.Ink(["Łódź"]).clean("Łódź") == "?ód?"


@pytest.fixture
def programme(told, manager):
    opened = open_programme(portfolio=told.portfolio, name="Depots", owner=manager, by=manager)
    place_project(project=told, programme=opened, horizon=told.horizon, by=manager)
    return opened


def test_a_project_has_a_report_of_what_its_page_says(told, sign_in, viewer):
    client = sign_in(viewer)
    assert reverse("project-report", args=["TRI"]) in client.get("/projects/TRI/").content.decode()
    text = text_of(client.get(reverse("project-report", args=["TRI"])).content)
    for words in ("Project report: TRI", "Parcel digit reader: ", "From the demand to the money", "Deployment",
                  "2026, People", "Misread parcels", "1 / 1"):  # fmt: skip
        assert words in text


def test_a_programme_has_a_report_with_its_projects_and_their_money(programme, sign_in, viewer, tell):
    tell("OUT")
    client = sign_in(viewer)
    address = reverse("programme-report", args=[programme.pk])
    assert address in client.get(programme.get_absolute_url()).content.decode()
    text = text_of(client.get(address).content)
    for words in ("Programme report: Depots", "1 of 1 project is on track", "Parcel digit reader", "Released"):
        assert words in text
    assert "Project OUT" not in text


def test_the_reports_of_a_past_day_say_what_was_known_then(clock, tell, sign_in, manager, finance_user):
    clock(MONDAY)
    project = tell("ONE", title="Parcel digit reader")
    programme = open_programme(portfolio=project.portfolio, name="Depots", owner=manager, by=manager)
    place_project(project=project, programme=programme, horizon="core", by=manager)
    pages = [reverse("project-report", args=["ONE"]), reverse("programme-report", args=[programme.pk])]
    client = sign_in(manager)
    seen = [body(client.get(page)) for page in pages]
    at = clock(MONDAY + timedelta(days=1))
    line = project.budgets.get().lines.get(category="people")
    post_actual(line=line, amount_minor=4_000_000, memo="Late", source="hr", external_id="L", effective_on=MONDAY,
                at=at, by=finance_user)  # fmt: skip
    place_project(project=project, programme=None, horizon="core", by=manager)
    assert all(body(client.get(page)) != then for page, then in zip(pages, seen, strict=True))
    assert [body(client.get(page, {"as_of": MONDAY.isoformat()})) for page in pages] == seen
    for page in pages:
        assert client.get(page, {"as_of": "2026-03-01"}).status_code == 422
        assert client.get(page, {"as_of": "someday"}).status_code == 422


def body(response):
    """The words without the day that the report bears."""
    text = re.sub(r"As of (the end of )?[0-9-]{10}(: what was known then)?", "", text_of(response.content))
    return re.sub(r"\s+", " ", text)


def test_reports_are_for_those_who_see_the_rows(programme, sign_in, stranger):
    client = sign_in(stranger)
    for address in (reverse("project-report", args=["TRI"]), reverse("programme-report", args=[programme.pk])):
        assert client.get(address).status_code == 404
