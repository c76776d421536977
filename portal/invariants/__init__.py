"""What must hold whatever was killed, paused or sent twice. Each check yields the breaches it finds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from portal.invariants import jobs, money, outcomes, people, rates
from portal.invariants.breach import Breach

__all__ = ["INVARIANTS", "Breach", "find_breaches"]

INVARIANTS: tuple[Callable[[], Iterator[Breach]], ...] = (
    money.ledger_balances,
    money.entries_touch_own_currency,
    money.lines_equal_recomputed,
    money.released_is_granted,
    money.months_equal_ledger,
    money.commitments_equal_relief,
    money.closed_periods_stand,
    money.plans_control,
    money.reversals_mirror,
    rates.rates_part_the_whole,
    jobs.jobs_settle_once,
    jobs.money_of_jobs_has_its_job,
    jobs.attempts_add_up,
    jobs.running_jobs_have_a_lease,
    jobs.jobs_complete_once,
    jobs.outbox_flows,
    jobs.audit_is_complete,
    jobs.prices_are_approved,
    jobs.decisions_are_of_others,
    jobs.requests_are_heeded,
    outcomes.gates_are_true,
    outcomes.ended_projects_are_closed,
    people.audit_is_chained,
    people.time_costs_its_rate,
    people.adjustments_are_posted,
    jobs.models_are_whole,
)


def find_breaches() -> list[Breach]:
    """All checks at one moment of the database, so that a job that ends meanwhile is no breach; then the files."""
    *of_rows, of_files = INVARIANTS
    with _one_moment():
        breaches = [breach for check in of_rows for breach in check()]
    return breaches + list(of_files())


@contextmanager
def _one_moment() -> Iterator[None]:
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
