"""The five key figures above a portfolio, each with its course and what it is measured against."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.boards.facts import MONTHS, RECENT, WEEKS, PortfolioFacts, month_ends
from portal.boards.rows import row_sums, value_sum
from portal.templatetags.throughline import why
from portal.wording import money_micro, money_minor, number, percent, signed
from trainingjobs.models import JobState

QUARTER = timedelta(days=90)


@dataclass(frozen=True)
class Tile:
    name: str
    value: str
    series: tuple[float, ...]
    alt: str
    goal: str
    delta: str = ""
    tone: str = ""
    symbol: str = ""
    aim: float | None = None
    unit: str = ""
    why: str = ""


def tiles_of(facts: PortfolioFacts) -> tuple[Tile, ...]:
    return (_value(facts), _budget(facts), _kpis(facts), _jobs(facts), _feedback(facts))


def _value(facts: PortfolioFacts) -> Tile:
    if not any(row.value for row in facts.rows):
        return Tile(
            _("Net value a year"),
            _("none yet"),
            facts.value_steps.values,
            _("nothing yet"),
            _("Needs a value contract and a finished run"),
        )
    total = value_sum(facts.rows, facts.currency)
    signed_part = value_sum(facts.rows, facts.currency, hypothesis=False)
    guess = total - signed_part
    shown = money_minor(total, facts.currency)
    return Tile(
        _("Net value a year"),
        shown,
        facts.value_steps.values,
        _("%(n)s months, now %(value)s") % {"n": MONTHS, "value": shown},
        _("Signed: %(amount)s") % {"amount": money_minor(signed_part, facts.currency)},
        _("%(amount)s hypothesis") % {"amount": money_minor(guess, facts.currency)}
        if guess
        else _("all signed by finance")
        if total
        else "",
        "warn" if guess else "good",
        "alert" if guess else "check",
        why=facts.explained_at("value"),
    )


def _budget(facts: PortfolioFacts) -> Tile:
    sums = row_sums(facts.rows, facts.currency)
    course = tuple(
        float(sum(minor for month, minor in facts.spend if month < end.date()))
        for end in month_ends(facts.today, MONTHS)
    )
    return Tile(
        _("Budget used"),
        money_minor(sums.used, facts.currency),
        course,
        _("%(n)s months of spending, cumulative") % {"n": MONTHS},
        _("%(share)s of %(planned)s")
        % {"share": percent(sums.used_share), "planned": money_minor(sums.planned, facts.currency)}
        if sums.planned
        else _("Nothing approved"),
        format_html(
            _("{} over") if sums.over else _("{} free"),
            why(facts.explained_at("left"), money_minor(abs(sums.left), facts.currency)),
        ),
        "bad" if sums.over else "good",
        "stopsign" if sums.over else "check",
        aim=float(sums.planned) if sums.planned else None,
        why=facts.explained_at("used"),
    )


def _kpis(facts: PortfolioFacts) -> Tile:
    with_kpi = [row for row in facts.rows if row.kpi]
    met = sum((row.reached or 0) >= 1 for row in with_kpi)
    wrong = sum(row.reached is not None and row.reached < 0 for row in with_kpi)
    unmeasured = sum(row.reached is None for row in with_kpi)
    delta = (
        ngettext("%(n)s moves the wrong way", "%(n)s move the wrong way", wrong) % {"n": wrong}
        if wrong
        else ngettext("%(n)s not measured yet", "%(n)s not measured yet", unmeasured) % {"n": unmeasured}
        if unmeasured
        else _("all on their way")
        if with_kpi
        else ""
    )
    return Tile(
        _("KPIs on target"),
        number(met),
        facts.kpi_steps.values,
        _("%(n)s months, now %(met)s") % {"n": MONTHS, "met": met},
        _("One KPI a project"),
        delta,
        "bad" if wrong else "warn" if unmeasured else "good",
        "alert" if wrong or unmeasured else "check",
        aim=float(len(with_kpi)) if with_kpi else None,
        unit=_("of %(n)s") % {"n": len(with_kpi)},
        why=facts.explained_at("kpis"),
    )


def _jobs(facts: PortfolioFacts) -> Tile:
    recent = [(state, micro) for at, state, micro, _project in facts.jobs if at > facts.now - RECENT]
    finished = sum(state == JobState.SUCCEEDED for state, _micro in recent)
    failed = sum(state == JobState.FAILED for state, _micro in recent)
    course = tuple(
        float(sum(state == JobState.SUCCEEDED and _week_of(at, facts.now) == week for at, state, *_rest in facts.jobs))
        for week in range(WEEKS - 1, -1, -1)
    )
    return Tile(
        _("Jobs finished in 30 days"),
        number(finished),
        course,
        _("%(n)s weeks") % {"n": WEEKS},
        format_html(
            _("{} machine time"),
            why(
                facts.explained_at("machine"),
                money_micro(sum(micro for _state, micro in recent), facts.currency),
            ),
        ),
        ngettext("%(n)s failed", "%(n)s failed", failed) % {"n": failed}
        if failed
        else _("none failed")
        if recent
        else "",
        "warn" if failed else "good",
        "alert" if failed else "check",
        why=facts.explained_at("jobs"),
    )


def _week_of(at: datetime, now: datetime) -> int:
    return (now - at).days // 7


def _feedback(facts: PortfolioFacts) -> Tile:
    times, sums = [at for at, _score in facts.feedback], [0, *accumulate(score for _at, score in facts.feedback)]

    def mean(begin: datetime, end: datetime) -> float | None:
        first, last = bisect_left(times, begin), bisect_left(times, end)
        return (sums[last] - sums[first]) / (last - first) if last > first else None

    now, before = mean(facts.now - QUARTER, facts.now), mean(facts.now - 2 * QUARTER, facts.now - QUARTER)
    course = [mean(end - QUARTER, end) for end in month_ends(facts.today, MONTHS)]
    voices = len(times) - bisect_left(times, facts.now - QUARTER)
    change = now - before if now is not None and before is not None else None
    return Tile(
        _("Feedback"),
        number(now, 1) if now is not None else _("none yet"),
        tuple(value for value in course if value is not None),
        _("mean of 90 days, by month"),
        ngettext("%(n)s voice in 90 days", "%(n)s voices in 90 days", voices) % {"n": voices},
        _("%(change)s against the 90 days before") % {"change": signed(round(change, 1), 1)}
        if change is not None
        else "",
        "" if not change else "good" if change > 0 else "warn",
        "up" if change and change > 0 else "dn" if change and change < 0 else "flat",
        unit=_("of 5") if now is not None else "",
        why=facts.explained_at("feedback") if now is not None else "",
    )
