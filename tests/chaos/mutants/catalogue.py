"""Which directed trial has to find which missing guard."""

from collections.abc import Callable
from dataclasses import dataclass

from kit.figures import Figure
from kit.site import Site
from scenarios import broker, handover, poison, small, stale, tree, writers

Trial = Callable[[Site], list[Figure]]


@dataclass(frozen=True)
class Mutant:
    """A guard that is missing and the trial that must break. `prepare` is a verb that takes it away in the database."""

    name: str
    trial: Trial
    prepare: str = ""


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
)


def found_out(site: Site, mutant: Mutant) -> bool:
    """Whether the trial notices that the guard is missing."""
    site.mutate(mutant.name)
    if mutant.prepare:
        site.ask(mutant.prepare)
    try:
        return not all(found.ok for found in mutant.trial(site))
    except AssertionError:  # what the trial waited for never came
        return True
