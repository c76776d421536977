"""The chain of what is left of a budget: planned, reserved, spent, and the rows each of them counts."""

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.models import Budget, BudgetLine, JournalEntry, LedgerEntry, Reservation
from finance.sums import Sums
from outcomes import wording
from outcomes.explain.chain import Explanation, Fact, day, find, page, person_and_day
from outcomes.value import Term
from people.models import User
from trainingjobs.models import TrainingJob


def explain_budget_line(pk: str, user: User) -> Explanation:
    line = find(BudgetLine.objects.visible_to(user).select_related("budget__project", "budget__approved_by"), pk)
    budget = line.budget
    return Explanation(
        title=_("Where %(left)s comes from") % {"left": wording.money(line.available_minor, budget.currency)},
        subtitle=_("What is left for %(category)s in budget “%(budget)s” of %(project)s")
        % {"category": line.get_category_display(), "budget": budget.name, "project": budget.project.key},
        terms=_terms(budget.currency, line.sums, Q(line=line)),
        facts=_facts(budget, Q(line=line)),
    )


def explain_budget(pk: str, user: User) -> Explanation:
    budget = find(Budget.objects.visible_to(user).select_related("project", "approved_by"), pk)
    totals = BudgetLine.objects.filter(budget=budget).totals()
    lines = tuple(
        Fact(line.get_category_display(), _left_of(line, budget.currency), page("explain", "budget-line", line.pk))
        for line in budget.lines.all()
    )
    return Explanation(
        title=_("Where %(left)s comes from") % {"left": wording.money(totals.available, budget.currency)},
        subtitle=_("What is left of budget “%(budget)s” of %(project)s")
        % {"budget": budget.name, "project": budget.project.key},
        terms=_terms(budget.currency, totals, Q(line__budget=budget)),
        facts=(*lines, *_facts(budget, Q(line__budget=budget))),
    )


def explain_project_left(pk: str, user: User) -> Explanation:
    """What a project has left in all its budgets of one currency. `pk` is one of these budgets."""
    budget = find(Budget.objects.visible_to(user).select_related("project", "approved_by"), pk)
    lines = Q(line__budget__project=budget.project_id, line__budget__currency=budget.currency)
    budgets = Budget.objects.filter(project=budget.project_id, currency=budget.currency)
    totals = BudgetLine.objects.filter(budget__in=budgets).totals()
    left = wording.money(totals.available + totals.held, budget.currency)
    return Explanation(
        title=_("Where %(left)s comes from") % {"left": left},
        subtitle=_("What %(project)s has left to spend") % {"project": budget.project.key},
        terms=_terms(budget.currency, totals, lines),
        facts=(
            *(Fact(_("Budget"), each.name, page("explain", "budget", each.pk)) for each in budgets.order_by("pk")),
            *_facts(budget, lines),
        ),
    )


def _left_of(line: BudgetLine, currency: str) -> str:
    return _("%(left)s left of %(planned)s") % {
        "left": wording.money(line.available_minor, currency),
        "planned": wording.money(line.planned_minor, currency),
    }


def _terms(currency: str, sums: Sums, lines: Q) -> tuple[Term, ...]:
    """Planned less reserved, committed and spent is left; less what no gate has released yet, it is available."""
    open_ones = Reservation.objects.filter(lines, status=Reservation.Status.OPEN).count()
    entries = LedgerEntry.objects.filter(lines).count()
    less = lambda name, source, minor: Term(wording.MINUS, name, source, wording.money(minor, currency))  # noqa: E731
    return (
        Term("", _("Planned"), _("approved"), wording.money(sums.planned, currency)),
        less(
            _("Reserved"),
            ngettext("%(count)s open reservation", "%(count)s open reservations", open_ones)
            % {"count": wording.number(open_ones, 0)},
            sums.reserved,
        ),
        *((less(_("Committed"), _("ordered, not invoiced"), sums.committed),) if sums.committed else ()),
        less(
            _("Spent"),
            ngettext("%(count)s journal entry", "%(count)s journal entries", entries)
            % {"count": wording.number(entries, 0)},
            sums.spent,
        ),
        *(
            (
                Term("=", _("Left to spend"), "", wording.money(sums.available + sums.held, currency)),
                less(_("Not released yet"), _("waits behind gates"), sums.held),
            )
            if sums.held
            else ()
        ),
        Term("=", _("Available"), "", wording.money(sums.available, currency)),
    )


def _facts(budget: Budget, lines: Q) -> tuple[Fact, ...]:
    facts = [
        Fact(_("Approved"), person_and_day(budget.approved_by, budget.approved_on)),
        Fact(_("Project"), f"{budget.project.key} {budget.project.title}", page("project", budget.project.key)),
    ]
    jobs = TrainingJob.objects.filter(reservation__in=Reservation.objects.filter(lines)).count()
    if jobs:
        text = ngettext("%(count)d job reserved or spent here", "%(count)d jobs reserved or spent here", jobs)
        facts.append(Fact(_("Jobs"), text % {"count": jobs}, f"{page('jobs')}?project={budget.project.key}"))
    latest = (
        JournalEntry.objects.filter(entries__in=LedgerEntry.objects.filter(lines)).select_related("posted_by").first()
    )
    if latest is not None:
        facts.append(
            Fact(_("Latest entry"), _("%(memo)s, %(day)s") % {"memo": latest.memo, "day": day(latest.effective_on)})
        )
    return tuple(facts)
