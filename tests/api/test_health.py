"""Health: open to a load balancer, and silent about the inside."""

import pytest

from portal import health


@pytest.fixture(autouse=True)
def _fresh():
    health.check_migrations.cache_clear()


def test_alive_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


test_alive_asks_nobody = pytest.mark.django_db(test_alive_asks_nobody)


@pytest.mark.django_db
def test_ready_reports_each_part(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": dict.fromkeys(("database", "migrations", "data_dir", "disk", "broker"), "ok"),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value", "part"),
    [("DATA_DIR", "/nowhere/secret", "data_dir"), ("MIN_FREE_DISK_MB", 10**12, "disk")],
)
def test_a_part_that_fails_takes_the_process_out_and_names_no_reason(setting, value, part, client, settings):
    setattr(settings, setting, value)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"][part] == "failing"
    assert b"secret" not in answer.content
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_broker_that_is_away_is_reported_and_forgiven(client, settings):
    settings.CELERY_BROKER_URL = "redis://:password@127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (200, "failing")
    assert b"password" not in answer.content


@pytest.mark.django_db
def test_a_database_that_is_away_takes_the_process_out(client, monkeypatch):
    from django.db import OperationalError

    def away():
        raise OperationalError("no route to db.internal")

    monkeypatch.setitem(health.NEEDED, "database", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "failing")
    assert b"internal" not in answer.content


@pytest.mark.django_db
def test_a_migration_that_is_missing_takes_the_process_out(client, monkeypatch):
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: ["one"])
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_only_reading_is_offered(client):
    assert client.post("/healthz").status_code == 405
