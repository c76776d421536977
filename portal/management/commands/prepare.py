"""Make an installation ready to start: a free port, migrated database, a tracking store, the demo's portfolio."""

import socket
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from outcomes.services.gate import lay_gates


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="Also write the demo's portfolio.")
        parser.add_argument("--no-port", action="store_true", help="Do not ask for the web port to be free.")

    def handle(self, *args: Any, demo: bool, no_port: bool, **options: Any) -> None:
        if not no_port:
            self.check_port(settings.ENVIRONMENT.host, settings.ENVIRONMENT.port)
        call_command("migrate", verbosity=0)
        if not (settings.DATA_DIR / "mlflow.sqlite3").exists():
            call_command("prepare_tracking", verbosity=0)
        lay_gates(by=None)
        if demo:
            call_command("seed_demo", verbosity=0)

    def check_port(self, host: str, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} on {host} cannot be used: {error.strerror}. "
                    f"Stop what uses it, or choose another: PORT={port + 1} make demo"
                ) from None
