"""Jobs as CSV for a spreadsheet: no cell becomes a live formula."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from engine.recipes import RECIPES
from finance.money import MICRO, to_decimal
from trainingjobs.models import TrainingJob

FORMULA_MARKS = frozenset("=+-@")


class Line:
    """A file that hands back what is written to it, for a stream."""

    def write(self, text: str) -> str:
        return text


def harmless(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(cell, str) and (cell[:1] in {"\t", "\r", "\n"} or any(map(_begins_formula, cell.splitlines()))):
        return f"'{cell}"
    return cell


def _begins_formula(line: str) -> bool:
    """The first character that can be seen decides, in whatever width it is written."""
    seen = (each for each in line if not each.isspace() and unicodedata.category(each) not in {"Cc", "Cf"})
    return unicodedata.normalize("NFKC", next(seen, "x")) in FORMULA_MARKS


def heads() -> list[str]:
    """What stands above the columns."""
    return [
        _("Job"),
        _("Project"),
        _("Recipe"),
        _("State"),
        _("By"),
        _("Submitted"),
        _("Started"),
        _("Finished"),
        _("Result"),
        _("Value"),
        _("Cost"),
        _("Currency"),
        _("Settings"),
        _("Cause"),
        _("Queue"),
        _("Priority"),
        _("In the queue since"),
        _("Time limit in s"),
        _("Needed approval"),
        _("Retry of"),
        _("Adjusted by late rate cards"),
    ]


def csv_lines(jobs: Iterable[TrainingJob]) -> Iterator[str]:
    """The header and one line a job, as they are read from the database."""
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow(heads())
    for job in jobs:
        yield writer.writerow([harmless(cell) for cell in cells(job)])


def cells(job: TrainingJob) -> list[Any]:
    """One job, column by column."""
    recipe = RECIPES.get(job.recipe)
    metric = recipe.objective.metric if recipe else ""
    times = [
        localtime(moment).isoformat(timespec="seconds") if moment else ""
        for moment in (job.submitted_at, job.started_at, job.finished_at)
    ]
    late = sum(each.amount_minor for each in job.late)  # type: ignore[attr-defined]
    settings = "; ".join(f"{name}={value}" for name, value in job.params.items())
    return [
        job.name,
        job.project.title,
        recipe.title if recipe else job.recipe,
        str(job.get_state_display()),
        str(job.submitted_by),
        *times,
        metric,
        job.run.metrics.get(metric, "") if job.run else "",
        job.cost_micro / MICRO,
        job.rate_card.currency,
        settings,
        job.error_message,
        str(job.get_resource_display()),
        str(job.get_priority_display()),
        localtime(job.queued_at).isoformat(timespec="seconds") if job.queued_at else "",
        "" if job.time_limit_s is None else job.time_limit_s,
        _("yes") if job.needs_approval else _("no"),
        f"{job.project.key}-{job.retry_of.number}" if job.retry_of else "",
        to_decimal(late, job.rate_card.currency) if late else "",
    ]
