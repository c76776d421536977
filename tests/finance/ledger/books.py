"""The books in plain Python, beside the product: nothing is kept but documents, every sum is taken anew.

Lines are named by budget and category, orders and entries by their place. No code of the product is used here.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

DIGITS = {"EUR": 2, "USD": 2, "JPY": 0}
DAY_MINUTES = 1440


@dataclass
class Hold:
    line: tuple
    minor: int
    is_open: bool = True
    became_order: bool = False


@dataclass
class Order:
    line: tuple
    minor: int
    rate: Fraction | None = None
    currency: str = ""
    foreign: int = 0
    is_cancellable: bool = True
    is_cancelled: bool = False
    budgeted: int | None = None  # at the rate of the budget, where one is known


@dataclass
class Part:
    """What one side of an entry did: spent, and relieved of which order; the rest beyond both is the rate's.

    `budgeted` is what it relieved, or what it spent without an order, at the rate of the budget.
    """

    line: tuple
    minor: int
    order: int | None = None
    relieved: int = 0
    excess: int = 0
    budgeted: int | None = None

    @property
    def rows(self):
        """What stands in the ledger: account, order and minor units."""
        held = self.minor if self.order is None else self.relieved
        at_budget = held if self.budgeted is None else self.budgeted
        rows = [("expense", self.order, at_budget), ("fx_variance", self.order, held - at_budget)]
        if self.order is not None:
            rows += [("expense", None, self.excess), ("fx_variance", None, self.minor - self.relieved - self.excess)]
        return rows

    def mirrored(self):
        budgeted = None if self.budgeted is None else -self.budgeted
        return Part(self.line, -self.minor, self.order, -self.relieved, -self.excess, budgeted)


@dataclass
class Entry:
    source: str
    on: date
    parts: list[Part]
    kind: str = "actual"
    is_mirror: bool = False
    is_reversed: bool = False

    @property
    def debit(self):
        sides = [minor for part in self.parts for _account, _order, minor in part.rows]
        return sum(max(side, 0) for side in sides) + max(-sum(sides), 0)


@dataclass
class Tranche:
    budget: str
    station: str
    amounts: dict
    expires_on: date | None = None
    is_released: bool = False
    is_gone: bool = False


@dataclass
class RoleRate:
    role: str
    hour: int
    currency: str
    first: date
    end: date | None = None

    def holds(self, on):
        return self.first <= on and (self.end is None or on < self.end)


@dataclass
class Work:
    person: str
    role: str
    line: tuple
    on: date
    minutes: int
    station: str
    rate: int
    entry: int
    split_by: int | None = None  # the place of the budget rate that parted it
    adjusted: list = field(default_factory=list)  # the late rate, the entry that adjusts, by how much, what variance


@dataclass
class Plan:
    """One version of the plan of a budget."""

    budget: str
    number: int
    sums: dict
    is_approved: bool = False


@dataclass
class Books:
    currencies: dict  # of each budget
    projects: dict  # of each budget
    periods: dict  # status by first day
    plans: list[Plan] = field(default_factory=list)
    in_force: dict = field(default_factory=dict)  # the plan of each budget
    lines: set = field(default_factory=set)
    metered: set = field(default_factory=set)
    tranches: list[Tranche] = field(default_factory=list)
    policies: dict = field(default_factory=lambda: defaultdict(lambda: "stop"))
    holds: list[Hold] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    exchange: list[tuple] = field(default_factory=list)
    role_rates: list[RoleRate] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    crossed: Counter = field(default_factory=Counter)
    audited: Counter = field(default_factory=Counter)
    ended: set = field(default_factory=set)  # projects that were killed

    def closed_to_new(self, budget):
        """Nothing new begins in a project that has ended."""
        return {"project_ended"} if self.projects[budget] in self.ended else set()

    # Sums

    def standing(self):
        return (part for entry in self.entries if not entry.is_reversed for part in entry.parts)

    def relieved(self):
        sums = Counter()
        for part in self.standing():
            if part.order is not None:
                sums[part.order] += part.relieved
        return sums

    def open_orders(self):
        relieved = self.relieved()
        return [0 if order.is_cancelled else order.minor - relieved[number] for number, order in enumerate(self.orders)]

    def released(self, line):
        if line[0] not in self.metered:
            return self.planned(line)
        done = (each.amounts.get(line[1], 0) for each in self.tranches if each.budget == line[0] and each.is_released)
        return sum(done)

    def metered_of(self, line):
        """What tranches release of a line, sooner or later."""
        due = (each.amounts.get(line[1], 0) for each in self.tranches if each.budget == line[0] and not each.is_gone)
        return sum(due)

    def planned(self, line):
        plan = self.in_force.get(line[0])
        return plan.sums.get(line[1], 0) if plan else 0

    def rows(self):
        """Planned, released, reserved, committed, spent of each line."""
        reserved, committed, spent = Counter(), Counter(), Counter()
        for hold in self.holds:
            if hold.is_open:
                reserved[hold.line] += hold.minor
        for order, still in zip(self.orders, self.open_orders(), strict=True):
            committed[order.line] += still
        for entry in self.entries:
            for part in entry.parts:
                spent[part.line] += part.minor
        return {
            line: (self.planned(line), self.released(line), reserved[line], committed[line], spent[line])
            for line in self.lines
        }

    def row(self, line):
        return self.rows()[line]

    def used(self, line):
        return sum(self.row(line)[2:])

    def available(self, line):
        _planned, released, *used = self.row(line)
        return released - sum(used)

    def lacks(self, line, minor):
        return minor > 0 and self.policies[line] == "stop" and self.available(line) < minor

    def months(self):
        sums = Counter()
        for entry in self.entries:
            for part in entry.parts:
                sums[part.line, entry.on.replace(day=1)] += part.minor
        return {key: minor for key, minor in sums.items() if minor}

    def totals(self, month):
        """Entries and debits (which equal credits) of one month, by source and currency."""
        found = defaultdict(lambda: (0, 0))
        for entry in self.entries:
            if entry.on.replace(day=1) == month:
                key = entry.source, self.currencies[entry.parts[0].line[0]]
                count, debit = found[key]
                found[key] = count + 1, debit + entry.debit
        return dict(found)

    # Days and rates

    def status(self, on):
        return self.periods.get(on.replace(day=1), "open")

    def takes(self, on, by_finance=True):
        return self.status(on) == "open" or (self.status(on) == "soft_closed" and by_finance)

    def first_open_day(self, on):
        while self.status(on) != "open":
            on = (on.replace(day=28) + timedelta(days=4)).replace(day=1)
        return on

    def newest(self, base, quote, on, kind):
        """The place of the rate of that kind in force on a day."""
        known = [
            (valid_on, number)
            for number, (*pair, its_kind, valid_on, _rate) in enumerate(self.exchange)
            if pair == [base, quote] and its_kind == kind and valid_on <= on
        ]
        return max(known)[1] if known else None

    def spot(self, base, quote, on, kind="spot"):
        number = self.newest(base, quote, on, kind)
        return None if number is None else self.exchange[number][-1]

    def convert(self, minor, base, quote, rate):
        return round(minor * rate * Fraction(10) ** (DIGITS[quote] - DIGITS[base]))

    def budgeted(self, foreign, base, quote, on):
        """A foreign amount at the budget rate of a day."""
        rate = self.spot(base, quote, on, "budget")
        return None if rate is None else self.convert(foreign, base, quote, rate)

    def role_rate(self, role, on):
        rates = enumerate(self.role_rates)
        known = [(rate.first, number) for number, rate in rates if rate.role == role and rate.holds(on)]
        return max(known)[1] if known else None

    # Documents

    def against(self, number, minor, currency="", foreign=0):
        """How an actual of so much meets an order: each conversion rounds, the last one takes what is left over."""
        order, still = self.orders[number], self.open_orders()[number]
        expense = minor
        if order.rate is not None and currency == order.currency:
            expense = self.convert(foreign, currency, self.currencies[order.line[0]], order.rate)
            touched = [p for entry in self.entries for p in entry.parts if p.order == number and p.relieved]
            expense = still if abs(expense - still) <= len(touched) // 2 + 1 else expense
        relieved = min(expense, still)
        budgeted = self.share_of_budget(number, relieved, still)
        return Part(order.line, minor, number, relieved, expense - relieved, budgeted)

    def share_of_budget(self, number, relieved, still):
        """Of what is left of an order at the budget rate the share that is relieved; the last one takes all."""
        whole = self.orders[number].budgeted
        if whole is None or not relieved:
            return relieved
        left = whole - sum(part.budgeted for part in self.standing() if part.order == number)
        return left if relieved == still else round(Fraction(left * relieved, still))

    def post(self, *entries):
        """Add entries that one verb posts, and note the lines that it takes over what is released."""
        before = self.rows()
        self.entries += entries
        self.note_crossings(before)

    def reverse(self, number, on):
        entry = self.entries[number]
        before = self.rows()
        entry.is_reversed = True
        for part in entry.parts:
            order = None if part.order is None else self.orders[part.order]
            if order and order.is_cancellable and self.closed_to_new(order.line[0]) and any(
                whose is not None and minor for _account, whose, minor in part.rows
            ):  # fmt: skip
                order.is_cancelled = True
        parts = [part.mirrored() for part in entry.parts]
        self.entries.append(Entry("reversal", on, parts, "reversal", is_mirror=True, is_reversed=True))
        self.note_crossings(before)

    def note_crossings(self, before):
        for line, (_planned, released, _reserved, *burnt) in self.rows().items():
            if sum(before[line][3:]) <= released < sum(burnt):
                self.crossed[line] += 1

    def adjustments(self, number):
        """The time entries that a late rate changes, by line, stage and the place of the budget rate that parts them.

        Of each how much it changes, and what of it is variance since the budget; None where a rate is unknown.
        """
        rate, groups = self.role_rates[number], defaultdict(list)
        for place, work in enumerate(self.work):
            is_priced = work.role == rate.role and self.role_rate(work.role, work.on) == number
            if not is_priced or work.rate == number or self.entries[work.entry].is_reversed:
                continue
            if any(rate == number for rate, *_sums in self.standing_adjustments(work)):
                continue
            foreign, pair, variance, split_by = labour(work.minutes, rate.hour), self.pair(work, rate), 0, None
            due = foreign
            if pair[0] != pair[1]:
                spot, split_by = self.spot(*pair, work.on), self.split_by(work, rate)
                if spot is None:
                    return None
                due = self.convert(foreign, *pair, spot)
                if split_by is not None:
                    variance = due - self.convert(foreign, *pair, self.exchange[split_by][-1])
            stands, parted = self.stands(work)
            if stands != due:
                split_by = work.split_by if split_by is None else split_by
                groups[work.line, work.station, split_by].append((place, due - stands, variance - parted))
        return groups

    def pair(self, work, rate):
        return rate.currency, self.currencies[work.line[0]]

    def split_by(self, work, rate):
        """Time stays parted by the budget rate that parted it, unless the late rate is in another currency."""
        base, quote = self.pair(work, rate)
        if work.split_by is not None and self.exchange[work.split_by][0] == base:
            return work.split_by
        return self.newest(base, quote, work.on, "budget")

    def stands(self, work):
        """What stands for a time entry, and what of it is variance."""
        rows = [row for part in self.entries[work.entry].parts for row in part.rows]
        own = sum(minor for _account, _order, minor in rows)
        parted = sum(minor for account, _order, minor in rows if account == "fx_variance")
        late = self.standing_adjustments(work)
        return own + sum(minor for *_rest, minor, _variance in late), parted + sum(each[-1] for each in late)

    def standing_adjustments(self, work):
        return [each for each in work.adjusted if not self.entries[each[1]].is_reversed]


def labour(minutes, hour):
    return round(Fraction(minutes * hour, 60))
