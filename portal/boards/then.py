"""Projects, stages and milestones as they were at the end of a past day, from their history.

Who may see a project is decided by the membership of today. Projects without any history stand as they are today.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Model, OuterRef, QuerySet, Subquery, prefetch_related_objects

from finance.then import RESOLUTION
from outcomes.querysets import day_ends
from projects.models import Project
from projects.querysets import ProjectQuerySet

PEOPLE = ("lead", "sponsor", "portfolio", "programme")
RUNNING = (Project.Status.ACTIVE, Project.Status.ON_HOLD)


def last_moment(on: date) -> datetime:
    """The end of a day: what was written by then was known on it."""
    return day_ends(on) - RESOLUTION


def rows_then(model: type[Model], on: date) -> QuerySet:
    """The rows of a model with a history, as they were; it can be filtered like the table itself."""
    written = model.history.filter(history_date__lte=last_moment(on))  # type: ignore[attr-defined]
    newest = written.filter(id=OuterRef("id")).order_by("-history_date", "-history_id").values("history_id")[:1]
    return written.filter(history_id=Subquery(newest)).as_instances()


def projects_then(visible: ProjectQuerySet, on: date) -> list[Project]:
    """The projects that there were, by key, whatever has become of them since."""
    keys = list(visible.values_list("pk", flat=True))
    projects = [*rows_then(Project, on).filter(id__in=keys), *_without_history(keys, on)]
    prefetch_related_objects(projects, *PEOPLE)
    return sorted(projects, key=lambda project: project.key)


def running_then(visible: ProjectQuerySet, on: date) -> list[Project]:
    return [project for project in projects_then(visible, on) if project.status in RUNNING]


def _without_history(keys: Sequence[int], on: date) -> list[Project]:
    known = Project.history.filter(id__in=keys).order_by().values("id")
    return list(Project.objects.filter(pk__in=keys, started_on__lte=on).exclude(pk__in=known))
