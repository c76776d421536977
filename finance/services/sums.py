"""Keep the sums that stand beside the ledger, in the transaction that posts: on the line, and of its month."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import F, Q

from finance.models import BudgetLine, MonthSpend
from finance.services.budget import over_budget
from finance.services.crossing import announce_crossing


@dataclass
class _Change:
    spent: int = 0
    relieved: int = 0
    excess: int = 0


@dataclass
class Effects:
    """What postings do to the sums: gathered first, then kept in the order of the lines, so that none deadlock."""

    lines: dict[int, _Change] = field(default_factory=lambda: defaultdict(_Change))
    months: dict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(int))
    expensed: Counter[int] = field(default_factory=Counter)  # of each order, by rows that are yet to be saved

    def spend(self, line_pk: int, on: date, amount_minor: int, *, relieved: int = 0, excess: int = 0) -> None:
        """Spent on a day. `relieved` comes from commitments, `excess` is what goes beyond one."""
        change = self.lines[line_pk]
        change.spent += amount_minor
        change.relieved += relieved
        change.excess += excess
        self.months[line_pk, on.replace(day=1)] += amount_minor

    def keep(self, at: datetime) -> None:
        for line_pk in sorted(self.lines):
            change = self.lines[line_pk]
            _keep_line(line_pk, change)
            announce_crossing(line_pk, change.spent - change.relieved, at)
        for (line_pk, month), amount_minor in sorted(self.months.items()):
            MonthSpend.objects.bulk_create([MonthSpend(line_id=line_pk, month=month)], ignore_conflicts=True)
            MonthSpend.objects.filter(line=line_pk, month=month).update(amount_minor=F("amount_minor") + amount_minor)


def _keep_line(line_pk: int, change: _Change) -> None:
    """One conditional UPDATE. An actual is a fact and counts; what exceeds its order needs money like a new one."""
    lines = BudgetLine.objects.with_available().filter(pk=line_pk)
    if change.excess > 0:
        lines = lines.filter(Q(available__gte=change.excess) | ~Q(policy=BudgetLine.Policy.STOP))
    if not lines.update(
        spent_minor=F("spent_minor") + change.spent, committed_minor=F("committed_minor") - change.relieved
    ):
        raise over_budget(BudgetLine.objects.select_related("budget__project").get(pk=line_pk), change.excess)
