"""What stands in a programme: the health of its projects and the money of their budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.models import BudgetLine
from finance.sums import Sums
from people.models import User
from portal.boards.health import Health
from portal.boards.lines import read_lines, sums_by
from portal.boards.rows import ProjectRow, project_rows
from projects.models import Programme, Project


@dataclass(frozen=True)
class ProgrammeLine:
    """One programme: its projects that run, and the money of all its projects in the portfolio's currency."""

    programme: Programme
    rows: tuple[ProjectRow, ...]
    sums: Sums

    @property
    def gravest(self) -> Health | None:
        return min((row.health for row in self.rows), key=lambda health: health.rank, default=None)

    @property
    def finding(self) -> str:
        """How its projects stand, in a sentence."""
        count = len(self.rows)
        if not count:
            return _("No project of it runs")
        good = sum(row.health.tone == "good" for row in self.rows)
        words = ngettext("%(good)d of %(n)d project is on track", "%(good)d of %(n)d projects are on track", count)
        return words % {"good": good, "n": count}


def programme_lines(programmes: Sequence[Programme], user: User, today: date) -> tuple[ProgrammeLine, ...]:
    """In their order; the number of queries grows neither with programmes nor with projects."""
    running = Project.objects.visible_to(user).running().filter(programme__in=programmes).with_people()
    rows = project_rows(running, today)
    lines = BudgetLine.objects.visible_to(user).filter(
        budget__project__programme__in=programmes, budget__currency=settings.CURRENCY
    )
    sums = sums_by(read_lines(lines), lambda line: line.programme)
    return tuple(
        ProgrammeLine(
            programme,
            tuple(row for row in rows if row.project.programme_id == programme.pk),
            sums.get(programme.pk, Sums()),
        )
        for programme in programmes
    )
