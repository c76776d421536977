"""A job that kills its trainer every time, beside jobs that are well."""

from kit.figures import Figure, figure
from kit.site import Site

from scenarios.kills import broken_invariants


def poison(site: Site, *, patience_s: float = 60) -> list[Figure]:
    """It fails after MAX_ATTEMPTS; its neighbours finish as if it were not there; its last words can be read."""
    site.start()
    bad = site.submit(1, steps=20, seconds=0.2, exit_mode="kill", exit_at=0.5, checkpoint_every=0)[0]
    good = site.submit(3, steps=5, seconds=0.5)
    neighbours = site.wait_ended(good, 60)
    row = site.wait_ended([bad], patience_s)[0]
    words = site.ask("log_tail", job=bad)
    return [
        figure("attempts of a poison job", row["fence"], "== 3", row["error"]),
        figure("failed as poison", int((row["state"], row["error"]) == ("failed", "poison")), "== 1"),
        figure("says what would help", int(bool(row["mend"])), "== 1"),
        figure("neighbours that did not succeed", sum(each["state"] != "succeeded" for each in neighbours), "== 0"),
        figure("what it said before it was killed can be read", int("0 parameters" in words), "== 1", words[-200:]),
        broken_invariants(site),
    ]
