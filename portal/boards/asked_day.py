"""The day that a board is asked to be as of: today's board unless a past day is named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from portal.boards.then import last_moment, projects_then
from portal.search import typed
from projects.models import Project

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST = date(1990, 1, 1)


@dataclass(frozen=True)
class AskedDay:
    """`on` is a past day or, for today's board, nothing; `fault` says why a day that was typed cannot be shown."""

    on: date | None
    today: date
    typed: str = ""
    fault: str = ""

    def too_early(self, what: str) -> "AskedDay":
        """Today's board instead, with the reason: there was nothing of it yet."""
        text = _("Nothing was known of %(what)s on %(day)s.") % {"what": what, "day": self.typed}
        return replace(self, on=None, fault=text)

    def moment(self, now: datetime) -> datetime:
        """Now, or the end of the past day."""
        return last_moment(self.on) if self.on else now


def asked_day(query: Mapping[str, str], today: date) -> AskedDay:
    """Read `as_of` from the address."""
    words = typed(query.get("as_of", ""))
    if not words:
        return AskedDay(None, today)
    on = _day(words)
    if on is None or on < FIRST:
        text = _("“%(day)s” is not a day. Write it as year-month-day, for example %(example)s.")
        return AskedDay(None, today, words[:40], text % {"day": words[:40], "example": today.isoformat()})
    if on > today:
        text = _("%(day)s is still to come. Choose today or a day before it.") % {"day": on.isoformat()}
        return AskedDay(None, today, on.isoformat(), text)
    return AskedDay(on if on < today else None, today, on.isoformat())


def project_then(project: Project, asked: AskedDay) -> tuple[Project, AskedDay]:
    """A project as it was on the asked day; before there was anything of it, that of today with the reason."""
    if asked.on is None:
        return project, asked
    known = projects_then(Project.objects.filter(pk=project.pk), asked.on)
    return (known[0], asked) if known else (project, asked.too_early(project.key))


def _day(words: str) -> date | None:
    try:
        return parse_date(words) if DAY.fullmatch(words) else None
    except ValueError:
        return None
