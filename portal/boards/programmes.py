"""What stands in a programme: the health of its projects and the money of their budgets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.models import BudgetLine
from finance.sums import Sums
from finance.then import lines_then
from outcomes.querysets import day_ends
from people.models import User
from people.trail import made_since
from portal.boards.lines import read_lines, sums_by
from portal.boards.rows import ProjectRow, project_rows
from portal.boards.then import RUNNING, projects_then
from projects.models import Programme, Project
from projects.querysets import ProgrammeQuerySet


@dataclass(frozen=True)
class ProgrammeLine:
    """One programme: its projects that run, and the money of all its projects in the portfolio's currency."""

    programme: Programme
    rows: tuple[ProjectRow, ...]
    sums: Sums
    on: date | None = None  # the past day that it is as of

    @property
    def query(self) -> str:
        """The parameters that lead to its money, of the same day."""
        return urlencode({"programme": self.programme.pk} | ({"as_of": self.on.isoformat()} if self.on else {}))

    @property
    def explained_at(self) -> str:
        """Where what is available explains itself."""
        return f"{reverse('money-explain', args=['available'])}?{self.query}"

    @property
    def gravest(self) -> ProjectRow | None:
        """Of equals the first."""
        return min(self.rows, key=lambda row: row.health.rank, default=None)

    @property
    def finding(self) -> str:
        """How its projects stand, in a sentence."""
        count = len(self.rows)
        if not count:
            return _("No project of it runs")
        good = sum(row.health.tone == "good" for row in self.rows)
        words = ngettext("%(good)d of %(n)d project is on track", "%(good)d of %(n)d projects are on track", count)
        return words % {"good": good, "n": count}


def programmes_known(user: User, on: date | None = None) -> ProgrammeQuerySet:
    """The programmes that the person may see; on a past day those that were open and held a project of his then."""
    if on is None:
        return Programme.objects.visible_to(user)
    known = Programme.objects.exclude(pk__in=made_since("open_programme", day_ends(on)))
    if user.sees_everything:
        return known
    known_projects = projects_then(Project.objects.visible_to(user), on)
    held = {project.programme_id for project in known_projects if project.programme_id is not None}
    return known.filter(pk__in=held)


def programme_lines(
    programmes: Sequence[Programme], user: User, today: date, on: date | None = None
) -> tuple[ProgrammeLine, ...]:
    """In their order, now or at the end of a past day; queries grow neither with programmes nor with projects."""
    if on is None:
        return _lines_now(programmes, user, today)
    known, keys = Project.objects.visible_to(user), {programme.pk for programme in programmes}
    projects = [project for project in projects_then(known, on) if project.programme_id in keys]
    placed = {project.pk: project.programme_id for project in projects}
    rows = project_rows([project for project in projects if project.status in RUNNING], on, on)
    lines = lines_then(_lines(user).filter(budget__project__in=placed), day_ends(on))
    return _together(programmes, rows, sums_by(read_lines(lines, on), lambda line: placed[line.project]), on)


def _lines_now(programmes: Sequence[Programme], user: User, today: date) -> tuple[ProgrammeLine, ...]:
    running = Project.objects.visible_to(user).running().filter(programme__in=programmes).with_people()
    lines = _lines(user).filter(budget__project__programme__in=programmes)
    return _together(programmes, project_rows(running, today), sums_by(read_lines(lines), lambda line: line.programme))


def _lines(user: User) -> QuerySet[BudgetLine]:
    return BudgetLine.objects.visible_to(user).filter(budget__currency=settings.CURRENCY)


def _together(
    programmes: Sequence[Programme],
    rows: Sequence[ProjectRow],
    sums: Mapping[int | None, Sums],
    on: date | None = None,
) -> tuple[ProgrammeLine, ...]:
    return tuple(
        ProgrammeLine(
            programme,
            tuple(row for row in rows if row.project.programme_id == programme.pk),
            sums.get(programme.pk, Sums()),
            on,
        )
        for programme in programmes
    )
