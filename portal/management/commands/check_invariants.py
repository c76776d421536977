"""Check what must always hold: ledger, settlements, leases, models, outbox, audit. Exit code 1 on a breach."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.invariants import INVARIANTS, find_breaches


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of text.")

    def handle(self, *args: Any, **options: Any) -> None:
        breaches = find_breaches()
        checked = [check.__name__ for check in INVARIANTS]
        if options["json"]:
            report = {"ok": not breaches, "checked": checked, "breaches": [asdict(breach) for breach in breaches]}
            self.stdout.write(json.dumps(report))
        else:
            for breach in breaches:
                self.stdout.write(f"{breach.invariant}: {breach.subject}: {breach.fact}")
            self.stdout.write(f"{len(checked)} invariants checked, {len(breaches)} breaches")
        if breaches:
            sys.exit(1)
