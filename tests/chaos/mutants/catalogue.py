"""Which directed trial has to find which missing guard."""

from collections.abc import Callable
from dataclasses import dataclass

from kit.figures import Figure, demand
from kit.site import Site
from kit.waiting import TooLate
from scenarios import broker, handover, limits, orphans, poison, resume, small, stale, tree, writers

Trial = Callable[[Site], list[Figure]]


@dataclass(frozen=True)
class Mutant:
    """A guard that is missing and the trial that must break. `prepare` is a verb that takes it away in the database.

    A trial that is no scenario of its own is made with the guard first, when it must pass.
    """

    name: str
    trial: Trial
    prepare: str = ""
    is_own_trial: bool = False


MUTANTS = (
    Mutant("no_fence", lambda site: stale.stale_owners(site, times=3)),
    Mutant("endless_lease", lambda site: handover.tree_dies(site, bound_s=15)),
    Mutant("no_reaper", lambda site: handover.tree_dies(site, bound_s=15)),
    Mutant("no_second_hint", lambda site: broker.flushed(site, jobs=4, patience_s=15)),
    Mutant("hint_before_commit", lambda site: small.prompt_start(site)),
    Mutant("deferred_transactions", lambda site: writers.many_writers(site, transactions=25)),
    Mutant("pid_alone", lambda site: tree.cancelled_trees(site, times=1)),
    Mutant("no_stray_sweep", lambda site: tree.cancelled_trees(site, times=1)),
    Mutant("no_rename", small.half_written),
    Mutant("no_poison_count", lambda site: poison.poison(site, patience_s=15)),
    Mutant("no_unique_charge_key", small.charged_again, prepare="drop_charge_key"),
    Mutant("no_deadline", lambda site: limits.time_limit(site, patience_s=5), is_own_trial=True),
    Mutant("no_budget_stop", lambda site: limits.budget_stop(site, patience_s=30), is_own_trial=True),
    Mutant("no_lease_check", small.lease_forgotten, prepare="drop_lease_check", is_own_trial=True),
    Mutant("no_death_signal", orphans.owner_dies, is_own_trial=True),
    Mutant("no_subreaper", orphans.orphaned, is_own_trial=True),
    Mutant("no_start_time", orphans.pid_given_away, is_own_trial=True),
    Mutant("no_checkpoint_fallback", resume.damaged_checkpoint, is_own_trial=True),
    Mutant("one_checkpoint", resume.damaged_checkpoint, is_own_trial=True),
    Mutant("no_floor_for_submissions", small.below_the_floor, is_own_trial=True),
    Mutant("no_floor_for_claims", small.below_the_floor, is_own_trial=True),
    Mutant("no_floor_for_checkpoints", small.below_the_floor, is_own_trial=True),
    Mutant("no_outbox", small.undone, is_own_trial=True),
    Mutant("in_hands_for_ever", small.dead_deliverer, is_own_trial=True),
    Mutant("no_approval_digest", small.stale_approval, is_own_trial=True),
)


def found_out(site: Site, mutant: Mutant) -> bool:
    """Whether the trial notices that the guard is missing. An installation that breaks has noticed nothing."""
    if mutant.is_own_trial:
        demand(mutant.trial(site))
        site.close()
    site.mutate(mutant.name)
    if mutant.prepare:
        site.ask(mutant.prepare)
    try:
        return not all(found.ok for found in mutant.trial(site))
    except TooLate:
        return True
