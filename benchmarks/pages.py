"""Server time and weight of every seeded page, beside a static view of the same server in the same run.

p50 <= 60 ms, p95 <= 150 ms; a page without Plotly weighs <= 150 kB with its styles and scripts, compressed as sent.
"""

import gzip
import os
import re
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 30
LIMIT_MS = {"p50": 60.0, "p95": 150.0}
LIMIT_BYTES = 150_000

sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT)]
os.environ |= {
    "DATA_DIR": tempfile.mkdtemp(prefix="throughline-bench-"),
    "DEMO": "true",
    "ALLOWED_HOSTS": "testserver",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
}

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from measure import milliseconds, report  # noqa: E402

from people.models import User  # noqa: E402
from projects.models import Project  # noqa: E402
from trainingjobs.models import TrainingJob  # noqa: E402


def seeded_pages() -> list[str]:
    """The demo's portfolio with jobs in the queue; every page that a manager or an engineer opens."""
    call_command("migrate", verbosity=0)
    call_command("seed_demo", jobs=3, verbosity=0)
    key = Project.objects.get(key="TRI").key
    job = TrainingJob.objects.filter(project__key=key).first()
    return [
        "/",
        "/projects/",
        f"/projects/{key}/",
        f"/projects/{key}/jobs/new/",
        "/jobs/",
        job.get_absolute_url(),
        "/models/",
        "/rate-cards/",
        "/audit/",
        "/search/?q=parcel",
    ]


def weight(client: Client, path: str) -> int:
    """Bytes on the wire for the page with its own styles and scripts, gzip, without Plotly."""
    html = client.get(path).content.decode()
    names = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))', html))
    files = [ROOT / "staticfiles" / name.removeprefix("/static/") for name in names if "plotly" not in name]
    return len(gzip.compress(html.encode())) + sum(
        len(gzip.compress(file.read_bytes())) for file in files if file.exists()
    )


def main() -> None:
    pages = seeded_pages()
    client = Client()
    client.force_login(User.objects.get(username="katrin.vogel"))
    for path in (*pages, "/healthz"):
        client.get(path)
    times: dict[str, list[float]] = {path: [] for path in (*pages, "/healthz")}
    for _round in range(ROUNDS):
        for path in pages:
            times["/healthz"].append(milliseconds(client, "/healthz"))
            times[path].append(milliseconds(client, path))
    static = statistics.median(times["/healthz"])
    static_bytes = len(gzip.compress((ROOT / "static" / "css" / "app.css").read_bytes()))
    fine = []
    for path in pages:
        p50, p95 = statistics.median(times[path]), statistics.quantiles(times[path], n=20)[-1]
        fine += [
            report(f"page {path} p50 ms", p50, static, LIMIT_MS["p50"]),
            report(f"page {path} p95 ms", p95, static, LIMIT_MS["p95"]),
            report(f"page {path} bytes", weight(client, path), static_bytes, LIMIT_BYTES),
        ]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
