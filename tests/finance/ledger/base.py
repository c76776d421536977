"""How a verb is tried against the naive books, and what must hold after every step."""

from collections import Counter, defaultdict
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine, invariant

from finance.models import BudgetLine, LedgerEntry
from finance.services.period import control_totals
from ledger.books import Books, Plan
from ledger.world import CENTRES, CURRENCIES, LINES, MONTHS, PROJECTS, START, VERBS
from people.chain import seal
from people.models import AuditEntry, WebhookDelivery
from portal.invariants import money, people

STEP = timedelta(hours=7)


class Base(RuleBasedStateMachine):
    """`took` and `refused` count what the verbs of all examples came to."""

    took, refused = Counter(), Counter()

    def __init__(self, world):
        super().__init__()
        self.world, self.now, self.number = world, START, 0
        self.savepoint = transaction.savepoint()
        self.lines = dict(world.lines)
        self.books = Books(CURRENCIES, PROJECTS, dict.fromkeys(MONTHS, "open"), lines=set(self.lines))
        for name in CURRENCIES:
            sums = {category: 4_000 for whose, category in self.lines if whose == name}
            self.books.plans.append(Plan(name, 1, sums, is_approved=True))
            self.books.in_force[name] = self.books.plans[-1]
        self.versions = [None] * len(CURRENCIES)
        self.holds, self.orders, self.entries = [], [], []
        self.sent, self.batches = [], []
        self.tranches, self.rates, self.references = [], [], []
        self.station = dict.fromkeys(world.projects, 0)
        self.ledger, self.shut = [], {}
        self.first_audit = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def teardown(self):
        try:
            self.look_at_everything()
        finally:
            transaction.savepoint_rollback(self.savepoint)

    def when(self):
        self.now += STEP
        return self.now

    @property
    def today(self):
        return timezone.localdate(self.now)

    def name(self):
        self.number += 1
        return str(self.number)

    def attempt(self, refusals, verb, **arguments):
        """Call a verb: it is refused for one of the reasons that the books see, and only then."""
        try:
            done = verb(**arguments)
        except ValidationError as error:
            faults = error.error_dict.values() if hasattr(error, "error_dict") else [error.error_list]
            codes = {fault.code for each in faults for fault in each}
            assert codes <= refusals, f"{verb.__name__} was refused as {codes}, due was {refusals or 'no refusal'}"
            Base.refused[verb.__name__] += 1
            return None
        assert not refusals, f"{verb.__name__} was to be refused: {refusals}"
        Base.took[verb.__name__] += 1
        if verb.__name__ in VERBS:
            self.books.audited[verb.__name__] += 1
        if "external_id" in arguments:
            self.sent.append((verb, arguments, done))
        return True if done is None else done

    def did_nothing(self, verb):
        """The call was right, and there was nothing to do."""
        Base.took[verb.__name__] -= 1
        self.books.audited[verb.__name__] -= 1

    def amount(self, line, size):
        """So many minor units; or what is available of the line, one less or one more."""
        if isinstance(size, int):
            return size
        return max(1, self.books.available(line) + {"under": -1, "just": 0, "over": 1}[size])

    def on_line(self, line):
        return line if line in self.lines else LINES[0]

    def closed(self, on, by_finance=True, at=None):
        """Why a day takes no posting at that moment, or at the next one."""
        if not self.books.takes(on, by_finance):
            return {"period_closed"}
        today = timezone.localdate(at or self.now + STEP)
        return {"too_far_ahead"} if on.replace(day=1) > self.books.first_open_day(today) else set()

    def centre_refused(self, centre, on):
        first, end = CENTRES.get(centre, (on, None))
        return {"cost_centre_not_valid"} if on < first or (end and on >= end) else set()

    def posted(self, row, entry):
        self.entries.append(row)
        self.books.post(entry)

    @invariant()
    def sums_are_those_of_the_documents(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, planned_minor, released_minor, reserved_minor, committed_minor, spent_minor"
                " FROM finance_budgetline"
            )
            found = {pk: tuple(figures) for pk, *figures in cursor.fetchall()}
            cursor.execute("SELECT open_minor FROM finance_commitment ORDER BY id")
            still = [minor for (minor,) in cursor.fetchall()]
            cursor.execute("SELECT line_id, month, amount_minor FROM finance_monthspend WHERE amount_minor <> 0")
            months = {(pk, str(month)): minor for pk, month, minor in cursor.fetchall()}
        rows = self.books.rows()
        due = {self.lines[line].pk: figures for line, figures in rows.items()}
        assert found == due, f"lines stand at {found}, due is {due}"
        assert still == self.books.open_orders(), f"open of the orders is {still}, due {self.books.open_orders()}"
        due = {(self.lines[line].pk, str(month)): minor for (line, month), minor in self.books.months().items()}
        assert months == due, f"months stand at {months}, due is {due}"

    @invariant()
    def every_new_entry_balances(self):
        last = self.ledger[-1][0] if self.ledger else 0
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, journal_entry_id, amount_minor FROM finance_ledgerentry WHERE id > %s ORDER BY id", [last]
            )
            rows = cursor.fetchall()
        sums = Counter()
        for _pk, entry, minor in rows:
            sums[entry] += minor
        assert not any(sums.values())
        self.ledger += rows

    @invariant()
    def what_is_closed_stands(self):
        for period, (month, status) in zip(self.world.periods, self.books.periods.items(), strict=True):
            if status == "closed" and month not in self.shut:
                self.shut[month] = control_totals(period)

    def rates_are_told_apart(self):
        """Every entry has the sides of the books; of an order that is relieved no more is expense than was budgeted."""
        found, expense = defaultdict(Counter), Counter()
        rows = LedgerEntry.objects.exclude(account="clearing").exclude(amount_minor=0)
        for entry, *side, minor in rows.values_list("journal_entry", "account", "commitment", "amount_minor"):
            found[entry][tuple(side)] += minor
            expense[side[1]] += minor if side[0] == "expense" else 0
        for row, entry in zip(self.entries, self.books.entries, strict=True):
            due = Counter()
            for account, order, minor in (side for part in entry.parts for side in part.rows):
                due[account, None if order is None else self.orders[order].pk] += minor
            due = {side: minor for side, minor in due.items() if minor}
            assert found[row.pk] == due, f"an entry has {dict(found[row.pk])}, due is {due}"
        for row, order, still in zip(self.orders, self.books.orders, self.books.open_orders(), strict=True):
            if not (still or order.is_cancelled or order.budgeted is None):
                assert expense[row.pk] == order.budgeted

    def look_at_everything(self):
        """At the end of an example: what is kept beside the ledger, and the trail of who did what."""
        books = self.books
        for period, month in zip(self.world.periods, MONTHS, strict=True):
            found = control_totals(period)
            assert self.shut.get(month, found) == found, f"{month} was closed and has moved"
            assert all(total.debit_minor == total.credit_minor for total in found)
            totals = {(total.source, total.currency): (total.entries, total.debit_minor) for total in found}
            assert totals == books.totals(month), f"{month} has {totals}, due is {books.totals(month)}"
        available = dict(BudgetLine.objects.with_available().values_list("pk", "available"))
        assert available == {row.pk: books.available(line) for line, row in self.lines.items()}
        rows = list(LedgerEntry.objects.order_by("pk").values_list("pk", "journal_entry", "amount_minor"))
        assert rows[: len(self.ledger)] == self.ledger, "the ledger did not only grow"
        self.rates_are_told_apart()
        payloads = WebhookDelivery.objects.values_list("payload", flat=True)
        told = Counter((each["data"]["budget"], each["data"]["category"]) for each in payloads)
        assert told == books.crossed, f"told were {told}, due is {books.crossed}"
        verbs = AuditEntry.objects.filter(pk__gt=self.first_audit).values_list("verb", flat=True)
        trail = Counter(verb for verb in verbs if verb in VERBS)
        assert trail == +books.audited, f"the trail has {trail}, due is {books.audited}"
        while seal():
            pass
        checks = (money.ledger_balances, money.lines_equal_recomputed, money.released_is_granted,
                  money.months_equal_ledger, money.commitments_equal_relief, money.closed_periods_stand,
                  money.plans_control, money.reversals_mirror, money.entries_touch_own_currency,
                  people.time_costs_its_rate, people.adjustments_are_posted, people.audit_is_chained)  # fmt: skip
        assert [breach for check in checks for breach in check()] == []
