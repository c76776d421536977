"""Pages on jobs that need no chart: submit, price, cancel, log. Each translates and makes one call."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from engine.recipes import RECIPES
from people.requests import PersonRequest
from projects.models import Project
from projects.permissions import may_contribute
from trainingjobs.forms import JobForm
from trainingjobs.logs import read_tail
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.price_tag import PriceTag, price_tag
from trainingjobs.recipe_choices import recipe_choices
from trainingjobs.services import cancel_job, submit_job
from trainingjobs.services.submit import known_recipe
from trainingjobs.wording import log_lines, title_of

FIRST_RECIPE = "image-classifier"
WHOLE_LOG = 2 * 2**20


def new(request: PersonRequest, key: str) -> HttpResponse:
    """Choose a recipe, set what matters, read the price, submit."""
    project = _project(request, key)
    form = _form(request, project)
    if request.method == "POST" and form.is_good:
        try:
            job = submit_job(
                project=project,
                recipe=form.recipe.slug,
                params=form.raw,
                by=request.user,
                parent=form.parent,
                submission=submission_of(request),
                priority=form.terms.priority,
                time_limit_s=form.terms.time_limit_s,
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return redirect(job)
    return render(
        request,
        "trainingjobs/new.html",
        {
            "project": project,
            "form": form,
            "tag": tag_of(form),
            "choices": recipe_choices(),
            "submission": submission_of(request),
            "refusals": form.refusals,
        },
        status=422 if request.method == "POST" else 200,
    )


@require_POST
def price(request: PersonRequest, key: str) -> HttpResponse:
    """The price tag for what stands in the form now, and what is wrong with it, for htmx."""
    project = _project(request, key)
    form = _form(request, project)
    return render(
        request, "trainingjobs/price.html", {"project": project, "form": form, "tag": tag_of(form), "live": True}
    )


def _project(request: PersonRequest, key: str) -> Project:
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_contribute(request.user):
        raise PermissionDenied(
            _("You may look at this project, but not run jobs. Ask its lead for the role of an engineer.")
        )
    return project


def _form(request: PersonRequest, project: Project) -> JobForm:
    """The form of the recipe that the address or the browser names, filled from the job to clone when there is one."""
    typed = request.POST if request.method == "POST" else None
    source = _source(request, project)
    slug = request.POST.get("recipe") or request.GET.get("recipe") or (source.recipe if source else FIRST_RECIPE)
    form = JobForm(
        project=project,
        user=request.user,
        recipe=RECIPES.get(slug, RECIPES[FIRST_RECIPE]),
        typed=typed,
        source=source,
        parent_id=request.GET.get("parent", ""),
    )
    try:
        known_recipe(slug)
    except ValidationError as refusal:
        form.refuse(refusal)
    return form


def _source(request: PersonRequest, project: Project) -> TrainingJob | None:
    key, _dash, number = request.GET.get("from", "").replace("\x00", "").partition("-")
    jobs = TrainingJob.objects.visible_to(request.user).select_related("project")
    return jobs.filter(project__key=key, number=number).first() if number.isdecimal() and len(number) < 10 else None


def tag_of(form: JobForm) -> PriceTag | None:
    """The tag, or None while the settings are wrong or nothing can be priced; the reason is then in the form."""
    if form.params is None or form.recipe.unavailable_reason():
        return None
    try:
        return price_tag(
            project=form.project,
            recipe=form.recipe,
            params=form.params,
            parent=form.parent,
            by=form.user,
            now=timezone.now(),
            priority=form.terms.priority,
            time_limit_s=form.terms.time_limit_s,
            changes=form.changes,
        )
    except ValidationError as refusal:
        form.refuse(refusal)
        return None


def submission_of(request: PersonRequest) -> UUID:
    """The token of the form that was sent, or a fresh one for a new form."""
    try:
        return UUID(request.POST.get("submission", ""))
    except ValueError:
        return uuid4()


def _job(request: PersonRequest, key: str, number: int) -> TrainingJob:
    return get_object_or_404(
        TrainingJob.objects.visible_to(request.user).select_related("project"), project__key=key, number=number
    )


@require_POST
def cancel(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Stop a job: at once while it waits, at its next step while it runs."""
    job = _job(request, key, number)
    if not may_contribute(request.user):
        raise PermissionDenied(
            _("You may look at this job, but not stop it. Ask its lead for the role of an engineer.")
        )
    try:
        job = cancel_job(job=job, by=request.user)
    except ValidationError as refusal:
        messages.warning(request, refusal.messages[0])
    else:
        messages.success(
            request,
            _("%(job)s is cancelled.") % {"job": job.name}
            if job.state == JobState.CANCELLED
            else _("%(job)s stops at its next step.") % {"job": job.name},
        )
    return redirect(job)


@require_safe
def clone(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Clone and edit: the submission form, filled with this job's settings."""
    job = _job(request, key, number)
    return redirect(f"{redirect('job-new', key=key).url}?from={job.name}")


@require_safe
def log(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """The whole log of an attempt, the newest without one, as a page or, with ?plain=1, as a text file."""
    job = _job(request, key, number)
    attempts = list(job.attempts.order_by("fence").values_list("fence", flat=True))
    attempt = next((fence for fence in attempts if str(fence) == request.GET.get("attempt")), job.fence)
    text = read_tail(job, limit=WHOLE_LOG, attempt=attempt)
    if "plain" in request.GET:
        return HttpResponse(
            text,
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{job.name}.log.txt"'},
        )
    shown = {"lines": log_lines(text), "attempts": attempts, "attempt": attempt}
    return render(request, "trainingjobs/log.html", {"job": job, "title": title_of(job), **shown})
