"""Money against naive books: whatever is done in whatever order, every sum is that of the documents.

The default run is small. `make ledger` does 3,000 examples of 100 steps and plants every fault below in turn: one
changed expression in the product, that the same machine must find.
"""

import inspect
import json
import os
import sys
import textwrap
from time import perf_counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from ledger.machine import Ledger
from ledger.world import make_world

from finance import querysets
from finance.services import (
    budget,
    commitment,
    draft,
    exchange,
    journal,
)

IS_FULL = "LEDGER_EXAMPLES" in os.environ
EXAMPLES, STEPS = int(os.environ.get("LEDGER_EXAMPLES", "25")), int(os.environ.get("LEDGER_STEPS", "25"))
ENOUGH = 300  # examples in which a planted fault must be found

FAULTS = {
    "what is ordered is still available": (
        querysets.BudgetLineQuerySet.with_available, ' - F("committed_minor")', ""),
    "a reservation that grows is taken twice": (budget.change_reservation, "_take(held.line, more)",
                                                "_take(held.line, amount_minor)"),
    "a reservation ends twice": (budget.end_reservation, ", status=Reservation.Status.OPEN", ""),
    "an order keeps its reservation": (commitment._take, " - held_minor\n", "\n"),
    "a reservation ends for what a stale page says": (
        budget.end_reservation, "- held.amount_minor", "- reservation.amount_minor"),
    "a line that warns stops as well": (
        budget._take, "~Q(policy=BudgetLine.Policy.STOP)", "Q(policy=BudgetLine.Policy.IGNORE)"),
    "a cancelled order gives back what was invoiced": (
        commitment.cancel_commitment, "- held.open_minor)", "- held.amount_minor)"),
    "the invoice is taken at its own rate": (
        commitment._at_ordered_rate, "held.exchange_rate is None", "True"),
    "variance is not spent": (
        journal._sides, "draft.amount_minor, relieved=", "draft.amount_minor - variance, relieved="),
    "a reversal counts in the month of its entry": (
        journal.reverse_entry, "(side.line_id, effective_on", "(side.line_id, entry.effective_on"),
    "a batch posts what was posted": (draft._faults_of_head, "entry.external_id in known.posted", "False"),
    "a share of the budget rate is taken of the whole order": (
        commitment._at_budget_rate, " - posted.aggregate(minor=Sum(\"amount_minor\", default=0))[\"minor\"]", ""),
    "an entry of a batch does not see the ones before it": (
        journal._sides, "effects.expensed[draft.commitment.pk] += relief.budgeted_minor", "pass"),
    "an order is planned at the rate of its day": (
        commitment.commit, "budgeted_minor=document.budgeted_minor", "budgeted_minor=document.amount_minor"),
    "what had changed before the order is said to be since": (
        journal._sides, "relieved - budgeted, draft.commitment", "relieved - budgeted, None"),
    "an actual without an order knows no budget": (
        journal._sides, "document.budgeted_minor is None", "True"),
    "a yen has cents": (exchange.at_rate, "exponent(rate.quote) - exponent(rate.base)", "0"),
}  # fmt: skip
FIRST_FAULTS = 4  # of them in the default run


@pytest.fixture
def world(project, department, manager, make_user, finance_user, engineer):
    return make_world(project, department, manager, make_user("olga.other", "manager"), finance_user, engineer)


def play(world, examples, steps, **more):
    Ledger.took.clear()
    Ledger.refused.clear()
    run_state_machine_as_test(
        lambda: Ledger(world),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), **more,
        ),
    )  # fmt: skip


def test_every_sum_is_that_of_the_documents_whatever_is_done(world):
    began = perf_counter()
    play(world, EXAMPLES, STEPS, derandomize=not IS_FULL)
    took, refused = sum(Ledger.took.values()), sum(Ledger.refused.values())
    assert took > refused, "most steps should take effect"
    if IS_FULL:
        figures = {"examples": EXAMPLES, "steps": STEPS, "took_effect": took, "refused": refused,
                   "seconds": round(perf_counter() - began), "violations": 0}  # fmt: skip
        sys.stdout.write(json.dumps(figures) + "\n")


def plant(monkeypatch, function, right, wrong):
    """Change one expression of a function wherever it is used."""
    plain = inspect.unwrap(function)
    source = textwrap.dedent(inspect.getsource(plain))
    source = source[source.index("def ") :]
    assert right in source
    space = {}
    exec("from __future__ import annotations\n" + source.replace(right, wrong), plain.__globals__, space)  # noqa: S102
    monkeypatch.setattr(plain, "__code__", space[plain.__name__].__code__)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS if IS_FULL else list(FAULTS)[:FIRST_FAULTS])
def test_the_machine_finds(fault, world, monkeypatch):
    plant(monkeypatch, *FAULTS[fault])
    with pytest.raises(Exception):  # noqa: B017 - whatever the product or the books say of it first
        play(world, ENOUGH, 40, derandomize=True, phases=[Phase.generate])
