"""A PostgreSQL cluster and a Redis server of the test's own, so that they may be killed without harming anybody."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

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
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

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
            if self._as_user:
                shutil.chown(self.root, "postgres", "postgres")
            self._run("initdb", "--pgdata", str(self.root), "--username", "postgres", "--auth", "trust", "--no-sync")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
        log = str(self.root / "server.log")
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.root), "-l", log, "-o", options)

    def kill(self) -> None:
        """SIGKILL the server and all that it forked, as a machine does that runs out of memory or power."""
        pid = int((self.root / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in [pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        wait_for("the server has gone", lambda: not Path(f"/proc/{pid}").exists(), 10)
        for each in map(int, children):
            wait_for("its processes have gone", lambda each=each: not Path(f"/proc/{each}").exists(), 10)

    def stop(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.root))

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

    def _run(self, program: str, *words: str) -> None:
        place = self.programs()
        assert place is not None, "PostgreSQL's initdb and pg_ctl are not installed"
        command = [*self._as_user, str(place / program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
