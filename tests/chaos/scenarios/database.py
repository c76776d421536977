"""The database server is killed and comes back: jobs finish, nothing is lost."""

import time

from kit.figures import Figure, figure
from kit.site import Site
from kit.waiting import wait_for

from scenarios.kills import judge


def server_killed(site: Site, *, times: int, seconds: float = 2) -> list[Figure]:
    """Kill it so many times while jobs run; each time it is away for longer than a lease or for less."""
    assert site.postgres, "needs a server that can be killed"
    site.start(MAX_ATTEMPTS="20")
    steps = 60
    ids = site.submit(4, steps=steps, seconds=6)
    for number in range(times):
        site.wait_steps(ids[number % 2], 5 + 10 * number, timeout_s=90)
        site.postgres.kill()
        began = time.monotonic()
        wait_for("its time is over", lambda b=began, n=number: time.monotonic() - b > seconds * (1 + n % 2), 30)
        site.postgres.start()
    rows = site.wait_ended(ids, 180)
    alive = site.is_running()
    return [figure("worker or scheduler that ended", int(not alive), "== 0"), *judge(site, ids, rows, steps)]
