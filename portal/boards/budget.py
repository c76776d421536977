"""Everything the budget page of a project shows, in a number of queries that does not grow with its postings."""

from dataclasses import dataclass, replace
from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from finance.models import Budget, BudgetLine, BudgetVersion, Commitment, JournalEntry, LedgerEntry
from finance.plan_diff import Change, changes, plan_amounts
from finance.querysets import JournalEntryQuerySet
from finance.sums import Sums
from finance.then import budgets_then
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.budget_then import commitments_then, line_rows_then, tranches_then, versions_then
from portal.boards.tranche import Tranche, tranches_of
from portal.wording import money_minor
from projects.models import Project


@dataclass(frozen=True)
class BudgetFacts:
    """One budget of a project, with what hangs on it."""

    budget: Budget
    budgets: tuple[Budget, ...]
    lines: tuple[BudgetLine, ...]
    versions: tuple[BudgetVersion, ...]
    tranches: tuple[Tranche, ...]
    changes: tuple[Change, ...]

    @property
    def sums(self) -> Sums:
        return Sums.together(line.sums for line in self.lines)

    @property
    def may_meter(self) -> bool:
        """Whether it can be released by tranches: money that is used already could not be taken back."""
        return bool(self.lines) and (self.budget.is_metered or not self.sums.used)

    @property
    def in_no_tranche(self) -> int:
        """Planned money that no gate will ever release."""
        return self.sums.planned - sum(tranche.minor for tranche in self.tranches)

    @property
    def releases(self) -> list[tuple[Tranche, str, str]]:
        """Each tranche, what released it in words, and where that can be read."""
        return [(tranche, *tranche.released_for) for tranche in self.tranches]

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


def budget_facts(project: Project, chosen: str, on: date | None = None) -> BudgetFacts | None:
    """The budget that the address names, or the newest; nothing where the project has, or had, none."""
    budgets = budgets_of(project, on)
    if not budgets:
        return None
    budget = next((each for each in budgets if str(each.pk) == chosen), budgets[0])
    facts = BudgetFacts(
        budget,
        budgets,
        tuple(budget.lines.select_related("budget").order_by("category"))
        if on is None
        else line_rows_then([budget], on),
        tuple(budget.versions.select_related("made_by", "approved_by", "budget").order_by("number"))
        if on is None
        else versions_then(budget, on),
        (tranches_of([budget]) if on is None else tranches_then([budget], on))[budget.pk],
        (),
    )
    if facts.baseline == facts.current:
        return facts
    return replace(facts, changes=tuple(changes(plan_amounts(facts.baseline), plan_amounts(facts.current))))


def budgets_of(project: Project, on: date | None) -> tuple[Budget, ...]:
    """The budgets of a project, the newest first: of now, or those that were approved by the end of a past day."""
    budgets = Budget.objects.filter(project=project.pk).select_related("project").order_by("-approved_on", "-pk")
    if on is None:
        return tuple(budgets)
    known = tuple(budgets_then(budgets, day_ends(on)))
    for budget in known:
        budget.is_metered = budget.metered_then  # type: ignore[attr-defined]
    return known


def commitments_of(budget: Budget, user: User, on: date | None = None) -> QuerySet:
    """The open ones first, the newest before."""
    rows = Commitment.objects.visible_to(user).filter(line__budget=budget).select_related("line", "exchange_rate")
    return rows.order_by("-open_minor", "-created_at", "-pk") if on is None else commitments_then(rows, on)


def entries_of(budget: Budget, on: date | None = None) -> JournalEntryQuerySet:
    """The journal entries that touched the budget, with what each one cost it."""
    known = JournalEntry.objects.all() if on is None else JournalEntry.objects.filter(posted_at__lt=day_ends(on))
    inside = LedgerEntry.objects.filter(line__in=budget.lines.values("pk")).order_by()
    cost = inside.filter(journal_entry=OuterRef("pk")).values("journal_entry").annotate(minor=Sum("amount_minor"))
    rows = known.filter(pk__in=inside.values("journal_entry")).annotate(minor=Subquery(cost.values("minor")))
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
