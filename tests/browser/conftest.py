"""A whole portal, started as a user would, once on the embedded default and once on PostgreSQL and Redis."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
import redis

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in Path(item.fspath).parts:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Portal:
    url: str
    data_dir: Path
    environment: dict[str, str]
    people: dict[str, dict]

    def manage(self, *words: str) -> str:
        """The output of a management command in this installation."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


def _answers(database_url: str, broker_url: str) -> str:
    """Empty when both servers answer, else the reason."""
    try:
        psycopg2.connect(database_url, connect_timeout=2).close()
        redis.Redis.from_url(broker_url, socket_timeout=2).ping()
    except (psycopg2.Error, redis.RedisError) as error:
        return str(error).strip().splitlines()[0]
    return ""


@pytest.fixture(scope="session", params=["embedded", pytest.param("servers", marks=pytest.mark.services)])
def storage(request) -> Iterator[dict[str, str]]:
    """The environment that names database and broker; a database made for this run and dropped after it."""
    if request.param == "embedded":
        yield {"DATABASE_URL": "", "CELERY_BROKER_URL": "filesystem://"}
        return
    admin_url = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    broker_url = os.environ.get("TEST_BROKER_URL", "redis://127.0.0.1:6379/9")
    if reason := _answers(admin_url, broker_url):
        demanded = os.environ.get("DEMAND_SERVICES") == "1"
        (pytest.fail if demanded else pytest.skip)(f"PostgreSQL and Redis do not answer: {reason}")
    name = f"throughline_browser_{os.getpid()}"
    admin = psycopg2.connect(admin_url)
    admin.autocommit = True
    admin.cursor().execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.cursor().execute(f"CREATE DATABASE {name}")
    redis.Redis.from_url(broker_url).flushdb()
    yield {"DATABASE_URL": f"{admin_url.rsplit('/', 1)[0]}/{name}", "CELERY_BROKER_URL": broker_url}
    admin.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def portal(storage, tmp_path_factory) -> Iterator[Portal]:
    """Web, worker and scheduler in one process tree over the demo's portfolio."""
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("DEMAND_BROWSER") == "1" else pytest.skip)("Chromium is not installed")
    data_dir, port = tmp_path_factory.mktemp("portal"), _free_port()
    environment = {
        **os.environ,
        **storage,
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "DEMO": "true",
        "WORKER_SLOTS": "1",
        "WEB_WORKERS": "1",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    run = {"cwd": ROOT, "env": environment}
    if not (ROOT / "staticfiles" / "staticfiles.json").exists():
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], check=True, timeout=180, **run
        )
    subprocess.run([sys.executable, "manage.py", "prepare"], check=True, timeout=120, **run)
    seeded = subprocess.run(
        [sys.executable, "manage.py", "seed_demo", "--json"],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        **run,
    )
    people = {person["username"]: person for person in json.loads(seeded.stdout.strip().splitlines()[-1])["users"]}
    with (data_dir / "portal.log").open("w") as log:
        tree = subprocess.Popen(
            [sys.executable, "manage.py", "start", "web", "worker", "beat"], stdout=log, stderr=subprocess.STDOUT, **run
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{url}/healthz", tree, data_dir / "portal.log")
            yield Portal(url, data_dir, environment, people)
        finally:
            tree.send_signal(signal.SIGINT)
            tree.wait(30)


def _wait_for(url: str, tree: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and tree.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 our own server
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the portal did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, portal):
    """A fresh page; any error or policy violation in its console fails the test. A refused form (422) is no fault."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=portal.url)
    page, complaints = context.new_page(), []
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type == "error" and "422" not in message.text else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert complaints == []
