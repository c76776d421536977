"""The environment is judged at start, and a bad value says how to mend it."""

import os
import re
import subprocess
import sys

import pytest

from portal.environment import BASE_DIR, Environment, read_environment
from portal.mail_server import read_mail_server


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
        ("BASE_URL", "throughline.example.com", "http:// or https://"),
        ("EMAIL_URL", "imap://mail.example.com", "smtp://HOST or smtps://HOST"),
        ("EMAIL_URL", "smtp://", "smtp://HOST or smtps://HOST"),
        ("EMAIL_URL", "smtp://mail.example.com?ssl=1", "?tls=1"),
        ("EMAIL_URL", "smtp://robot:hush#hush@mail.example.com", "number as port"),
        ("MAIL_FROM", "nobody", "one address"),
        ("MAIL_FROM", "a@example.com\nBcc: b@example.com", "one address"),
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
    assert "hush" not in message


@pytest.mark.parametrize(
    ("url", "host", "port", "starttls", "tls"),
    [
        ("smtp://mail.example.com", "mail.example.com", 25, False, False),
        ("smtp://robot:p%40ss@mail.example.com?tls=1", "mail.example.com", 587, True, False),
        ("smtp://robot:p%40ss@[::1]:2525", "::1", 2525, False, False),
        ("smtps://robot:p%40ss@mail.example.com", "mail.example.com", 465, False, True),
    ],
)
def test_a_mail_server_is_named_by_one_address(url, host, port, starttls, tls):
    server = read_mail_server(url)
    assert (server.host, server.port, server.starttls, server.tls) == (host, port, starttls, tls)
    assert (server.user, server.password) == (("robot", "p@ss") if "@" in url else ("", ""))


def test_the_password_of_the_mail_server_is_never_shown(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "smtp://robot:hush@mail.example.com")
    environment = read_environment()
    assert environment.mail_server.password == "hush"
    assert "hush" not in f"{environment!r} {environment} {environment.mail_server!r}"


def test_links_begin_with_the_address_of_the_server_unless_told_otherwise(monkeypatch):
    assert Environment(_env_file=None, host="10.0.0.7", port=8080).address == "http://10.0.0.7:8080"
    assert Environment(_env_file=None, https=True, host="a.example", port=443).address == "https://a.example:443"
    monkeypatch.setenv("BASE_URL", "https://throughline.example.com/")
    assert read_environment().address == "https://throughline.example.com"


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


@pytest.mark.parametrize("language", ["en", "zh-hans", "es", "ar"])
def test_every_language_that_the_environment_allows_starts(language, tmp_path):
    check = [sys.executable, "manage.py", "check", "--tag", "translation"]
    environment = os.environ | {"LANGUAGE_CODE": language, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(check, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
