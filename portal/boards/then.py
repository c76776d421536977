"""Projects, stages and milestones as they were at the end of a past day, from their history.

Who may see a project is decided by the membership of today. Projects without any history stand as they are today.
"""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import CharField, Model, QuerySet
from django.db.models.functions import Cast

from finance.then import RESOLUTION
from outcomes.querysets import day_ends
from people.foreign_keys import fetch
from people.trail import made_since, told
from projects.models import Dependency, Project
from projects.querysets import ProjectQuerySet
from projects.then import rows_by

PEOPLE = ("lead", "sponsor", "portfolio", "programme")
RUNNING = (Project.Status.ACTIVE, Project.Status.ON_HOLD)


def last_moment(on: date) -> datetime:
    """The end of a day: what was written by then was known on it."""
    return day_ends(on) - RESOLUTION


def rows_then(model: type[Model], on: date) -> QuerySet:
    """The rows of a model with a history, as they were at the end of a day."""
    return rows_by(model, last_moment(on))


def projects_then(visible: ProjectQuerySet, on: date) -> list[Project]:
    """The projects that there were, by key, whatever has become of them since."""
    projects = as_known(list(visible.values_list("pk", flat=True)), on)
    fetch(projects, *PEOPLE)
    return sorted(projects, key=lambda project: project.key)


def as_known(keys: Collection[int], on: date) -> list[Project]:
    """Projects without their people."""
    return [*rows_then(Project, on).filter(id__in=keys), *_without_history(keys, on)]


def running_then(visible: ProjectQuerySet, on: date) -> list[Project]:
    return [project for project in projects_then(visible, on) if project.status in RUNNING]


def dependencies_then(on: date) -> list[Dependency]:
    """What waited for what: the audit trail tells what was added since, and what has been taken out."""
    end = day_ends(on)
    known = told().filter(subject_type="projects.dependency", at__lt=end)
    removed = known.filter(verb="remove_dependency").values("subject_id")
    there = Dependency.objects.values(key=Cast("pk", CharField()))
    gone = known.filter(verb="add_dependency").exclude(subject_id__in=removed).exclude(subject_id__in=there)
    rows = [
        Dependency(
            int(entry.subject_id), entry.detail["predecessor"], entry.detail["successor"], entry.detail["lag_days"]
        )
        for entry in gone
    ]
    return sorted(
        [*Dependency.objects.exclude(pk__in=made_since("add_dependency", end)), *rows], key=lambda row: row.pk
    )


def _without_history(keys: Collection[int], on: date) -> list[Project]:
    known = Project.history.filter(id__in=keys).order_by().values("id")
    return list(Project.objects.filter(pk__in=keys, started_on__lte=on).exclude(pk__in=known))
