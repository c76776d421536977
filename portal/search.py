"""Finding projects, jobs, models and KPIs by key or name; only what the person may see."""

import re
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from experiments.models import ModelVersion
from outcomes.models import Kpi
from people.models import User
from projects.models import Project
from trainingjobs.models import TrainingJob

AT_MOST = 20
JOB_NAME = re.compile(r"^\s*([A-Za-z][A-Za-z0-9]{1,7})-(\d{1,9})\s*$")


@dataclass(frozen=True)
class Hit:
    name: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    title: str
    hits: tuple[Hit, ...]


def typed(words: str) -> str:
    """Words as typed, without the null character, which PostgreSQL refuses in text."""
    return words.replace("\x00", "").strip()


def find(query: str, user: User) -> tuple[Group, ...]:
    """Four questions, whatever is found; groups without hits are left out."""
    groups = (
        Group(_("Projects"), _projects(query, user)),
        Group(_("Jobs"), _jobs(query, user)),
        Group(_("Models"), _models(query, user)),
        Group(_("KPIs"), _kpis(query, user)),
    )
    return tuple(group for group in groups if group.hits)


def _projects(query: str, user: User) -> tuple[Hit, ...]:
    rows = Project.objects.visible_to(user).filter(
        Q(key__iexact=query) | Q(title__icontains=query) | Q(summary__icontains=query)
    )
    return tuple(
        Hit(row.title, f"{row.key} · {row.summary}" if row.summary else row.key, row.get_absolute_url())
        for row in rows[:AT_MOST]
    )


def _jobs(query: str, user: User) -> tuple[Hit, ...]:
    match = JOB_NAME.match(query)
    what = (
        Q(project__key__iexact=match[1], number=match[2])
        if match
        else Q(recipe__icontains=query) | Q(project__key__iexact=query)
    )
    rows = TrainingJob.objects.visible_to(user).filter(what).select_related("project")
    return tuple(Hit(row.name, f"{row.recipe} · {row.status.label}", row.get_absolute_url()) for row in rows[:AT_MOST])


def _models(query: str, user: User) -> tuple[Hit, ...]:
    what = (
        Q(run__name__icontains=query)
        | Q(registered_name__icontains=query)
        | Q(kind__icontains=query)
        | Q(digest__istartswith=query)
    )
    rows = (
        ModelVersion.objects.visible_to(user).filter(what, run__job__isnull=False).select_related("run__job__project")
    )
    return tuple(
        Hit(
            str(row),
            f"{row.registered_name} {row.registered_version or ''}".strip() or row.digest[:12],
            row.run.job.get_absolute_url(),
        )
        for row in rows[:AT_MOST]
    )


def _kpis(query: str, user: User) -> tuple[Hit, ...]:
    rows = (
        Kpi.objects.visible_to(user)
        .filter(Q(name__icontains=query) | Q(definition__icontains=query))
        .select_related("project")
    )
    return tuple(Hit(row.name, row.project.title, reverse("kpi", args=[row.pk])) for row in rows[:AT_MOST])
