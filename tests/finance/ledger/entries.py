"""Actuals, invoices, reversals, and what is sent twice or tampered with."""

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from finance.models import ExchangeRate, JournalEntry, LedgerEntry, RateAdjustment, RoleRate, TimeEntry
from finance.services.budget import reserve
from finance.services.commitment import commit
from finance.services.journal import post_actual, reverse_entry
from ledger.base import Base
from ledger.books import Entry, Part
from ledger.world import CENTRE, CREDIT, CURRENCIES, DAY, KIND, LINE, LINES, OFTEN, PICK, SELDOM, SHARE, STATION


class Entries(Base):
    @rule(
        line=LINE, minor=st.integers(0, 400) | CREDIT, base=st.sampled_from(["", "", "USD", "JPY", "EUR"]), on=DAY,
        by_finance=st.booleans(), kind=KIND, centre=CENTRE, station=STATION,
    )  # fmt: skip
    def actual(self, line, minor, base, on, by_finance, kind, centre, station):
        """Also a credit note, an accrual, one on a cost centre, one in another currency."""
        line = self.on_line(line)
        quote, refusals, name = CURRENCIES[line[0]], self.closed(on, by_finance), self.name()
        document, budgeted, refusals = {"amount_minor": minor}, None, refusals | self.centre_refused(centre, on)
        if base and base != quote:
            document = {"amount_minor": None, "transaction_currency": base, "transaction_minor": minor}
            rate = self.books.spot(base, quote, on)
            refusals |= {"no_exchange_rate"} if rate is None else set()
            budgeted = self.books.budgeted(minor, base, quote, on)
            minor = self.books.convert(minor, base, quote, rate or 0)
        entry = self.attempt(
            refusals, post_actual, line=self.lines[line], memo="x", source="erp", external_id=name, effective_on=on,
            at=self.when(), by=self.world.finance if by_finance else self.world.engineer, kind=kind, station=station,
            cost_centre=self.world.centres.get(centre), **document,
        )  # fmt: skip
        if entry:
            self.posted(entry, Entry("erp", on, [Part(line, minor, budgeted=budgeted)], kind))

    @precondition(lambda self: self.orders)
    @rule(
        pick=PICK, share=SHARE, on=DAY, is_foreign=st.booleans(), kind=KIND, line=st.none() | SELDOM,
        is_credit=SELDOM,
    )  # fmt: skip
    def invoice(self, pick, share, on, is_foreign, kind, line, is_credit):
        books, number = self.books, pick % len(self.orders)
        order, refusals, name = books.orders[number], self.closed(on), self.name()
        line = LINES[pick % 5] if line else order.line
        refusals |= {"other_line"} if line != order.line else set()
        refusals |= {"commitment_ended"} if order.is_cancelled else set()
        sign, currency, foreign = -1 if is_credit else 1, "", 0
        if is_foreign and order.rate is not None:
            currency, foreign = order.currency, sign * max(1, order.foreign * share // 100)
            rate = books.spot(currency, CURRENCIES[line[0]], on)
            if CURRENCIES[line[0]] == currency:
                rate = 1
            refusals |= {"no_exchange_rate"} if rate is None else set()
            minor = books.convert(foreign, currency, CURRENCIES[line[0]], rate or 0)
            document = {"amount_minor": None, "transaction_currency": currency, "transaction_minor": foreign}
        else:
            minor = sign * max(1, (books.open_orders()[number] or order.minor) * share // 100)
            document = {"amount_minor": minor}
        refusals |= {"credit_on_commitment"} if min(minor, foreign) < 0 else set()
        part = None if refusals else books.against(number, minor, currency, foreign)
        if part and books.lacks(line, part.excess):
            refusals.add("over_budget")
        entry = self.attempt(
            refusals, post_actual, line=self.lines[line], memo="x", source="erp", external_id=name, effective_on=on,
            at=self.when(), by=self.world.finance, commitment=self.orders[number], kind=kind, **document,
        )  # fmt: skip
        if entry:
            self.posted(entry, Entry("erp", on, [part], kind))

    @precondition(lambda self: self.entries)
    @rule(pick=PICK, on=DAY, is_standing=OFTEN)
    def reverse(self, pick, on, is_standing):
        standing = [number for number, entry in enumerate(self.books.entries) if not entry.is_reversed]
        self.reverse_one(standing[pick % len(standing)] if standing and is_standing else pick % len(self.entries), on)

    def reverse_one(self, number, on):
        entry, refusals = self.books.entries[number], self.closed(on)
        if entry.is_mirror:
            refusals.add("is_reversal")
        elif entry.is_reversed:
            refusals.add("already_reversed")
        if on < entry.on:
            refusals.add("before_its_entry")
        mirror = self.attempt(refusals, reverse_entry, entry=self.entries[number], memo="x", effective_on=on,
                              at=self.when(), by=self.world.finance)  # fmt: skip
        if mirror:
            self.entries.append(mirror)
            self.books.reverse(number, on)

    @precondition(lambda self: self.sent)
    @rule(pick=PICK, is_last=st.booleans(), is_same=st.booleans())
    def send_again(self, pick, is_last, is_same):
        """The same document is answered with what it made, another one under its number is refused; neither counts."""
        verb, facts, made = self.sent[-1 if is_last else pick % len(self.sent)]
        if is_same:
            done = self.attempt(set(), verb, **facts | {"at": self.when()})
            self.did_nothing(verb)
            assert done == made, f"{verb.__name__} sent again made {done}, before it made {made}"
            return
        other = {"hour_minor": facts["hour_minor"] + 1} if "hour_minor" in facts else {"memo": "another"}
        other = {"minutes": facts["minutes"] + 1} if "minutes" in facts else other
        code = {commit: "already_committed", post_actual: "already_posted"}.get(verb, "already_recorded")
        self.attempt({code}, verb, **facts | other | {"at": self.when()})

    @precondition(lambda self: self.holds)
    @rule(pick=PICK)
    def reserve_again(self, pick):
        hold = self.holds[pick % len(self.holds)]
        try:
            reserve(line=self.lines["A", "compute"], amount_minor=0, reference=hold.reference, at=self.when(),
                    by=self.world.engineer)  # fmt: skip
        except ValidationError:
            if not self.books.closed_to_new("A"):
                raise
            Base.refused["reserve"] += 1
            return
        except IntegrityError:
            Base.refused["reserve"] += 1
            return
        raise AssertionError("one reference was reserved for twice")

    @precondition(lambda self: self.entries)
    @rule(
        model=st.sampled_from([JournalEntry, LedgerEntry, ExchangeRate, RoleRate, TimeEntry, RateAdjustment]),
        is_deleted=st.booleans(),
    )
    def tamper(self, model, is_deleted):
        rows = model.objects.filter(pk=model.objects.order_by("pk").values("pk")[:1])
        if not rows.exists():
            return
        try:
            with transaction.atomic():
                rows._raw_delete("default") if is_deleted else rows.update(id=0)
        except DatabaseError:
            return
        raise AssertionError(f"a row of {model.__name__} was changed")
