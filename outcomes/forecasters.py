"""How right those who forecast were: Brier score of stage probabilities, median error of promised benefits.

Brier = mean of (p - o)^2, o = 1 where the stage was finished and 0 where the project was killed before it (Brier 1950):
0 is perfect, 0.25 is what a coin knows. Every change of a probability is one forecast, by whoever made it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean, median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.models import BenefitPlan, BenefitRealisation
from outcomes.querysets import day_ends
from outcomes.shortfall import Realised, latest_by_month
from people.models import User
from projects.models import Project, Stage

WORTH_SAYING = 3  # forecasts; fewer prove nothing


@dataclass(frozen=True)
class Score:
    """One figure over so many forecasts, or the reason why there is none."""

    forecasts: int
    value: float | None
    reason: str = ""


@dataclass(frozen=True)
class Forecaster:
    """A person, how sure he may be believed of stages, and how far his promises of benefits were off."""

    user: User
    stages: Score
    benefits: Score


def brier(forecasts: Sequence[tuple[float, bool]]) -> Score:
    """Of probabilities from 0 to 1 and what came of them."""
    return _score([(p - came) ** 2 for p, came in forecasts], fmean)


def median_error(pairs: Sequence[tuple[int, int]]) -> Score:
    """Median of |promised - realised| / |realised|; where nothing was realised the promise was wholly wrong."""
    return _score([abs(plan - came) / abs(came) if came else 1.0 for plan, came in pairs if plan or came], median)


def forecasters(projects: Iterable[Project], on: date) -> list[Forecaster]:
    """Everybody who forecast in these projects what is known on a day, by name. Five queries, however many."""
    keys, at = [project.pk for project in projects], day_ends(on)
    chances, promises = _stage_forecasts(keys, at), _promises(keys, at)
    people = User.objects.filter(pk__in={*chances, *promises}).order_by("first_name", "last_name", "pk")
    return [Forecaster(user, brier(chances[user.pk]), median_error(promises[user.pk])) for user in people]


def _score(errors: Sequence[float], middle: Callable[[Sequence[float]], float]) -> Score:
    if len(errors) < WORTH_SAYING:
        text = ngettext(
            "Only %(count)d forecast has come due; %(fewest)d are needed.",
            "Only %(count)d forecasts have come due; %(fewest)d are needed.",
            len(errors),
        )
        reason = text % {"count": len(errors), "fewest": WORTH_SAYING} if errors else _("No forecast has come due yet.")
        return Score(len(errors), None, reason)
    return Score(len(errors), middle(errors))


def _stage_forecasts(keys: Sequence[int], at: datetime) -> dict[int, list[tuple[float, bool]]]:
    """By person: each probability that he set before the stage was decided, and what came."""
    decided = {}
    stages = Stage.objects.filter(project__in=keys).values_list(
        "pk", "actual_finish", "project__status", "project__ended_on"
    )
    for pk, finished, status, ended_on in stages:
        if finished is not None:
            decided[pk] = (day_ends(finished), True)
        elif status == Project.Status.KILLED and ended_on is not None:
            decided[pk] = (day_ends(ended_on), False)
    history = Stage.history.filter(id__in=list(decided), p_success_percent__isnull=False)
    rows = history.order_by("id", "history_date", "history_id").values_list(
        "id", "history_date", "history_user", "p_success_percent"
    )
    found: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    last: dict[int, int] = {}
    for pk, set_at, person, percent in rows:
        due, came = decided[pk]
        if last.get(pk) != percent and person is not None and set_at < due <= at:
            found[person].append((percent / 100, came))
        last[pk] = percent
    return found


def _promises(keys: Sequence[int], at: datetime) -> dict[int, list[tuple[int, int]]]:
    """By owner of a benefit: what a realised month promised and what came of it."""
    records: dict[int, list[Realised]] = defaultdict(list)
    rows = BenefitRealisation.objects.filter(benefit__project__in=keys, recorded_at__lt=at).order_by(
        "recorded_at", "pk"
    )
    for row in rows:
        records[row.benefit_id].append(Realised(row.month, row.actual_minor, row.attributed_percent, row.recorded_at))
    latest = {benefit: latest_by_month(of_one) for benefit, of_one in records.items()}
    plan = BenefitPlan.objects.filter(benefit__in=list(latest))
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for benefit, owner, month, planned in plan.values_list("benefit", "benefit__owner", "month", "planned_minor"):
        if month in latest[benefit]:
            found[owner].append((planned, latest[benefit][month].attributed_minor))
    return found
