"""The demo's last act, beside web, worker and scheduler: run the main job, print the URL and a log-in, then wait."""

import signal
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.demo.cast import PASSWORD
from portal.demo.first_figures import enter_first_figures
from portal.demo.voices import enter_voices
from portal.main_job import PROJECT, run_main_job
from projects.models import Project
from trainingjobs.models import TrainingJob

SEED_JOBS = 11  # three seeds for each of two projects, one job for each of four, and one that awaits approval


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        url = f"http://{settings.ENVIRONMENT.host}:{settings.ENVIRONMENT.port}/"
        self.wait_for(f"{url}healthz")
        project = Project.objects.select_related("lead").get(key=PROJECT)
        banner = f"Throughline is at {url}   sign in as {project.lead.username} with the password {PASSWORD}"
        self.say(banner)
        first_start = not TrainingJob.objects.exists()
        try:
            result = run_main_job(say=self.say)
            self.say(
                f"main job done: accuracy {result['accuracy']['trained']:.3f}, cost "
                f"{result['cost']['currency']} {result['cost']['amount']}"
            )
        except ValidationError as error:
            self.say(f"The main job did not succeed: {'; '.join(error.messages)}")
        if first_start:
            enter_first_figures(project=project, at=timezone.now())
            enter_voices(project=project, at=timezone.now())
            call_command("seed_demo", jobs=SEED_JOBS, verbosity=0)
            self.say(f"{SEED_JOBS} smaller jobs follow, so that the board has something to compare")
        self.say(banner + "   Ctrl-C stops everything")
        signal.pause()

    def say(self, message: str) -> None:
        self.stdout.write(message)
        self.stdout.flush()

    def wait_for(self, url: str, patience_s: float = 60) -> None:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=2):  # noqa: S310 our own http address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        self.say(f"The web server does not answer at {url}; its messages are above.")
