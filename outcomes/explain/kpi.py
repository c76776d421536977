"""The chain of a KPI: which measurement counts, who recorded it, and how far it is from the baseline to the target."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes import wording
from outcomes.band import outside
from outcomes.explain.chain import Explanation, Fact, day, find, page, person_and_day, run_fact
from outcomes.kpi_status import Figure, Goal, figures
from outcomes.models import KeyResult, Kpi, Measurement, ValueContract
from outcomes.progress import way_in_period
from outcomes.querysets import day_begins
from outcomes.value import Term
from people.models import User


def explain_kpi(pk: str, user: User) -> Explanation:
    kpi = find(Kpi.objects.visible_to(user).select_related("project", "owner"), pk)
    words = _("How far “%(kpi)s” of %(project)s has gone from its baseline to its target")
    note = (
        _("Way = (figure − baseline) / (target − baseline).")
        if kpi.target_high is None
        else _("Way = 1 − figure outside of the band / baseline outside of the band.")
    )
    return explain_way(kpi, kpi, words % {"kpi": kpi.name, "project": kpi.project.key}, _facts(kpi), note)


def explain_way(kpi: Kpi, of: Kpi | KeyResult, subtitle: str, facts: tuple[Fact, ...], note: str) -> Explanation:
    """Where a KPI stands between a baseline and a target: its own, or those of a key result."""
    stand = stand_of(kpi)
    goal = stand.figure.goal_from(of.baseline, of.target)
    progress = way_in_period(goal, stand.figure)
    return Explanation(
        title=title_of(progress.raw, kpi.name),
        subtitle=subtitle,
        terms=_way_terms(stand, of, goal, progress.raw),
        facts=(*measurement_facts(kpi, stand.newest), *_period_fact(stand.figure, goal), *facts),
        note=progress.reason or _note_of(goal) or note,
    )


@dataclass(frozen=True)
class Stand:
    """What a KPI stands at, the newest measurement, and of how many times a mean or a sum is taken."""

    figure: Figure
    newest: Measurement | None
    times: int

    @property
    def unit(self) -> str:
        return self.figure.kpi.unit

    @property
    def term(self) -> Term:
        """The figure, and which measurements it is made of."""
        amount = wording.with_unit(self.figure.value or 0.0, self.unit)
        if self.figure.since is None:
            return Term("", _("Newest measurement"), _moment(self.newest) if self.newest else "", amount)
        name = _("Sum since %(day)s") if _is_sum(self.figure.kpi) else _("Mean since %(day)s")
        count = ngettext("%(n)d measurement", "%(n)d measurements", self.times) % {"n": self.times}
        return Term("", name % {"day": day(self.figure.since)}, count, amount)


def stand_of(kpi: Kpi) -> Stand:
    """As of now; of a time that was measured twice the latest record counts."""
    (figure,) = figures(Kpi.objects.filter(pk=kpi.pk), Measurement.objects.filter(kpi=kpi), timezone.localdate())
    known = kpi.measurements.select_related("recorded_by", "model_version__run__job__project")
    newest = known.get(pk=figure.measurement) if figure.measurement is not None else None
    since = kpi.measurements.filter(measured_at__gte=day_begins(figure.since)) if figure.since else kpi.measurements
    times = since.order_by().aggregate(times=Count("measured_at", distinct=True))["times"]
    return Stand(figure, newest, times)


def _is_sum(kpi: Kpi) -> bool:
    return kpi.aggregation == Kpi.Aggregation.SUM


def title_of(raw: float | None, name: str) -> str:
    return _("Where %(share)s comes from") % {"share": share(raw)} if raw is not None else name


def share(value: float) -> str:
    """A share of one as a board shows it."""
    return wording.with_unit(value * 100, "%", 0)


def _note_of(goal: Goal) -> str:
    if not goal.asks_for_no_step:
        return ""
    return _("The target of this period asks for no step from the baseline: it is met, or it is not.")


def _period_fact(figure: Figure, goal: Goal) -> tuple[Fact, ...]:
    """The target of the period that a sum is judged by, and how much of it by now."""
    if not goal.is_of_period or figure.target is None:
        return ()
    unit, target = figure.kpi.unit, figure.target
    ends = [target.value] if target.value_high is None else [target.value, target.value_high]
    text = _("%(target)s for %(first)s to before %(end)s, of which %(gone)s has passed") % {
        "target": " – ".join(wording.with_unit(end, unit) for end in ends),
        "first": day(target.starts_on),
        "end": day(target.ends_on),
        "gone": wording.with_unit(figure.share * 100, "%", 1),
    }
    return (Fact(_("Target of the period"), text, page("kpi", figure.kpi.pk)),)


def _way_terms(stand: Stand, of: Kpi | KeyResult, goal: Goal, raw: float | None) -> tuple[Term, ...]:
    """The way from baseline to target; nothing where it is not defined."""
    value, start, end, unit = stand.figure.value, goal.baseline, goal.target, stand.unit
    if value is None or raw is None:
        return ()
    if goal.asks_for_no_step:
        return (stand.term, Term("=", _("Of the way"), "", share(raw)))
    change = wording.unit_of_change(unit)
    if goal.high is not None:
        return _band_terms(stand, value, start, (end, goal.high), raw)
    from_to = _("target %(target)s − baseline %(baseline)s") % {
        "target": wording.with_unit(end, unit),
        "baseline": wording.with_unit(start, unit),
    }
    return (
        stand.term,
        Term(wording.MINUS, _("Baseline"), _by_month(stand.figure, of.baseline), wording.with_unit(start, unit)),
        Term("=", _("Moved"), "", wording.with_unit(value - start, change)),
        Term("÷", _("Way from baseline to target"), from_to, wording.with_unit(end - start, change)),
        Term("=", _("Of the way"), "", share(raw)),
    )


def _by_month(figure: Figure, monthly: float) -> str:
    """What a sum is held against: its figure of one month, so many times."""
    if not _is_sum(figure.kpi):
        return ""
    return _("%(monthly)s a month × %(months)s months") % {
        "monthly": wording.with_unit(monthly, figure.kpi.unit),
        "months": wording.number(figure.months, 2),
    }


def _band_terms(stand: Stand, value: float, start: float, band: tuple[float, float], raw: float) -> tuple[Term, ...]:
    change = wording.unit_of_change(stand.unit)
    low, high = (wording.with_unit(end, stand.unit) for end in band)
    return (
        stand.term,
        Term("", _("Outside of the band"), wording.span(low, high), wording.with_unit(outside(value, *band), change)),
        Term(
            "÷",
            _("Baseline outside of the band"),
            wording.with_unit(start, stand.unit),
            wording.with_unit(outside(start, *band), change),
        ),
        Term("=", _("Of the way, what is left counts against it"), "", share(raw)),
    )


def _moment(measurement: Measurement) -> str:
    return date_format(timezone.localtime(measurement.measured_at), "j M Y, H:i")


def measurement_facts(kpi: Kpi, newest: Measurement | None) -> tuple[Fact, ...]:
    """When, from where, with which model and by whom; what it corrects, and how many others there are."""
    if newest is None:
        return (Fact(_("Measured"), _("not yet"), page("kpi", kpi.pk)),)
    model = newest.model_version
    facts = [
        Fact(_("Measured"), _moment(newest), page("kpi", kpi.pk)),
        Fact(_("Source"), newest.source or kpi.source or _("not written down")),
        run_fact(model.run) if model else Fact(_("Model"), _("none of ours")),
        Fact(_("Recorded"), person_and_day(newest.recorded_by, newest.recorded_at)),
    ]
    corrected = _corrected_by(newest)
    if corrected is not None:
        text = _("%(value)s, recorded %(day)s by %(who)s") % {
            "value": wording.with_unit(corrected.value, kpi.unit),
            "day": day(corrected.recorded_at),
            "who": corrected.recorded_by,
        }
        facts.append(Fact(_("Corrects"), text))
    found = kpi.measurements.order_by().aggregate(times=Count("measured_at", distinct=True), records=Count("pk"))
    times = ngettext("%(n)s time measured", "%(n)s times measured", found["times"])
    records = ngettext("%(n)s record", "%(n)s records", found["records"])
    text = f"{times % {'n': found['times']}}, {records % {'n': found['records']}}"
    return (*facts, Fact(_("Measurements"), text, page("kpi", kpi.pk)))


def _corrected_by(newest: Measurement) -> Measurement | None:
    """The record that counted for the same time before this one."""
    same = Measurement.objects.filter(kpi=newest.kpi_id, measured_at=newest.measured_at).exclude(pk=newest.pk)
    return same.select_related("recorded_by").order_by("-recorded_at", "-pk").first()


def _band_fact(kpi: Kpi) -> tuple[Fact, ...]:
    if kpi.target_high is None:
        return ()
    ends = wording.span(wording.with_unit(kpi.target, kpi.unit), wording.with_unit(kpi.target_high, kpi.unit))
    return (Fact(_("Band"), ends),)


def _facts(kpi: Kpi) -> tuple[Fact, ...]:
    facts = [
        Fact(_("Definition"), kpi.definition or _("not written down")),
        Fact(_("Better"), kpi.get_direction_display()),
        *_band_fact(kpi),
        Fact(_("Owner"), str(kpi.owner)),
        Fact(_("Project"), f"{kpi.project.key} {kpi.project.title}", page("project", kpi.project.key)),
    ]
    contract = ValueContract.objects.filter(kpi=kpi).in_force().with_standing().select_related("kpi").first()
    if contract is not None:
        words = _("%(contract)s, %(state)s") % {"contract": contract, "state": contract.standing.label.lower()}
        facts.append(Fact(_("Value contract"), words, page("explain", "value", contract.pk)))
    return tuple(facts)
