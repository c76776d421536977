"""Which part of the house a money board is about: all of it, one portfolio, one programme or one project."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404

from people.models import User
from portal.boards.then import projects_then
from portal.search import typed
from projects.models import Portfolio, Programme, Project
from projects.querysets import ProjectQuerySet

PK = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Scope:
    """At most one of the three is the innermost; those around it are known through it.

    `placed` are the projects of the programme on a past day, which may stand elsewhere today.
    """

    portfolio: Portfolio | None = None
    programme: Programme | None = None
    project: Project | None = None
    placed: frozenset[int] | None = None

    @property
    def query(self) -> str:
        """The parameter that leads back here."""
        if self.project:
            return urlencode({"project": self.project.key})
        if self.programme:
            return urlencode({"programme": self.programme.pk})
        return urlencode({"portfolio": self.portfolio.pk}) if self.portfolio else ""

    @property
    def name(self) -> str:
        inner = self.project or self.programme or self.portfolio
        return str(inner) if inner else ""

    def narrow(self, rows: Any, path: str) -> Any:
        """Rows inside it, whose project stands at `path`."""
        if self.project:
            return rows.filter(**{path: self.project})
        if self.programme and self.placed is not None:
            return rows.filter(**{f"{path}__in": self.placed})
        if self.programme:
            return rows.filter(**{f"{path}__programme": self.programme})
        return rows.filter(**{f"{path}__portfolio": self.portfolio}) if self.portfolio else rows


def scope_of(query: Any, user: User, on: date | None = None) -> Scope:
    """The innermost scope that the address names; what the person does not see is not there."""
    visible = Project.objects.visible_to(user)
    try:
        if key := query.get("project", ""):
            project = visible.select_related("portfolio", "programme").get(key=typed(key)[:8])
            return Scope(project.portfolio, project.programme, project)
        if pk := query.get("programme", ""):
            inside = visible.filter(programme__isnull=False).values("programme")
            programme = Programme.objects.select_related("portfolio").get(pk=_number(pk))
            scope = Scope(programme.portfolio, programme, placed=placed_then(programme, visible, on))
            if not scope.placed and not inside.filter(programme=programme).exists():
                raise Http404
            return scope
        if pk := query.get("portfolio", ""):
            return Scope(Portfolio.objects.filter(pk__in=visible.values("portfolio")).get(pk=_number(pk)))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return Scope()


def placed_then(programme: Programme, visible: ProjectQuerySet, on: date | None) -> frozenset[int] | None:
    """The projects that stood in a programme at the end of a past day."""
    if on is None:
        return None
    return frozenset(project.pk for project in projects_then(visible, on) if project.programme_id == programme.pk)


def _number(text: str) -> int:
    if not PK.fullmatch(text):
        raise Http404
    return int(text)
