"""The chain of a KPI: which measurement counts, who recorded it, and how far it is from the baseline to the target."""

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes import wording
from outcomes.explain.chain import Explanation, Fact, day, find, page, person_and_day, run_fact
from outcomes.models import Kpi, Measurement, ValueContract
from outcomes.progress import way
from outcomes.value import Term
from people.models import User


def explain_kpi(pk: str, user: User) -> Explanation:
    kpi = find(Kpi.objects.visible_to(user).select_related("project", "owner"), pk)
    newest = newest_of(kpi)
    progress = way(kpi.baseline, kpi.target, newest.value if newest else None)
    return Explanation(
        title=title_of(progress.raw, kpi.name),
        subtitle=_("How far “%(kpi)s” of %(project)s has gone from its baseline to its target")
        % {"kpi": kpi.name, "project": kpi.project.key},
        terms=way_terms(kpi.unit, kpi.baseline, kpi.target, newest),
        facts=(*measurement_facts(kpi, newest), *_facts(kpi)),
        note=progress.reason or _("Way = (newest measurement − baseline) / (target − baseline)."),
    )


def newest_of(kpi: Kpi) -> Measurement | None:
    """The measurement that counts: the latest time, and of its records the latest."""
    related = ("recorded_by", "model_version__run__job__project")
    return kpi.measurements.select_related(*related).order_by("-measured_at", "-recorded_at", "-pk").first()


def title_of(raw: float | None, name: str) -> str:
    return _("Where %(share)s comes from") % {"share": share(raw)} if raw is not None else name


def share(value: float) -> str:
    """A share of one as a board shows it."""
    return wording.with_unit(value * 100, "%", 0)


def way_terms(unit: str, baseline: float, target: float, newest: Measurement | None) -> tuple[Term, ...]:
    """The way from baseline to target; nothing where it is not defined."""
    raw = way(baseline, target, newest.value if newest else None).raw
    if newest is None or raw is None:
        return ()
    change = wording.unit_of_change(unit)
    from_to = _("target %(target)s − baseline %(baseline)s") % {
        "target": wording.with_unit(target, unit),
        "baseline": wording.with_unit(baseline, unit),
    }
    return (
        Term("", _("Newest measurement"), _moment(newest), wording.with_unit(newest.value, unit)),
        Term(wording.MINUS, _("Baseline"), "", wording.with_unit(baseline, unit)),
        Term("=", _("Moved"), "", wording.with_unit(newest.value - baseline, change)),
        Term("÷", _("Way from baseline to target"), from_to, wording.with_unit(target - baseline, change)),
        Term("=", _("Of the way"), "", share(raw)),
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


def _facts(kpi: Kpi) -> tuple[Fact, ...]:
    facts = [
        Fact(_("Definition"), kpi.definition or _("not written down")),
        Fact(_("Better"), kpi.get_direction_display()),
        Fact(_("Owner"), str(kpi.owner)),
        Fact(_("Project"), f"{kpi.project.key} {kpi.project.title}", page("project", kpi.project.key)),
    ]
    contract = ValueContract.objects.filter(kpi=kpi).in_force().select_related("kpi").first()
    if contract is not None:
        words = _("%(contract)s, %(state)s") % {"contract": contract, "state": contract.get_status_display().lower()}
        facts.append(Fact(_("Value contract"), words, page("explain", "value", contract.pk)))
    return tuple(facts)
