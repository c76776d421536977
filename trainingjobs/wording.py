"""How jobs, their settings and their logs read on a page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.recipes import RECIPES
from trainingjobs.hyperparameters import settings_of
from trainingjobs.models import TrainingJob

LINE = re.compile(
    r"^(?:\[?(\d{2}:\d{2}:\d{2})\]?\s+)?(?:(debug|info|warning|error)[:\s]\s*)?(.*)$", re.IGNORECASE | re.DOTALL
)
TERMINAL_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|.)?", re.DOTALL)
KEY_FIGURE = re.compile(r"validation_accuracy [\d.e+-]+")


@dataclass(frozen=True)
class LogLine:
    """One line of a log: when, how grave, and what, as plain text; `key` is the figure to see, `rest` comes after."""

    time: str
    level: str
    text: str
    key: str = ""
    rest: str = ""


@dataclass(frozen=True)
class SettingLine:
    """One setting of a job, and what it was in the job before when that differs."""

    label: str
    value: str
    unit: str
    was: str | None = None


def title_of(job: TrainingJob) -> str:
    """`Image classifier`; a recipe that has left the catalogue keeps its slug."""
    recipe = RECIPES.get(job.recipe)
    return recipe.title if recipe else job.recipe


def log_lines(text: str) -> Iterator[LogLine]:
    """The lines of a log, taken apart for colour; nothing is interpreted beyond time and level."""
    for line in TERMINAL_CODE.sub("", text).splitlines():
        hit = LINE.match(line)
        time, level, rest = hit.groups() if hit else ("", "", line)
        text, key, after = rest, "", ""
        if not level and (figure := KEY_FIGURE.search(rest)):
            text, key, after = rest[: figure.start()], figure.group(), rest[figure.end() :]
        yield LogLine(time or "", (level or "").lower(), text, key, after)


def setting_lines(job: TrainingJob, before: TrainingJob | None) -> list[SettingLine]:
    """Every setting of a job against the job before it."""
    recipe = RECIPES.get(job.recipe)
    if recipe is None:
        return [SettingLine(name, plain(value), "") for name, value in job.params.items()]
    earlier = before.params if before else job.params
    return [
        SettingLine(
            setting.label,
            plain(setting.value),
            setting.unit,
            plain(earlier[setting.name]) if earlier.get(setting.name, setting.value) != setting.value else None,
        )
        for setting in settings_of(recipe, job.params)
    ]


def plain(value: Any) -> str:
    """A value as it is typed: 0.001, 32, on."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def before(job: TrainingJob) -> TrainingJob | None:
    """The job of the same recipe that the project ran just before this one."""
    earlier = TrainingJob.objects.filter(project=job.project_id, recipe=job.recipe, number__lt=job.number)
    return earlier.select_related("project").order_by("-number").first()
