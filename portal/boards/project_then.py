"""The page of one project as it was known at the end of a past day: the facts of today's page, from their history."""

from datetime import date

from django.db.models import Avg, Count, Q, Sum

from experiments.models import Run
from finance.models import BudgetVersion
from outcomes.models import ValueContract
from outcomes.querysets import day_ends
from outcomes.then import voices_then
from outcomes.value import leading_contract
from people.trail import made_since
from portal.boards.budget import budgets_of
from portal.boards.budget_then import line_rows_then
from portal.boards.kpi import kpi_facts
from portal.boards.project import RECENT, RUNS, JobSums, ProjectFacts, Voices, named_in
from portal.boards.rows import as_it_stood, project_rows
from portal.boards.then import rows_then
from projects.models import Project, Stage
from trainingjobs.models import TrainingJob
from trainingjobs.querysets import COST_IN_CURRENCY


def project_facts_then(project: Project, on: date) -> ProjectFacts:
    """`project` is the row of that day."""
    end = day_ends(on)
    row = project_rows([project], on, on)[0]
    contract = row.value.contract if row.value else leading_contract(project, on)
    kpis = tuple(project.kpis.known_on(on).select_related("owner"))
    lead_pk = contract.kpi_id if contract else row.kpi.pk if row.kpi else None
    lead = next((kpi for kpi in kpis if kpi.pk == lead_pk), None)
    runs = Run.objects.finished().filter(project=project.pk, finished_at__lt=end)
    runs = runs.defer("report", "versions", "params").select_related("dataset", "job", "parent__run")
    return ProjectFacts(
        row=row,
        contract=contract,
        kpi=kpi_facts(lead, on) if lead else None,
        kpis=kpis,
        runs=tuple(runs.order_by("-finished_at", "-pk")[:RUNS]),
        stages={stage.station: stage for stage in rows_then(Stage, on).filter(project=project.pk)},
        lines=line_rows_then(budgets_of(project, on), on),
        voices=_voices(project, on),
        jobs=_jobs(project, on),
        job_sums=_job_sums(project, on),
        contracts=contracts_then(project, on),
    )


def drafts_then(project: Project, on: date) -> list[BudgetVersion]:
    """The versions that waited for their approval: of each budget the newest, where it was a draft."""
    end = day_ends(on)
    known = BudgetVersion.objects.filter(budget__in=budgets_of(project, on), made_at__lt=end).select_related("budget")
    newest = {version.budget_id: version for version in known.order_by("number")}
    drafts = [version for version in newest.values() if version.approved_at is None or version.approved_at >= end]
    return sorted(drafts, key=lambda version: (version.made_at, version.pk))


def _voices(project: Project, on: date) -> Voices:
    known = voices_then(project.feedback.all(), day_ends(on))
    sums = known.order_by().aggregate(count=Count("pk"), mean=Avg("score"))
    return Voices(tuple(known[:3]), sums["count"], sums["mean"], named_in(known))


def _jobs(project: Project, on: date) -> tuple[TrainingJob, ...]:
    submitted = TrainingJob.objects.filter(project=project.pk, submitted_at__lt=day_ends(on))
    return tuple(_as_told(job, on) for job in submitted.for_list().order_by("-number")[:RECENT])


def _as_told(job: TrainingJob, on: date) -> TrainingJob:
    """A job that had not ended has no result and no cost: what it had cost so far is not kept."""
    end = day_ends(on)
    if job.finished_at is not None and job.finished_at < end:
        return job
    as_it_stood(job, end)
    job.finished_at, job.run, job.error_code = None, None, ""
    return job


def _job_sums(project: Project, on: date) -> JobSums:
    end = day_ends(on)
    sums = project.jobs.filter(submitted_at__lt=end).aggregate(
        count=Count("pk"),
        micro=Sum(COST_IN_CURRENCY, filter=Q(finished_at__lt=end)),
        wh=Sum("energy_wh", filter=Q(finished_at__lt=end)),
    )
    return JobSums(sums["count"], sums["micro"] or 0, sums["wh"] or 0.0)


def contracts_then(project: Project, on: date) -> tuple[ValueContract, ...]:
    """The value contracts that had been drafted, in the state that each was in."""
    end = day_ends(on)
    drafted = ~Q(pk__in=made_since("draft_contract", end)) | Q(signed_at__lt=end)
    known = ValueContract.objects.filter(drafted, kpi__project=project.pk).with_standing(on)
    contracts = tuple(known.select_related("kpi", "owner", "signed_by").order_by("kpi__name", "-version"))
    for contract in contracts:
        if contract.standing == ValueContract.Status.DRAFT:
            contract.signed_by, contract.signed_at = None, None
    return contracts
