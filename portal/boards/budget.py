"""Everything the budget page of a project shows, in a number of queries that does not grow with its postings."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from finance.models import Budget, BudgetLine, BudgetVersion, Commitment, FundingTranche, JournalEntry, TrancheLine
from finance.plan_diff import Change, changes, plan_amounts
from people.models import User
from portal.boards.money import Sums
from portal.wording import money_minor
from projects.models import Project


@dataclass(frozen=True)
class BudgetFacts:
    """One budget of a project, with what hangs on it."""

    budget: Budget
    budgets: tuple[Budget, ...]
    lines: tuple[BudgetLine, ...]
    versions: tuple[BudgetVersion, ...]
    tranches: tuple[FundingTranche, ...]
    changes: tuple[Change, ...]

    @property
    def sums(self) -> Sums:
        lines = self.lines
        return Sums(
            *(
                sum(getattr(line, f"{name}_minor") for line in lines)
                for name in ("planned", "released", "reserved", "committed", "spent")
            )
        )

    @property
    def shifts(self) -> list[tuple[str, int]]:
        """What each category gained or lost against the baseline."""
        sums: dict[str, int] = {}
        for change in self.changes:
            sums[change.category_word] = sums.get(change.category_word, 0) + change.difference
        return [(word, minor) for word, minor in sums.items() if minor]

    @property
    def approved(self) -> list[BudgetVersion]:
        return [version for version in self.versions if version.approved_at]

    @property
    def baseline(self) -> BudgetVersion | None:
        return self.approved[0] if self.approved else None

    @property
    def current(self) -> BudgetVersion | None:
        return next((version for version in self.versions if version.status == BudgetVersion.Status.APPROVED), None)


def budget_facts(project: Project, chosen: str) -> BudgetFacts | None:
    """The budget that the address names, or the newest; nothing where the project has none."""
    budgets = tuple(Budget.objects.filter(project=project).select_related("project").order_by("-approved_on", "-pk"))
    if not budgets:
        return None
    budget = next((each for each in budgets if str(each.pk) == chosen), budgets[0])
    versions = tuple(budget.versions.select_related("made_by", "approved_by", "budget").order_by("number"))
    tranche_lines = TrancheLine.objects.select_related("line").order_by("line__category")
    tranches = budget.tranches.select_related("released_by").prefetch_related(Prefetch("lines", tranche_lines))
    facts = BudgetFacts(
        budget,
        budgets,
        tuple(budget.lines.select_related("budget").order_by("category")),
        versions,
        tuple(tranches.order_by("pk")),
        (),
    )
    if facts.baseline == facts.current:
        return facts
    found = changes(plan_amounts(facts.baseline), plan_amounts(facts.current))
    return BudgetFacts(facts.budget, budgets, facts.lines, versions, facts.tranches, tuple(found))


def commitments_of(budget: Budget, user: User) -> QuerySet:
    """The open ones first, the newest before."""
    rows = Commitment.objects.visible_to(user).filter(line__budget=budget).select_related("line", "exchange_rate")
    return rows.order_by("-open_minor", "-created_at", "-pk")


def entries_of(budget: Budget) -> QuerySet:
    """The journal entries that touched the budget, with what each one cost it."""
    inside = Q(entries__line__budget=budget)
    rows = JournalEntry.objects.filter(inside).annotate(minor=Sum("entries__amount_minor", filter=inside))
    return rows.select_related("posted_by", "reversed_by", "reverses").order_by("-effective_on", "-pk")


def headline_of(facts: BudgetFacts) -> str:
    """How the budget stands, in a sentence."""
    sums, currency = facts.sums, facts.budget.currency
    figures = {
        "left": money_minor(abs(sums.available), currency),
        "planned": money_minor(sums.planned, currency),
        "held": money_minor(sums.held, currency),
    }
    if not sums.planned:
        return _("No money is planned yet")
    if sums.available < 0:
        return _("%(left)s over what was released, of %(planned)s approved") % figures
    if sums.held > 0:
        return _("%(left)s available to commit, %(held)s waits behind gates, of %(planned)s approved") % figures
    return _("%(left)s available to commit, of %(planned)s approved") % figures
