"""How much of each stage is done: every judgement, whose it was and why, and a new one."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.forms_completion import CompletionForm
from finance.services.completion import judge_completion
from people.requests import PersonRequest
from projects.models import Project
from projects.permissions import may_plan

ON_A_PAGE = 25


def completion(request: PersonRequest, key: str) -> HttpResponse:
    """Read what was judged; whoever plans the project judges anew."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    may_judge = may_plan(request.user, project)
    if request.method == "POST" and not may_judge:
        raise PermissionDenied(_("The lead of the project and portfolio managers say how much is done. Ask them."))
    form = CompletionForm(request.POST or None)
    if form.is_valid():
        try:
            row = judge_completion(project=project, **form.cleaned_data, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            figures = {"percent": row.percent, "stage": row.get_station_display()}
            messages.success(request, _("%(percent)s percent of “%(stage)s” is called done.") % figures)
            return redirect("project-completion", key=project.key)
    judged = Paginator(project.completions.select_related("judged_by"), ON_A_PAGE)
    facts = {"project": project, "form": form, "may_judge": may_judge, "page": judged.get_page(request.GET.get("page"))}
    return render(request, "finance/completion.html", facts, status=422 if form.errors else 200)
