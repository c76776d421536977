"""Hold budgets and lines for a verb, in the one order that all verbs keep (docs/adr/0017-one-order-of-locks.md)."""

from collections.abc import Iterable

from finance.models import Budget, BudgetLine


def hold_budgets(keys: Iterable[int]) -> None:
    """Before their lines: whoever plans or releases money holds its budget."""
    budgets = Budget.objects.select_for_update(no_key=True).filter(pk__in=set(keys))
    list(budgets.order_by("pk").values_list("pk"))


def hold_lines(keys: Iterable[int]) -> None:
    """Before what hangs on them: reservations, orders and postings of a line change only while it is held."""
    lines = BudgetLine.objects.select_for_update(no_key=True).filter(pk__in=set(keys))
    list(lines.order_by("pk").values_list("pk"))
