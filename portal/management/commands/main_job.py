"""Run the main job without a browser. The last line of the output is one JSON object."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.main_job import run_main_job
from portal.management.commands.start import COMMANDS

WORKER = [*COMMANDS["worker"], "--beat", "--concurrency", "1"]


@contextmanager
def worker() -> Iterator[None]:
    """A worker of our own for as long as the main job takes."""
    process = subprocess.Popen([sys.executable, *WORKER], stdout=sys.stderr)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--with-worker", action="store_true", help="Start a worker for it; otherwise one must be running."
        )

    def handle(self, *args: Any, with_worker: bool, **options: Any) -> None:
        try:
            if with_worker:
                with worker():
                    result = run_main_job(say=self.stderr.write)
            else:
                result = run_main_job(say=self.stderr.write)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(json.dumps(result))
