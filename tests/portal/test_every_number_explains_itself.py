"""Whatever figure of the demo leads to an explanation: the explanation gives that figure, and its terms give it."""

import re
from datetime import date
from html.parser import HTMLParser
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from django.urls import resolve, reverse

from finance.sums import COLUMNS
from outcomes.explain import KINDS
from outcomes.models import Benefit, GateReview, Kpi
from people.models import User
from portal.boards.earned_why import COUNTED, DERIVED
from portal.boards.sums import SUMS
from portal.boards.tile_sums import TILES
from portal.boards.waste import Kind
from projects.models import Project
from trainingjobs.models import TrainingJob

TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.slow
PLAIN = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
MD5 = ["django.contrib.auth.hashers.MD5PasswordHasher"]
BOARDS = (
    "portfolio", "projects", "programmes", "money", "waste", "cost-per-point", "feedback-board", "benefits",
    "objectives", "jobs", "gates", "people", "forecasters", "forecasts", "what-if",
)  # fmt: skip
OF_A_PROJECT = ("project", "project-budget", "case")
OF_JOBS = {"job-cost", "run-value"}  # the demo runs no jobs; test_explain.py adds theirs up
AMOUNT = re.compile(r"^(?P<minus>−)?(?P<currency>[A-Z]{3})? ?(?P<digits>\d[\d,]*(?:\.\d+)?) ?(?P<unit>[^\d]*)$")
SIZES = {"k": 1_000.0, "M": 1_000_000.0}


class Figures(HTMLParser):
    """The figures of a page that lead to an explanation: where, and what they say."""

    def __init__(self, page):
        super().__init__()
        self.found, self.address, self.words = set(), "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get("href", "")
        if tag == "a" and address.startswith("/explain/"):
            self.address, self.words = address, ""

    def handle_data(self, data):
        self.words += data

    def handle_endtag(self, tag):
        if tag == "a" and self.address:
            self.found.add((self.address, " ".join(self.words.split())))
            self.address = ""


class Amount:
    """A written amount: its value, how far writing may have rounded it, and what it counts."""

    def __init__(self, match):
        size = SIZES.get(match["unit"], 1.0)
        self.value = float(match["digits"].replace(",", "")) * size * (-1 if match["minus"] else 1)
        self.rounding = 0.5 * size / 10 ** len(match["digits"].partition(".")[2])
        self.counts = match["currency"] or match["unit"].replace("k", "").replace("M", "")


def read(text):
    match = AMOUNT.match(" ".join(text.split()))
    return Amount(match) if match else None


def faults_of(terms):
    """Where a reader who computes the terms one after the other gets something else than an explanation says."""
    total, rounding, is_exact = 0.0, 0.0, True
    for term in terms:
        amount = read(term.amount)
        if amount is None:
            if term.sign == "=":
                return
            continue
        if term.sign == "=":
            near = rounding + amount.rounding + (0 if is_exact else abs(amount.value) * 0.005)
            ways = {abs(total), abs(total) * 100} if amount.counts.startswith("%") else {abs(total)}  # of a share
            if min(abs(way - abs(amount.value)) for way in ways) > near + 1e-6:
                yield f"{term.label}: {total} computed, {term.amount} said"
            total, rounding = amount.value, amount.rounding
        elif term.sign in {"×", "÷"}:
            total, is_exact = total * amount.value if term.sign == "×" else total / amount.value, False
        else:
            sign = -1 if term.sign == "−" else 1
            total, rounding = (total if term.sign else 0) + sign * amount.value, rounding + amount.rounding


def is_told(shown, explanation):
    """Whether a total of the explanation is the figure that was shown; a figure of another kind is not compared."""
    figure = read(shown)
    totals = [term for term in explanation.terms if term.sign == "="] or explanation.terms[-1:]
    said = [amount for term in totals if (amount := read(term.amount))]
    if figure is None or all(amount.counts != figure.counts for amount in said):
        return True
    return any(abs(abs(figure.value) - abs(each.value)) <= figure.rounding + each.rounding + 1e-6 for each in said)


