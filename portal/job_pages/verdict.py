"""What a run is worth against the best one before it: the difference of the metric, and money where a contract says."""

from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _

from engine.recipe import Objective
from engine.recipes import RECIPES
from experiments.models import MetricSeries, Run
from outcomes.models import ValueContract
from outcomes.value import Value, value_of
from portal.wording import number
from trainingjobs.models import JobState, TrainingJob


@dataclass(frozen=True)
class Verdict:
    """One sentence about a run, in bold, with its tone; `is_final` once the run has finished."""

    text: str
    tone: str
    symbol: str
    is_final: bool


@dataclass(frozen=True)
class Worth:
    """A run's value a year by one contract, beside that of the best run before it."""

    value: Value
    before: Value | None

    @property
    def change_minor(self) -> int | None:
        return None if self.before is None else self.value.net_minor - self.before.net_minor

    @property
    def against_today(self) -> str:
        """The first run has no run before it, so the contract's figure for today's way of working stands in."""
        if self.before is not None:
            return ""
        now, today = self.value.metric_value, self.value.contract.metric_baseline
        words = {"change": number(abs(now - today), 4), "today": number(today)}
        return (
            _("It is %(change)s above today's way of working (%(today)s).")
            if now >= today
            else _("It is %(change)s below today's way of working (%(today)s).")
        ) % words

    @property
    def gain_minor(self) -> int:
        """The size of the change, for a sentence that says more or less in words."""
        return abs(self.change_minor or 0)


def best_before(job: TrainingJob) -> Run | None:
    """The best finished run of the same recipe that the project had when this job was submitted."""
    recipe = RECIPES.get(job.recipe)
    if recipe is None:
        return None
    key = F(f"metrics__{recipe.objective.metric}")
    order = key.desc(nulls_last=True) if recipe.objective.direction == "higher" else key.asc(nulls_last=True)
    runs = Run.objects.finished().filter(
        project=job.project_id,
        recipe=job.recipe,
        started_at__lt=job.submitted_at,
        metrics__has_key=recipe.objective.metric,
    )
    return runs.exclude(pk=job.run_id).order_by(order).first()


def verdict_of(job: TrainingJob, best: Run | None) -> Verdict | None:
    """How a run stands against the best one before it; None while there is nothing to say."""
    recipe = RECIPES.get(job.recipe)
    if recipe is None or job.run is None or recipe.family != "training":
        return None
    if job.state == JobState.SUCCEEDED:
        return _final(job.run, recipe.objective, best)
    return _on_the_way(job, recipe.objective, best) if job.state == JobState.RUNNING else None


def _final(run: Run, objective: Objective, best: Run | None) -> Verdict | None:
    reached = run.metrics.get(objective.metric)
    if reached is None:
        return None
    words = {"label": objective.label, "value": number(reached, 4)}
    if best is None:
        return Verdict(_("%(label)s %(value)s: the first run of this recipe in the project.") % words, "", "info", True)
    return _against(
        _("%(label)s %(value)s") % words, reached, best.metrics[objective.metric], best.name, objective, is_final=True
    )


def _on_the_way(job: TrainingJob, objective: Objective, best: Run | None) -> Verdict | None:
    """While a run lasts only validation speaks, so it is compared with the validation of the best run."""
    metric = objective.metric.replace("test_", "validation_")
    series = MetricSeries.objects.filter(run=job.run_id, name=metric).only("last", "minimum", "maximum").first()
    if series is None or best is None or metric not in best.metrics:
        return None
    reached = series.maximum if objective.direction == "higher" else series.minimum
    if reached is None:
        return None
    return _against(
        _("%(value)s on validation so far") % {"value": number(reached, 4)},
        reached,
        best.metrics[metric],
        best.name,
        objective,
        is_final=False,
    )


def _against(fact: str, reached: float, earlier: float, name: str, objective: Objective, *, is_final: bool) -> Verdict:
    change = reached - earlier
    words = {"fact": fact, "change": number(abs(change), 4), "name": name}
    if abs(change) < 5e-5:
        return Verdict(_("%(fact)s, the same as the best run before, %(name)s.") % words, "", "flat", is_final)
    is_better = (change > 0) == (objective.direction == "higher")
    text = (
        _("%(fact)s, %(change)s above the best run before, %(name)s.")
        if change > 0
        else _("%(fact)s, %(change)s below the best run before, %(name)s.")
    )
    return Verdict(text % words, "good" if is_better else "", "up" if change > 0 else "dn", is_final)


def worth_of(job: TrainingJob, best: Run | None) -> Worth | None:
    """What a finished run is worth a year by the contract on its metric; None where no contract speaks of it."""
    if job.run is None or job.state != JobState.SUCCEEDED:
        return None
    contracts = (
        ValueContract.objects.in_force()
        .filter(kpi__project=job.project_id)
        .select_related("kpi", "kpi__project", "owner")
    )
    contract = next((contract for contract in contracts if contract.metric in job.run.metrics), None)
    if contract is None:
        return None
    comparable = best is not None and contract.metric in best.metrics
    return Worth(value_of(contract, job.run), value_of(contract, best) if best is not None and comparable else None)
