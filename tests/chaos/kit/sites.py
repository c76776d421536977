"""Make installations: on SQLite with the embedded transport, or on PostgreSQL with Redis, each prepared only once."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.servers import Postgres, Redis
from kit.site import Site

STORAGES = ("embedded", "servers")


def missing(storage: str) -> str:
    """Why installations of that kind cannot be made here, or nothing."""
    if storage == "embedded":
        return ""
    if Postgres.programs() is None:
        return "PostgreSQL's initdb is not installed"
    return "" if Redis.is_installed() else "redis-server is not installed"


class Sites:
    """Installations of one kind in a folder of their own, all of which goes at the end.

    `common` is a folder that processes share: on SQLite they then prepare one template between them.
    """

    def __init__(self, storage: str, common: Path | None = None) -> None:
        self.storage, self._common = storage, common
        self._base = Path(tempfile.mkdtemp(prefix="throughline-chaos-"))
        self._base.chmod(0o755)  # the database server may run as another user
        self._postgres = Postgres(self._base / "postgres") if storage == "servers" else None
        self._template: Path | None = None
        self._made = 0

    @contextmanager
    def site(self) -> Iterator[Site]:
        """An installation with empty books; whatever it started is gone afterwards."""
        template = self._prepare()
        self._made += 1
        redis = Redis(self._base / f"redis-{self._made}") if self.storage == "servers" else None
        if redis:
            redis.start()
        site = Site(self._base / f"site{self._made}", postgres=self._postgres, redis=redis)
        try:
            site.prepare(template)
            yield site
        finally:
            site.close()
            if redis:
                redis.stop()

    def close(self) -> None:
        if self._postgres and self._template:
            self._postgres.stop()
        shutil.rmtree(self._base, ignore_errors=True)

    def _prepare(self) -> Path:
        if self._template is None:
            if self._postgres:
                self._postgres.start()
            home = self._base if self._postgres or not self._common else self._common
            self._template = _prepared(home, self._postgres)
        return self._template


def _prepared(home: Path, postgres: Postgres | None) -> Path:
    """The template in that folder; whoever comes first prepares it, the others wait."""
    template, is_whole = home / "template", home / "template.whole"
    with (home / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_whole.exists():
            Site(template, postgres=postgres).prepare(None)
            is_whole.touch()
    return template
