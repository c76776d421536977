"""Run queued jobs in this process, without Celery: for tests, and to look at one job with a debugger."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from trainingjobs.services import deliver_outbox, run_one, sweep


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="End when nothing waits.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        while True:
            sweep()
            while run_one():
                deliver_outbox()
            deliver_outbox()
            if once:
                return
            time.sleep(settings.REAPER_S)
