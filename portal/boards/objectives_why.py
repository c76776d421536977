"""Why the objectives of a page have come as far as its headline says: each of them, and their mean."""

from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact, Term
from portal.boards.objectives import ObjectiveRow, mean_of
from portal.wording import number, percent

KEPT = ("portfolio", "period", "page")


def address_of(name: str, query: Mapping[str, str], on: date | None) -> str:
    """A page or the explanation of its headline, with the same filters and as of the same day."""
    given = {key: query[key] for key in KEPT if query.get(key)} | ({"as_of": on.isoformat()} if on else {})
    return reverse(name) + (f"?{urlencode(given)}" if given else "")


def explain_objectives(rows: Sequence[ObjectiveRow], query: Mapping[str, str], on: date | None) -> Explanation:
    """The mean of the objectives that can be read; where none can there is nothing to explain."""
    mean = mean_of(rows)
    if mean is None:
        raise ObjectDoesNotExist("no objective of this page has been measured")
    read = [row for row in rows if row.progress.raw is not None]
    terms = [
        Term("+" if place else "", row.objective.title, _period(row), percent(row.progress.shown, 2))
        for place, row in enumerate(read)
    ]
    silent = [Term("", row.objective.title, row.progress.reason, _("left out")) for row in rows if row not in read]
    together = sum(row.progress.shown or 0.0 for row in read)
    return Explanation(
        _("Where %(share)s of the way comes from") % {"share": percent(mean)},
        _("How far the objectives of the page have come on average, each counting the same"),
        (
            *silent,
            *terms,
            Term("=", _("Together"), "", percent(together, 2)),
            Term("÷", _("Objectives that can be read"), "", number(len(read), 0)),
            Term("=", _("Of the way"), "", percent(mean, 2)),
        ),
        (
            Fact(_("Page"), _("the objectives with their key results"), address_of("objectives", query, on)),
            *(_objective(row, on) for row in rows),
        ),
        _("An objective counts from 0% to 100%; the weights of its key results count inside of it."),
    )


def _period(row: ObjectiveRow) -> str:
    first, end = (date_format(day, "j M Y") for day in (row.objective.starts_on, row.objective.ends_on))
    return _("%(portfolio)s, %(first)s to before %(end)s") % {
        "portfolio": row.objective.portfolio,
        "first": first,
        "end": end,
    }


def _objective(row: ObjectiveRow, on: date | None) -> Fact:
    """Its own explanation is that of today."""
    explains_itself = on is None and row.progress.raw is not None
    url = reverse("explain", args=["objective", row.objective.pk]) if explains_itself else ""
    return Fact(_("Objective"), row.objective.title, url)
