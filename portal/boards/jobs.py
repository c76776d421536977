"""Rows of a project's recent jobs."""

from dataclasses import dataclass

from django.urls import reverse

from engine.recipes import RECIPES
from portal.boards.project import ProjectFacts, metric_of
from portal.wording import money_micro, number, seconds
from trainingjobs.models import JobState, TrainingJob


@dataclass(frozen=True)
class JobLine:
    job: TrainingJob
    what: str
    metric: str
    metric_name: str
    duration: str
    cost: str
    why: str

    @property
    def state_word(self) -> str:
        """A failure names its cause in the pill."""
        if self.job.status is JobState.FAILED and self.job.error_code:
            return f"{self.job.status.label}: {self.job.error_code.replace('_', ' ')}"
        return str(self.job.status.label)


def job_lines(facts: ProjectFacts) -> tuple[JobLine, ...]:
    return tuple(_line(job) for job in facts.jobs)


def _line(job: TrainingJob) -> JobLine:
    metric = metric_of(job)
    spent = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None
    return JobLine(
        job,
        RECIPES[job.recipe].title if job.recipe in RECIPES else job.recipe,
        number(metric[1], 3) if metric else "",
        metric[0] if metric else "",
        seconds(spent) if spent is not None else "",
        money_micro(job.cost_micro, job.rate_card.currency),
        reverse("explain", args=["job-cost", job.pk]),
    )
