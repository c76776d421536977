"""Enter the demo portfolio through the product's own verbs; a second run changes nothing.

With DEMO on everybody has the password that the sign-in page shows; with DEMO off it is random and shown once.
"""

import json
import secrets
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from people import chain
from portal.demo.cast import PASSWORD
from portal.demo.report import report
from portal.demo.scale import grow, is_grown
from portal.demo.seed import is_told, is_valid, submit_jobs, tell


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print keys, log-ins and fresh API tokens as one line.")
        parser.add_argument("--today", type=date.fromisoformat, help="The day on which the story is told, YYYY-MM-DD.")
        parser.add_argument("--jobs", type=int, default=0, help="Also submit so many real jobs of the story.")
        parser.add_argument("--projects", type=int, default=0, help="Also enter so many projects, to measure on.")
        parser.add_argument("--months", type=int, default=36, help="Months of money and figures that they have.")

    def handle(
        self,
        *args: Any,
        today: date | None = None,
        jobs: int = 0,
        projects: int = 0,
        months: int = 36,
        verbosity: int = 1,
        **options: Any,
    ) -> None:
        is_new = not is_told()
        try:
            password = PASSWORD if settings.DEMO or not is_new else secrets.token_urlsafe(16)
            if is_new:
                tell(today=today or timezone.localdate(), password=password)
            submit_jobs(jobs)
            if projects and not is_grown():
                grow(projects=projects, months=months, today=today or timezone.localdate())
        except ValidationError as error:
            raise CommandError("The demo cannot be entered here: " + " ".join(error.messages)) from error
        if options.get("json"):
            self.stdout.write(json.dumps(report(password=password if is_valid(password) else None)))
        elif verbosity:
            known = f" Password of everybody: {password}" if is_valid(password) else ""
            self.stdout.write(("The demo has been entered." if is_new else "The demo is there already.") + known)
        while chain.seal():
            pass  # the report issues tokens, so the trail is sealed after it
