"""Why the price tags of a recipe are as right as the page says: the jobs in the middle, and those in their range."""

from collections.abc import Sequence

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact, Term
from portal.boards.summed import NAMED
from portal.wording import number, percent
from trainingjobs.forecast_accuracy import Judged, accuracy_of

OF = {"duration": ("seconds", "seconds_mid", "duration_is_inside"), "cost": ("micro", "micro_mid", "cost_is_inside")}
FIGURES = ("error", "ratio", "inside")


def explain_forecast(what: str, title: str, recipe: str, jobs: Sequence[Judged], query: str) -> Explanation:
    """`duration-error`, `cost-inside` and the like, over the jobs that were judged."""
    kind, _dash, figure = what.partition("-")
    accuracy = accuracy_of(recipe, jobs)
    if kind not in OF or figure not in FIGURES or accuracy is None:
        raise ObjectDoesNotExist(f"there is no figure {what!r} of {recipe!r}")
    actual, forecast, inside = OF[kind]
    value = getattr(getattr(accuracy, kind), figure)
    total = f"{number(value, 2)}×" if figure == "ratio" else percent(value)
    if figure == "inside":
        terms = _inside(sum(getattr(job, inside) for job in jobs), len(jobs), total)
    else:
        ratios = [(getattr(job, actual) / max(getattr(job, forecast), 1e-9), job) for job in jobs]
        terms = _middle([(ratio if figure == "ratio" else _error(ratio), job) for ratio, job in ratios], figure, total)
    words = {"duration": _("how long it took"), "cost": _("what it cost")}
    return Explanation(
        _("Where %(total)s comes from") % {"total": total},
        f"{title}: {words[kind]}",
        terms,
        (
            Fact(
                _("Jobs"), _("each with its forecast and what came"), f"{reverse('forecasts')}?recipe={recipe}{query}"
            ),
            *(
                Fact(
                    job.name,
                    percent(job.seconds / max(job.seconds_mid, 1e-9)),
                    reverse("job", args=[job.project_key, job.number]),
                )
                for job in jobs[:NAMED]
                if kind == "duration"
            ),
        ),
        {
            "error": _("Median of |forecast ÷ actual − 1|."),
            "ratio": _("Median of actual ÷ forecast; 1 is right."),
            "inside": _(
                "Jobs that ended between P10 and P90 of what was forecast, of all that were judged; 8 of 10 should."
            ),
        }[figure],
    )


def _error(ratio: float) -> float:
    return abs(1 / ratio - 1) if ratio > 0 else 1.0


def _inside(inside: int, jobs: int, total: str) -> tuple[Term, ...]:
    return (
        Term("", _("Ended inside the range"), "", number(inside, 0)),
        Term("÷", _("Jobs"), "", number(jobs, 0)),
        Term("=", _("Inside"), "", total),
    )


def _middle(errors: Sequence[tuple[float, Judged]], figure: str, total: str) -> tuple[Term, ...]:
    """The jobs about the middle, in the order of their figure."""
    rows = sorted(errors, key=lambda row: row[0])
    begin = max(0, (len(rows) - NAMED) // 2)
    shown = lambda value: f"{number(value, 2)}×" if figure == "ratio" else percent(value)  # noqa: E731
    terms = [
        Term("", job.name, _("no. %(n)d of %(all)d") % {"n": begin + place + 1, "all": len(rows)}, shown(value))
        for place, (value, job) in enumerate(rows[begin : begin + NAMED])
    ]
    return (*terms, Term("", _("The middle one"), _("half of the jobs lie above it, half below"), total))
