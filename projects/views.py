"""Pages that open a project and take feedback."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from people.requests import PersonRequest
from projects.forms import FeedbackForm, ProjectDetailsForm, ProjectForm
from projects.models import Project
from projects.permissions import may_contribute, may_open_project, may_plan
from projects.services import change_project, open_project, record_feedback


def project_new(request: PersonRequest) -> HttpResponse:
    """Open a project; for managers."""
    if not may_open_project(request.user):
        raise PermissionDenied(
            _("Only portfolio managers open projects. Ask one of them, with the demand in one sentence.")
        )
    form = ProjectForm(request.POST or None)
    if form.is_valid():
        try:
            project = open_project(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(key)s is open. Next: say which KPI it should move.") % {"key": project.key})
            return redirect(project)
    return render(request, "projects/project_form.html", {"form": form}, status=422 if form.errors else 200)


def project_edit(request: PersonRequest, key: str) -> HttpResponse:
    """Correct what a project says of itself, and who works on it."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_plan(request.user, project):
        raise PermissionDenied(_("The lead of the project and portfolio managers change it. Ask one of them."))
    form = ProjectDetailsForm(request.POST or None, project=project)
    if form.is_valid():
        try:
            project = change_project(project=project, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(key)s is changed.") % {"key": project.key})
            return redirect(project)
    context = {"form": form, "project": project}
    return render(request, "projects/project_edit.html", context, status=422 if form.errors else 200)


def feedback_new(request: PersonRequest, key: str) -> HttpResponse:
    """Record what somebody says about the result."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_contribute(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    form = FeedbackForm(request.POST or None, project=project)
    if form.is_valid():
        try:
            record_feedback(project=project, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Recorded. It stands on the project page now."))
            return redirect(project)
    return render(
        request, "projects/feedback_form.html", {"form": form, "project": project}, status=422 if form.errors else 200
    )
