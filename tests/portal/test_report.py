"""The portfolio as a PDF."""

import re
import zlib
from base64 import a85decode
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from portal import report
from projects.models import Project


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
