"""Server time of every board over a large portfolio: 1,000 projects, 36 months, about a million ledger entries.

p50 <= 150 ms and p95 <= 400 ms on PostgreSQL, twice that on SQLite, while somebody changes something before every
thirtieth reading: the first reader after a change pays for the board. An installation named by DATA_DIR and
DATABASE_URL that is seeded already is measured as it is; otherwise one of BENCH_PROJECTS (100) is seeded.
"""

import os
import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

PROJECTS = int(os.environ.get("BENCH_PROJECTS", "100"))
ROUNDS, CHANGED_EVERY = 60, 30
KEEPER = "katrin.vogel"

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="throughline-bench-"))
os.environ |= {"DEMO": "true", "ALLOWED_HOSTS": "testserver", "DJANGO_SETTINGS_MODULE": "portal.settings"}

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from measure import milliseconds, report  # noqa: E402

from outcomes.models import Benefit, GateReview, Kpi  # noqa: E402
from people.models import User  # noqa: E402
from people.services import record_audit  # noqa: E402
from projects.models import Programme, Project  # noqa: E402

BOARDS = (
    "/",
    "/projects/",
    "/projects/{key}/",
    "/projects/{key}/budget/",
    "/projects/{key}/plan/",
    "/projects/{key}/case/",
    "/kpis/{kpi}/",
    "/programmes/",
    "/programmes/{programme}/",
    "/money/",
    "/money/periods/",
    "/gates/",
    "/gates/{review}/",
    "/gates/criteria/",
    "/benefits/",
    "/benefits/{benefit}/",
    "/benefits/forecasters/",
    "/feedback/",
    "/objectives/",
    "/waste/",
    "/cost-per-point/",
    "/people/",
    "/demands/",
    "/jobs/",
    "/jobs/forecasts/",
    "/what-if/",
)
TODAY_ALONE = {
    "/money/periods/", "/gates/{review}/", "/gates/criteria/", "/benefits/{benefit}/",
    "/benefits/forecasters/", "/demands/", "/jobs/", "/what-if/",
}  # fmt: skip
DAYS_BACK = 60


def seeded_boards() -> list[str]:
    call_command("migrate", verbosity=0)
    if Project.objects.count() < PROJECTS:
        call_command("seed_demo", projects=PROJECTS, months=36, verbosity=0)
    newest = Project.objects.order_by("-pk").values_list("key", flat=True)[0]
    rows = {
        "key": newest,
        "kpi": _last(Kpi.objects.filter(project__key=newest)),
        "programme": _last(Programme.objects.filter(projects__isnull=False)),
        "review": _last(GateReview.objects.all()),
        "benefit": _last(Benefit.objects.all()),
    }
    day = (timezone.localdate() - timedelta(days=DAYS_BACK)).isoformat()
    past = [f"{board}?as_of={day}" for board in BOARDS if board not in TODAY_ALONE]
    return [board.format(**rows) for board in (*BOARDS, *past)]


def _last(rows: QuerySet) -> int:
    return rows.order_by("-pk").values_list("pk", flat=True)[0]


def main() -> None:
    boards = seeded_boards()
    keeper = User.objects.get(username=KEEPER)
    client = Client()
    client.force_login(keeper)
    times: dict[str, list[float]] = {path: [] for path in (*boards, "/healthz")}
    for path in times:
        client.get(path)
    for reading in range(ROUNDS):
        if reading % CHANGED_EVERY == 0:
            record_audit(verb="changed", subject=keeper, by=keeper)
        for path in boards:
            times["/healthz"].append(milliseconds(client, "/healthz"))
            times[path].append(milliseconds(client, path))
    static, slower = statistics.median(times["/healthz"]), 1 if connection.vendor == "postgresql" else 2
    fine = []
    for path in boards:
        p50, p95 = statistics.median(times[path]), statistics.quantiles(times[path], n=20)[-1]
        fine += [
            report(f"board {path} p50 ms", p50, static, 150.0 * slower),
            report(f"board {path} p95 ms", p95, static, 400.0 * slower),
        ]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
