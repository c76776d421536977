"""Everything one project page shows, in a number of queries that does not grow with the project."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Avg, Count, Min, QuerySet, Sum

from engine.recipes import RECIPES
from experiments.models import ModelVersion, Run
from finance.models import BudgetLine
from outcomes.models import Kpi, ValueContract
from outcomes.value import Value, higher_is_better, leading_contract
from portal.boards.kpi import KpiFacts, kpi_facts
from portal.boards.rows import ProjectRow, project_rows
from projects.models import Feedback, Project, Stage
from trainingjobs.models import TrainingJob
from trainingjobs.querysets import COST_IN_CURRENCY

RECENT = 6
RUNS = 300


@dataclass(frozen=True)
class JobSums:
    count: int
    cost_micro: int
    energy_wh: float


@dataclass(frozen=True)
class Named:
    """The model that the newest voice which names one speaks of, since when, and in how many voices."""

    model: ModelVersion
    since: datetime
    count: int


@dataclass(frozen=True)
class Voices:
    recent: tuple[Feedback, ...]
    count: int
    mean: float | None
    named: Named | None = None


@dataclass(frozen=True)
class ProjectFacts:
    row: ProjectRow
    contract: ValueContract | None
    kpi: KpiFacts | None
    kpis: tuple[Kpi, ...]
    runs: tuple[Run, ...]
    stages: dict[str, Stage]
    lines: tuple[BudgetLine, ...]
    voices: Voices
    jobs: tuple[TrainingJob, ...]
    job_sums: JobSums
    contracts: tuple[ValueContract, ...]

    @property
    def project(self) -> Project:
        return self.row.project

    @property
    def value(self) -> Value | None:
        return self.row.value

    @property
    def unreleased_minor(self) -> int:
        """Approved in the currency of the project's money, and held behind gates."""
        lines = (line for line in self.lines if line.budget.currency == self.row.money.currency)
        return sum(line.planned_minor - line.released_minor for line in lines)

    @property
    def training_runs(self) -> list[Run]:
        return [run for run in self.runs if family(run) == "training"]

    @property
    def compression_runs(self) -> list[Run]:
        return [run for run in self.runs if family(run) == "compression"]

    @property
    def metric(self) -> str:
        """The metric of the contract, or the leading one of the newest training run's recipe."""
        if self.contract:
            return self.contract.metric
        newest = self.training_runs[:1]
        return RECIPES[newest[0].recipe].objective.metric if newest and newest[0].recipe in RECIPES else "test_accuracy"

    @property
    def best_training(self) -> Run | None:
        return best_of(self.training_runs, self.metric)

    @property
    def best_compression(self) -> Run | None:
        return best_of(self.compression_runs, "size_ratio")


def family(run: Run) -> str:
    """Training or compression; a recipe that has left the catalogue is taken for compression when it had a parent."""
    recipe = RECIPES.get(run.recipe)
    return recipe.family if recipe else "compression" if run.parent_id else "training"


def best_of(runs: list[Run], metric: str) -> Run | None:
    """The run with the best value of a metric; of equals the earlier, as the value of a contract takes it."""
    having = [run for run in runs if metric in run.metrics]
    sign = -1 if higher_is_better(metric) else 1
    return min(having, key=lambda run: (sign * run.metrics[metric], run.started_at), default=None)


def project_facts(project: Project, today: date) -> ProjectFacts:
    """The facts of one project, for somebody who may see it."""
    row = project_rows([project], today)[0]
    contract = row.value.contract if row.value else leading_contract(project)
    kpis = tuple(project.kpis.select_related("owner"))
    lead_pk = contract.kpi_id if contract else row.kpi.pk if row.kpi else None
    lead = next((kpi for kpi in kpis if kpi.pk == lead_pk), None)
    runs = (
        Run.objects.finished()
        .filter(project=project)
        .defer("report", "versions", "params")
        .select_related("dataset", "job", "parent__run")
    )
    lines = (
        BudgetLine.objects.filter(budget__project=project)
        .select_related("budget__approved_by")
        .order_by("-budget__approved_on", "category")
    )
    contracts = (
        ValueContract.objects.filter(kpi__project=project)
        .with_standing()
        .select_related("kpi", "owner", "signed_by")
        .order_by("kpi__name", "-version")
    )
    return ProjectFacts(
        row=row,
        contract=contract,
        kpi=kpi_facts(lead) if lead else None,
        kpis=kpis,
        runs=tuple(runs.order_by("-finished_at", "-pk")[:RUNS]),
        stages={stage.station: stage for stage in project.stages.all()},
        lines=tuple(lines),
        voices=_voices(project),
        jobs=tuple(TrainingJob.objects.filter(project=project).for_list().order_by("-number")[:RECENT]),
        job_sums=_job_sums(project),
        contracts=tuple(contracts),
    )


def _voices(project: Project) -> Voices:
    sums = project.feedback.aggregate(count=Count("pk"), mean=Avg("score"))
    return Voices(tuple(project.feedback.all()[:3]), sums["count"], sums["mean"], named_in(project.feedback.all()))


def named_in(voices: QuerySet[Feedback]) -> Named | None:
    """What voices say of the model in use; nothing where none names a model."""
    naming = voices.filter(model_version__isnull=False)
    newest = naming.select_related("model_version__run").order_by("-received_at", "-pk").first()
    if newest is None or newest.model_version is None:
        return None
    same = naming.filter(model_version=newest.model_version_id).order_by()
    return Named(newest.model_version, **same.aggregate(since=Min("received_at"), count=Count("pk")))


def _job_sums(project: Project) -> JobSums:
    sums: dict[str, Any] = project.jobs.aggregate(count=Count("pk"), micro=Sum(COST_IN_CURRENCY), wh=Sum("energy_wh"))
    return JobSums(sums["count"], sums["micro"] or 0, sums["wh"] or 0.0)


def metric_of(job: TrainingJob) -> tuple[str, float] | None:
    """The leading figure of a job's run: what its recipe is judged by."""
    recipe = RECIPES.get(job.recipe)
    if recipe is None or job.run is None or recipe.objective.metric not in job.run.metrics:
        return None
    return recipe.objective.label, float(job.run.metrics[recipe.objective.metric])