@pytest.fixture(scope="module")
def explained(django_db_setup, django_db_blocker):
    """Each address that a page of the demo leads to, with the figures that lead there and what it tells."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEMO=True, PASSWORD_HASHERS=MD5, STORAGES=PLAIN, STATIC_ROOT=None):
            call_command("seed_demo", json=True, today=TODAY, stdout=StringIO())
            yield told()
        transaction.set_rollback(True)


def told():
    client = Client()
    client.force_login(User.objects.filter(role="manager").first())
    keys = Project.objects.values_list("key", flat=True)
    pages = [reverse(name) for name in BOARDS]
    pages += [reverse(name, args=[key]) for key in keys for name in OF_A_PROJECT]
    pages += [reverse("gate-review", args=[row.pk]) for row in GateReview.objects.filter(decision=None)[:3]]
    pages += [row.get_absolute_url() for model in (Kpi, Benefit, TrainingJob) for row in model.objects.all()[:4]]
    shown = {}
    for page in pages:
        for address, words in Figures(client.get(page).content.decode()).found:
            shown.setdefault(address, set()).add(words)
    return {address: (words, client.get(address).context["explanation"]) for address, words in shown.items()}


def kind_of(address):
    found = resolve(urlsplit(address).path)
    return found.url_name, found.kwargs.get("kind") or found.kwargs.get("what", "").partition("-")[0]


def test_every_kind_of_explanation_is_reached(explained, db):
    reached = {kind_of(address) for address in explained}
    assert {kind for name, kind in reached if name == "explain"} == set(KINDS) - OF_JOBS
    assert {what for name, what in reached if name == "explain-portfolio"} == {*SUMS, *TILES}
    assert {what for name, what in reached if name == "explain-earned"} == {*COUNTED, *DERIVED, "bac"}
    assert {what for name, what in reached if name == "money-explain"} >= {*COLUMNS, "available", "used", "month", "fx"}
    assert {what for name, what in reached if name == "explain-benefits"} == {"promised", "share"}
    assert {what for name, what in reached if name == "explain-budget"} >= {*COLUMNS, "available", "shift", "order"}
    assert {what for name, what in reached if name == "waste-explain"} == {*Kind, "week", "all"}
    assert {what for name, what in reached if name == "explain-what-if"} == {"now", "yours", "project"}
    assert {what for name, what in reached if name == "explain-review"} == {"musts", "score"}
    assert {what for name, what in reached if name == "explain-person"} == {"given", "utilisation"}
    assert {what for name, what in reached if name == "explain-forecaster"} >= {"stages"}
    assert {name for name, _kind in reached} >= {
        "explain-feedback",
        "explain-health",
        "explain-gates",
        "objectives-explain",
    }


def test_what_is_explained_is_what_is_shown(explained, db):
    wrong = [
        (address, words, explanation.title, [term.amount for term in explanation.terms[-1:]])
        for address, (figures, explanation) in explained.items()
        for words in figures
        if not is_told(words, explanation)
    ]
    assert wrong == []


def test_the_health_that_is_shown_is_the_word_that_the_first_rule_gives(explained, db):
    of_health = {address: told for address, told in explained.items() if address.startswith("/explain/health/")}
    assert {address.split("/")[3] for address in of_health} == set(Project.objects.values_list("key", flat=True))
    assert len({word for words, _explanation in of_health.values() for word in words}) > 3
    for words, explanation in of_health.values():
        assert words == {explanation.terms[-1].amount}
        decides = [term for term in explanation.terms if term.amount == "decides"]
        assert len(decides) == (words != {"On track"})


def test_the_terms_of_every_explanation_give_its_total(explained, db):
    wrong = [(address, *faults_of(explanation.terms)) for address, (_figures, explanation) in explained.items()]
    assert [fault for fault in wrong if len(fault) > 1] == []
