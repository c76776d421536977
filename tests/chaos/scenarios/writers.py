"""Eight processes that read, modify and write one number through the product's own database settings."""

import json
import subprocess
import sys

from kit.figures import Figure, figure
from kit.site import REPOSITORY, Site

WRITE = """
import json, sys, django
django.setup()
from django.db import OperationalError, connection, transaction
locked = 0
for _ in range(int(sys.argv[1])):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            lock = "" if connection.vendor == "sqlite" else " FOR UPDATE"
            cursor.execute("SELECT value FROM chaos_counter" + lock)
            value = cursor.fetchone()[0]
            cursor.execute("UPDATE chaos_counter SET value = %s", [value + 1])
    except OperationalError:
        locked += 1
print(json.dumps(locked))
"""
PREPARE = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE IF EXISTS chaos_counter")
    cursor.execute("CREATE TABLE chaos_counter (value integer)")
    cursor.execute("INSERT INTO chaos_counter VALUES (0)")
"""
READ = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT value FROM chaos_counter")
    print(cursor.fetchone()[0])
    cursor.execute("DROP TABLE chaos_counter")
"""


def many_writers(site: Site, *, transactions: int, writers: int = 8) -> list[Figure]:
    """Count the transactions that were refused as locked, and the updates that another one overwrote."""
    _python(site, PREPARE).communicate()
    running = [_python(site, WRITE, str(transactions)) for _ in range(writers)]
    locked = sum(int(json.loads(process.communicate(timeout=600)[0])) for process in running)
    kept = int(_python(site, READ).communicate()[0])
    return [
        figure("transactions refused as locked", locked, "== 0", f"{writers} writers x {transactions}"),
        figure("lost updates", writers * transactions - locked - kept, "== 0"),
    ]


def _python(site: Site, code: str, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, cwd=REPOSITORY, env=site.environment(), stdout=subprocess.PIPE, text=True)
