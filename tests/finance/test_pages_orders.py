"""Orders, invoices and reversals as people in finance type them: the same verbs and refusals as by REST."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from finance.models import BudgetLine, Commitment, JournalEntry
from finance.services.budget import approve_budget, set_line_policy
from finance.services.commitment import cancel_commitment, commit
from finance.services.exchange import record_exchange_rate
from finance.services.journal import EntryDraft, SideDraft, post_actual, post_batch
from finance.services.period import open_periods, set_period_status

PAGE = "/projects/TRI/budget/"


@pytest.fixture
def at():
    return timezone.now()


@pytest.fixture
def client(sign_in, finance_user):
    return sign_in(finance_user)


@pytest.fixture
def line(budget):
    """EUR 10,000 for people."""
    return budget.lines.get(category="people")


@pytest.fixture
def orders(budget):
    return reverse("order-new", args=[budget.pk])


@pytest.fixture
def invoices(budget):
    return reverse("invoice-new", args=[budget.pk])


@pytest.fixture
def order(line, at, finance_user):
    return commit(line=line, amount_minor=100_000, supplier="Kontor", memo="Labels", source="erp", external_id="PO-1",
                  at=at, by=finance_user)  # fmt: skip


@pytest.fixture
def entry(line, at, finance_user):
    return post_actual(line=line, amount_minor=5_000, memo="Posted twice", source="hr", external_id="9",
                       effective_on=at.date(), at=at, by=finance_user)  # fmt: skip


@pytest.fixture
def dollar(at, finance_user):
    return record_exchange_rate(base="USD", quote="EUR", kind="spot", valid_on=date(2026, 1, 1), rate=Decimal("0.9"),
                                source="bank", at=at, by=finance_user)  # fmt: skip


def ordered(line, /, **changes):
    return {"number": str(uuid4()), "line": line.pk, "supplier": "Kontor", "memo": "Labels", "amount": "1 200.50",
            "currency": "", "is_cancellable": "on", **changes}  # fmt: skip


def invoiced(line, /, **changes):
    return {"number": str(uuid4()), "line": line and line.pk, "order": "", "memo": "Invoice 7", "amount": "500",
            "currency": "", "effective_on": timezone.localdate().isoformat(), "cost_centre": "", "station": "",
            **changes}  # fmt: skip


def sums(line):
    line.refresh_from_db()
    return line.committed_minor, line.spent_minor, line.available_minor


def closed(day, at, by):
    """The month of the day, and the day after it."""
    period = open_periods(first=day, months=1, by=by)[0]
    set_period_status(period=period, status="closed", at=at, by=by)
    return period


# Who may


def test_only_finance_is_offered_to_order_to_post_and_to_reverse(sign_in, make_user, finance_user, engineer, entry):
    words = ("Place an order", "Record an invoice", f"/journal-entries/{entry.pk}/reverse/")
    for person, offered in ((finance_user, True), (make_user("mia.weber", "manager"), False), (engineer, False)):
        page = sign_in(person).get(PAGE).content.decode()
        assert [word in page for word in words] == [offered] * 3, person


def test_a_past_day_offers_no_verb(client, entry, at, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: at + timedelta(days=2))
    page = client.get(f"{PAGE}?as_of={at + timedelta(days=1):%Y-%m-%d}").content.decode()
    assert "Posted twice" in page
    assert "Place an order" not in page
    assert "/reverse/" not in page


def test_who_may_not_is_told_who_may_and_writes_nothing(sign_in, manager, stranger, line, orders, invoices, entry):
    taking_back = reverse("entry-reverse", args=[entry.pk])
    for address, typed in ((orders, ordered(line)), (invoices, invoiced(line)), (taking_back, {"memo": "x"})):
        answer = sign_in(manager).post(address, typed)
        assert answer.status_code == 403
        assert "Only finance" in answer.content.decode()
        assert sign_in(stranger).post(address, typed).status_code == 404
    assert (Commitment.objects.count(), JournalEntry.objects.count()) == (0, 1)


# Orders


def test_a_line_is_chosen_with_what_it_has_left(client, orders):
    page = client.get(orders).content.decode()
    assert "People: EUR\u00a010,000.00 available" in page
    assert "No exchange rate to EUR is recorded yet" in page


def test_an_order_commits_money_of_its_line_and_says_what_is_left(client, line, orders):
    answer = client.post(orders, ordered(line), follow=True)
    assert answer.redirect_chain == [(f"{PAGE}?budget={line.budget_id}", 302)]
    assert "People has EUR\u00a08,799.50 available now." in answer.content.decode()
    assert sums(line) == (120_050, 0, 879_950)
    made = Commitment.objects.get()
    assert (made.source, made.supplier, made.is_cancellable) == ("portal", "Kontor", True)


def test_an_order_that_is_sent_twice_is_placed_once(client, line, orders):
    typed = ordered(line)
    assert [client.post(orders, typed).status_code for _time in range(2)] == [302, 302]
    assert sums(line) == (120_050, 0, 879_950)


def test_a_form_that_was_sent_and_says_something_else_is_refused(client, line, orders):
    typed = ordered(line)
    client.post(orders, typed)
    answer = client.post(orders, typed | {"amount": "7"})
    assert (answer.status_code, "Open it anew" in answer.content.decode()) == (422, True)
    assert sums(line) == (120_050, 0, 879_950)


def test_an_order_may_be_binding(client, line, orders):
    typed = ordered(line)
    del typed["is_cancellable"]
    client.post(orders, typed)
    assert Commitment.objects.get().is_cancellable is False


def test_a_foreign_order_is_held_at_the_spot_rate_of_the_day(client, line, orders, dollar):
    assert "At the spot rate of the day: USD." in client.get(orders).content.decode()
    client.post(orders, ordered(line, amount="1000", currency="USD"))
    assert sums(line)[0] == 90_000
    assert Commitment.objects.get().transaction_minor == 100_000


def test_the_own_currency_may_be_named(client, line, orders):
    client.post(orders, ordered(line, amount="10", currency="EUR"))
    assert (Commitment.objects.get().transaction_currency, sums(line)[0]) == ("", 1_000)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"amount": "10000.01"}, "amount", "Over budget by EUR 0.01"),
        ({"amount": "0"}, "amount", "Commit an amount above zero"),
        ({"amount": "-5"}, "amount", "zero or more"),
        ({"amount": "12,50"}, "amount", "Write it like 1234.50"),
        ({"amount": "1.005"}, "amount", "more digits than EUR knows"),
        ({"amount": "9" * 16}, "amount", "more than all the money there is"),
        ({"amount": "NaN"}, "amount", "is not an amount"),
        ({"amount": ""}, "amount", "Missing"),
        ({"currency": "CHF"}, "currency", "No spot rate from CHF to EUR"),
        ({"currency": "chf"}, "currency", "three capital letters"),
        ({"line": ""}, "line", "Missing"),
        ({"supplier": " "}, "supplier", "Missing"),
        ({"memo": "x" * 201}, "memo", "200 characters"),
        ({"memo": "a\0b"}, "memo", "Null characters"),
    ],
)
def test_what_is_refused_stands_at_its_field_and_what_was_typed_is_kept(client, line, orders, changes, field, words):
    answer = client.post(orders, ordered(line, **changes))
    assert answer.status_code == 422
    form = answer.context["form"]
    assert words in " ".join(form.errors[field])
    assert 'value="Labels"' in answer.content.decode() or field == "memo"
    assert not Commitment.objects.exists()


def test_a_missing_rate_leads_to_where_it_is_recorded(client, line, orders):
    page = client.post(orders, ordered(line, currency="CHF")).content.decode()
    assert f"{reverse('exchange-rate-new')}?base=CHF&amp;quote=EUR" in page


def test_a_line_of_another_budget_is_refused(client, line, orders, project, manager):
    other = approve_budget(project=project, name="Other", currency="EUR", lines={"people": 5_000_000},
                           on=date(2026, 1, 5), by=manager)  # fmt: skip
    answer = client.post(orders, ordered(other.lines.get()))
    assert (answer.status_code, "This is no line of this budget" in answer.content.decode()) == (422, True)


def test_a_line_that_only_warns_is_said_to_be_over(client, line, orders, manager):
    set_line_policy(line=line, policy="warn", by=manager)
    page = client.post(orders, ordered(line, amount="10001"), follow=True).content.decode()
    assert "People is EUR\u00a01.00 over what was released." in page


def test_a_number_that_is_none_places_nothing(client, line, orders):
    assert client.post(orders, ordered(line, number="x")).status_code == 422
    assert not Commitment.objects.exists()


# Invoices


def test_an_invoice_of_a_line_is_spent(client, line, invoices):
    page = client.post(invoices, invoiced(line, station="data"), follow=True).content.decode()
    assert "People has EUR\u00a09,500.00 available now." in page
    assert sums(line) == (0, 50_000, 950_000)
    assert JournalEntry.objects.get().source == "portal"


def test_an_invoice_of_an_order_fills_in_the_line_and_relieves_it(client, line, invoices, order):
    assert f'value="{order.pk}" selected' in client.get(f"{invoices}?order={order.pk}").content.decode()
    client.post(invoices, invoiced(None, order=order.pk, line="", amount="400"))
    assert sums(line) == (60_000, 40_000, 900_000)


def test_the_last_invoice_of_an_order_that_is_sent_twice_is_posted_once(client, line, invoices, order):
    typed = invoiced(None, order=order.pk, line="", amount="1000")
    assert [client.post(invoices, typed).status_code for _time in range(2)] == [302, 302]
    assert sums(line) == (0, 100_000, 900_000)


def test_an_invoice_beyond_its_order_and_its_line_is_refused_at_the_amount(client, line, invoices, order):
    answer = client.post(invoices, invoiced(None, order=order.pk, line="", amount="20000"))
    assert "Over budget by" in " ".join(answer.context["form"].errors["amount"])
    assert sums(line) == (100_000, 0, 900_000)


def test_a_foreign_invoice_of_a_foreign_order_relieves_it(client, line, invoices, dollar, orders):
    client.post(orders, ordered(line, amount="1000", currency="USD"))
    typed = invoiced(None, order=Commitment.objects.get().pk, line="", amount="1000")
    asked = client.post(invoices, typed)
    assert "It was ordered in USD" in " ".join(asked.context["form"].errors["currency"])
    client.post(invoices, typed | {"currency": "USD"})
    assert sums(line) == (0, 90_000, 910_000)


def test_a_closed_period_is_refused_at_the_day_with_the_next_that_is_open(client, line, invoices, at, finance_user):
    closed(date(2026, 1, 1), at, finance_user)
    answer = client.post(invoices, invoiced(line, effective_on="2026-01-10"))
    assert answer.status_code == 422
    assert "Post it on 2026-02-01 or later" in " ".join(answer.context["form"].errors["effective_on"])
    assert 'value="Invoice 7"' in answer.content.decode()
    assert sums(line) == (0, 0, 1_000_000)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"line": ""}, "line", "Choose the line, or the order"),
        ({"order": "999999"}, "order", "no order of this budget"),
        ({"order": "x"}, "order", "no order of this budget"),
        ({"effective_on": "0202-11-01"}, "effective_on", "Name a day from 1990"),
        ({"effective_on": "soon"}, "effective_on", "not a day"),
        ({"effective_on": "2199-01-01"}, "effective_on", "too far ahead"),
        ({"station": "moon"}, "station", "valid choice"),
    ],
)
def test_a_wrong_field_of_an_invoice_is_told(client, line, invoices, changes, field, words):
    answer = client.post(invoices, invoiced(line, **changes))
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert not JournalEntry.objects.exists()


def test_another_line_than_that_of_the_order_is_refused(client, compute_line, invoices, order):
    answer = client.post(invoices, invoiced(compute_line, order=order.pk))
    assert "is on People" in " ".join(answer.context["form"].errors["line"])


def test_a_cancelled_order_is_refused(client, invoices, order, at, finance_user):
    cancel_commitment(commitment=order, at=at, by=finance_user)
    answer = client.post(invoices, invoiced(None, order=order.pk, line=""))
    assert "was cancelled" in " ".join(answer.context["form"].errors["order"])


def test_an_amount_that_a_rate_makes_too_large_is_refused(client, line, invoices, at, finance_user):
    record_exchange_rate(base="USD", quote="EUR", kind="spot", valid_on=date(2026, 1, 1), rate=Decimal(999_999_999),
                         source="bank", at=at, by=finance_user)  # fmt: skip
    answer = client.post(invoices, invoiced(line, amount="1000000000000", currency="USD"))
    assert "more than all the money there is" in " ".join(answer.context["form"].errors["amount"])


@pytest.mark.parametrize("asked", ["x", "²", "9" * 30, "-1", "%00"])
def test_a_crooked_order_in_the_address_fills_in_nothing(client, invoices, asked):
    assert client.get(f"{invoices}?order={asked}").status_code == 200


# Reversals


def test_a_reversal_shows_what_comes_back_and_into_which_period(client, entry, at, finance_user):
    day = timezone.localdate(at)
    open_periods(first=day, months=1, by=finance_user)
    page = client.get(reverse("entry-reverse", args=[entry.pk])).content.decode()
    assert "EUR\u00a050.00" in page
    assert f"it goes into {day:%Y-%m}, which is open" in page
    assert f"The entry stays in {day:%Y-%m}" in page


def test_a_reversed_posting_gives_its_money_back_and_is_offered_no_more(client, line, entry):
    address = reverse("entry-reverse", args=[entry.pk])
    assert sums(line) == (0, 5_000, 995_000)
    page = client.post(address, {"memo": "Twice", "effective_on": timezone.localdate()}, follow=True).content.decode()
    assert f"is reversed by no. {entry.reversed_by.pk}" in page
    assert "/reverse/" not in page
    assert sums(line) == (0, 0, 1_000_000)


def test_a_reversal_that_is_sent_twice_counts_once(client, line, entry):
    address, typed = reverse("entry-reverse", args=[entry.pk]), {"memo": "Twice", "effective_on": timezone.localdate()}
    client.post(address, typed)
    again = client.post(address, typed, follow=True)
    assert "counts for nothing already" in again.content.decode()
    assert JournalEntry.objects.count() == 2
    mirror = reverse("entry-reverse", args=[entry.reversed_by.pk])
    assert client.get(mirror).status_code == 302


def test_what_an_invoice_relieved_is_owed_again(client, line, invoices, order):
    client.post(invoices, invoiced(None, order=order.pk, line="", amount="400"))
    address = reverse("entry-reverse", args=[JournalEntry.objects.get().pk])
    assert "owed again on the order “Kontor: Labels”" in client.get(address).content.decode()
    client.post(address, {"memo": "Wrong", "effective_on": timezone.localdate()})
    assert sums(line) == (100_000, 0, 900_000)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"effective_on": "2026-01-10"}, "effective_on", "Post it on 2026-02-01 or later"),
        ({"effective_on": "0202-01-10"}, "effective_on", "Name a day from"),
        ({"effective_on": "2026-02-01"}, "effective_on", "Reverse it on that day or later"),
        ({"memo": ""}, "memo", "Missing"),
    ],
)
def test_a_reversal_that_is_refused_keeps_what_was_typed(client, entry, at, finance_user, changes, field, words):
    closed(date(2026, 1, 1), at, finance_user)
    typed = {"memo": "Twice", "effective_on": timezone.localdate(), **changes}
    answer = client.post(reverse("entry-reverse", args=[entry.pk]), typed)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert JournalEntry.objects.count() == 1


def test_an_entry_over_two_budgets_leads_back_to_the_one_that_was_read(
    client, line, project, manager, at, finance_user
):
    other = approve_budget(project=project, name="Other", currency="EUR", lines={"people": 5_000_000},
                           on=date(2026, 1, 5), by=manager)  # fmt: skip
    sides = [SideDraft("expense", 100, each) for each in (line, other.lines.get())]
    draft = EntryDraft("B-1", at.date(), "EUR", "Both", "actual", [*sides, SideDraft("clearing", -200)])
    (entry,) = post_batch(source="erp", entries=[draft], at=at, by=finance_user)
    page = client.get(f"{reverse('entry-reverse', args=[entry.pk])}?budget={other.pk}").content.decode()
    assert f'href="{PAGE}?budget={other.pk}"' in page
    assert BudgetLine.objects.get(pk=line.pk).spent_minor == 100


def test_an_entry_that_names_no_line_has_no_page(client, at, budget, finance_user):
    sides = [SideDraft("clearing", minor) for minor in (100, -100)]
    draft = EntryDraft("B-1", at.date(), "EUR", "Moved", "actual", sides)
    (entry,) = post_batch(source="erp", entries=[draft], at=at, by=finance_user)
    assert client.get(reverse("entry-reverse", args=[entry.pk])).status_code == 404
