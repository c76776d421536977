"""What each station says of a project: its number, what that is, when, and the facts behind it. All from rows."""

from collections.abc import Callable
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments.models import Run
from outcomes.explain import Fact
from portal.boards.kpi import kpi_title
from portal.boards.project import Named, ProjectFacts
from portal.wording import byte_size, day, in_unit, number, percent, short, signed, target_in_unit
from projects.models import Station

Reading = tuple[str, str, str, tuple[Fact, ...], str]  # number, what, when, facts, branch


def _demand(facts: ProjectFacts) -> Reading:
    project = facts.project
    asked = (
        Fact(_("Asked for by"), str(project.sponsor)),
        *((Fact(_("In their words"), project.demand),) if project.demand else ()),
    )
    if facts.kpi is None:
        return _("not yet"), _("no KPI says what should improve"), day(project.started_on), asked, ""
    kpi = facts.kpi.kpi
    found = (
        Fact(_("KPI"), kpi.name, kpi.get_absolute_url()),
        Fact(_("Definition"), kpi.definition or _("not written down")),
        Fact(_("Baseline"), in_unit(kpi.baseline, kpi.unit_of_goal)),
        Fact(_("Target"), target_in_unit(kpi.target, kpi.target_high, kpi.unit_of_goal)),
        Fact(_("Owner"), str(kpi.owner)),
        Fact(_("Source"), kpi.source or _("not written down")),
        *asked,
    )
    return (
        in_unit(kpi.baseline, kpi.unit_of_goal),
        kpi.name,
        _("target %(target)s") % {"target": target_in_unit(kpi.target, kpi.target_high, kpi.unit_of_goal)},
        found,
        "",
    )


def _data(facts: ProjectFacts) -> Reading:
    best = (facts.value.run if facts.value else None) or facts.best_training
    dataset = best.dataset if best else next((run.dataset for run in facts.runs if run.dataset), None)
    if dataset is None:
        return _("not yet"), _("no run has read a data set"), "", (), ""
    splits = ", ".join(
        f"{name} {number(rows)}" for name, rows in dataset.splits.items() if isinstance(rows, int | float)
    )
    found = (
        Fact(_("Rows"), number(dataset.rows)),
        Fact(_("Splits"), splits or _("not recorded")),
        Fact(_("Digest"), dataset.digest),
        Fact(_("First seen"), day(timezone.localdate(dataset.first_seen_at))),
    )
    others = len({run.dataset_id for run in facts.runs if run.dataset_id}) - 1
    rows = _("%(rows)s rows") % {"rows": short(dataset.rows)}
    name = _("data set %(name)s") % {"name": f"{dataset.name} {dataset.version}".strip()}
    branch = ngettext("%(n)s other set", "%(n)s other sets", others) % {"n": others} if others > 0 else ""
    return rows, name, _("digest %(digest)s") % {"digest": dataset.digest[:8]}, found, branch


def _training(facts: ProjectFacts) -> Reading:
    best = facts.best_training
    if best is None:
        return _("not yet"), _("no finished training run"), "", (), ""
    words = facts.metric.replace("_", " ")
    others = len(facts.training_runs) - 1
    spread = _spread(facts)
    found = (
        _run_fact(facts, best),
        Fact(_("Metric"), f"{words} {number(best.metrics[facts.metric], 4)}"),
        *((Fact(_("Repeat"), spread),) if spread else ()),
        *((Fact(_("Data set"), f"{best.dataset.name}, {best.dataset.digest[:12]}"),) if best.dataset else ()),
        *((Fact(_("Weights"), number(best.parameter_count)),) if best.parameter_count else ()),
    )
    branch = ngettext("%(n)s other run", "%(n)s other runs", others) % {"n": others} if others else ""
    return (
        number(best.metrics[facts.metric], 3),
        _("%(metric)s of the best run, %(run)s") % {"metric": words, "run": best.name},
        _finished(best),
        found,
        branch,
    )


def _spread(facts: ProjectFacts) -> str:
    if not facts.value or facts.value.seeds < 2:
        return ""
    return _("%(seeds)s seeds, standard deviation %(sd)s") % {
        "seeds": facts.value.seeds,
        "sd": number(facts.value.metric_sd, 4),
    }


def _compression(facts: ProjectFacts) -> Reading:
    best = facts.best_compression
    if best is None:
        return _("not yet"), _("no finished compression run"), "", (), ""
    metrics = best.metrics
    parts = [byte_size(int(metrics["size_bytes"]))] if "size_bytes" in metrics else []
    if "test_accuracy" in metrics:
        parts.append(_("accuracy %(value)s") % {"value": number(metrics["test_accuracy"], 3)})
    found = [_run_fact(facts, best)]
    if best.parent:
        found.append(Fact(_("Made from"), best.parent.run.name))
    for label, name, digits in (
        (_("Accuracy lost, points"), "accuracy_loss_points", 2),
        (_("Speed against the ONNX parent"), "speedup_vs_onnx", 2),
        (_("Latency, ms"), "latency_ms", 3),
    ):
        if name in metrics:
            found.append(Fact(label, number(metrics[name], digits)))
    if "parent_size_bytes" in metrics:
        found.append(Fact(_("Size before"), byte_size(int(metrics["parent_size_bytes"]))))
    others = len(facts.compression_runs) - 1
    branch = ngettext("%(n)s other variant", "%(n)s other variants", others) % {"n": others} if others else ""
    return (
        _("%(ratio)s× smaller") % {"ratio": number(metrics["size_ratio"], 1)},
        ", ".join([best.name, *parts]),
        _finished(best),
        tuple(found),
        branch,
    )


