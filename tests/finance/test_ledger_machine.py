"""Money against a naive model: whatever is done in whatever order, every sum is that of the documents.

The default run is small; in full: `LEDGER_EXAMPLES=3000 LEDGER_STEPS=100 pytest -k every_sum_is_that`.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from finance.models import BudgetLine, Commitment, JournalEntry, LedgerEntry, MonthSpend, Reservation
from finance.services.budget import change_reservation, end_reservation, reserve, set_line_policy
from finance.services.commitment import cancel_commitment, commit
from finance.services.exchange import record_exchange_rate
from finance.services.journal import EntryDraft, SideDraft, post_actual, post_batch, reverse_entry
from finance.services.period import control_totals, open_periods, set_period_status
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    draft_version,
    open_budget,
    plan_tranches,
    release_tranche,
)
from portal.invariants import money

EXAMPLES, STEPS = int(os.environ.get("LEDGER_EXAMPLES", "30")), int(os.environ.get("LEDGER_STEPS", "20"))
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CATEGORIES, STATIONS = ("compute", "people"), ("data", "training")
MONTHS = [date(2026, month, 1) for month in (1, 2, 3)]

AMOUNT = st.integers(1, 300) | st.just(3_000)
SHARE = st.sampled_from([1, 25, 25, 50, 99, 100, 100, 130])  # percent of an order that is invoiced
RATE = st.sampled_from(["0.333333333", "0.9", "1.1", "1"])
SIGNED = st.integers(-100, 300)
CATEGORY = st.sampled_from(CATEGORIES)
DAY = st.sampled_from([date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 17), date(2026, 3, 1)])
PICK = st.integers(0, 10**6)
PLAN = st.builds(
    lambda some, sums: {(0, category, "data"): minor for category, minor in zip(CATEGORIES, sums, strict=True)} | some,
    st.dictionaries(st.tuples(st.just(1), CATEGORY, st.sampled_from(STATIONS)), st.integers(0, 1_000)),
    st.tuples(st.integers(1_000, 5_000), st.integers(0, 5_000)),
)
ROW_SUMS = ("planned_minor", "released_minor", "reserved_minor", "committed_minor", "spent_minor", "available")


@dataclass
class Hold:
    category: str
    minor: int
    is_open: bool = True


@dataclass
class Order:
    category: str
    minor: int
    rate: Fraction | None = None
    foreign: int = 0
    is_cancelled: bool = False


@dataclass
class Part:
    """What one side of an entry did: spent, and relieved of which order."""

    category: str
    minor: int
    order: int | None = None
    relieved: int = 0
    excess: int = 0


@dataclass
class Entry:
    source: str
    on: date
    parts: list[Part]
    debit: int
    is_mirror: bool = False
    is_reversed: bool = False


@dataclass
class Model:
    """The books in plain Python: nothing is kept but documents, every sum is taken anew."""

    is_metered: bool = False
    plan: dict[str, int] = field(default_factory=dict)
    tranches: list[tuple[dict[str, int], list[bool]]] = field(default_factory=list)
    policies: dict[str, str] = field(default_factory=lambda: defaultdict(lambda: "stop"))
    holds: list[Hold] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    periods: list[str] = field(default_factory=lambda: ["open"] * len(MONTHS))
    rate: Fraction | None = None

    def planned(self, category):
        return self.plan.get(category, 0)

    def released(self, category):
        if not self.is_metered:
            return self.planned(category)
        return sum(amounts.get(category, 0) for amounts, (done,) in self.tranches if done)

    def reserved(self, category):
        return sum(hold.minor for hold in self.holds if hold.is_open and hold.category == category)

    def open_of(self, number):
        order = self.orders[number]
        standing = (part for entry in self.entries if not entry.is_reversed for part in entry.parts)
        return 0 if order.is_cancelled else order.minor - sum(p.relieved for p in standing if p.order == number)

    def committed(self, category):
        return sum(self.open_of(each) for each, order in enumerate(self.orders) if order.category == category)

    def spent(self, category):
        return sum(part.minor for entry in self.entries for part in entry.parts if part.category == category)

    def used(self, category):
        return self.reserved(category) + self.committed(category) + self.spent(category)

    def available(self, category):
        return self.released(category) - self.used(category)

    def refuses(self, category, minor):
        return minor > 0 and self.policies[category] == "stop" and self.available(category) < minor

    def row(self, category):
        return tuple(
            sum_of(category)
            for sum_of in (self.planned, self.released, self.reserved, self.committed, self.spent, self.available)
        )

    def months(self):
        sums = defaultdict(int)
        for entry in self.entries:
            for part in entry.parts:
                sums[part.category, entry.on.replace(day=1)] += part.minor
        return {key: minor for key, minor in sums.items() if minor}

    def totals(self, month):
        """Count, debits and credits by source of one month; debits and credits of an entry are equal."""
        found = defaultdict(lambda: (0, 0))
        for entry in self.entries:
            if entry.on.replace(day=1) == month:
                count, debit = found[entry.source]
                found[entry.source] = (count + 1, debit + entry.debit)
        return {source: (count, debit, debit) for source, (count, debit) in found.items()}

    def takes(self, on, by_finance=True):
        status = self.periods[MONTHS.index(on.replace(day=1))]
        return status == "open" or (status == "soft_closed" and by_finance)

    def against(self, number, minor, foreign=None):
        """How an actual of so much meets an order."""
        order, still = self.orders[number], self.open_of(number)
        expense = minor
        if foreign is not None and order.rate is not None:
            expense = round(foreign * order.rate)
            touched = [p for entry in self.entries for p in entry.parts if p.order == number and p.relieved]
            expense = still if abs(expense - still) <= len(touched) // 2 + 1 else expense
        relieved = min(expense, still)
        return Part(order.category, minor, number, relieved, expense - relieved)


def debit_of(part):
    """The debit sides of a part and its clearing: relief, excess and variance stand apart, each with its sign."""
    sides = [part.relieved, part.excess, part.minor - part.relieved - part.excess]
    if part.order is None:
        sides = [part.minor]
    return sum(max(side, 0) for side in sides) + max(-part.minor, 0)


class Books(RuleBasedStateMachine):
    """Every rule says what must come of a verb by the model, calls the verb, and the model follows."""

    def __init__(self, project, manager, finance, engineer):
        super().__init__()
        self.project, self.manager, self.finance, self.engineer = project, manager, finance, engineer
        self.savepoint = transaction.savepoint()
        self.model, self.now, self.number = Model(), START, 0
        self.holds, self.orders, self.entries, self.tranches, self.seen, self.shut = [], [], [], [], [], {}

    def teardown(self):
        checks = (money.ledger_balances, money.lines_equal_recomputed, money.released_is_granted,
                  money.months_equal_ledger, money.commitments_equal_relief, money.closed_periods_stand,
                  money.plans_control, money.reversals_mirror, money.entries_touch_own_currency)  # fmt: skip
        breaches = [breach for check in checks for breach in check()]
        transaction.savepoint_rollback(self.savepoint)
        assert breaches == []

    def when(self):
        self.now += timedelta(seconds=1)
        return self.now

    def name(self):
        self.number += 1
        return str(self.number)

    def line(self, category):
        return BudgetLine.objects.select_related("budget__project").get(budget=self.budget, category=category)

    def attempt(self, refusal, verb, **arguments):
        """Call a verb: it is refused with the code that the model says, or is not refused."""
        try:
            done = verb(**arguments)
        except ValidationError as error:
            faults = error.error_dict.values() if hasattr(error, "error_dict") else [error.error_list]
            assert {fault.code for each in faults for fault in each} == {refusal}
            return None
        assert refusal is None, f"{verb.__name__} was to be refused: {refusal}"
        return done if done is not None else True

    @initialize(is_metered=st.booleans(), share=st.integers(0, 100), rate=st.none() | RATE)
    def begin(self, is_metered, share, rate):
        self.periods = open_periods(first=MONTHS[0], months=len(MONTHS), by=self.finance)
        self.budget = open_budget(project=self.project, name="Plan", currency="EUR", at=self.when(), by=self.manager)
        self.approve({(0, category, "data"): 4_000 for category in CATEGORIES})
        if rate:
            self.set_rate(rate)
        if is_metered:
            amounts = [dict.fromkeys(CATEGORIES, 40 * each) for each in (share, 100 - share)]
            self.tranches = plan_tranches(
                budget=self.budget, tranches=dict(zip(STATIONS, amounts, strict=True)), by=self.manager
            )
            self.model.is_metered, self.model.tranches = True, [(each, [False]) for each in amounts]

    @rule(plan=PLAN)
    def approve(self, plan):
        model, sums = self.model, defaultdict(int)
        for (_period, category, _station), minor in plan.items():
            sums[category] += minor
        lowered = any(
            (model.planned(each) > sums[each] and model.used(each) > sums[each])
            or (model.is_metered and model.released(each) > sums[each])
            for each in CATEGORIES
        )
        lines = [PlannedAmount(self.periods[period], *rest, minor) for (period, *rest), minor in plan.items()]
        version = draft_version(budget=self.budget, lines=lines, reason="x", at=self.when(), by=self.manager)
        refusal = "plan_below_used" if lowered else None
        if self.attempt(refusal, approve_version, version=version, at=self.when(), by=self.finance):
            model.plan = dict(sums)

    @precondition(lambda self: self.tranches)
    @rule(pick=PICK)
    def release_tranche(self, pick):
        number = pick % len(self.tranches)
        amounts, done = self.model.tranches[number]
        above = any(self.model.released(each) + amounts[each] > self.model.planned(each) for each in CATEGORIES)
        refusal = "already_released" if done[0] else "tranches_above_plan" if above else None
        if self.attempt(
            refusal, release_tranche, tranche=self.tranches[number], reference=f"gate:{number}", at=self.when(),
            by=self.manager,
        ):  # fmt: skip
            done[0] = True

    @rule(category=CATEGORY, policy=st.sampled_from(["stop", "warn", "ignore"]))
    def set_policy(self, category, policy):
        if category in self.model.plan:
            set_line_policy(line=self.line(category), policy=policy, by=self.manager)
            self.model.policies[category] = policy

    @rule(category=CATEGORY, minor=AMOUNT | st.just(0))
    def reserve(self, category, minor):
        refusal = "over_budget" if self.model.refuses(category, minor) else None
        held = self.attempt(refusal, reserve, line=self.line(category), amount_minor=minor, reference=self.name(),
                            at=self.when(), by=self.engineer)  # fmt: skip
        if held:
            self.holds.append(held)
            self.model.holds.append(Hold(category, minor))

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, minor=AMOUNT | st.just(0))
    def change(self, pick, minor):
        hold = self.model.holds[pick % len(self.holds)]
        over = hold.is_open and self.model.refuses(hold.category, minor - hold.minor)
        if (
            self.attempt("over_budget" if over else None, change_reservation, amount_minor=minor, by=self.engineer,
                         reservation=self.holds[pick % len(self.holds)]) and hold.is_open
        ):  # fmt: skip
            hold.minor = minor

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, status=st.sampled_from([Reservation.Status.RELEASED, Reservation.Status.RELIEVED]))
    def release(self, pick, status):
        hold, row = self.model.holds[pick % len(self.holds)], self.holds[pick % len(self.holds)]
        row.refresh_from_db()
        assert end_reservation(reservation=row, status=status, at=self.when()) is hold.is_open
        hold.is_open = False

    def order(self, category, minor, refusal, hold, **document):
        model = self.model
        held = model.holds[hold] if hold is not None else Hold(category, 0)
        if refusal is None and not held.is_open:
            refusal = "reservation_ended"
        if refusal is None and model.refuses(category, minor - held.minor):
            refusal = "over_budget"
        made = self.attempt(
            refusal, commit, line=self.line(category), supplier="x", memo="x", source="erp", external_id=self.name(),
            at=self.when(), by=self.finance, reservation=None if hold is None else self.holds[hold], **document,
        )  # fmt: skip
        if made:
            held.is_open = False
            self.orders.append(made)
            foreign = document.get("transaction_minor", 0)
            model.orders.append(Order(category, minor, model.rate if foreign else None, foreign))

    @rule(category=CATEGORY, minor=AMOUNT)
    def commit(self, category, minor):
        self.order(category, minor, None, None, amount_minor=minor)

    @precondition(lambda self: [hold for hold in self.model.holds if hold.is_open or len(self.model.holds) > 3])
    @rule(pick=PICK, minor=AMOUNT)
    def commit_what_was_reserved(self, pick, minor):
        """Also a reservation that became an order already: it is refused as ended, or as taken."""
        hold = pick % len(self.holds)
        if Commitment.objects.filter(reservation=self.holds[hold]).exists():
            return
        self.order(self.model.holds[hold].category, minor, None, hold, amount_minor=minor)

    @rule(category=CATEGORY, foreign=AMOUNT)
    def commit_foreign(self, category, foreign):
        minor = None if self.model.rate is None else round(foreign * self.model.rate)
        refusal = "no_exchange_rate" if minor is None else "not_positive" if minor <= 0 else None
        document = {"amount_minor": None, "transaction_currency": "USD", "transaction_minor": foreign}
        self.order(category, minor or 0, refusal, None, **document)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def cancel(self, pick):
        number = pick % len(self.orders)
        refusal = None if self.model.open_of(number) else "commitment_ended"
        if self.attempt(refusal, cancel_commitment, commitment=self.orders[number], at=self.when(), by=self.finance):
            self.model.orders[number].is_cancelled = True

    @rule(rate=RATE)
    def set_rate(self, rate):
        record_exchange_rate(base="USD", quote="EUR", kind="spot", valid_on=date(2025, 12, 1), rate=Decimal(rate),
                             source="bank", at=self.when(), by=self.finance)  # fmt: skip
        self.model.rate = Fraction(rate)

    def post(self, part, on, refusal, by=None, **document):
        entry = self.attempt(
            refusal, post_actual, line=self.line(part.category), memo="x", source="erp", external_id=self.name(),
            effective_on=on, at=self.when(), by=by or self.finance,
            commitment=None if part.order is None else self.orders[part.order], **document,
        )  # fmt: skip
        if entry:
            self.entries.append(entry)
            self.model.entries.append(Entry("erp", on, [part], debit_of(part)))

    @rule(category=CATEGORY, minor=SIGNED, on=DAY, by_finance=st.booleans())
    def actual(self, category, minor, on, by_finance):
        refusal = None if self.model.takes(on, by_finance) else "period_closed"
        by = self.finance if by_finance else self.engineer
        self.post(Part(category, minor), on, refusal, by=by, amount_minor=minor)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, share=SHARE, on=DAY)
    def invoice(self, pick, share, on):
        number = pick % len(self.orders)
        minor = 1 + self.model.open_of(number) * share // 100 - (share <= 100)
        part = self.model.against(number, minor)
        self.post(part, on, self.refused_invoice(part, on), amount_minor=minor)

    @precondition(lambda self: [order for order in self.model.orders if order.rate is not None])
    @rule(pick=PICK, share=SHARE, on=DAY)
    def invoice_foreign(self, pick, share, on):
        orders = [number for number, order in enumerate(self.model.orders) if order.rate is not None]
        number = orders[pick % len(orders)]
        foreign = max(1, self.model.orders[number].foreign * share // 100)
        part = self.model.against(number, round(foreign * self.model.rate), foreign)
        document = {"amount_minor": None, "transaction_currency": "USD", "transaction_minor": foreign}
        self.post(part, on, self.refused_invoice(part, on), **document)

    def refused_invoice(self, part, on):
        if not self.model.takes(on):
            return "period_closed"
        if self.model.orders[part.order].is_cancelled:
            return "commitment_ended"
        return "over_budget" if self.model.refuses(part.category, part.excess) else None

    @rule(sent=st.lists(st.tuples(CATEGORY, SIGNED, DAY), min_size=1, max_size=3), is_spoilt=st.booleans())
    def batch(self, sent, is_spoilt):
        drafts = [
            EntryDraft(self.name(), on, "EUR", "x", "actual",
                       [SideDraft("expense", minor, self.line(category)), SideDraft("clearing", -minor)])
            for category, minor, on in sent
        ]  # fmt: skip
        refusal = None if all(self.model.takes(on) for _category, _minor, on in sent) else "period_closed"
        if is_spoilt and refusal is None:
            drafts.append(EntryDraft(self.name(), sent[0][2], "EUR", "x", "actual", [SideDraft("clearing", 1)]))
            refusal = "unbalanced"
        posted = self.attempt(refusal, post_batch, source="hr", entries=drafts, at=self.when(), by=self.finance)
        for entry, (category, minor, on) in zip(posted or [], sent, strict=False):
            self.entries.append(entry)
            self.model.entries.append(Entry("hr", on, [Part(category, minor)], abs(minor)))

    @precondition(lambda self: self.entries)
    @rule(pick=PICK, on=DAY)
    def reverse(self, pick, on):
        number = pick % len(self.entries)
        entry = self.model.entries[number]
        refusal = "period_closed" if not self.model.takes(on) else "is_reversal" if entry.is_mirror else None
        if refusal is None and entry.is_reversed:
            refusal = "already_reversed"
        mirror = self.attempt(refusal, reverse_entry, entry=self.entries[number], memo="x", effective_on=on,
                              at=self.when(), by=self.finance)  # fmt: skip
        if mirror:
            entry.is_reversed = True
            self.entries.append(mirror)
            parts = [Part(p.category, -p.minor, p.order, -p.relieved, -p.excess) for p in entry.parts]
            self.model.entries.append(Entry("reversal", on, parts, entry.debit, is_mirror=True, is_reversed=True))

    @rule(
        number=st.integers(0, len(MONTHS) - 1),
        status=st.sampled_from(["open", "soft_closed", "soft_closed", "soft_closed", "closed"]),
    )
    def set_period(self, number, status):
        refusal = "period_closed" if self.model.periods[number] == "closed" else None
        if self.attempt(
            refusal, set_period_status, period=self.periods[number], status=status, at=self.when(), by=self.finance
        ):
            self.model.periods[number] = status

    @precondition(lambda self: self.entries)
    @rule(model=st.sampled_from([JournalEntry, LedgerEntry]), is_deleted=st.booleans())
    def tamper(self, model, is_deleted):
        rows = model.objects.filter(pk=model.objects.order_by("?").values("pk")[:1])
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete("default") if is_deleted else rows.update(id=1)

    @invariant()
    def sums_are_those_of_the_model(self):
        if not hasattr(self, "budget"):
            return
        rows = BudgetLine.objects.with_available().filter(budget=self.budget).values_list("category", *ROW_SUMS)
        found = {category: tuple(figures) for category, *figures in rows}
        assert found == {category: self.model.row(category) for category in CATEGORIES}
        months = MonthSpend.objects.filter(line__budget=self.budget).exclude(amount_minor=0)
        kept = {row[:2]: row[2] for row in months.values_list("line__category", "month", "amount_minor")}
        assert kept == self.model.months()
        orders = list(Commitment.objects.order_by("pk").values_list("open_minor", flat=True))
        assert orders == [self.model.open_of(number) for number in range(len(self.orders))]

    @invariant()
    def the_ledger_balances_and_only_grows(self):
        rows = list(LedgerEntry.objects.order_by("pk").values_list("pk", "journal_entry", "line", "amount_minor"))
        assert rows[: len(self.seen)] == self.seen
        self.seen = rows
        sums = defaultdict(int)
        for _pk, entry, _line, minor in rows:
            sums[entry] += minor
        assert not any(sums.values())

    @invariant()
    def control_totals_are_those_of_the_model(self):
        """Of the month that was posted into last; and no closed month ever moves."""
        for number, month in enumerate(MONTHS):
            is_last = self.model.entries and self.model.entries[-1].on.replace(day=1) == month
            if not (is_last or self.model.periods[number] == "closed"):
                continue
            found = control_totals(self.periods[number])
            assert {total.currency for total in found} <= {"EUR"}
            assert {t.source: (t.entries, t.debit_minor, t.credit_minor) for t in found} == self.model.totals(month)
            if self.model.periods[number] == "closed":
                assert self.shut.setdefault(number, found) == found


def test_every_sum_is_that_of_the_documents_whatever_is_done(project, manager, finance_user, engineer):
    run_state_machine_as_test(
        lambda: Books(project, manager, finance_user, engineer),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize="LEDGER_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
