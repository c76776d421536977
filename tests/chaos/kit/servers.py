"""A PostgreSQL cluster and a Redis server of the test's own, so that they may be killed without harming anybody."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import psycopg2
import redis

from kit.waiting import wait_for

PLACES = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr/local").glob("pgsql*/bin")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Redis:
    """A broker that may be flushed, killed, kept away and started again."""

    def __init__(self, root: Path) -> None:
        self.root, self.port = root, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def is_installed() -> bool:
        return shutil.which("redis-server") is not None

    def start(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.root]
        self._process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
        wait_for("redis answers", self.answers, 10)

    def answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError, redis.BusyLoadingError):
            return bool(redis.Redis(port=self.port).ping())
        return False

    def flush(self) -> None:
        redis.Redis(port=self.port).flushall()

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    stop = kill


class Postgres:
    """A cluster made by initdb; the server refuses to run as root, so then it runs as the user postgres."""

    def __init__(self, root: Path) -> None:
        self.root, self.port = root, free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def programs() -> Path | None:
        found = [place for place in sorted(PLACES, reverse=True) if (place / "initdb").exists()]
        on_path = shutil.which("initdb")
        return found[0] if found else Path(on_path).parent if on_path else None

    def url(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        if not (self.root / "PG_VERSION").exists():
            self.root.mkdir(parents=True)
            if self._user:
                shutil.chown(self.root, "postgres", "postgres")
            subprocess.run(
                [self._program("initdb"), "-D", self.root, "-U", "postgres", "--auth", "trust", "--no-sync"],
                check=True, stdout=subprocess.DEVNULL, cwd="/", user=self._user, group=self._user,
            )  # fmt: skip
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # what a killed server wrote, the kernel keeps
        }
        settings = [f"--{name}={value}" for name, value in {**options, "max_connections": 200}.items()]
        with (self.root / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._program("postgres")), "-D", str(self.root), *settings],
                stdout=log, stderr=log, cwd="/", start_new_session=True, user=self._user, group=self._user,
                extra_groups=None if self._user is None else [],
            )  # fmt: skip
        wait_for("PostgreSQL answers", self.answers, 60)

    def answers(self) -> bool:
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(self.url("postgres")).close()
            return True
        return False

    def kill(self) -> None:
        """SIGKILL the server and all that it forked, as a machine does that runs out of memory."""
        assert self._process
        forked = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.wait(10)
        for each in forked:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(forked, 10)
        self._process = None

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def create(self, database: str, template: str = "template1") -> None:
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def exists(self, database: str) -> bool:
        return bool(self._execute("SELECT 1 FROM pg_database WHERE datname = %s", database))

    def _execute(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _program(self, name: str) -> Path:
        place = self.programs()
        assert place is not None, "PostgreSQL's initdb and postgres are not installed"
        return place / name
