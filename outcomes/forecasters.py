"""How right those who forecast were: Brier score of stage probabilities, median error of promised benefits.

Brier = mean of (p - o)^2, o = 1 where the stage was finished and 0 where the project was killed in it (Brier 1950):
0 is perfect, 0.25 is what a coin knows. A probability is that of a stage once it is reached, so a kill says nothing
of the stages behind it. Every change of a probability is one forecast, by whoever made it.

A promise is what was planned for a month when the month began, or was planned first if that came later: whoever plans
anew once he knows better has not promised better.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.models import BenefitPlan, BenefitRealisation
from outcomes.querysets import day_ends
from outcomes.shortfall import Realised, latest_by_month
from people.models import User
from people.trail import told
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
    """Median of |promised - realised| / |promised|; what nobody promised was wholly unforeseen."""
    return _score([abs(plan - came) / abs(plan) if plan else 1.0 for plan, came in pairs if plan or came], median)


def forecasters(projects: Iterable[Project], on: date) -> list[Forecaster]:
    """Everybody who forecast in these projects what is known on a day, by name. Six queries, however many."""
    keys, at = [project.pk for project in projects], day_ends(on)
    chances, promises = stage_forecasts_of(keys, at), promises_of(keys, at)
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


def stage_forecasts_of(keys: Sequence[int], at: datetime) -> dict[int, list[tuple[float, bool]]]:
    """By person: each probability that he set before the stage was decided, and what came."""
    decided = {}
    killed_in = Q(project__status=Project.Status.KILLED, station=F("project__station"))
    stages = Stage.objects.filter(killed_in | Q(actual_finish__isnull=False), project__in=keys)
    for pk, finished, ended_on in stages.values_list("pk", "actual_finish", "project__ended_on"):
        if (day := finished or ended_on) is not None:
            decided[pk] = (day_ends(day), finished is not None)
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


def promises_of(keys: Sequence[int], at: datetime) -> dict[int, list[tuple[int, int]]]:
    """By owner of a benefit: what a realised month promised and what came of it."""
    records: dict[int, list[Realised]] = defaultdict(list)
    rows = BenefitRealisation.objects.filter(benefit__project__in=keys, recorded_at__lt=at).order_by(
        "recorded_at", "pk"
    )
    for row in rows:
        records[row.benefit_id].append(Realised(row.month, row.actual_minor, row.attributed_percent, row.recorded_at))
    latest = {benefit: latest_by_month(of_one) for benefit, of_one in records.items()}
    plan = BenefitPlan.objects.filter(benefit__in=list(latest))
    changes = _changes_of_plans(list(latest))
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for benefit, owner, month, planned in plan.values_list("benefit", "benefit__owner", "month", "planned_minor"):
        if month in latest[benefit]:
            promised = _promised(month, planned, changes[benefit])
            found[owner].append((promised, latest[benefit][month].attributed_minor))
    return found


def _changes_of_plans(benefits: Sequence[int]) -> dict[int, list[tuple[datetime, dict[str, int]]]]:
    """By benefit, the newest first: when its plan was changed and what its months had promised before."""
    entries = told().filter(
        verb="change_benefit_plan", subject_type="outcomes.benefit", subject_id__in=[str(pk) for pk in benefits]
    )
    found: dict[int, list[tuple[datetime, dict[str, int]]]] = defaultdict(list)
    for benefit, at, detail in entries.order_by("-pk").values_list("subject_id", "at", "detail"):
        found[int(benefit)].append((at, detail["before"]))
    return found


def _promised(month: date, planned: int, changes: Iterable[tuple[datetime, dict[str, int]]]) -> int:
    """What a month promised when it began, from what it promises now; or what it promised first."""
    began = day_ends(month - timedelta(days=1))
    for at, before in changes:
        if at >= began:
            planned = before.get(month.isoformat(), planned)
    return planned
