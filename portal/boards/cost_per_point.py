"""What a point of quality has cost, by project and recipe: all jobs that ended against the gain over the first run."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, FloatField, Max, Min, OuterRef, Subquery, Sum
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from engine.recipes import RECIPES
from outcomes.querysets import day_ends
from people.models import User
from portal.boards.then import projects_then
from portal.wording import money_micro, number, spoken
from projects.models import Project
from trainingjobs.models import JobState, TrainingJob


@dataclass(frozen=True)
class PointCost:
    """One project and recipe. `gain` is in points of a share, or in units of another metric; above 0 is better."""

    key: str
    title: str
    recipe: str
    metric: str
    jobs: int
    micro: int
    first: float | None
    best: float | None
    higher: bool

    @property
    def is_share(self) -> bool:
        return self.first is not None and self.best is not None and 0 <= self.first <= 1 and 0 <= self.best <= 1

    @property
    def gain(self) -> float | None:
        if self.first is None or self.best is None:
            return None
        difference = (self.best - self.first) if self.higher else (self.first - self.best)
        return difference * 100 if self.is_share else difference

    @property
    def micro_a_point(self) -> int | None:
        return round(self.micro / self.gain) if self.gain and self.gain > 0 else None

    @property
    def reason(self) -> str:
        """Why a point has no price."""
        if self.gain is None:
            return _("no finished run has this metric")
        if self.jobs < 2:
            return _("only one job has run, so nothing could be gained")
        return "" if self.micro_a_point is not None else _("no run was better than the first")

    @property
    def recipe_title(self) -> str:
        return RECIPES[self.recipe].title

    @property
    def metric_words(self) -> str:
        return spoken(self.metric)

    @property
    def gain_words(self) -> str:
        if self.gain is None:
            return ""
        return _("%(n)s points") % {"n": number(self.gain, 2)} if self.is_share else number(self.gain)

    @property
    def cost_words(self) -> str:
        return money_micro(self.micro, settings.CURRENCY)

    @property
    def price_words(self) -> str:
        return money_micro(self.micro_a_point, settings.CURRENCY) if self.micro_a_point is not None else ""


def point_costs(user: User, on: date | None = None) -> list[PointCost]:
    """Two questions a recipe and two for all; the dearest point first, those without a price last.

    Jobs count once they have ended: by now, or by the end of a past day.
    """
    jobs = ended_jobs(user, on)
    sums = {
        (row["project"], row["recipe"]): row
        for row in jobs.filter(recipe__in=list(RECIPES))
        .values("project", "recipe")
        .annotate(count=Count("pk"), micro=Sum("cost_micro"))
        .order_by("project", "recipe")
    }
    names = _names(user, on)
    found: dict[tuple[int, str], tuple[float, float]] = {}
    for slug in RECIPES:
        found |= {(project, slug): pair for project, pair in _first_and_best(jobs, slug).items()}
    rows = [_point_cost(names[project], slug, row, found.get((project, slug))) for (project, slug), row in sums.items()]
    return sorted(rows, key=lambda row: (row.micro_a_point is None, -(row.micro_a_point or 0), row.key, row.recipe))


def ended_jobs(user: User, on: date | None = None) -> Any:
    """The jobs that count: ended by now, or by the end of a past day, and priced in the portfolio's currency."""
    jobs = TrainingJob.objects.visible_to(user).filter(rate_card__currency=settings.CURRENCY, finished_at__isnull=False)
    return jobs if on is None else jobs.filter(finished_at__lt=day_ends(on))


def done_jobs(jobs: Any, slug: str) -> Any:
    """Those of one recipe that have a result, with its `quality`."""
    metric = RECIPES[slug].objective.metric
    done = jobs.filter(recipe=slug, state=JobState.SUCCEEDED, run__metrics__has_key=metric)
    return done.annotate(quality=Cast(KeyTransform(metric, "run__metrics"), FloatField()))


def _names(user: User, on: date | None) -> dict[int, tuple[str, str]]:
    visible = Project.objects.visible_to(user)
    named = visible if on is None else projects_then(visible, on)
    return {project.pk: (project.key, project.title) for project in named}


def _point_cost(name: tuple[str, str], slug: str, row: dict[str, Any], found: tuple[float, float] | None) -> PointCost:
    objective = RECIPES[slug].objective
    first, best = found or (None, None)
    return PointCost(
        name[0], name[1], slug, objective.metric, row["count"], row["micro"] or 0, first, best,
        objective.direction == "higher",
    )  # fmt: skip


def _first_and_best(jobs: Any, slug: str) -> dict[int, tuple[float, float]]:
    done = done_jobs(jobs, slug)
    best = Max("quality") if RECIPES[slug].objective.direction == "higher" else Min("quality")
    bests = dict(done.values_list("project").annotate(best=best).order_by("project"))
    oldest = done.filter(project=OuterRef("pk")).order_by("finished_at", "number").values("quality")[:1]
    firsts = Project.objects.filter(pk__in=list(bests)).annotate(first=Subquery(oldest)).values_list("pk", "first")
    return {project: (first, bests[project]) for project, first in firsts}
