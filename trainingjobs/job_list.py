"""The list of jobs: what may be asked of it by address, answered in SQL."""

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Max, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from engine.recipes import RECIPES
from people.models import User
from projects.models import Project
from projects.querysets import ProjectQuerySet
from trainingjobs.models import JobState, Resource, TrainingJob

SORTS = {
    "job": ("project__key", "number"),
    "recipe": ("recipe", "-submitted_at"),
    "state": ("state", "-submitted_at"),
    "queue": ("resource", "-priority", "-submitted_at"),
    "by": ("submitted_by__last_name", "submitted_by__username", "-submitted_at"),
    "submitted": ("submitted_at", "number"),
    "duration": ("duration", "-submitted_at"),
    "cost": ("cost_micro", "-submitted_at"),
}
DEFAULT_SORT = "-submitted"
STARTS = 20


@dataclass(frozen=True)
class JobFilter:
    """What the address asks for; a word that means nothing here is left out, never an error."""

    project: str = ""
    recipe: str = ""
    state: str = ""
    queue: str = ""
    by: str = ""
    text: str = ""
    sort: str = DEFAULT_SORT

    @classmethod
    def read(cls, query: Any) -> "JobFilter":
        sort = query.get("sort", DEFAULT_SORT)
        by = query.get("by", "")
        return cls(
            project=query.get("project", "").replace("\x00", ""),
            recipe=query.get("recipe", "") if query.get("recipe") in RECIPES else "",
            state=query.get("state", "") if query.get("state") in JobState.values else "",
            queue=query.get("queue", "") if query.get("queue") in Resource.values else "",
            by=by if by.isdecimal() and len(by) < 12 else "",
            text=query.get("q", "").strip()[:80].replace("\x00", ""),
            sort=sort if sort.lstrip("-") in SORTS else DEFAULT_SORT,
        )

    @property
    def is_active(self) -> bool:
        return any((self.project, self.recipe, self.state, self.queue, self.by, self.text))


def jobs_of(user: User, asked: JobFilter) -> QuerySet[TrainingJob]:
    """The jobs a person may see, filtered and ordered."""
    jobs = TrainingJob.objects.visible_to(user).for_list()
    if asked.project:
        jobs = jobs.filter(project__key__iexact=asked.project)
    if asked.recipe:
        jobs = jobs.filter(recipe=asked.recipe)
    if asked.state:
        jobs = jobs.filter(state=asked.state)
    if asked.queue:
        jobs = jobs.filter(resource=asked.queue)
    if asked.by:
        jobs = jobs.filter(submitted_by=asked.by)
    if asked.text:
        jobs = jobs.alias(name_text=job_name()).filter(_any_text(asked.text))
    return _ordered(jobs, asked.sort)


def job_name() -> Concat:
    """TRI-47 in SQL."""
    return Concat("project__key", Value("-"), Cast("number", CharField()), output_field=CharField())


def _any_text(text: str) -> Q:
    titled = [slug for slug, recipe in RECIPES.items() if text.lower() in recipe.title.lower()]
    return (
        Q(name_text__icontains=text)
        | Q(project__title__icontains=text)
        | Q(recipe__icontains=text)
        | Q(recipe__in=titled)
        | Q(submitted_by__first_name__icontains=text)
        | Q(submitted_by__last_name__icontains=text)
        | Q(error_message__icontains=text)
    )


def _ordered(jobs: QuerySet[TrainingJob], sort: str) -> QuerySet[TrainingJob]:
    backwards = sort.startswith("-")
    first, *rest = SORTS[sort.lstrip("-")]
    if first == "duration":
        jobs = jobs.annotate(duration=F("finished_at") - F("started_at"))
    leading = F(first).desc(nulls_last=True) if backwards else F(first).asc(nulls_last=True)
    return jobs.order_by(leading, *rest, "pk")


def choices(user: User) -> dict[str, Any]:
    """What the filters offer: only what this person may see."""
    people = (
        User.objects.filter(jobs__in=TrainingJob.objects.visible_to(user))
        .distinct()
        .order_by("first_name", "last_name")
    )
    visible = Project.objects.visible_to(user)
    projects = visible.offered()
    return {
        "projects": projects,
        "starts": projects or _busiest(visible),
        "recipes": RECIPES.values(),
        "states": JobState.choices,
        "queues": Resource.choices,
        "people": people,
    }


def _busiest(projects: ProjectQuerySet) -> list[Project]:
    """Those with the newest jobs, to begin another one in."""
    known = projects.running().annotate(newest=Max("jobs__submitted_at"))
    return list(known.order_by(F("newest").desc(nulls_last=True), "key")[:STARTS])


@dataclass(frozen=True)
class Column:
    """A head of the table: its word, how it is sorted now, and what a click asks for next."""

    word: str
    key: str = ""
    sorted: str = ""
    next: str = ""
    is_number: bool = False
    is_optional: bool = False


def columns(sort: str, *, with_queue: bool) -> list[Column]:
    """The heads of the job table; numbers and times begin with the greatest. The queue matters while a job waits."""
    heads = (
        (_("Job"), "job", False, False),
        (_("Recipe"), "recipe", False, True),
        (_("State"), "state", False, False),
        *([(_("Queue"), "queue", False, True)] if with_queue else []),
        (_("Result"), "", True, False),
        (_("By"), "by", False, True),
        (_("Submitted"), "submitted", False, True),
        (_("Took"), "duration", True, True),
        (_("Cost"), "cost", True, False),
    )
    return [_column(word, key, sort, is_number, is_optional) for word, key, is_number, is_optional in heads]


def _column(word: str, key: str, sort: str, is_number: bool, is_optional: bool) -> Column:
    if not key or sort.lstrip("-") != key:
        return Column(
            word, key, "", f"-{key}" if key in {"submitted", "duration", "cost"} else key, is_number, is_optional
        )
    backwards = sort.startswith("-")
    return Column(
        word, key, "descending" if backwards else "ascending", key if backwards else f"-{key}", is_number, is_optional
    )
