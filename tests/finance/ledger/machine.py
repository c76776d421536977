"""Whatever people do with money in whatever order: every rule asks the naive books what must come of it, and does it.

Rows stay in hand as they were read first, as on a page that somebody left open, so that verbs meet stale ones.
"""

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from ledger.batches import Batches
from ledger.entries import Entries
from ledger.gates import Gates
from ledger.labour import Labour
from ledger.orders import Orders
from ledger.plans import Plans
from ledger.world import AMOUNT, CURRENCIES, DAY, DAYS, LINE, LINES, OFTEN, PAIRS, SHARE


class Ledger(Plans, Orders, Labour, Entries, Batches, Gates):
    @initialize(rates=OFTEN, is_planned=OFTEN, is_metered=st.booleans(), share=st.integers(20, 100),
                is_busy=st.booleans(), policy=st.sampled_from(["stop", "warn", "ignore"]))  # fmt: skip
    def begin(self, rates, is_planned, is_metered, share, is_busy, policy):
        """Often not at the very beginning, so that every rule has something to act upon."""
        if rates:
            for base, quote in PAIRS:
                self.set_rate((base, quote), 1, "spot", date(2025, 12, 1))
            for role in self.world.roles:
                self.set_role_rate(role, 5_000, "EUR", date(2026, 1, 1), None)
        for pair in PAIRS if is_planned else ():
            self.set_rate(pair, 0, "budget", date(2025, 12, 1))
        if is_metered:
            self.plan_tranches("A", [(40 * share, 40 * share), (4_000 - 40 * share, 0)], None)
            self.release_tranche(0, False)
        for line in LINES[2:4]:
            self.set_policy(line, policy)
        if is_busy:
            self.reserve(("B", "compute"), 500)
            for line in (LINES[0], LINES[3]):
                self.commit(line, 450, None, "USD", True, False)
                self.actual(line, 150, "", DAYS[2], True, "accrual", None, "")
            self.work("lena", ("A", "people"), DAYS[1], 90, "")

    @rule(
        line=LINE,
        policy=st.sampled_from(["stop", "warn", "ignore"]),
        acts=st.lists(
            st.tuples(st.sampled_from(["reserve", "change", "commit", "invoice", "actual"]), AMOUNT, SHARE),
            min_size=2,
            max_size=5,
        ),
    )
    def use_up_a_line(self, line, policy, acts):
        """Under each policy up to the last unit, and one beyond."""
        line = self.on_line(line)
        self.set_policy(line, policy)
        for act, size, share in acts:
            mine = [number for number, hold in enumerate(self.books.holds) if hold.line == line and hold.is_open]
            owed = [number for number, order in enumerate(self.books.orders) if order.line == line]
            if act == "reserve":
                self.reserve(line, size)
            elif act == "change" and mine:
                self.change(mine[-1], size)
            elif act == "commit":
                self.commit(line, size, mine[-1] if mine and share == 25 else None, "", True, False)
            elif act == "invoice" and owed:
                self.invoice(owed[-1], share, DAYS[4], False, "actual", None, False)
            elif act == "actual":
                self.actual(line, self.amount(line, size), "", DAYS[4], True, "actual", None, "")

    @rule(
        line=LINE,
        minor=st.integers(1, 900),
        base=st.sampled_from(["", "USD", "JPY"]),
        acts=st.lists(
            st.tuples(st.sampled_from(["invoice", "invoice", "batch", "rate", "reverse", "cancel"]), SHARE, DAY),
            min_size=3,
            max_size=7,
        ),
    )
    def follow_an_order(self, line, minor, base, acts):
        """Many things to one order, where chance alone would seldom meet the same twice."""
        known, line = len(self.orders), self.on_line(line)
        if self.books.lacks(line, 900):
            self.set_policy(line, "warn")
        self.commit(line, minor, None, base, True, False)
        if len(self.orders) == known:
            return
        for act, share, on in acts:
            mine = [
                number
                for number, entry in enumerate(self.books.entries)
                if not entry.is_mirror and any(part.order == known for part in entry.parts)
            ]
            if act == "invoice":
                self.invoice(known, share, on, True, "actual", None, False)
            elif act == "batch":
                bill = (line, max(1, minor * share // 200), on, known, None, "actual", None, "")
                self.batch([bill, bill], True)
            elif act == "cancel":
                self.cancel(known)
            elif act == "reverse" and mine:
                self.reverse_one(mine[share % len(mine)], on)
            elif act == "rate" and (base, CURRENCIES[line[0]]) in PAIRS:
                self.set_rate((base, CURRENCIES[line[0]]), share, "spot", DAYS[share % 3 + 1])

    @rule(
        line=st.sampled_from([("A", "people"), ("B", "people")]),
        acts=st.lists(
            st.tuples(
                st.sampled_from(["work", "work", "rate", "foreign", "exchange", "adjust", "adjust", "reverse"]),
                st.sampled_from(DAYS[:3]),
                st.integers(0, 3),
            ),
            min_size=3,
            max_size=7,
        ),
    )
    def follow_some_time(self, line, acts):
        """Time of one person on one line, and rates that come late for it."""
        for act, on, number in acts:
            if act in {"rate", "foreign"}:
                hour, days = (33, 5_000, 9_999, 7_001)[number], (None, None, 17, 1)[number]
                self.set_role_rate("ml", hour, "EUR" if act == "rate" else "USD", on, days)
            elif act == "exchange":
                self.set_rate(("USD", "EUR"), number, ("spot", "budget")[number % 2], on)
            elif act == "work" and self.rates:
                self.work("lena", line, on, (7, 61, 90, 480)[number], "data" if number == 3 else "")
            elif act == "adjust" and self.books.work:
                self.adjust(number, DAYS[4], number != 2)
            elif act == "reverse":
                sources, entries = {"worked-time", "role-rate"}, enumerate(self.books.entries)
                mine = [each for each, entry in entries if entry.source in sources]
                if mine:
                    self.reverse_one(mine[-1 - number % len(mine)], DAYS[4])
