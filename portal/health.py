"""Is the process alive, and can it serve? Two addresses for a load balancer; neither tells more than yes or no."""

import logging
import shutil
import socket
import tempfile
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)
BROKER_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}
BROKER_WAIT_S = 0.5


class Unwell(Exception):
    """One part does not do its work; the reason goes to the log and never to the client."""


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@cache
def check_migrations() -> None:
    """The tables are those that this code expects. Good news stays true for the life of the process."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise Unwell(f"{len(missing)} migrations are not applied")


def check_data_dir() -> None:
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        file.write(b"ready")


def check_disk() -> None:
    free_mb = shutil.disk_usage(settings.DATA_DIR).free // 2**20
    if free_mb < settings.MIN_FREE_DISK_MB:
        raise Unwell(f"{free_mb} MB free, {settings.MIN_FREE_DISK_MB} MB wanted")


def check_broker() -> None:
    """Reported only: without a broker the sweep finds the jobs, a little later."""
    url = urlsplit(settings.CELERY_BROKER_URL)
    if url.scheme in BROKER_PORTS:
        socket.create_connection((url.hostname, url.port or BROKER_PORTS[url.scheme]), BROKER_WAIT_S).close()


NEEDED: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "data_dir": check_data_dir,
    "disk": check_disk,
}


def works(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:  # whatever it is, this process cannot serve
        log.warning("not ready: %s: %s", name, error)
        return False
    return True


@login_not_required
@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """The process answers. It asks nobody else, so that a sick database does not restart healthy processes."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Everything that an answer needs is there; 503 takes this process out of the rotation."""
    found = {name: works(name, check) for name, check in NEEDED.items()}
    words = {
        name: "ok" if good else "failing" for name, good in {**found, "broker": works("broker", check_broker)}.items()
    }
    well = all(found.values())
    return JsonResponse({"status": "ok" if well else "unavailable", "checks": words}, status=200 if well else 503)


urlpatterns = [
    path("healthz", alive, name="healthz"),
    path("readyz", ready, name="readyz"),
]
