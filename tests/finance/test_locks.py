"""One order of locks: verbs that want the same money wait for each other, and never two for one another."""

import time
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from finance.models import Budget, BudgetLine, Commitment, FundingTranche, JournalEntry, Reservation, TrancheLine
from finance.services import journal, plan
from finance.services.budget import change_reservation, end_reservation, reserve
from finance.services.commitment import commit
from finance.services.journal import EntryDraft, SideDraft, post_batch, reverse_entry
from finance.services.period import open_periods
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    draft_version,
    open_budget,
    plan_tranches,
    release_tranche,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 1)
PAUSE_S = 0.4


@pytest.fixture
def slowly(monkeypatch):
    """Let a step of a verb pause when it is done, so that another verb comes between it and the next."""

    def slow(module, name):
        step = getattr(module, name)

        def slow_step(*arguments, **named):
            done = step(*arguments, **named)
            time.sleep(PAUSE_S)
            return done

        monkeypatch.setattr(module, name, slow_step)

    return slow


@pytest.fixture
def order(budget, finance_user):
    def one(external_id, category="compute"):
        line = budget.lines.get(category=category)
        return commit(line=line, amount_minor=1_000, supplier="Example Cloud", memo="GPU hours", source="erp",
                      external_id=external_id, at=NOW, by=finance_user)  # fmt: skip

    return one


@pytest.fixture
def invoice(finance_user):
    def one(name, *orders):
        drafts = [
            EntryDraft(f"{name}-{number}", TODAY, "EUR", "Invoice", "actual",
                       [SideDraft("expense", 100, each.line, commitment=each), SideDraft("clearing", -100)])
            for number, each in enumerate(orders)
        ]  # fmt: skip
        return post_batch(source="erp", entries=drafts, at=NOW, by=finance_user)

    return one


@pytest.fixture
def two_lines(project, manager, finance_user):
    """A budget whose line for compute is younger than that for people, and a draft that changes both."""
    budget = open_budget(project=project, name="Plan", currency="EUR", at=NOW, by=manager)
    period = open_periods(first=TODAY, months=1, by=finance_user)[0]

    def draft(**planned):
        lines = [PlannedAmount(period, category, "data", minor) for category, minor in planned.items()]
        return draft_version(budget=budget, lines=lines, reason="Because", at=NOW, by=manager)

    approve_version(version=draft(people=1_000), at=NOW, by=finance_user)
    approve_version(version=draft(people=1_000, compute=1_000), at=NOW, by=finance_user)
    return budget, draft


def failures(outcomes):
    return [each for each in outcomes if isinstance(each, Exception)]


def test_two_batches_that_name_the_same_orders_in_different_order_are_both_posted(in_threads, slowly, order, invoice):
    one, other = order("po-1"), order("po-2", "people")
    slowly(journal, "relieve")
    outcomes = in_threads(2, lambda number: invoice(number, *((other, one) if number else (one, other))))
    assert failures(outcomes) == []
    assert set(Commitment.objects.values_list("open_minor", flat=True)) == {800}


def test_a_plan_is_approved_while_a_batch_is_posted_on_its_lines(behind, slowly, two_lines, finance_user):
    budget, draft = two_lines
    version = draft(people=2_000, compute=2_000)
    people, compute = budget.lines.order_by("pk")
    assert (people.category, compute.category) == ("people", "compute")
    slowly(plan, "_set_planned")
    drafts = [
        EntryDraft(str(line.pk), TODAY, "EUR", "Bill", "actual",
                   [SideDraft("expense", 10, line), SideDraft("clearing", -10)])
        for line in (people, compute)
    ]  # fmt: skip
    outcomes = behind(
        lambda: approve_version(version=version, at=NOW, by=finance_user),
        lambda: post_batch(source="erp", entries=drafts, at=NOW, by=finance_user),
    )
    assert failures(outcomes) == []
    assert set(budget.lines.values_list("planned_minor", "spent_minor")) == {(2_000, 10)}


def test_an_entry_is_reversed_while_its_order_is_invoiced(in_threads, slowly, order, invoice, finance_user):
    one, other = order("po-1"), order("po-2", "people")
    entries = invoice("first", one, other)
    slowly(journal, "relieve")
    slowly(journal, "reopen")

    def act(number):
        if number:
            return invoice("second", other, one)
        return [
            reverse_entry(entry=entry, memo="Wrong", effective_on=TODAY, at=NOW, by=finance_user) for entry in entries
        ]

    assert failures(in_threads(2, act)) == []
    assert set(Commitment.objects.values_list("open_minor", flat=True)) == {900}


# What a verb was told is read again once it holds the line


def test_a_reservation_that_has_grown_since_it_was_read_is_given_back_whole(compute_line, engineer):
    read = reserve(line=compute_line, amount_minor=100, reference="t:1", at=NOW, by=engineer)
    change_reservation(reservation=Reservation.objects.get(pk=read.pk), amount_minor=250, by=engineer)
    assert end_reservation(reservation=read, status=Reservation.Status.RELEASED, at=NOW)
    assert BudgetLine.objects.get(pk=compute_line.pk).reserved_minor == 0


def test_a_reservation_that_grows_while_it_is_ended_leaves_nothing_on_the_line(behind, compute_line, engineer):
    held = reserve(line=compute_line, amount_minor=100, reference="t:1", at=NOW, by=engineer)
    stale = Reservation.objects.get(pk=held.pk)
    outcomes = behind(
        lambda: change_reservation(reservation=held, amount_minor=250, by=engineer),
        lambda: end_reservation(reservation=stale, status=Reservation.Status.RELEASED, at=NOW),
    )
    assert outcomes == [None, True]
    assert BudgetLine.objects.get(pk=compute_line.pk).reserved_minor == 0


# Tranches


@pytest.fixture
def metered(project, manager, finance_user):
    """A budget that is released by the tranches of two stages."""
    budget = open_budget(project=project, name="Plan", currency="EUR", at=NOW, by=manager)
    period = open_periods(first=TODAY, months=1, by=finance_user)[0]
    lines = [PlannedAmount(period, "compute", "data", 1_000)]
    version = draft_version(budget=budget, lines=lines, reason="Because", at=NOW, by=manager)
    approve_version(version=version, at=NOW, by=finance_user)
    plan_tranches(budget=budget, tranches={"data": {"compute": 600}}, by=manager)
    return budget


def test_a_tranche_that_is_released_stays_when_the_tranches_are_planned_anew_at_that_moment(behind, metered, manager):
    tranche = metered.tranches.get()
    behind(
        lambda: release_tranche(tranche=tranche, reference="gate:1", at=NOW, by=manager),
        lambda: plan_tranches(budget=metered, tranches={"training": {"compute": 400}}, by=manager),
    )
    assert FundingTranche.objects.get(pk=tranche.pk).released_at == NOW
    released = TrancheLine.objects.filter(tranche__released_at=NOW).values_list("amount_minor", flat=True)
    assert (list(released), BudgetLine.objects.get(budget=metered).released_minor) == ([600], 600)


def test_a_tranche_that_was_planned_anew_meanwhile_is_not_released(metered, manager):
    tranche = metered.tranches.get()
    plan_tranches(budget=metered, tranches={"data": {"compute": 400}}, by=manager)
    with pytest.raises(ValidationError) as refusal:
        release_tranche(tranche=tranche, reference="gate:1", at=NOW, by=manager)
    assert refusal.value.code == "changed"
    assert BudgetLine.objects.get(budget=metered).released_minor == 0
    assert Budget.objects.get(pk=metered.pk).is_metered
    assert not JournalEntry.objects.exists()
