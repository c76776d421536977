"""A few steps, timed from the price tag: ask for it, look how it went."""

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from engine.recipes import RECIPES
from people.requests import PersonRequest
from projects.models import Project
from projects.permissions import may_contribute
from trainingjobs.dry_run import reason_of, state_of
from trainingjobs.forms import JobForm
from trainingjobs.models import StepTiming
from trainingjobs.services import ask_step_timing


@require_POST
def time_steps(request: PersonRequest, key: str) -> HttpResponse:
    """Time a few steps of what stands in the form, for htmx."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_contribute(request.user):
        raise PermissionDenied(
            _("You may look at this project, but not run jobs. Ask its lead for the role of an engineer.")
        )
    recipe = RECIPES.get(request.POST.get("recipe", ""))
    form = JobForm(project=project, user=request.user, recipe=recipe, typed=request.POST) if recipe else None
    if form is None or form.params is None:
        return _answer(request, project, reason=_("Correct the settings first."))
    try:
        timing = ask_step_timing(recipe=form.recipe.slug, params=form.raw, parent=form.parent, by=request.user)
    except ValidationError as refusal:
        return _answer(request, project, reason=" ".join(refusal.messages))
    return _answer(request, project, timing)


@require_safe
def timing(request: PersonRequest, key: str, pk: UUID) -> HttpResponse:
    """How the timing stands; once it is measured the fragment fetches the new price."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    return _answer(request, project, get_object_or_404(StepTiming, pk=pk, asked_by=request.user))


def _answer(
    request: PersonRequest, project: Project, timing: StepTiming | None = None, reason: str = ""
) -> HttpResponse:
    now = timezone.now()
    context = {
        "project": project,
        "timing": timing,
        "state": state_of(timing, now) if timing else StepTiming.State.FAILED,
        "reason": reason_of(timing, now) if timing else reason,
    }
    return render(request, "trainingjobs/timing.html", context)
