"""Start one role, or several as one foreground process tree that Ctrl-C ends: web, worker, beat, demo."""

import os
import shlex
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from honcho.manager import Manager
from honcho.printer import Printer

COMMANDS = {
    "web": ["-m", "gunicorn", "--config", "portal/server.py", "portal.wsgi"],
    "worker": [
        "-m",
        "celery",
        "--app",
        "portal",
        "--quiet",
        "--skip-checks",
        "worker",
        "--loglevel",
        "WARNING",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ],
    "beat": ["-m", "celery", "--app", "portal", "--quiet", "--skip-checks", "beat", "--loglevel", "WARNING"],
    "demo": ["manage.py", "demo"],
}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # `prepare` has made them; here they would double the time of a start

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("roles", nargs="+", choices=COMMANDS)

    def handle(self, *args: Any, roles: list[str], **options: Any) -> None:
        temporary = settings.DATA_DIR / "tmp"  # what a killed process leaves behind stays with our state
        temporary.mkdir(exist_ok=True)
        os.environ["TMPDIR"] = str(temporary)
        commands = {role: [sys.executable, *COMMANDS[role]] for role in roles}
        if len(roles) == 1:
            command = commands[roles[0]]
            os.execv(command[0], command)  # noqa: S606 our own interpreter
        manager = Manager(Printer(sys.stdout, colour=sys.stdout.isatty(), width=max(map(len, roles))))
        for role, command in commands.items():
            manager.add_process(role, shlex.join(command), env=dict(os.environ))
        manager.loop()
        sys.exit(manager.returncode)
