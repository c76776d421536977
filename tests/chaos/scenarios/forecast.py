"""The price tag after twenty finished jobs: what was forecast against what came."""

import random

from kit.figures import Figure, figure
from kit.site import Site

from benchmarks.forecast import ERROR_LIMIT, INSIDE_LIMIT, JUDGED, LEARNED, settings_of, sum_up
from scenarios.kills import broken_invariants


def forecasts_come_true(site: Site, *, recipe: str = "linear-regression", seed: int, **settings: str) -> list[Figure]:
    """Jobs of mixed settings one after another, each forecast from those before it; the last ones are judged."""
    site.start(**settings)
    chance, ids = random.Random(seed), []
    for _number in range(LEARNED + JUDGED):
        ids += [made["id"] for made in site.ask("submit", params=settings_of(recipe, chance), recipe=recipe)]
        site.wait_ended(ids[-1:], 120)
    judged = site.ask("compare", jobs=ids[LEARNED:])
    found = []
    for what in ("seconds", "cost"):
        error, prior, inside, _width = sum_up(judged, what)
        found += [
            figure(f"median error of forecast {what}", error, f"<= {ERROR_LIMIT}", f"unlearned {prior:.2f}"),
            figure(f"share of {what} inside P10 to P90", inside, f">= {INSIDE_LIMIT}", f"{len(judged)} jobs"),
        ]
    return [*found, broken_invariants(site)]
