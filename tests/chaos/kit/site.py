"""One installation: a folder, a database, a broker, and real processes started by the product's own command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from kit.processes import Found, processes_of
from kit.servers import Postgres, Redis
from kit.waiting import TooLate, wait_for
from portal.management.commands.start import COMMANDS

REPOSITORY = Path(__file__).resolve().parents[3]
CHAOS = REPOSITORY / "tests" / "chaos"
FAST = {
    "LEASE_S": "2",
    "HEARTBEAT_S": "0.6",
    "REAPER_S": "0.6",
    "GRACE_S": "1",
    "WORKER_SLOTS": "4",
    "MIN_FREE_DISK_MB": "50",
    "WARM_TRAINERS": "false",
    "LOG_LEVEL": "WARNING",
}
WARM = {"WARM_TRAINERS": "true"}  # as it is by default: each slot keeps a spare trainer
WORKERS_OWN = {"WORKER_SLOTS", "MAX_ATTEMPTS", "GRACE_S", "WARM_TRAINERS"}  # what the scheduler does not read
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
TERMINAL = {"succeeded", "failed", "cancelled"}


class Refused(Exception):
    """The product said no, with a code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Broken(Exception):
    """The installation itself does not work, so nothing was tried."""


class Site:
    """A running installation that a scenario may break. `template` is a prepared folder that it begins as a copy of."""

    def __init__(self, root: Path, *, postgres: Postgres | None = None, redis: Redis | None = None) -> None:
        self.root = root
        self.postgres, self.redis = postgres, redis
        self.settings: dict[str, str] = dict(FAST)
        self.always: dict[str, str] = {}
        self.worker: subprocess.Popen[bytes] | None = None
        self.beat: subprocess.Popen[bytes] | None = None
        self._driver: subprocess.Popen[str] | None = None
        self._asking = threading.Lock()

    @property
    def storage(self) -> str:
        return "servers" if self.postgres else "embedded"

    # Environment

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        database = self.postgres.url(self.root.name) if self.postgres else ""
        return {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(CHAOS),
            "DATA_DIR": str(self.root),
            "TMPDIR": str(self.root / "tmp"),
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": self.redis.url if self.redis else "filesystem://",
            **self.settings,
            **more,
        }

    def mutate(self, mutant: str) -> None:
        """Take one guard away from every process that is started from now on."""
        self.always = {"DJANGO_SETTINGS_MODULE": "mutants.settings", "MUTANT": mutant}
        self.settings |= self.always

    def prepare(self, template: Path | None) -> None:
        """Begin with empty books: migrated once, copied from then on."""
        if template:
            shutil.copytree(template, self.root)
            if self.postgres:
                self.postgres.create(self.root.name, template.name)
            return
        (self.root / "tmp").mkdir(parents=True)
        if self.postgres:
            self.postgres.create(self.root.name)
        command = [sys.executable, "manage.py", "prepare", "--no-port"]
        subprocess.run(command, cwd=REPOSITORY, env=self.environment(), check=True, stdout=subprocess.DEVNULL)
        self.ask("prepare")
        self.close()

    # Questions

    def ask(self, verb: str, /, **arguments: Any) -> Any:
        """One of `kit.verbs`, inside the installation. Raises Refused when the product says no."""
        with self._asking:
            if self._driver is None:
                self._driver = subprocess.Popen(
                    [sys.executable, str(CHAOS / "kit" / "driver.py")],
                    cwd=REPOSITORY,
                    env=self.environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._log("driver"),
                    text=True,
                )
            assert self._driver.stdin is not None
            assert self._driver.stdout is not None
            self._driver.stdin.write(json.dumps({"verb": verb, "arguments": arguments}) + "\n")
            self._driver.stdin.flush()
            line = self._driver.stdout.readline()
        if not line:
            raise Broken(f"the driver died: {self.log_of('driver')[-2000:]}")
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(answer["refused"], answer["message"])
        if "error" in answer:
            raise Broken(f"{verb}: {answer['error']}")
        return answer["value"]

    def ask_and_die(self, verb: str, armed: dict[str, str], **arguments: Any) -> None:
        """Ask a process of its own that is to be killed while it answers."""
        command = [sys.executable, str(CHAOS / "kit" / "driver.py")]
        question = json.dumps({"verb": verb, "arguments": arguments}) + "\n"
        log = self._log("driver")
        environment = self.environment(**armed)
        died = subprocess.run(
            command, cwd=REPOSITORY, env=environment, input=question, text=True, stdout=log, stderr=log, timeout=60
        )
        assert died.returncode == -signal.SIGKILL, f"it ended with {died.returncode}: {self.log_of('driver')[-1000:]}"

    def submit(self, count: int = 1, *, more: dict[str, Any] | None = None, **params: Any) -> list[str]:
        """Submit so many probes with these settings; their ids."""
        return [made["id"] for made in self.ask("submit", params=params, count=count, **(more or {}))]

    def row(self, job: str) -> dict[str, Any]:
        return dict(self.ask("rows", jobs=[job])[0])

    def rows(self, jobs: list[str]) -> list[dict[str, Any]]:
        return list(self.ask("rows", jobs=jobs))

    def all_ended(self, jobs: list[str]) -> bool:
        return set(self.ask("states", jobs=jobs).values()) <= TERMINAL

    def wait_ended(self, jobs: list[str], timeout_s: float = 60) -> list[dict[str, Any]]:
        wait_for("every job has ended", lambda: self.all_ended(jobs), timeout_s, 0.2)
        return self.rows(jobs)

    def wait_state(self, job: str, state: str, timeout_s: float = 30) -> dict[str, Any]:
        wait_for(f"{job} is {state}", lambda: self.ask("states", jobs=[job])[job] == state, timeout_s)
        return self.row(job)

    def steps_done(self, job: str, fence: int | None = None) -> int:
        """Steps that were really executed: over all attempts, or by one."""
        files = self.root.glob(f"jobs/{job}/attempt-{fence or '*'}/steps.txt")
        return sum(path.read_bytes().count(b"\n") for path in files)

    def wait_steps(self, job: str, steps: int, fence: int | None = None, timeout_s: float = 30) -> int:
        what = f"{steps} steps of {job}"
        return wait_for(what, lambda: (n := self.steps_done(job, fence)) >= steps and n, timeout_s, 0.02) or 0

    def mlflow_status(self, job: str) -> list[str]:
        """The status of every run that MLflow shows of a job, from its own tables: not of one that was taken back."""
        with closing(sqlite3.connect(self.root / "mlflow.sqlite3", timeout=20)) as store:
            query = "SELECT r.status FROM runs r JOIN tags t USING (run_uuid) WHERE t.key = ? AND t.value = ?"
            query += " AND r.lifecycle_stage = 'active'"
            return [status for (status,) in store.execute(query, ["throughline.job_id", job])]

    def freeze(self, *found: Found, job: str = "") -> None:
        """SIGSTOP them at a moment when none has a lock in its hands: that would hold up everybody on SQLite."""
        wait_for("they stop without a lock in their hands", lambda: self._is_frozen_unlocked(found, job), 30, 0.2)

    def _is_frozen_unlocked(self, all_found: tuple[Found, ...], job: str) -> bool:
        for found in all_found:
            found.send(signal.SIGSTOP)
        if self._is_unlocked(job):
            return True
        for found in all_found:
            found.send(signal.SIGCONT)
        return False

    def _is_unlocked(self, job: str) -> bool:
        """Whether others could write: neither a store file nor, on a server, the job's row is locked."""
        stores = [self.root / "mlflow.sqlite3", *self.root.glob("throughline.sqlite3")]
        on_server = self.postgres is None or not job or self.ask("is_unlocked", job=job)
        return bool(on_server) and all(_takes_a_writer(store) for store in stores)

    # Processes

    def start(self, **settings: str) -> None:
        """Worker and scheduler with these settings; what runs with them already is left alone."""
        wanted = {**FAST, **self.always, **settings}
        changed = {name for name, _value in wanted.items() ^ self.settings.items()}
        if self.is_running() and not changed:
            return
        beat = self.beat if self.is_running() and changed <= WORKERS_OWN else None
        self.destroy(spare=beat)
        self.settings = wanted
        self.start_worker()
        if beat is None:
            self.start_beat()
        self.wait_ready()

    def start_worker(self, **more: str) -> None:
        self.worker = self._role("worker", more)

    def start_beat(self, **more: str) -> None:
        self.beat = self._role("beat", more)

    def _role(self, role: str, more: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, *COMMANDS[role]]  # what `manage.py start` turns into
        log = self._log(role)
        return subprocess.Popen(command, cwd=REPOSITORY, env=self.environment(**more), stdout=log, stderr=log)

    def is_running(self) -> bool:
        return all(process is not None and process.poll() is None for process in (self.worker, self.beat))

    def wait_ready(self, timeout_s: float = 90) -> None:
        """Its pool has been forked."""
        try:
            wait_for("the pool of the worker", lambda: self.pool() and self.beat_runs(), timeout_s)
        except TooLate as error:
            raise Broken(f"{error}; {self.log_of('worker')[-2000:]}") from error

    def beat_runs(self) -> bool:
        return any(found.role == "beat" for found in self.processes())

    def pool(self) -> list[Found]:
        """The children of the worker that now is; those of one that was killed are orphans."""
        main = self.worker.pid if self.worker else 0
        return [found for found in self.processes("supervisor") if found.process.ppid() == main]

    def processes(self, *roles: str) -> list[Found]:
        return [found for found in processes_of(self.root) if not roles or found.role in roles]

    def of_job(self, job: str) -> list[Found]:
        return [found for found in self.processes() if found.job == job]

    def supervisor_of(self, job: str) -> Found:
        """The process that owns the newest attempt: it stands on the row."""
        pid = int(str(self.row(job)["worker"]).rpartition(":")[2])
        return next(found for found in self.processes("supervisor") if found.pid == pid)

    def stop(self, timeout_s: float = 20) -> None:
        """Ask worker and scheduler to end."""
        running = [process for process in (self.beat, self.worker) if process and process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout_s)
        self.worker = self.beat = None

    def destroy(self, spare: subprocess.Popen[bytes] | None = None) -> None:
        """SIGKILL everything of this installation but our own driver and that process."""
        spared = {process.pid for process in (self._driver, spare) if process}
        for found in self.processes():
            if found.pid not in spared:
                found.send(signal.SIGKILL)
        for process in (self.worker, self.beat):
            if process and process is not spare:
                process.wait(10)
        self.worker, self.beat = None, spare

    def close(self) -> None:
        """End the driver and leave nothing behind."""
        if self._driver:
            assert self._driver.stdin is not None
            self._driver.stdin.close()
            self._driver.wait(10)
            self._driver = None
        self.destroy()

    # What is left

    def orphans(self) -> list[str]:
        """Processes of jobs that have ended, and spare trainers whose slot is gone."""
        jobs = {found.job for found in self.processes() if found.job}
        ended = {job for job, state in self.ask("states", jobs=sorted(jobs)).items() if state in TERMINAL}
        slots = {found.pid for found in self.pool()}
        lone = [f"spare {found.pid}" for found in self.processes("spare") if found.process.ppid() not in slots]
        return lone + [f"{found.role} {found.pid} of {found.job}" for found in self.processes() if found.job in ended]

    def survivors(self) -> list[str]:
        """All that still lives, our own driver apart: nothing may, once worker and scheduler have been stopped."""
        driver = self._driver.pid if self._driver else 0
        return [f"{found.role} {found.pid} {found.job}" for found in self.processes() if found.pid != driver]

    def leftovers(self, jobs: list[str]) -> list[str]:
        """Shared memory, temporary files and unfinished folders of jobs that have ended."""
        marks = {job.replace("-", "")[:8] for job in jobs}
        shared = [
            str(path) for path in Path("/dev/shm").iterdir() if any(m in path.name.replace("-", "") for m in marks)
        ]
        folders = [path for job in jobs for path in (self.root / "jobs" / job).glob("attempt-*/*")]
        unfinished = [str(p) for p in folders if p.name in {"scratch", "checkpoints"} or p.name.endswith(".partial")]
        temporary = [path for path in (self.root / "tmp").iterdir() if not _is_empty_heap(path)]
        return shared + unfinished + [str(path) for path in temporary]

    def _log(self, name: str) -> Any:
        return (self.root / f"{name}.log").open("ab")

    def log_of(self, name: str) -> str:
        path = self.root / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""


def _is_empty_heap(path: Path) -> bool:
    """Celery's process pool keeps an empty folder while it lives, and leaves it when it is killed."""
    return path.name.startswith("pymp-") and path.is_dir() and not any(path.iterdir())


def _takes_a_writer(store: Path) -> bool:
    with closing(sqlite3.connect(store, timeout=0.2, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
    return True
