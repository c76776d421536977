"""Batches of entries: all or none, and every fault named by the entry that has it."""

from collections import Counter, defaultdict

from django.core.exceptions import ValidationError
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from finance.services.journal import EntryDraft, SideDraft, post_batch
from ledger.base import Base
from ledger.books import Entry, Part
from ledger.world import CENTRE, CURRENCIES, DAY, FAULT, KIND, LINE, PICK


class Batches(Base):
    @rule(
        sent=st.lists(
            st.tuples(LINE, st.integers(-100, 300), DAY, st.none() | PICK, st.none() | LINE, KIND, CENTRE, FAULT),
            min_size=1, max_size=3,
        ),
        by_finance=st.integers(0, 3).map(bool),
    )  # fmt: skip
    def batch(self, sent, by_finance):
        """All entries or none, every fault named by the entry that has it."""
        drafts, faults, plain, names = [], defaultdict(set), [], []
        posted = [entry.external_id for entry in self.entries if entry.source == "hr"]
        for index, (line, minor, on, pick, other, kind, centre, fault) in enumerate(sent):
            line, order, name = self.on_line(line), None, self.name()
            if pick is not None and self.orders:
                order = pick % len(self.orders)
                line, minor = self.books.orders[order].line, max(1, minor)
            quote, found = CURRENCIES[line[0]], faults[f"entries.{index}"]
            found |= self.closed(on, by_finance) | self.centre_refused(centre, on)
            if fault == "again" and posted:
                name = posted[pick % len(posted) if pick else 0]
            if fault == "twice" and names:
                name = names[0]
            sides = [(line, minor, order)]
            if other in self.lines and CURRENCIES[other[0]] == quote:
                sides.append((other, 5, None))
            if fault == "wrong_currency":
                other = ("C", "compute") if quote == "EUR" else ("A", "compute")
                sides, found = [*sides, (other, 1, None)], found.add("wrong_currency") or found
            if fault == "unbalanced":
                found.add("unbalanced")
            if fault == "bad_kind":
                found.add("bad_kind")
            names.append(name)
            plain.append((line, on, kind, sides))
            parts = [
                SideDraft("expense", minor, self.lines[line], self.world.centres.get(centre), "",
                          None if order is None else self.orders[order])
                for line, minor, order in sides
            ]  # fmt: skip
            clearing = -sum(each.amount_minor for each in parts) - (fault == "unbalanced")
            memo = "another" if name in posted else "x"
            drafts.append(EntryDraft(name, on, quote, memo, "reversal" if fault == "bad_kind" else kind,
                                     [*parts, SideDraft("clearing", clearing)]))  # fmt: skip
        for index, name in enumerate(names):
            if name in posted:
                faults[f"entries.{index}"].add("already_posted")
            if names.count(name) > 1:
                faults[f"entries.{index}"].add("duplicate")
        faults = {name: found for name, found in faults.items() if found}
        self.send(drafts, faults, plain, by_finance)

    def send(self, drafts, faults, plain, by_finance):
        books, before, count, excess = self.books, self.books.rows(), len(self.books.entries), Counter()
        for index, (_line, on, kind, sides) in enumerate([] if faults else plain):
            entry = Entry("hr", on, [], kind)
            books.entries.append(entry)
            for line, minor, order in sides:
                if order is not None and books.orders[order].is_cancelled:
                    faults = faults or {f"entries.{index}": {"commitment_ended"}}
                entry.parts.append(Part(line, minor) if order is None else books.against(order, minor))
                excess[line] += entry.parts[-1].excess
        made, books.entries = books.entries[count:], books.entries[:count]
        if not faults and any(books.lacks(line, minor) for line, minor in excess.items()):
            faults = {"": {"over_budget"}}
        refusals = set().union(*faults.values()) if faults else set()
        try:
            posted = self.attempt(refusals, self.posting, drafts=drafts, faults=faults, by_finance=by_finance)
        finally:
            assert books.rows() == before
        if posted:
            self.entries += posted
            books.post(*made)
            self.batches.append((drafts, posted))

    def posting(self, drafts, faults, by_finance):
        """Post a batch; its faults are all named, each by its entry."""
        by = self.world.finance if by_finance else self.world.engineer
        try:
            posted = post_batch(source="hr", entries=drafts, at=self.when(), by=by)
        except ValidationError as error:
            named = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
            found = {name: {fault.code for fault in each} for name, each in named.items()}
            assert found == faults, f"the batch was refused as {found}, due was {faults}"
            raise
        self.books.audited["post_batch"] += 1
        return posted

    @precondition(lambda self: self.batches)
    @rule(pick=PICK)
    def send_batch_again(self, pick):
        """The same batch is answered with what it made, whatever happened to that since."""
        drafts, posted = self.batches[pick % len(self.batches)]
        assert post_batch(source="hr", entries=drafts, at=self.when(), by=self.world.engineer) == posted