def _deployment(facts: ProjectFacts) -> Reading:
    """The model in use, as the newest measurement that names one tells, or as people tell who speak of one."""
    releases, named = facts.kpi.releases if facts.kpi else (), facts.voices.named
    model = releases[-1].model_version if releases else None
    found: tuple[Fact, ...]
    if facts.kpi is not None and model is not None:
        since = day(_day(releases[-1].measured_at))
        known = _("the measurement of %(day)s says so") % {"day": since}
        what, found = (
            _("the model in use, as measured"),
            (Fact(_("Known from"), known, facts.kpi.kpi.get_absolute_url()),),
        )
    elif named is not None:
        model, since = named.model, day(_day(named.since))
        what = _("the model people speak of; no measurement names it")
        found = (_spoken_of(facts, named), *_way_out(facts))
    else:
        return _("not yet"), _("neither a measurement nor a voice names the model in use"), "", _way_out(facts), ""
    found = (
        *found,
        Fact(_("Model"), f"{model.run.name}, {byte_size(model.size_bytes)}"),
        Fact(_("Digest"), model.digest[:16]),
        Fact(_("Serving"), _("not watched by Throughline yet")),
    )
    return model.run.name, what, _("since %(day)s") % {"day": since}, found, ""


def _spoken_of(facts: ProjectFacts, named: Named) -> Fact:
    words = ngettext("%(n)s voice names it, since %(day)s", "%(n)s voices name it, since %(day)s", named.count)
    address = f"{reverse('feedback-board')}?project={facts.project.key}&model_version={named.model.run.name}"
    return Fact(_("Known from"), words % {"n": named.count, "day": day(_day(named.since))}, address)


def _way_out(facts: ProjectFacts) -> tuple[Fact, ...]:
    """How it gets on record; without a KPI there is nothing that could name it."""
    if facts.kpi is None:
        return ()
    how = _("name the model in the next measurement of “%(kpi)s”") % {"kpi": facts.kpi.kpi.name}
    return (Fact(_("To record it"), how, facts.kpi.kpi.get_absolute_url()),)


def _feedback(facts: ProjectFacts) -> Reading:
    voices = (
        (
            Fact(
                _("Voices"),
                _("%(n)s, mean %(mean)s of 5") % {"n": facts.voices.count, "mean": number(facts.voices.mean, 1)},
            ),
        )
        if facts.voices.count
        else ()
    )
    latest = facts.kpi.latest if facts.kpi else None
    if facts.kpi is None or latest is None:
        if facts.voices.count:
            return (
                _("%(mean)s of 5") % {"mean": number(facts.voices.mean, 1)},
                _("mean of what people say"),
                "",
                voices,
                "",
            )
        return _("not yet"), _("neither a measurement nor a voice"), "", (), ""
    kpi = facts.kpi.kpi
    found = (
        Fact(_("KPI"), kpi_title(facts.kpi), kpi.get_absolute_url()),
        Fact(_("Measured"), day(_day(latest.measured_at))),
        Fact(_("Source"), latest.source or _("not written down")),
        Fact(
            _("Way to the target"), percent(facts.row.reached if facts.row.reached is not None else facts.kpi.reached)
        ),
        *voices,
    )
    figure = facts.kpi.figure
    now, before = figure.value if figure.value is not None else latest.value, figure.goal.baseline
    when = _("%(now)s, was %(before)s. %(day)s") % {
        "now": in_unit(now, kpi.unit),
        "before": in_unit(before, kpi.unit),
        "day": day(_day(latest.measured_at)),
    }
    return _change(now, before, kpi.unit), kpi.name, when, found, ""


def _change(now: float, before: float, unit: str) -> str:
    """Points for shares, percent for everything else."""
    if unit == "%" or not before:
        return f"{signed(round(now - before, 2))}\u00a0" + (_("points") if unit == "%" else unit)
    return f"{signed(round((now - before) / abs(before) * 100), 0)}%"


def _run_fact(facts: ProjectFacts, run: Run) -> Fact:
    job = getattr(run, "job", None)
    return Fact(
        _("Run"),
        f"{run.name}, {run.recipe.replace('-', ' ')}",
        reverse("job", args=[facts.project.key, job.number]) if job else "",
    )


def _finished(run: Run) -> str:
    return day(_day(run.finished_at)) if run.finished_at else ""


def _day(at: datetime) -> date:
    return timezone.localdate(at)


READINGS: dict[Station, Callable[[ProjectFacts], Reading]] = {
    Station.DEMAND: _demand,
    Station.DATA: _data,
    Station.TRAINING: _training,
    Station.COMPRESSION: _compression,
    Station.DEPLOYMENT: _deployment,
    Station.FEEDBACK: _feedback,
}
