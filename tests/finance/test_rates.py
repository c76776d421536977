"""Prices of machine time, checked by hand."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from finance.models import RateCard
from finance.money import MICRO, exponent, to_decimal
from finance.services.rates import Usage, current_rate_card, price, publish_rate_card

RATES = {"cpu_core_hour_micro": 480_000, "gpu_hour_micro": 2_150_000, "gib_hour_micro": 12_000, "kwh_micro": 290_000,
         "watt_per_core": Decimal("11.5"), "watt_per_gpu": Decimal("400")}  # fmt: skip
CARD = RateCard(name="Compute", version=1, currency="EUR", valid_from=date(2026, 1, 1), **RATES)


def test_a_price_calculated_by_hand():
    """Half a core-hour, a quarter GPU-hour, two GiB-hours: 0.24 + 0.5375 + 0.024 and 105.75 Wh at 0.29."""
    charge = price(CARD, Usage(cpu_core_seconds=1800, gpu_seconds=900, gib_seconds=7200))
    assert (charge.cpu_micro, charge.gpu_micro, charge.memory_micro) == (240_000, 537_500, 24_000)
    assert charge.energy_wh == pytest.approx(0.5 * 11.5 + 0.25 * 400)
    assert charge.energy_micro == 30_668  # 0.10575 kWh x 290,000, half to even
    assert charge.micro == 832_168
    assert charge.minor == 84  # 83.2 cents: the started cent is charged


def test_one_second_of_one_core_costs_a_cent():
    charge = price(CARD, Usage(cpu_core_seconds=1))
    assert 0 < charge.micro < 10_000
    assert charge.minor == 1


def test_no_work_is_free():
    assert price(CARD, Usage()).minor == 0


@given(cpu=st.floats(0, 1e7), more=st.floats(0, 1e7), gpu=st.floats(0, 1e6), gib=st.floats(0, 1e8))
def test_more_use_never_costs_less(cpu, more, gpu, gib):
    assert price(CARD, Usage(cpu + more, gpu, gib)).micro >= price(CARD, Usage(cpu, gpu, gib)).micro - 1


def test_a_price_change_is_a_new_version_from_its_day_on(rate_card, finance_user):
    dearer = publish_rate_card(name="Compute", currency="EUR", valid_from=date(2026, 7, 1), by=finance_user,
                               **RATES | {"cpu_core_hour_micro": 500_000})  # fmt: skip
    assert dearer.version == 2
    assert current_rate_card(date(2026, 6, 30)) == rate_card
    assert current_rate_card(date(2026, 7, 1)) == dearer


def test_without_a_card_nothing_is_priced(db):
    with pytest.raises(ValidationError) as refusal:
        current_rate_card(date(2026, 1, 1))
    assert refusal.value.code == "no_rate_card"


def test_a_negative_rate_is_refused(finance_user):
    with pytest.raises(ValidationError):
        publish_rate_card(name="Compute", currency="EUR", valid_from=date(2026, 1, 1), by=finance_user,
                          **RATES | {"kwh_micro": -1})  # fmt: skip


@given(
    cpu=st.floats(0, 1e9), gpu=st.floats(0, 1e9), gib=st.floats(0, 1e9), currency=st.sampled_from(["EUR", "JPY", "KWD"])
)
def test_a_charge_is_less_than_one_unit_above_its_price(cpu, gpu, gib, currency):
    card = RateCard(name="C", version=1, currency=currency, valid_from=date(2026, 1, 1), **RATES)
    charge = price(card, Usage(cpu, gpu, gib))
    assert 0 <= to_decimal(charge.minor, currency) * MICRO - charge.micro < MICRO / Decimal(10) ** exponent(currency)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_a_price_of_parts_is_the_price_of_the_whole_but_for_rounding(parts):
    """Live cost counts in millionths: attempts priced one by one differ from the job by rounding alone."""
    whole = price(CARD, Usage(cpu_core_seconds=sum(parts))).micro
    assert abs(sum(price(CARD, Usage(cpu_core_seconds=part)).micro for part in parts) - whole) <= 2 * len(parts) + 2
