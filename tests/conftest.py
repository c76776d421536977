"""The cast that every test may call on, and the switches for tests that need servers or a browser."""

import os
import sqlite3
import sys
import tempfile
import threading
import time

# A state folder and switches of the tests' own, set before Django reads the environment.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="throughline-test-")
for name in ("SECRET_KEY", "MLFLOW_TRACKING_URI", "DATASETS_DIR", "HTTPS", "DEBUG", "DEMO"):
    os.environ.pop(name, None)
os.environ.setdefault("CELERY_BROKER_URL", "filesystem://")

from datetime import date  # noqa: E402
from decimal import Decimal  # noqa: E402

import pytest  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402
from django.test import Client, TransactionTestCase  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from xdist.scheduler import LoadFileScheduling  # noqa: E402

HEAD_START_S, HELD_S = 0.25, 0.6

# A machine may be slow and a test right; the rows of all examples lie in one transaction, which ends with the test.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("house")


def pytest_collection_modifyitems(items):
    """Mark what asks a database, for the run on a second one."""
    for item in items:
        if "django_db_setup" in item.fixturenames or item.get_closest_marker("django_db"):
            item.add_marker("database")


class ByWhatTheyShare(LoadFileScheduling):
    """Tests of a file go to the same process, for what they share is made once; in a browser, those of a portal."""

    def _split_scope(self, nodeid):
        if nodeid.startswith("tests/browser/"):
            return "portal on servers" if "[servers" in nodeid else "portal"
        return super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return ByWhatTheyShare(config, log)


@pytest.fixture(autouse=True)
def plain_storage(settings, tmp_path):
    """Tests need no collected static files, hash passwords fast and keep job folders apart."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.STATIC_ROOT = None  # WhiteNoise would read every collected file anew for every client of every test
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.JOBS_DIR = tmp_path / "jobs"
    settings.DATASETS_DIR = tmp_path / "datasets"
    settings.WARM_TRAINERS = False  # a test starts the trainer that it wants


KEPT = {"django_content_type", "auth_permission"}  # a flush writes both anew, which takes longer than the test
TRIGGERS = {
    "sqlite": "SELECT 'DROP TRIGGER ' || name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT DISTINCT 'ALTER TABLE ' || tgrelid::regclass || ' DISABLE TRIGGER USER', 'ALTER TABLE ' || "
    "tgrelid::regclass || ' ENABLE TRIGGER USER' FROM pg_trigger WHERE NOT tgisinternal",
}


def _empty_tables(case):
    """Delete what a transactional test wrote: to truncate every table takes long. Append-only triggers are lifted."""
    for each in connections.all():
        tables = set(each.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
        with each.cursor() as cursor:
            cursor.execute(TRIGGERS[each.vendor])
            triggers = cursor.fetchall()
        deletes = [f"DELETE FROM {each.ops.quote_name(table)}" for table in sorted(tables)]  # noqa: S608 names of ours
        for statements in ([lift for lift, _back in triggers], deletes, [back for _lift, back in triggers]):
            with transaction.atomic(using=each.alias), each.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)


TransactionTestCase._fixture_teardown = _empty_tables


@pytest.fixture(autouse=True)
def boards_are_worked_out_anew():
    """Rows of another test vanished without an audit entry."""
    yield
    if unchanged := sys.modules.get("portal.boards.unchanged"):
        unchanged.forget()


@pytest.fixture
def department(db):
    from people.models import Department

    return Department.objects.create(code="ops", name="Operations")


@pytest.fixture
def make_user(department):
    from people.models import User

    def make(username, role=User.Role.ENGINEER, **fields):
        first, _, last = username.partition(".")
        return User.objects.create_user(
            username,
            password="a-long-test-password",
            role=role,
            department=department,
            first_name=first.title(),
            last_name=last.title(),
            **fields,
        )

    return make


@pytest.fixture
def manager(make_user):
    return make_user("katrin.vogel", "manager")


@pytest.fixture
def finance_user(make_user):
    return make_user("ruben.castillo", "finance")


@pytest.fixture
def engineer(make_user):
    return make_user("lena.hoffmann")


@pytest.fixture
def stranger(make_user):
    """An engineer who is a member of no project."""
    return make_user("paul.adeyemi")


@pytest.fixture
def viewer(make_user):
    return make_user("vera.blank", "viewer")


@pytest.fixture
def project(department, manager, engineer, viewer):
    from projects.models import Portfolio
    from projects.services import open_project

    portfolio = Portfolio.objects.create(name="Machine vision")
    return open_project(
        key="TRI",
        title="Parcel digit reader",
        portfolio=portfolio,
        sponsor=department,
        lead=engineer,
        started_on=date(2026, 2, 3),
        by=manager,
        members=(viewer,),
        summary="Reads the digits on parcels",
    )


@pytest.fixture
def rate_card(finance_user):
    from finance.services.rates import publish_rate_card

    return publish_rate_card(
        name="Compute",
        currency="EUR",
        valid_from=date(2026, 1, 1),
        by=finance_user,
        cpu_core_hour_micro=480_000,
        gpu_hour_micro=2_150_000,
        gib_hour_micro=12_000,
        kwh_micro=290_000,
        watt_per_core=Decimal("11.5"),
        watt_per_gpu=Decimal("400"),
    )


@pytest.fixture
def budget(project, manager, rate_card):
    from finance.services.budget import approve_budget

    return approve_budget(
        project=project,
        name="2026",
        currency="EUR",
        lines={"compute": 50_000, "people": 1_000_000},
        on=date(2026, 1, 5),
        by=manager,
    )


@pytest.fixture
def compute_line(budget):
    return budget.lines.get(category="compute")


@pytest.fixture
def sign_in():
    """A browser-like client, signed in as the given user."""

    def client_of(user):
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def in_threads(transactional_db, tmp_path):
    """Run a function in many threads, each with its own connection; SQLite's test database moves into a file for it."""
    name = connection.settings_dict["NAME"]
    path = str(tmp_path / "threads.sqlite3") if connection.vendor == "sqlite" else name

    def run(count, act):
        connection.ensure_connection()
        connections.settings["default"]["NAME"] = path
        outcomes, gate = [], threading.Barrier(count)

        def one(number):
            gate.wait()
            try:
                outcomes.append(act(number))
            except Exception as error:
                outcomes.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=[number]) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return outcomes

    def run_in_file(count, act):
        with sqlite3.connect(path) as file:
            connection.ensure_connection()
            connection.connection.backup(file)
            file.execute("PRAGMA journal_mode=WAL")  # once, before many connections ask for it at the same moment
        outcomes = run(count, act)
        with sqlite3.connect(path) as file:
            file.backup(connection.connection)
        return outcomes

    yield run_in_file if connection.vendor == "sqlite" else run
    connections.settings["default"]["NAME"] = name


@pytest.fixture
def behind(in_threads):
    """Start the second verb while the transaction of the first is still open; what each one gave or raised."""

    def run(first, second):
        def act(number):
            if number:
                time.sleep(HEAD_START_S)
                return 1, outcome_of(second)
            with transaction.atomic():
                done = first()
                time.sleep(HELD_S)
            return 0, done

        return [outcome for _number, outcome in sorted(in_threads(2, act), key=lambda pair: pair[0])]

    def outcome_of(verb):
        try:
            return verb()
        except Exception as error:
            return error

    return run
