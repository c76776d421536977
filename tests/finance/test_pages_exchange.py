"""Exchange rates as managers read them and finance records them."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from finance.models import ExchangeRate
from finance.services.exchange import record_exchange_rate

PAGE, NEW = "/money/rates/", "/money/rates/new/"


@pytest.fixture
def at():
    return timezone.now()


@pytest.fixture
def client(sign_in, finance_user):
    return sign_in(finance_user)


@pytest.fixture
def record(at, finance_user):
    def one(rate, valid_on=date(2026, 1, 1), *, base="USD", quote="EUR", kind="spot", minutes=0):
        return record_exchange_rate(base=base, quote=quote, kind=kind, valid_on=valid_on, rate=Decimal(rate),
                                    source="bank", at=at + timedelta(minutes=minutes), by=finance_user)  # fmt: skip

    return one


def typed(**changes):
    return {"base": "USD", "quote": "EUR", "rate": "0.92", "kind": "spot", "valid_on": "2026-11-01", "source": "ecb",
            "seen": "", **changes}  # fmt: skip


def told_and_recorded(client, **changes):
    """What a person does: see what it does, then record it."""
    told = client.post(NEW, typed(**changes)).context["effect"]["told"]
    return client.post(NEW, typed(**changes, seen=told), follow=True)


def rates_of(page):
    return [row.in_words for row in page.context["page"]]


def test_managers_read_the_rates_and_only_finance_records_one(sign_in, make_user, client, engineer, record):
    record("0.9")
    manager = sign_in(make_user("mia.weber", "manager"))
    assert NEW not in manager.get(PAGE).content.decode()
    assert NEW in client.get(PAGE).content.decode()
    assert PAGE in manager.get("/money/").content.decode()
    refused = manager.post(NEW, typed())
    assert (refused.status_code, "Only finance" in refused.content.decode()) == (403, True)
    for address in (PAGE, "/money/rates.csv"):
        assert sign_in(engineer).get(address).status_code == 403
    assert PAGE not in sign_in(engineer).get("/money/").content.decode()


def test_the_newest_stands_first_and_what_counts_and_what_was_corrected_is_marked(client, record):
    record("0.9", date(2026, 1, 1))
    record("0.91", date(2026, 2, 1))
    record("0.92", date(2026, 2, 1), minutes=1)
    record("0.8", date(2200, 1, 1) - timedelta(days=1))
    page = client.get(PAGE)
    assert rates_of(page) == ["1 USD = 0.8 EUR", "1 USD = 0.92 EUR", "1 USD = 0.91 EUR", "1 USD = 0.9 EUR"]
    marks = [(row.pk == row.counts, row.is_corrected) for row in page.context["page"]]
    assert marks == [(False, False), (True, False), (False, True), (False, False)]


def test_rates_are_filtered_by_pair_and_kind(client, record):
    for fields in ({}, {"kind": "budget"}, {"base": "CHF"}):
        record("0.5", **fields)
    page = client.get(PAGE)
    assert (page.context["pairs"], len(rates_of(page))) == (["CHF/EUR", "USD/EUR"], 3)
    assert rates_of(client.get(f"{PAGE}?pair=CHF/EUR")) == ["1 CHF = 0.5 EUR"]
    assert len(rates_of(client.get(f"{PAGE}?pair=USD/EUR&kind=budget"))) == 1
    assert "No rate of this pair and kind" in client.get(f"{PAGE}?pair=USD/CHF").content.decode()


@pytest.mark.parametrize("query", ["pair=x", "pair=%00", "kind=²", "page=x", "pair=" + "/" * 500])
def test_a_crooked_filter_is_no_fault(client, record, query):
    record("0.5")
    assert client.get(f"{PAGE}?{query}").status_code == 200
    assert client.get(f"/money/rates.csv?{query}").status_code == 200


def test_the_page_asks_as_many_questions_for_many_rates_as_for_one(client, record):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(PAGE).status_code == 200
        return len(asked)

    record("0.5")
    client.get(PAGE)
    few = questions()
    for day in range(2, 29):
        record("0.5", date(2026, 2, day))
        record("0.6", date(2026, 2, day), kind="budget")
    assert questions() == few
    assert len(rates_of(client.get(f"{PAGE}?page=2"))) == 5


def test_the_file_holds_every_digit_of_the_asked_pair(client, record):
    record("0.123456789")
    record("2", base="CHF")
    rows = list(csv.DictReader(io.StringIO(client.get("/money/rates.csv?pair=USD/EUR").content.decode())))
    assert [(row["One unit of"], row["In"], row["Rate"], row["From"]) for row in rows] == [
        ("USD", "EUR", "0.123456789", "2026-01-01")
    ]
    assert client.get("/money/rates.xlsx").status_code == 200


def test_what_a_rate_does_is_told_before_it_is_recorded(client, record):
    record("0.9362", date(2026, 10, 1))
    record("0.95", date(2026, 12, 1))
    page = client.post(NEW, typed()).content.decode()
    assert "1 USD = 0.92 EUR from 1 Nov 2026" in page
    assert "So 1 EUR is 1.09 USD" in page
    assert "Until now that day has 1 USD = 0.9362 EUR, from 1 Oct 2026." in page
    assert "differs by \u22121.7%" in page
    assert "From 1 Dec 2026 on 1 USD = 0.95 EUR counts" in page
    assert ExchangeRate.objects.count() == 2


def test_a_rate_that_was_told_is_recorded_and_twice_once(client):
    page = told_and_recorded(client)
    assert page.redirect_chain == [(PAGE, 302)]
    assert "1 USD = 0.92 EUR from 1 Nov 2026." in page.content.decode()
    told_and_recorded(client)
    row = ExchangeRate.objects.get()
    assert (row.rate_nano, row.kind, row.valid_on, row.source) == (920_000_000, "spot", date(2026, 11, 1), "ecb")


def test_a_correction_of_the_same_day_is_another_row_that_counts(client):
    told_and_recorded(client)
    told_and_recorded(client, rate="0.93")
    told_and_recorded(client)
    assert ExchangeRate.objects.count() == 3
    assert ExchangeRate.objects.in_force("USD", "EUR", "spot", date(2026, 11, 2)).rate == Decimal("0.92")


def test_what_is_changed_after_it_was_told_is_told_again(client):
    told = client.post(NEW, typed()).context["effect"]["told"]
    again = client.post(NEW, typed(rate="1.09", seen=told))
    assert "1 USD = 1.09 EUR" in again.content.decode()
    assert not ExchangeRate.objects.exists()


def test_the_address_may_name_the_pair(client):
    page = client.get(f"{NEW}?base=CHF&quote=EUR").content.decode()
    assert 'value="CHF"' in page
    assert f'value="{timezone.localdate().isoformat()}"' in page


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"rate": "0"}, "rate", "above zero"),
        ({"rate": "-1"}, "rate", "above zero"),
        ({"rate": "1000000000"}, "rate", "9 digits before"),
        ({"rate": "0.1234567891"}, "rate", "9 decimal places"),
        ({"rate": "NaN"}, "rate", "not a number"),
        ({"rate": "0,92"}, "rate", "Write it like 0.9185"),
        ({"base": "usd"}, "base", "three capital letters"),
        ({"quote": "USD"}, "quote", "Name two currencies"),
        ({"kind": "average"}, "kind", "valid choice"),
        ({"valid_on": "0206-11-01"}, "valid_on", "Name a day from"),
        ({"source": ""}, "source", "Missing"),
    ],
)
def test_what_can_be_no_rate_is_told_at_its_field(client, changes, field, words):
    answer = client.post(NEW, typed(**changes))
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert not ExchangeRate.objects.exists()
