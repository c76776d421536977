"""Whatever is killed, stopped, cut off or filled up: small forms of `make chaos`, in an order with few restarts."""

import pytest
from kit.figures import demand
from scenarios import (
    broker,
    cancel,
    failpoints,
    handover,
    kills,
    limits,
    small,
    stale,
    tree,
    writers,
)

pytestmark = [pytest.mark.chaos, pytest.mark.slow]
SEED = 7


def test_random_kills_lose_nothing_double_nothing_and_leave_nothing(site):
    demand(kills.random_kills(site, jobs=2, kills=4, steps=60, seconds=3, seed=SEED))


def test_a_stale_owner_changes_nothing(site):
    demand(stale.stale_owners(site, times=1, batch=1))


def test_a_cancel_that_races_the_finish_ends_a_job_once(site):
    demand(cancel.cancel_races_finish(site, times=2, seed=SEED))


def test_messages_that_are_lost_lose_no_job(site):
    demand(broker.flushed(site, jobs=4))


def test_a_broker_that_is_away_refuses_no_job(site):
    demand(broker.away(site, jobs=5, seconds=2))


def test_a_cancelled_tree_of_three_generations_is_gone(site):
    demand(tree.cancelled_trees(site, times=1))


def test_a_time_limit_bites(site):
    demand(limits.time_limit(site, times=1))


def test_a_budget_stops_a_job_with_a_checkpoint(site):
    demand(limits.budget_stop(site))


def test_a_worker_that_is_asked_to_end_hands_its_jobs_over(site):
    demand(handover.handed_over(site))


def test_many_writers_wait_for_each_other(site):
    demand(writers.many_writers(site, transactions=25))


def test_a_half_written_checkpoint_is_not_seen(site):
    demand(small.half_written(site))


def test_the_ledger_takes_no_second_charge_with_the_same_key(site):
    demand(small.charged_again(site))


def test_a_kill_at_a_fail_point_costs_nothing(site):
    demand(failpoints.killed_at(site, ("submit.after_commit", "finish.before_commit", "outbox.after_send")))
