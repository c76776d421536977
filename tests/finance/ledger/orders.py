"""Reservations, and the orders that relieve them."""

from copy import copy

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from finance.services.budget import change_reservation, end_reservation, reserve
from finance.services.commitment import cancel_commitment, commit
from ledger.base import Base
from ledger.books import Hold, Order
from ledger.world import AMOUNT, CURRENCIES, LINE, PICK


class Orders(Base):
    @rule(line=LINE, size=AMOUNT)
    def reserve(self, line, size):
        line = self.on_line(line)
        minor, reference = self.amount(line, size), self.name()
        refusals = {"over_budget"} if self.books.lacks(line, minor) else set()
        refusals |= self.books.closed_to_new(line[0])
        held = self.attempt(refusals, reserve, line=self.lines[line], amount_minor=minor, reference=reference,
                            at=self.when(), by=self.world.engineer)  # fmt: skip
        if held:
            self.holds.append(held)
            self.books.holds.append(Hold(line, minor))

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, size=AMOUNT | st.just(0))
    def change(self, pick, size):
        hold, row = self.books.holds[pick % len(self.holds)], self.holds[pick % len(self.holds)]
        minor = self.amount(hold.line, size) + (0 if isinstance(size, int) else hold.minor)
        is_over = hold.is_open and self.books.lacks(hold.line, minor - hold.minor)
        refusals = {"over_budget"} if is_over else set()
        if self.attempt(
            refusals, change_reservation, reservation=copy(row), amount_minor=minor, by=self.world.engineer
        ):
            if hold.is_open and minor != hold.minor:
                hold.minor = minor
            else:
                self.did_nothing(change_reservation)

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, status=st.sampled_from(["released", "relieved"]))
    def end(self, pick, status):
        hold = self.books.holds[pick % len(self.holds)]
        ended = end_reservation(reservation=self.holds[pick % len(self.holds)], status=status, at=self.when())
        assert ended is hold.is_open
        (Base.took if ended else Base.refused)["end_reservation"] += 1
        hold.is_open = False

    @rule(
        line=LINE, size=AMOUNT, pick=st.none() | PICK, base=st.sampled_from(["", "", "USD", "JPY", "EUR"]),
        is_cancellable=st.sampled_from([True, True, False]), is_elsewhere=st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def commit(self, line, size, pick, base, is_cancellable, is_elsewhere):
        """An order of a line or of what was reserved on it, in its currency or a foreign one."""
        books, hold, row, refusals, line = self.books, None, None, set(), self.on_line(line)
        if pick is not None and self.holds:
            hold, row = books.holds[pick % len(self.holds)], self.holds[pick % len(self.holds)]
            line = line if is_elsewhere else hold.line
            refusals |= {"other_line"} if line != hold.line else set()
            refusals |= set() if hold.is_open else {"reservation_ended"}
            refusals |= {"unique"} if hold.became_order else set()
        refusals |= books.closed_to_new(line[0])
        at, minor, document = self.when(), self.amount(line, size), {}
        rate, budgeted, quote = None, None, CURRENCIES[line[0]]
        if base and base != quote and isinstance(size, int):
            rate = books.spot(base, quote, self.today)
            document = {"transaction_currency": base, "transaction_minor": minor}
            budgeted = books.budgeted(minor, base, quote, self.today)
            if rate is None:
                refusals.add("no_exchange_rate")
            else:
                minor = books.convert(minor, base, quote, rate)
                refusals |= {"not_positive"} if minor <= 0 else set()
        if not refusals and books.lacks(line, minor - (hold.minor if hold else 0)):
            refusals.add("over_budget")
        name, before = self.name(), books.rows()
        made = self.attempt(
            refusals, commit, line=self.lines[line], amount_minor=None if document else minor, supplier="x", memo="x",
            source="erp", external_id=name, at=at, by=self.world.finance, reservation=row,
            is_cancellable=is_cancellable, **document,
        )  # fmt: skip
        if made:
            if hold:
                hold.is_open, hold.became_order = False, True
            self.orders.append(made)
            foreign = document.get("transaction_minor", 0)
            books.orders.append(
                Order(line, minor, rate, base if document else "", foreign, is_cancellable, budgeted=budgeted)
            )
            books.note_crossings(before)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def cancel(self, pick):
        number = pick % len(self.orders)
        order, refusals = self.books.orders[number], set()
        if not self.books.open_orders()[number]:
            refusals.add("commitment_ended")
        if not order.is_cancellable:
            refusals.add("not_cancellable")
        if self.attempt(
            refusals, cancel_commitment, commitment=self.orders[number], at=self.when(), by=self.world.finance
        ):
            order.is_cancelled = True
