"""What the benefits of one contract promise in a year, beside what the contract is worth."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from outcomes.cover import covers_of, most_of_a_year
from outcomes.services import promise_benefit
from outcomes.value import net_minor

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
MONTHS = [date(2026 + number // 12, number % 12 + 1, 1) for number in range(36)]


@given(plan=st.dictionaries(st.sampled_from(MONTHS), st.integers(0, 10**9)))
def test_the_most_of_a_year_is_the_greatest_sum_of_twelve_months_in_a_row(plan):
    amounts = [plan.get(month, 0) for month in MONTHS]
    sums = [sum(amounts[first : first + 12]) for first in range(len(amounts))]
    assert most_of_a_year(plan) == max(sums)


def test_benefits_and_disbenefits_of_a_contract_are_promised_together(project, engineer, contract, make_run):
    model = make_run()
    first, second = (
        promise_benefit(project=project, name=kind, kind=kind, owner=engineer, currency="EUR", contract=contract,
                        plan=dict.fromkeys(MONTHS[:24], minor), at=AT, by=engineer)
        for kind, minor in (("cashable", 1_000), ("disbenefit", -100))
    )  # fmt: skip
    (cover,) = covers_of(project)
    assert (cover.contract, cover.promised_minor) == (contract, 12 * 900)
    assert cover.net_minor == net_minor(contract, model.metrics["test_accuracy"])
    assert not cover.is_exceeded
    assert first.contract == second.contract


def test_a_contract_without_a_model_or_a_benefit_covers_nothing_known(project, engineer, contract):
    assert covers_of(project) == ()
    promise_benefit(project=project, name="Early", kind="cashable", owner=engineer, currency="EUR", contract=contract,
                    plan={MONTHS[0]: 5}, at=AT, by=engineer)  # fmt: skip
    assert covers_of(project) == ()
