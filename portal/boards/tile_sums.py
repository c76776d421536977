"""Why the tiles of the portfolio board that count say what they say: KPIs, jobs, machine time, feedback."""

from collections import Counter
from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.explain import Explanation, Fact, Term
from portal.boards.facts import RECENT, PortfolioFacts
from portal.boards.feedback_why import score_terms
from portal.boards.machine_sum import machine_sum
from portal.boards.tiles import QUARTER
from portal.wording import MINUS, day, number, percent
from trainingjobs.models import JobState


def _kpis(facts: PortfolioFacts) -> Explanation:
    """One KPI a project: it counts once its target is reached."""
    with_kpi = [row for row in facts.rows if row.kpi]
    met = [(row.reached or 0) >= 1 for row in with_kpi]
    terms = [
        Term(
            "+" if place else "",
            row.project.title,
            _("not measured") if row.reached is None else _("%(share)s of the way") % {"share": percent(row.reached)},
            number(int(is_met)),
        )
        for place, (row, is_met) in enumerate(zip(with_kpi, met, strict=True))
    ]
    return Explanation(
        _("Where %(total)s comes from") % {"total": number(sum(met))},
        _("The KPI of each project that runs: that of its value contract, or its first"),
        (*terms, Term("=", _("KPIs on target"), _("of %(n)s") % {"n": len(with_kpi)}, number(sum(met)))),
        tuple(
            Fact(row.project.key, row.kpi.name, reverse("explain", args=["kpi", row.kpi.pk]) if not facts.on else "")
            for row in with_kpi
            if row.kpi
        ),
    )


def _jobs(facts: PortfolioFacts) -> Explanation:
    """All jobs that ended, less those that came to nothing."""
    states = Counter(state for at, state, *_rest in facts.jobs if at > facts.now - RECENT)
    finished = states.pop(JobState.SUCCEEDED, 0)
    ended = finished + sum(states.values())
    less = [Term(MINUS, str(JobState(state).label), "", number(count)) for state, count in sorted(states.items())]
    since = _("%(first)s to %(last)s") % {"first": day((facts.now - RECENT).date()), "last": day(facts.today)}
    return Explanation(
        _("Where %(total)s comes from") % {"total": number(finished)},
        _("The jobs that ended in the last 30 days, in every project that you may see"),
        (
            Term("", _("Ended"), since, number(ended)),
            *less,
            Term("=", _("Jobs finished in 30 days"), "", number(finished)),
        ),
        (Fact(_("Jobs"), _("open the list"), reverse("jobs")),),
    )


def _feedback(facts: PortfolioFacts) -> Explanation:
    """The voices of the last 90 days by score."""
    counts = Counter(score for at, score in facts.feedback if facts.now - QUARTER <= at < facts.now)
    terms = score_terms({score: counts[score] for score in sorted(counts, reverse=True)}) if counts else ()
    voices = ngettext("%(n)s voice in 90 days", "%(n)s voices in 90 days", counts.total()) % {"n": counts.total()}
    return Explanation(
        _("Where %(mean)s of 5 comes from") % {"mean": terms[-1].amount} if terms else _("Feedback"),
        _("The mean score of the last 90 days"),
        terms,
        (Fact(_("Feedback"), voices, reverse("feedback-board") + (f"?as_of={facts.on}" if facts.on else "")),),
    )


TILES: dict[str, Callable[[PortfolioFacts], Explanation]] = {
    "kpis": _kpis,
    "jobs": _jobs,
    "machine": machine_sum,
    "feedback": _feedback,
}
