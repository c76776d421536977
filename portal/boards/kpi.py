"""One KPI over time: where it stands between baseline and target, and which models came into use on the way."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.band import outside
from outcomes.kpi_status import Figure, State, figures
from outcomes.models import Kpi, Measurement
from portal.boards.board import Finding, Panel
from portal.boards.charts.kpi import KpiLine, Release, kpi_line
from portal.wording import day, gap_in_unit, in_unit, percent, target_in_unit

PILLS = {State.GREEN: ("good", "check"), State.AMBER: ("warn", "alert"), State.RED: ("bad", "alert")}


def light_pill(state: State) -> tuple[str, str, str]:
    """The light of a period in a word, its tone and its symbol."""
    words = {State.GREEN: _("On target"), State.AMBER: _("Amber"), State.RED: _("Red")}
    return (words[state], *PILLS[state])


@dataclass(frozen=True)
class KpiFacts:
    """A KPI with what it stands at and the measurements that count: one a time, its latest record, oldest first."""

    kpi: Kpi
    measurements: tuple[Measurement, ...]
    figure: Figure

    @property
    def latest(self) -> Measurement | None:
        return self.measurements[-1] if self.measurements else None

    @property
    def reached(self) -> float | None:
        return self.figure.reached

    @property
    def pill(self) -> tuple[str, str, str] | None:
        """What the page says of it first: the light of the period that runs, else the way; a level has both."""
        reached, state = self.reached, self.figure.status.state
        if reached is None:
            return None
        way = _("%(share)s of the way") % {"share": percent(reached)}
        if state != State.UNKNOWN:
            word, tone, symbol = light_pill(state)
            is_level = self.kpi.aggregation != Kpi.Aggregation.SUM
            return (f"{word}, {way}" if is_level and 0 <= reached < 1 else word), tone, symbol
        if self.figure.target is None and reached >= 1:
            return light_pill(State.GREEN)
        return (_("Wrong way"), "bad", "alert") if reached < 0 else (way, "", "target")

    @property
    def releases(self) -> tuple[Measurement, ...]:
        """The first measurement with each other model than before."""
        changes, before = [], None
        for measurement in self.measurements:
            if measurement.model_version_id and measurement.model_version_id != before:
                changes.append(measurement)
            before = measurement.model_version_id or before
        return tuple(changes)


def kpi_facts(kpi: Kpi, on: date | None = None) -> KpiFacts:
    """A corrected value hides the record that it corrects. With a past day, as known at its end."""
    known = Measurement.objects.filter(kpi=kpi)
    if on is not None:
        known = known.known_on(on)
    rows = known.select_related("model_version__run").order_by("measured_at", "recorded_at", "pk")
    counting = {row.measured_at: row for row in rows}
    (figure,) = figures(Kpi.objects.filter(pk=kpi.pk), known, on or timezone.localdate())
    return KpiFacts(kpi, tuple(counting.values()), figure)


def kpi_question(facts: KpiFacts) -> Finding:
    """Did it move, and is it there yet?"""
    kpi = facts.kpi
    goal = target_in_unit(kpi.target, kpi.target_high, kpi.unit_of_goal)
    before = in_unit(kpi.baseline, kpi.unit_of_goal)
    label = lambda value: in_unit(value, kpi.unit)  # noqa: E731
    data = KpiLine(
        points=tuple((_iso(row), row.value) for row in facts.measurements),
        releases=tuple(Release(_iso(row), row.value, row.model_version.run.name) for row in facts.releases),  # type: ignore[union-attr]
        baseline=kpi.baseline,
        target=kpi.target,
        target_high=kpi.target_high,
        unit=kpi.unit,
        name=kpi.name,
        baseline_label=_("Before: %(value)s") % {"value": before},
        target_label=_("Target %(value)s") % {"value": goal},
        now_label=_("Now %(value)s") % {"value": label(facts.latest.value)} if facts.latest else "",
    )
    title = kpi_title(facts)
    return Finding(
        title=title,
        how_to_read=_how_to_read(facts),
        alt=_("Line chart of %(kpi)s: %(finding)s") % {"kpi": kpi.name, "finding": title},
        data=data if facts.measurements else None,
        columns=(_("Measured"), _("Value"), _("With model"), _("Source")),
        rows=tuple(
            (
                day(timezone.localdate(row.measured_at)),
                label(row.value),
                row.model_version.run.name if row.model_version else "",
                row.source,
            )
            for row in facts.measurements[-60:]
        ),
        absent=_("“%(kpi)s” has not been measured yet") % {"kpi": kpi.name},
        hope=_("Its way from %(baseline)s to %(target)s would be drawn here.") % {"baseline": before, "target": goal},
    )


def _how_to_read(facts: KpiFacts) -> str:
    meaning = facts.kpi.definition.rstrip(". ") + "." if facts.kpi.definition else _("Measured values of the KPI.")
    return f"{meaning} {_('Diamonds mark the model that came into use.')}" if facts.releases else meaning


def kpi_title(facts: KpiFacts) -> str:
    """The finding in a sentence."""
    kpi, latest = facts.kpi, facts.latest
    if latest is not None and facts.figure.since is not None:
        return _title_of_period(facts.figure)
    if latest is None or facts.reached is None:
        return _("%(kpi)s: not measured yet") % {"kpi": kpi.name}
    figures = {
        "kpi": kpi.name,
        "before": in_unit(kpi.baseline, kpi.unit),
        "now": in_unit(latest.value, kpi.unit),
        "short": gap_in_unit(_gap(kpi, latest.value), kpi.unit),
        "target": target_in_unit(kpi.target, kpi.target_high, kpi.unit),
        "share": percent(facts.reached),
    }
    if latest.value == kpi.baseline:
        return _("%(kpi)s stands where it began, at %(now)s") % figures
    moved = (
        _("%(kpi)s rose from %(before)s to %(now)s")
        if latest.value > kpi.baseline
        else _("%(kpi)s fell from %(before)s to %(now)s")
    )
    if facts.reached >= 1:
        return moved % figures + "; " + _("the target of %(target)s is reached") % figures
    if facts.reached < 0:
        return moved % figures + "; " + _("that is the wrong way")
    return moved % figures + "; " + _("%(short)s short of the target") % figures


def _gap(kpi: Kpi, value: float) -> float:
    return kpi.target - value if kpi.target_high is None else outside(value, kpi.target, kpi.target_high)


def _title_of_period(figure: Figure) -> str:
    """A mean or a sum with the day since which it is taken."""
    kpi, goal = figure.kpi, figure.goal
    if figure.value is None:
        return _("%(kpi)s: not measured since %(since)s") % {"kpi": kpi.name, "since": day(figure.since)}
    words = {
        "kpi": kpi.name,
        "value": in_unit(figure.value, kpi.unit),
        "since": day(figure.since),
        "how": _("sum") if kpi.aggregation == Kpi.Aggregation.SUM else _("mean"),
        "share": percent(figure.reached),
        "target": target_in_unit(goal.target, goal.high, kpi.unit),
    }
    if goal.is_of_period:
        return _("%(kpi)s: %(value)s is the %(how)s since %(since)s; by now its target is %(target)s") % words
    if kpi.aggregation == Kpi.Aggregation.SUM:
        text = _("%(kpi)s: %(value)s is the %(how)s since %(since)s, %(share)s of the way to its target of %(target)s")
        return text % words
    return _("%(kpi)s: %(value)s is the %(how)s since %(since)s, %(share)s of the way to its target") % words


def _iso(row: Measurement) -> str:
    return timezone.localtime(row.measured_at).strftime("%Y-%m-%d %H:%M")


KPI_PANEL = Panel("kpi", kpi_question, kpi_line, span=8, height="300px")
KPI_PAGE_PANEL = Panel("kpi", kpi_question, kpi_line, span=12, height="340px")
