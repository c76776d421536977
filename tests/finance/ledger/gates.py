"""Periods that close, and decisions at gates."""

from datetime import date

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import rule

from finance.models import JournalEntry
from finance.services.period import set_period_status
from ledger.base import Base
from ledger.world import GATES, MONTHS, PROJECTS
from outcomes.services.condition import ConditionDraft
from outcomes.services.gate import ask_review
from outcomes.services.gate_decision import decide_gate
from projects.models import Project


class Gates(Base):
    @rule(number=st.integers(0, 2), status=st.sampled_from(["open", "soft_closed"] * 4 + ["closed"]))
    def set_period(self, number, status):
        refusals = {"period_closed"} if self.books.periods[MONTHS[number]] == "closed" else set()
        period = self.world.periods[number]
        period.status, period.closed_at, period.closed_by = "open", None, None
        if self.attempt(
            refusals, set_period_status, period=period, status=status, at=self.when(), by=self.world.finance
        ):
            self.books.periods[MONTHS[number]] = status

    @rule(
        key=st.sampled_from(["TRI", "TRI", "SEC"]),
        outcome=st.sampled_from(["go", "go", "conditional_go", "hold", "recycle", "kill"]),
    )
    def decide(self, key, outcome):
        """A go releases the money of the next stage, a kill gives back all that can be given back."""
        if key in self.books.ended or self.station[key] >= len(GATES):
            return
        station, at = GATES[self.station[key]], self.when()
        held = [
            each for each in self.books.tranches
            if PROJECTS[each.budget] == key and each.station == station and not (each.is_released or each.is_gone)
        ]  # fmt: skip
        is_go = outcome in {"go", "conditional_go"}
        refusals = set().union(*map(self.refused_release, held)) if is_go else set()
        if not self.attempt(refusals, self.deciding, key=key, station=station, outcome=outcome, at=at):
            return
        self.books.audited["decide_gate"] += 1
        if is_go:
            self.station[key] += 1
            self.books.audited["release_tranche"] += len(held)
            for each in held:
                each.is_released = True
        if outcome == "kill":
            self.kill(key)

    def deciding(self, key, station, outcome, at):
        with transaction.atomic():
            project = Project.objects.get(key=key)
            review = ask_review(project=project, gate=self.world.gates[station], at=at, by=self.world.engineer)
            terms = [ConditionDraft("x", date(2100, 1, 1), self.world.decider)] if outcome == "conditional_go" else []
            return decide_gate(
                review=review, outcome=outcome, reasons="x", conditions=terms, at=at, by=self.world.decider
            )

    def kill(self, key):
        """Accruals first: what they had relieved of orders is open again, and then cancelled."""
        books = self.books
        mirrors = iter(JournalEntry.objects.filter(source="reversal").order_by("-pk"))
        accruals = [
            number for number, entry in enumerate(books.entries)
            if entry.kind == "accrual" and not entry.is_reversed
            and {PROJECTS[part.line[0]] for part in entry.parts} == {key}
        ]  # fmt: skip
        made = [next(mirrors) for _each in accruals][::-1]
        for number, mirror in zip(accruals, made, strict=True):
            self.entries.append(mirror)
            books.reverse(number, books.first_open_day(max(self.today, books.entries[number].on)))
        books.audited["reverse_entry"] += len(accruals)
        for order, still in zip(books.orders, books.open_orders(), strict=True):
            if still and PROJECTS[order.line[0]] == key and order.is_cancellable:
                order.is_cancelled = True
                books.audited["cancel_commitment"] += 1
        for hold in books.holds:
            hold.is_open = hold.is_open and PROJECTS[hold.line[0]] != key
        books.ended.add(key)
