"""Submit a job: judge it, price it, reserve the money, write the row. The hint to a worker goes out after commit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

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
from trainingjobs.models import TrainingJob
from trainingjobs.permissions import demand_contributor
from trainingjobs.services.hint import hint_after_commit


def submit_job(
    *,
    project: Project,
    recipe: str,
    params: Mapping[str, Any],
    by: User,
    parent: ModelVersion | None = None,
    submission: UUID | None = None,
) -> TrainingJob:
    """Queue one job and reserve what it may cost, or say in a ValidationError why not and what would help.

    The same `submission` token is one job, however often the form is sent.
    """
    demand_contributor(by, project)
    chosen = known_recipe(recipe)
    valid = validate_params(chosen, params)
    demand_parent(chosen, parent, by)
    demand_disk_room()
    card = current_rate_card()
    forecast = forecast_job(recipe=chosen, params=valid, card=card)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # one number each; SQLite is serial anyway
        known = submission and TrainingJob.objects.filter(submission=submission).first()
        if known:
            return known
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
        )
        return _queue(job, forecast)


def _queue(job: TrainingJob, forecast: Forecast) -> TrainingJob:
    """Reserve the upper price of the forecast and write the row."""
    line, now = compute_line(job.project, job.rate_card), timezone.now()
    amount_minor = max(1, charge_micro(forecast.micro_high, job.rate_card.currency))
    job.reservation = reserve(
        line=line, amount_minor=amount_minor, reference=f"job:{job.pk}", at=now, by=job.submitted_by
    )
    job.submitted_at = job.hinted_at = now
    for name in ("seconds_low", "seconds_mid", "seconds_high", "micro_low", "micro_mid", "micro_high"):
        setattr(job, f"forecast_{name}", getattr(forecast, name))
    job.save(force_insert=True)
    record_audit(
        verb="submit_job",
        subject=job,
        by=job.submitted_by,
        detail={"job": job.name, "recipe": job.recipe, "params": job.params, "reserved_minor": amount_minor},
    )
    hint_after_commit(job.pk)
    return job


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
