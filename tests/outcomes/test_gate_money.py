"""A gate and money, for all documents: an outcome does what the page says it would, and nothing else moves."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.models import BudgetLine, Commitment, JournalEntry, Reservation
from finance.money import to_minor
from finance.services.budget import approve_budget, reserve
from finance.services.commitment import commit
from finance.services.journal import post_actual
from finance.services.plan import plan_tranches
from outcomes.gate_effects import prospect_of
from outcomes.gate_sets import check
from outcomes.services.gate import ask_review, define_gate
from outcomes.services.gate_decision import decide_gate
from projects.services import open_project

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOCUMENTS = st.lists(
    st.tuples(
        st.sampled_from(["reservation", "order", "binding order", "accrual", "actual", "accrual on order"]),
        st.sampled_from(["EUR", "JPY", "other"]),
        st.integers(1, 900),
    ),
    max_size=8,
)


@pytest.fixture
def lines(project, manager, department, engineer):
    """Two budgets of the project in two currencies, and one of another project."""
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=engineer,
                         started_on=date(2026, 1, 1), by=manager)  # fmt: skip
    found = {}
    for name, whose, currency in (("EUR", project, "EUR"), ("JPY", project, "JPY"), ("other", other, "EUR")):
        budget = approve_budget(project=whose, name=name, currency=currency, lines={"other": 9_000, "data": 1_000},
                                on=date(2026, 1, 5), by=manager)  # fmt: skip
        found[name] = budget.lines.select_related("budget__project").get(category="other")
    return found


@pytest.fixture
def review(project, manager, engineer):
    gate = define_gate(horizon="core", station="data", title="Go on?", criteria=[check("Worth it?", "should_meet")],
                       by=manager)  # fmt: skip
    return ask_review(project=project, gate=gate, at=NOON, by=engineer)


@pytest.fixture
def decider(make_user):
    return make_user("olga.other", "manager")


def book(kind, line, minor, number, by):
    facts = {"line": line, "amount_minor": minor, "memo": "x", "source": "erp", "external_id": number, "at": NOON,
             "by": by}  # fmt: skip
    if kind == "reservation":
        reserve(line=line, amount_minor=minor, reference=number, at=NOON, by=by)
    elif kind in {"order", "binding order"}:
        commit(**facts, supplier="x", is_cancellable=kind == "order")
    else:
        order = commit(**facts, supplier="x") if kind == "accrual on order" else None
        kind = "accrual" if order else kind
        post_actual(**facts, effective_on=date(2026, 11, 1), kind=kind, commitment=order)


def sums(*names):
    rows = BudgetLine.objects.filter(budget__name__in=names).order_by("pk")
    return list(rows.values_list("budget__name", "category", "reserved_minor", "committed_minor", "spent_minor"))


@settings(max_examples=25)
@given(documents=DOCUMENTS)
def test_a_kill_does_what_the_page_says_and_leaves_other_projects_alone(
    documents, lines, review, decider, finance_user
):
    with transaction.atomic():
        for number, (kind, name, amount) in enumerate(documents):
            book(kind, lines[name], amount, str(number), finance_user)
        said, elsewhere = prospect_of(review, NOON.date()), sums("other")
        effects = decide_gate(review=review, outcome="kill", reasons="x", at=NOON, by=decider).effects
        assert effects["reservations_released"] == said.reservations.count
        assert effects["accruals_reversed"] == said.accruals.count
        assert effects["commitments_kept"] == said.kept_commitments.count
        assert effects["commitments_cancelled"] == said.commitments.count
        assert minor(effects["accruals_reversed_money"]) == said.accruals.amounts
        assert minor(effects["reservations_released_money"]) == said.reservations.amounts
        assert minor(effects["commitments_cancelled_money"]) == said.commitments.amounts
        assert sums("other") == elsewhere
        for name in ("EUR", "JPY"):
            mine = [(kind, amount) for kind, budget, amount in documents if budget == name]
            binding = sum(amount for kind, amount in mine if kind == "binding order")
            actual = sum(amount for kind, amount in mine if kind == "actual")
            assert sums(name)[0][2:] == (0, binding, actual)
        assert not Reservation.objects.filter(status="open").exclude(line=lines["other"]).exists()
        assert not Commitment.objects.open().exclude(line=lines["other"]).filter(is_cancellable=True).exists()
        accruals = JournalEntry.objects.filter(kind="accrual", reversed_by=None)
        kept = [kind for kind, name, _amount in documents if name == "other" and kind.startswith("accrual")]
        assert accruals.count() == len(kept)
        transaction.set_rollback(True)


def minor(amounts):
    return {currency: to_minor(amount, currency) for currency, amount in amounts.items()}


@settings(max_examples=15)
@given(
    now=st.integers(0, 9_000), later=st.integers(0, 9_000), outcome=st.sampled_from(["go", "hold", "recycle", "kill"])
)
def test_only_a_go_releases_the_tranche_of_the_next_stage_and_no_other(
    now, later, outcome, lines, review, decider, manager
):
    with transaction.atomic():
        later = min(later, 9_000 - now)
        plan_tranches(budget=lines["EUR"].budget, tranches={"data": {"other": now}, "training": {"other": later}},
                      by=manager)  # fmt: skip
        said = prospect_of(review, NOON.date()).tranche
        assert said == {"EUR": now}
        decide_gate(review=review, outcome=outcome, reasons="x", at=NOON, by=decider)
        line = BudgetLine.objects.get(pk=lines["EUR"].pk)
        assert line.released_minor == (now if outcome == "go" else 0)
        transaction.set_rollback(True)
