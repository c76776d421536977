"""The environment is judged at start, and a bad value says how to mend it."""

import re
import subprocess
import sys

import pytest

from portal.environment import BASE_DIR, Environment, read_environment


def test_every_variable_is_listed_in_the_example():
    listed = set(re.findall(r"^([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert listed == {name.upper() for name in Environment.model_fields}


def test_the_example_is_valid_and_shows_the_defaults(monkeypatch):
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    example = Environment(_env_file=BASE_DIR / ".env.example")
    defaults = Environment(_env_file=None)
    for name in set(Environment.model_fields) - {"data_dir"}:
        assert getattr(example, name) == getattr(defaults, name), name


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("PORT", "eighty", "integer"),
        ("PORT", "70000", "65535"),
        ("DATABASE_URL", "mysql://root@localhost/x", "sqlite:/// or postgres://"),
        ("CELERY_BROKER_URL", "kafka://localhost", "filesystem://, redis:// or amqp://"),
        ("SECRET_KEY", "short", "50 characters"),
        ("HEARTBEAT_S", "29", "third of LEASE_S"),
        ("WORKER_SLOTS", "0", "greater than or equal to 1"),
    ],
)
def test_a_bad_value_stops_the_start_and_says_the_mend(monkeypatch, name, value, mend):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stop:
        read_environment()
    message = str(stop.value)
    assert mend in message
    assert ".env.example" in message


def test_lists_are_written_with_commas(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example")
    assert read_environment().allowed_hosts == ["a.example", "b.example"]


def test_a_made_secret_key_is_kept_and_readable_by_the_owner_only(tmp_path, monkeypatch):
    from portal.environment import secret_key

    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = secret_key(read_environment())
    assert len(first) >= 50
    assert secret_key(read_environment()) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_the_web_process_imports_neither_torch_nor_mlflow(tmp_path):
    code = (
        "import portal.wsgi, sys; from django.test import Client; "
        "from django.urls import get_resolver; get_resolver().url_patterns; "
        "Client().get('/healthz'); Client().get('/'); "
        "print(sorted({'torch', 'mlflow', 'onnx', 'onnxruntime', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path), "ALLOWED_HOSTS": "testserver"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_sqlite_is_set_up_for_money(tmp_path):
    code = (
        "import django; django.setup(); from django.db import connection; c = connection.cursor(); "
        "names = ('journal_mode', 'synchronous', 'busy_timeout', 'foreign_keys'); "
        "print([c.execute(f'PRAGMA {name}').fetchone()[0] for name in names], "
        "connection.transaction_mode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"},
    )
    assert done.stdout.strip() == "['wal', 2, 20000, 1] IMMEDIATE", done.stderr
