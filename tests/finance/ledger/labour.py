"""Rates that change between steps, worked time, and what a late rate changes about it."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from finance.services.exchange import record_exchange_rate
from finance.services.labour import adjust_for_rate, rate_effect, record_role_rate, record_time
from ledger.base import Base
from ledger.books import Entry, Part, Work, labour
from ledger.books import RoleRate as Rate
from ledger.world import CURRENCIES, DAY, DAYS, HIRED, OFTEN, PAIRS, PEOPLE_LINE, PICK, STATION


class Labour(Base):
    @rule(
        pair=st.sampled_from(sorted(PAIRS)), number=st.integers(0, 3), 
        kind=st.sampled_from(["spot", "spot", "spot", "budget", "budget", "closing"]),
        on=st.sampled_from([date(2025, 12, 1), *DAYS[1:4]]),
    )  # fmt: skip
    def set_rate(self, pair, number, kind, on):
        rate = PAIRS[pair][number % len(PAIRS[pair])]
        refusals = {"unused_kind"} if kind == "closing" else set()
        if self.attempt(refusals, record_exchange_rate, base=pair[0], quote=pair[1], kind=kind, valid_on=on,
                        rate=Decimal(rate), source="bank", at=self.when(), by=self.world.finance):  # fmt: skip
            self.books.exchange.append((*pair, kind, on, Fraction(rate)))

    @rule(
        role=st.sampled_from(["ml", "ml", "ops"]), hour=st.sampled_from([0, 33, 5_000, 9_999]),
        currency=st.sampled_from(["EUR", "EUR", "USD", "JPY"]),
        first=st.sampled_from([date(2026, 1, 1), date(2026, 1, 31), *DAYS[1:3]]),
        days=st.sampled_from([None, None, 1, 17, 28]),
    )  # fmt: skip
    def set_role_rate(self, role, hour, currency, first, days):
        """Often one that comes late: time of those days was posted before."""
        end, name = None if days is None else first + timedelta(days), self.name()
        rate = self.attempt(set(), record_role_rate, role=self.world.roles[role], hour_minor=hour, currency=currency,
                            valid_from=first, valid_to=end, source="erp", external_id=name, at=self.when(),
                            by=self.world.finance)  # fmt: skip
        self.rates.append(rate)
        self.books.role_rates.append(Rate(role, hour, currency, first, end))

    @precondition(lambda self: self.rates)
    @rule(
        person=st.sampled_from(["lena", "lena", "paul"]), line=PEOPLE_LINE, on=st.sampled_from(DAYS[:4]),
        minutes=st.sampled_from([7, 60, 61, 90, 480, 480, 700, -60, -90]), station=STATION,
    )  # fmt: skip
    def work(self, person, line, on, minutes, station):
        books, at, name = self.books, self.when(), self.name()
        role, first, end = HIRED[person]
        standing = (each for each in books.work if not books.entries[each.entry].is_reversed)
        known = [each for each in standing if (each.person, each.on) == (person, on)]
        on_line = sum(each.minutes for each in known if each.line == line) + minutes
        number, refusals = books.role_rate(role, on), self.closed(on, at=at)
        refusals |= {"not_for_people"} if line[1] != "people" else set()
        refusals |= {"in_the_future"} if on > self.today else set()
        refusals |= {"not_employed"} if on < first or (end and on >= end) else set()
        refusals |= {"no_role_rate"} if number is None else set()
        if on_line < 0 or sum(each.minutes for each in known) + minutes > 1440:
            refusals.add("impossible_minutes")
        minor, budgeted, split_by = 0, None, None
        if number is not None:
            rate = books.role_rates[number]
            minor = labour(minutes, rate.hour)
            if rate.currency != CURRENCIES[line[0]]:
                spot = books.spot(rate.currency, CURRENCIES[line[0]], on)
                refusals |= {"no_exchange_rate"} if spot is None else set()
                split_by = books.newest(rate.currency, CURRENCIES[line[0]], on, "budget")
                budgeted = books.budgeted(minor, rate.currency, CURRENCIES[line[0]], on)
                minor = books.convert(minor, rate.currency, CURRENCIES[line[0]], spot or 0)
        entry = self.attempt(
            refusals, record_time, employment=self.world.people[person], line=self.lines[line], worked_on=on,
            minutes=minutes, source="time", external_id=name, at=at, by=self.world.finance, station=station,
        )  # fmt: skip
        if entry:
            books.audited["post_actual"] += 1
            self.posted(entry.journal_entry, Entry("worked-time", on, [Part(line, minor, budgeted=budgeted)]))
            books.work.append(Work(person, role, line, on, minutes, station, number, len(books.entries) - 1, split_by))

    @precondition(lambda self: self.books.work)
    @rule(pick=PICK, on=DAY, is_last=OFTEN)
    def adjust(self, pick, on, is_last):
        """The page says what the late rate would change before it is posted, and once more there is nothing to do."""
        number = len(self.rates) - 1 if is_last else pick % len(self.rates)
        groups, refusals, rate = self.books.adjustments(number), self.closed(on), self.rates[number]
        if groups is None:
            refusals.add("no_exchange_rate")
        else:
            self.compare_preview(rate_effect(rate), groups)
        posted = self.attempt(
            refusals, adjust_for_rate, rate=rate, effective_on=on, at=self.when(), by=self.world.finance
        )
        if posted is None:
            return
        place_of = lambda each: -1 if each is None else each  # noqa: E731
        ordered = sorted(groups, key=lambda key: (self.lines[key[0]].pk, key[1], place_of(key[2])))
        assert len(posted) == len(ordered)
        if not posted:
            self.did_nothing(adjust_for_rate)
        for entry, key in zip(posted, ordered, strict=True):
            changes = groups[key]
            minor, variance = (sum(change[place] for change in changes) for place in (1, 2))
            self.posted(entry, Entry("role-rate", on, [Part(key[0], minor, budgeted=minor - variance)]))
            self.books.audited["post_actual"] += 1
            for place, *sums in changes:
                self.books.work[place].adjusted.append((number, len(self.books.entries) - 1, *sums))

    def compare_preview(self, effect, groups):
        sums, is_closed = Counter(), False
        for (line, *_rest), changes in groups.items():
            sums[CURRENCIES[line[0]]] += sum(minor for _place, minor, _variance in changes)
            is_closed |= any(self.books.status(self.books.work[place].on) == "closed" for place, *_sums in changes)
        assert effect.differences == dict(sums), f"the page says {effect.differences}, due is {sums}"
        assert effect.touches_closed == is_closed
        assert effect.entries == sum(map(len, groups.values()))
