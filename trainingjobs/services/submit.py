"""Submit a job: judge it, price it, reserve the money, write the row. The hint to a worker goes out after commit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from engine.failpoint import reach
from engine.recipe import Recipe, RecipeError
from engine.recipes import get_recipe
from experiments.models import ModelVersion
from finance.models import BudgetLine, RateCard
from finance.money import charge_micro
from finance.services.budget import reserve
from finance.services.rates import current_rate_card
from people.models import User
from people.services import record_audit
from projects.models import Project
from trainingjobs.folders import demand_disk_room
from trainingjobs.forecast import Forecast, forecast_job
from trainingjobs.hyperparameters import validate_params
from trainingjobs.models import JobState, Priority, Resource, TrainingJob
from trainingjobs.permissions import demand_contributor, may_prioritise
from trainingjobs.services.hint import hint_after_commit
from trainingjobs.services.notify import ask_for_approval

FORECAST_FIELDS = ("seconds_low", "seconds_mid", "seconds_high", "micro_low", "micro_mid", "micro_high")
SHORTEST_LIMIT_S, LONGEST_LIMIT_S = 1.0, 30 * 86_400.0


def submit_job(
    *,
    project: Project,
    recipe: str,
    params: Mapping[str, Any],
    by: User,
    parent: ModelVersion | None = None,
    submission: UUID | None = None,
    priority: int = Priority.NORMAL,
    time_limit_s: float | None = None,
    retry_of: TrainingJob | None = None,
) -> TrainingJob:
    """Reserve what a job may cost and queue it, or leave it to a manager when it costs more than the project allows.

    A ValidationError says why not and what would help. The same `submission` token is one job, however often it comes.
    """
    chosen, valid = judge_job(
        project=project,
        recipe=recipe,
        params=params,
        by=by,
        parent=parent,
        priority=priority,
        time_limit_s=time_limit_s,
    )
    demand_disk_room()
    card = current_rate_card()
    forecast = forecast_job(recipe=chosen, params=valid, card=card, parent=parent, time_limit_s=time_limit_s)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # one number each, in turn
        known = TrainingJob.objects.filter(submission=submission).first() if submission else None
        if known:
            return _same_submission(known, project, by)
        demand_active(project)
        job = TrainingJob(
            id=uuid4(),
            project=project,
            number=_next_number(project),
            recipe=chosen.slug,
            parent=parent,
            params=valid.model_dump(mode="json"),
            submitted_by=by,
            submission=submission,
            rate_card=card,
            resource=Resource.of(chosen),
            priority=priority,
            time_limit_s=time_limit_s,
            retry_of=retry_of,
        )
        _queue(job, forecast)
        reach("submit.before_commit")
    reach("submit.after_commit")
    return job


def judge_job(
    *,
    project: Project,
    recipe: str,
    params: Mapping[str, Any],
    by: User,
    parent: ModelVersion | None = None,
    priority: int = Priority.NORMAL,
    time_limit_s: float | None = None,
) -> tuple[Recipe, Any]:
    """The recipe and its valid settings; refuses what could never be run, and who may not ask for it."""
    demand_contributor(by, project)
    demand_priority(by, project, priority)
    demand_time_limit(time_limit_s)
    chosen = known_recipe(recipe)
    valid = validate_params(chosen, params)
    demand_parent(chosen, parent, by)
    return chosen, valid


def _same_submission(known: TrainingJob, project: Project, by: User) -> TrainingJob:
    """The job that this token has already made; a token of somebody else, or for elsewhere, tells nothing."""
    if (known.project_id, known.submitted_by_id) != (project.pk, by.pk):
        raise ValidationError(
            _("This submission token has been used for another job. Send a new one."), code="token_used"
        )
    return known


def demand_active(project: Project) -> None:
    """Nothing new is trained while a project rests, and nothing at all once it has ended."""
    if project.status == Project.Status.ON_HOLD:
        raise ValidationError(
            _("%(project)s is on hold, so no new job begins in it. What runs goes on. Ask a manager to resume it."),
            code="project_on_hold",
            params={"project": project.key},
        )
    if project.ended_on is not None:
        raise ValidationError(
            _("%(project)s has ended (%(status)s), so nothing is trained for it any more. Choose another project."),
            code="project_ended",
            params={"project": project.key, "status": project.get_status_display()},
        )


def _queue(job: TrainingJob, forecast: Forecast) -> None:
    """Reserve the upper price of the forecast and write the row."""
    line, now = compute_line(job.project, job.rate_card), timezone.now()
    amount_minor = reserved_for(forecast, job.rate_card)
    job.reservation = reserve(
        line=line, amount_minor=amount_minor, reference=f"job:{job.pk}", at=now, by=job.submitted_by
    )
    job.submitted_at = now
    write_forecast(job, forecast)
    job.needs_approval = is_over_threshold(job.project, amount_minor)
    job.state = JobState.AWAITING if job.needs_approval else JobState.QUEUED
    job.queued_at = job.hinted_at = None if job.needs_approval else now
    job.save(force_insert=True)
    record_audit(
        verb="submit_job",
        subject=job,
        by=job.submitted_by,
        detail={"job": job.name, "recipe": job.recipe, "params": job.params, "reserved_minor": amount_minor},
    )
    if job.needs_approval:
        ask_for_approval(job)
    else:
        hint_after_commit(job)


def reserved_for(forecast: Forecast, card: RateCard) -> int:
    """What is reserved for a job: the upper price of its forecast, at least one unit."""
    return max(1, charge_micro(forecast.micro_high, card.currency))


def write_forecast(job: TrainingJob, forecast: Forecast) -> None:
    for name in FORECAST_FIELDS:
        setattr(job, f"forecast_{name}", getattr(forecast, name))


def demand_priority(by: User, project: Project, priority: int) -> None:
    if priority not in Priority.values:
        raise ValidationError(_("The priority is -1 (low), 0 (normal) or 1 (high)."), code="no_such_priority")
    if priority > Priority.NORMAL and not may_prioritise(by, project):
        raise ValidationError(
            _("High priority is given by the project's lead or a manager. Submit it as normal and ask them."),
            code="priority_not_allowed",
        )


def demand_time_limit(seconds: float | None) -> None:
    if seconds is not None and not SHORTEST_LIMIT_S <= seconds <= LONGEST_LIMIT_S:
        raise ValidationError(
            _("The time limit must be between 1 second and 30 days; leave it empty for none."), code="bad_time_limit"
        )


def known_recipe(slug: str) -> Recipe:
    """The recipe, able to run here."""
    try:
        recipe = get_recipe(slug)
    except RecipeError as error:
        raise ValidationError(f"{error.message} {error.mend}", code="unknown_recipe") from None
    reason = recipe.unavailable_reason()
    if reason:
        raise ValidationError(reason, code="unavailable")
    return recipe


def demand_parent(recipe: Recipe, parent: ModelVersion | None, by: User) -> None:
    """Refuse a parent of the wrong kind, and one that the submitter may not see."""
    if parent is not None and not ModelVersion.objects.visible_to(by).filter(pk=parent.pk).exists():
        raise ValidationError(_("That model does not exist. Choose one from the list of models."), code="wrong_parent")
    try:
        recipe.check_parent(parent.kind if parent else None)
    except RecipeError as error:
        raise ValidationError(f"{error.message} {error.mend}", code="wrong_parent") from None


def is_over_threshold(project: Project, amount_minor: int) -> bool:
    """Whether a job of that upper price is a manager's to decide."""
    threshold = project.approval_threshold_minor
    return threshold is not None and amount_minor > threshold


def compute_line(project: Project, card: RateCard) -> BudgetLine:
    """The compute line of the project's newest budget, in the currency of the prices."""
    lines = BudgetLine.objects.filter(budget__project=project, category=BudgetLine.Category.COMPUTE)
    line = lines.select_related("budget__project").order_by("-budget__approved_on", "-budget_id").first()
    if line is None:
        raise ValidationError(
            _("%(project)s has no budget line for compute to reserve on. Ask its manager to approve one."),
            code="no_budget",
            params={"project": project.title},
        )
    if line.budget.currency != card.currency:
        raise ValidationError(
            _(
                "The budget is in %(budget)s and machine time is priced in %(card)s. "
                "Ask finance for a rate card in %(budget)s."
            ),
            code="other_currency",
            params={"budget": line.budget.currency, "card": card.currency},
        )
    return line


def _next_number(project: Project) -> int:
    return (TrainingJob.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1
