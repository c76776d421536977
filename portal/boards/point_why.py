"""Why a point of quality costs what it costs: all jobs that ended, and the two runs between which it was gained."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.money import MICRO
from outcomes import wording
from outcomes.explain import Explanation, Fact, Term
from people.models import User
from portal.boards.cost_per_point import PointCost, done_jobs, ended_jobs, point_costs
from portal.wording import MINUS, number
from trainingjobs.models import JobState, TrainingJob


def explain_point(key: str, recipe: str, user: User, on: date | None) -> Explanation:
    """One row of the board; without a price it says why there is none."""
    row = next((row for row in point_costs(user, on) if (row.key, row.recipe) == (key, recipe)), None)
    if row is None:
        raise ObjectDoesNotExist(f"no job of {key!r} by {recipe!r} has ended")
    price = row.price_words
    return Explanation(
        _("Where %(price)s a point comes from") % {"price": price} if price else row.title,
        _("What all jobs of %(project)s by %(recipe)s have cost, by what the best run gained over the first")
        % {"project": row.key, "recipe": row.recipe_title},
        (*_costs(row, user, on), *(_gain(row) if price else ())),
        _facts(row, user, on),
        row.reason or _("A point is a hundredth of a share; another metric counts in its own unit."),
    )


def _costs(row: PointCost, user: User, on: date | None) -> tuple[Term, ...]:
    """What the jobs of each state have cost."""
    jobs = ended_jobs(user, on).filter(project__key=row.key, recipe=row.recipe)
    by_state = jobs.values_list("state").annotate(count=Count("pk"), micro=Sum("cost_micro"))
    terms = [
        Term(
            "+" if place else "",
            str(JobState(state).label),
            ngettext("%(n)s job", "%(n)s jobs", count) % {"n": number(count)},
            _exact(micro or 0),
        )
        for place, (state, count, micro) in enumerate(by_state.order_by("-micro", "state"))
    ]
    return (*terms, Term("=", _("All jobs"), "", _exact(row.micro)))


def _exact(micro: int) -> str:
    """An amount to its last millionth, so that a sum adds up."""
    return f"{settings.CURRENCY}{wording.NBSP}{wording.number(Decimal(micro) / MICRO, 6)}"


def _gain(row: PointCost) -> tuple[Term, ...]:
    best, first = (wording.number(value) for value in (row.best or 0.0, row.first or 0.0))
    words = {"better": best, "worse": first} if row.higher else {"better": first, "worse": best}
    difference = f"{words['better']} {MINUS} {words['worse']}"
    unit, source = (_("points"), f"({difference}) × 100") if row.is_share else (row.metric_words, difference)
    return (
        Term("÷", _("Gained"), source, wording.with_unit(row.gain or 0.0, unit)),
        Term("=", _("A point"), "", row.price_words),
    )


def _facts(row: PointCost, user: User, on: date | None) -> tuple[Fact, ...]:
    done = done_jobs(ended_jobs(user, on).filter(project__key=row.key), row.recipe).select_related("run", "project")
    first = done.order_by("finished_at", "number").first()
    best = done.order_by("-quality" if row.higher else "quality", "finished_at", "number").first()
    jobs = f"{reverse('jobs')}?project={row.key}&recipe={row.recipe}"
    return (
        *((_run(_("First run"), row, first),) if first else ()),
        *((_run(_("Best run"), row, best),) if best else ()),
        Fact(_("Jobs"), ngettext("%(n)s job that ended", "%(n)s jobs that ended", row.jobs) % {"n": row.jobs}, jobs),
        Fact(_("Project"), f"{row.key} {row.title}", reverse("project", args=[row.key])),
    )


def _run(label: str, row: PointCost, job: TrainingJob) -> Fact:
    text = _("%(job)s, %(metric)s %(value)s, ended %(day)s") % {
        "job": job.name,
        "metric": row.metric_words,
        "value": wording.number(job.quality),  # type: ignore[attr-defined]
        "day": date_format(localtime(job.finished_at), "j M Y"),
    }
    return Fact(label, text, job.get_absolute_url())
