"""Why a forecaster scores what he scores: each forecast that came due, and the mean or the median of their errors."""

from datetime import date
from statistics import fmean, median

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.explain import Explanation, Fact, Term
from outcomes.forecasters import WORTH_SAYING, promises_of, stage_forecasts_of
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.summed import NAMED
from portal.wording import MINUS, number, percent
from projects.models import Project

WHAT = ("stages", "benefits")


def explain_forecaster(what: str, person: User, reader: User, day: date, on: date | None) -> Explanation:
    """The Brier score of stages or the median error of benefits of one person, as of a day."""
    keys = list(Project.objects.visible_to(reader).values_list("pk", flat=True))
    if what not in WHAT:
        raise ObjectDoesNotExist(f"there is no score {what!r}")
    terms, total, count = (_stages if what == "stages" else _benefits)(keys, person, day)
    page = reverse("forecasters") + (f"?as_of={on.isoformat()}" if on else "")
    return Explanation(
        _("Where %(total)s comes from") % {"total": total},
        _("%(person)s, what he said against what came") % {"person": person},
        terms,
        (
            Fact(_("Forecasts"), ngettext("%(n)d that has come due", "%(n)d that have come due", count) % {"n": count}),
            Fact(_("Fewest that are scored"), str(WORTH_SAYING)),
            Fact(_("Forecasters"), _("everybody who forecast"), page),
        ),
        _("Brier score = mean of (probability − outcome)²; the outcome is 1 where the stage was finished, else 0.")
        if what == "stages"
        else _("Median of |promised − realised| ÷ |promised|, each month that was promised and realised."),
    )


def _stages(keys: list[int], person: User, day: date) -> tuple[tuple[Term, ...], str, int]:
    forecasts = stage_forecasts_of(keys, day_ends(day)).get(person.pk, [])
    _demand(len(forecasts))
    errors = [(p - came) ** 2 for p, came in forecasts]
    came_words = {True: _("finished"), False: _("stopped in it")}
    named = [
        Term(
            "+" if place else "",
            _("%(p)s said") % {"p": percent(p)},
            f"{came_words[came]}: ({number(p, 2)} {MINUS} {int(came)})²",
            number(errors[place], 4),
        )
        for place, (p, came) in enumerate(forecasts[:NAMED])
    ]
    if len(errors) > NAMED:
        named.append(Term("+", _more(len(errors) - NAMED), "", number(sum(errors[NAMED:]), 4)))
    score = number(fmean(errors), 3)
    together = Term("=", _("Together"), "", number(sum(errors), 4))
    return (
        (*named, together, Term("÷", _("Forecasts"), "", str(len(errors))), Term("=", _("Brier score"), "", score)),
        score,
        len(errors),
    )


def _benefits(keys: list[int], person: User, day: date) -> tuple[tuple[Term, ...], str, int]:
    pairs = [pair for pair in promises_of(keys, day_ends(day)).get(person.pk, []) if any(pair)]
    _demand(len(pairs))
    errors = sorted(abs(plan - came) / abs(plan) if plan else 1.0 for plan, came in pairs)
    begin = max(0, (len(errors) - NAMED) // 2)
    near = errors[begin : begin + NAMED]
    middle = percent(median(errors))
    terms = [
        Term("", _("Month %(n)d by its error") % {"n": begin + place + 1}, "", percent(error))
        for place, error in enumerate(near)
    ]
    note = _("of %(n)d months in the order of their error") % {"n": len(errors)}
    return (*terms, Term("", _("The middle one"), note, middle)), middle, len(errors)


def _demand(count: int) -> None:
    if count < WORTH_SAYING:
        raise ObjectDoesNotExist("too few forecasts have come due")


def _more(count: int) -> str:
    return ngettext("%(n)d more", "%(n)d more", count) % {"n": count}
