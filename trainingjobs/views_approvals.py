"""The inbox of approvals: managers decide there, everybody else sees what he waits for."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people.requests import PersonRequest
from trainingjobs.inbox import inbox_of
from trainingjobs.models import TrainingJob
from trainingjobs.permissions import may_decide
from trainingjobs.services import approve_job, decline_job


@require_safe
def approvals(request: PersonRequest) -> HttpResponse:
    """What waits for a decision, the longest first, and what was decided lately."""
    now = timezone.now()
    return render(request, "trainingjobs/inbox.html", {"inbox": inbox_of(request.user, now), "now": now})


@require_POST
def decide(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Approve or decline one job at the price that was shown; several at once are not offered."""
    jobs = TrainingJob.objects.visible_to(request.user).select_related("project")
    job = get_object_or_404(jobs, project__key=key, number=number)
    if not may_decide(request.user):
        raise PermissionDenied(_("Only managers decide on the price of a job. Ask one of them."))
    reason, approves = request.POST.get("reason", ""), request.POST.get("decision") == "approve"
    try:
        if approves:
            approve_job(job=job, by=request.user, reason=reason, seen=request.POST.get("seen", ""))
        else:
            decline_job(job=job, by=request.user, reason=reason)
    except ValidationError as refusal:
        if not hasattr(refusal, "error_dict"):
            messages.warning(request, refusal.messages[0])
            return redirect("approvals")
        now = timezone.now()
        inbox = inbox_of(request.user, now, at_fault=job, error=refusal.messages[0], typed=reason)
        return render(request, "trainingjobs/inbox.html", {"inbox": inbox, "now": now}, status=422)
    words = (
        _("%(job)s is approved and in the queue.") if approves else _("%(job)s is declined; its money is free again.")
    )
    messages.success(request, words % {"job": job.name})
    return redirect("approvals")
