"""A guard that nobody would miss guards nothing: without it, its directed trial must break."""

import pytest
from mutants.catalogue import MUTANTS, found_out

pytestmark = [pytest.mark.chaos, pytest.mark.slow]
FASTEST = {
    "deferred_transactions",
    "no_rename",
    "no_unique_charge_key",
    "no_lease_check",
    "no_outbox",
    "no_approval_digest",
}


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.name in FASTEST], ids=lambda each: each.name)
def test_a_missing_guard_is_found_out(fresh, mutant):
    assert found_out(fresh, mutant)
