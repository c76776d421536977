"""Who may be believed: how sure people were of stages and how much benefits brought, against what came."""

from collections.abc import Callable, Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.forecasters import WORTH_SAYING, Forecaster, Score, forecasters
from people.models import User
from portal.boards.board import Finding, Panel
from portal.boards.charts.forecasters import ErrorBars, error_bars
from portal.wording import number, percent
from projects.models import Project

COIN = 0.25  # the Brier score of who always says 50%
HALF = 50.0  # percent; a promise that is off by more is a guess
MOST_BARS = 12


def found_forecasters(user: User, on: date) -> tuple[Forecaster, ...]:
    """Everybody who forecast in projects that this person sees, by name, as of a day."""
    return tuple(forecasters(Project.objects.visible_to(user), on))


def sentence_of(people: Sequence[Forecaster]) -> str:
    """How many of those who can be judged beat a coin, and how far off the promises are."""
    if not people:
        return _("No forecast has come due yet.")
    judged = [each for each in people if each.stages.value is not None]
    promised = [each for each in people if each.benefits.value is not None]
    if not judged and not promised:
        return _("Too few forecasts have come due to judge anybody.")
    said = []
    if judged:
        better = sum((each.stages.value or 0) < COIN for each in judged)
        text = ngettext(
            "%(better)d of %(count)d person who forecast stages knew more than a coin.",
            "%(better)d of %(count)d people who forecast stages knew more than a coin.",
            len(judged),
        )
        said.append(text % {"better": better, "count": len(judged)})
    if promised:
        best = min(promised, key=lambda each: each.benefits.value or 0)
        words = {"name": best.user, "error": percent(best.benefits.value)}
        said.append(_("Closest with promised benefits is %(name)s, off by %(error)s at the median.") % words)
    return " ".join(said)


def stage_question(people: Sequence[Forecaster]) -> Finding:
    """Whose probabilities came true?"""
    return _finding(
        [(str(each.user), each.stages) for each in people],
        closest=_("%(name)s was closest about stages: a Brier score of %(value)s"),
        unknown=_("Nobody can be judged by stages yet"),
        how_to_read=_("Brier score: mean square of what was said less what came. 0 is perfect, a coin scores 0.25"),
        shown=lambda value: number(value, 3),
        bars=lambda errors: ErrorBars(errors, "", COIN, _("a coin")),
        columns=(_("Person"), _("Brier score"), _("Forecasts")),
        hope=_(
            "Each change of a stage's probability counts once the stage is finished or its project is stopped in it."
        ),
    )


def benefit_question(people: Sequence[Forecaster]) -> Finding:
    """Whose promises of benefits came true?"""
    return _finding(
        [(str(each.user), each.benefits) for each in people],
        closest=_("%(name)s was closest about benefits: off by %(value)s at the median"),
        unknown=_("Nobody can be judged by benefits yet"),
        how_to_read=_(
            "Median distance of what a month brought from what it promised when it began, in percent of the promise"
        ),
        shown=percent,
        bars=lambda errors: ErrorBars(
            tuple((name, error * 100) for name, error in errors), "%", HALF, _("off by half")
        ),
        columns=(_("Person"), _("Median error"), _("Months")),
        hope=_("Each month of a benefit counts for its owner once somebody has recorded what it brought."),
    )


def _finding(
    scores: Sequence[tuple[str, Score]],
    *,
    closest: str,
    unknown: str,
    how_to_read: str,
    shown: Callable[[float], str],
    bars: Callable[[tuple[tuple[str, float], ...]], ErrorBars],
    columns: tuple[str, ...],
    hope: str,
) -> Finding:
    """Those with the most forecasts are drawn, the best first; too few forecasts of somebody prove nothing."""
    judged = [(name, score.value, score.forecasts) for name, score in scores if score.value is not None]
    drawn = sorted(sorted(judged, key=lambda row: -row[2])[:MOST_BARS], key=lambda row: row[1])
    title = closest % {"name": drawn[0][0], "value": shown(drawn[0][1])} if drawn else unknown
    return Finding(
        title=title,
        how_to_read=how_to_read,
        alt=_("Bar chart by person: %(finding)s") % {"finding": title},
        data=bars(tuple((name, value) for name, value, _count in drawn)) if drawn else None,
        columns=columns,
        rows=tuple((name, shown(value), str(count)) for name, value, count in drawn),
        absent=_("Nobody has %(count)d forecasts that came due") % {"count": WORTH_SAYING},
        hope=hope,
    )


PANELS = (
    Panel("forecasters-stages", stage_question, error_bars, span=6, height="340px"),
    Panel("forecasters-benefits", benefit_question, error_bars, span=6, height="340px"),
)
