"""Submit a job from a terminal by the same verb as the page: submit_job RECIPE --project KEY --set epochs=3 --wait."""

import json
import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from experiments.models import ModelVersion
from finance.money import to_decimal
from people.models import User
from projects.models import Project
from trainingjobs.models import JobState, Priority, TrainingJob
from trainingjobs.queue import place_of
from trainingjobs.services import submit_job

PRIORITIES = {priority.name.lower(): priority for priority in Priority}
HELD = {JobState.AWAITING, JobState.PAUSED}  # only a person lets it go on


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("recipe", help="For example image-classifier.")
        parser.add_argument("--project", required=True, metavar="KEY")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            dest="values",
            help="A hyper-parameter; may be given several times.",
        )
        parser.add_argument(
            "--parent", metavar="JOB", help="Start from the model of this finished job, for example TRI-47."
        )
        parser.add_argument("--by", metavar="USERNAME", help="Who submits; the lead of the project when not given.")
        parser.add_argument(
            "--priority", choices=PRIORITIES, default="normal", help="High is the lead's or a manager's."
        )
        parser.add_argument(
            "--time-limit", type=float, metavar="SECONDS", help="How long it may run, over all attempts."
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Wait for the end; exit code 1 unless it succeeds, or when it is held until a person decides.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of text.")

    def handle(self, *args: Any, **options: Any) -> None:
        job = self.submit(options)
        while options["wait"] and not job.status.is_terminal and job.status not in HELD:
            time.sleep(0.25)
            job.refresh_from_db()
        self.stdout.write(json.dumps(facts(job)) if options["json"] else sentence(job))
        if options["wait"] and job.state != "succeeded":
            raise CommandError(f"{job.name} {job.state}: {reason_of(job)}")

    def submit(self, options: dict[str, Any]) -> TrainingJob:
        try:
            project = Project.objects.select_related("lead").get(key=options["project"])
            by = User.objects.get(username=options["by"]) if options["by"] else project.lead
            return submit_job(
                project=project,
                recipe=options["recipe"],
                params=pairs(options["values"]),
                by=by,
                parent=model_of(options["parent"]),
                priority=PRIORITIES[options["priority"]],
                time_limit_s=options["time_limit"],
            )
        except (Project.DoesNotExist, User.DoesNotExist, ModelVersion.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            faults = error.message_dict.items() if hasattr(error, "error_dict") else [("", error.messages)]
            raise CommandError(
                "\n".join(f"{name}: {text}" if name else text for name, texts in faults for text in texts)
            ) from None


def pairs(texts: list[str]) -> dict[str, str]:
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise CommandError(f"“{wrong[0]}” is not NAME=VALUE, for example --set epochs=3.")
    return dict(text.split("=", 1) for text in texts)


def model_of(name: str | None) -> ModelVersion | None:
    if not name:
        return None
    key, _dash, number = name.rpartition("-")
    model = ModelVersion.objects.filter(
        run__job__project__key=key, run__job__number=number if number.isdigit() else 0
    ).first()
    if model is None:
        raise CommandError(f"{name} has no model. Name a job that has finished, for example TRI-47.")
    return model


def facts(job: TrainingJob) -> dict[str, Any]:
    return {
        "job": job.name,
        "id": str(job.pk),
        "state": job.state,
        "recipe": job.recipe,
        "params": job.params,
        "run_id": str(job.run_id or ""),
        "cost_micro": job.cost_micro,
        "currency": job.rate_card.currency,
        "metrics": job.run.metrics if job.run else {},
        "priority": job.priority,
        "time_limit_s": job.time_limit_s,
        "needs_approval": job.needs_approval,
        "pause_reason": job.pause_reason,
        "reason": reason_of(job),
        "error_code": job.error_code,
        "error_message": job.error_message,
        "error_mend": job.error_mend,
    }


def reason_of(job: TrainingJob) -> str:
    """Why the job is where it is: what it waits for, or how it failed; empty when nothing has to be said."""
    if job.state == JobState.AWAITING:
        return f"Its price, {reserved(job)} at most, is above what {job.project.key} runs without a manager's approval."
    if job.state == JobState.PAUSED:
        return f"{job.get_pause_reason_display()}. It keeps its checkpoint and goes on when somebody resumes it."
    place = place_of(job, timezone.now())
    return place.reason if place else f"{job.error_message} {job.error_mend}".strip()


def reserved(job: TrainingJob) -> str:
    currency = job.rate_card.currency
    return f"{currency} {to_decimal(job.reservation.amount_minor, currency)}"


def sentence(job: TrainingJob) -> str:
    return f"{job.name} {job.get_state_display().lower()}, at most {reserved(job)} reserved"
