"""What is done to one job: change, pause, resume, retry, prioritise, approve, decline. Each calls one verb."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from engine.recipes import RECIPES
from people.requests import PersonRequest
from projects.permissions import may_contribute
from trainingjobs.acts import is_changeable
from trainingjobs.forms import JobForm
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services import (
    approve_job,
    change_job,
    decline_job,
    pause_job,
    resume_job,
    retry_job,
    set_priority,
)
from trainingjobs.views import submission_of, tag_of

RELATED = ("project", "submitted_by", "rate_card", "reservation__line__budget", "parent__run__project")


@require_POST
def pause(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Take a job out of the queue, or have it stop with a checkpoint."""
    job = _job_to_run(request, key, number)
    stops = _("%(job)s pauses at its next step. Recipes of minutes keep a checkpoint, those of seconds begin again.")
    words = {JobState.PAUSED: _("%(job)s is paused."), JobState.RUNNING: stops}
    return _do(request, job, lambda: pause_job(job=job, by=request.user), words)


@require_POST
def resume(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Go on with a paused job."""
    job = _job_to_run(request, key, number)
    words = {
        JobState.QUEUED: _("%(job)s is back in the queue."),
        JobState.RUNNING: _("%(job)s goes on."),
        JobState.AWAITING: _("%(job)s needs new money, so a manager decides first."),
    }
    return _do(request, job, lambda: resume_job(job=job, by=request.user), words)


@require_POST
def retry(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """The same work as a new job; the button sent twice is one job."""
    job = _job_to_run(request, key, number)
    words = {state: _("%(job)s tries the work of %(old)s again.") for state in JobState}
    words[JobState.AWAITING] = _("%(job)s would try the work of %(old)s again; a manager decides on its price first.")
    return _do(request, job, lambda: retry_job(job=job, by=request.user, submission=submission_of(request)), words)


@require_POST
def priority(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """Put a job before others, or behind them."""
    job = _job_to_run(request, key, number)
    text = request.POST.get("priority", "")
    wanted = int(text) if text in {"-1", "0", "1"} else 99
    words = {state: _("%(job)s has %(priority)s priority now.") for state in JobState}
    return _do(request, job, lambda: set_priority(job=job, priority=wanted, by=request.user), words)


@require_POST
def approve(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """A manager lets a job into the queue at the price that he saw."""
    job, reason, seen = _job(request, key, number), request.POST.get("reason", ""), request.POST.get("seen", "")
    words = {JobState.QUEUED: _("%(job)s is approved and in the queue.")}
    return _do(request, job, lambda: approve_job(job=job, by=request.user, reason=reason, seen=seen), words)


@require_POST
def decline(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """A manager says no, and why."""
    job, reason = _job(request, key, number), request.POST.get("reason", "")
    words = {JobState.CANCELLED: _("%(job)s is declined; its reservation went back to the budget.")}
    return _do(request, job, lambda: decline_job(job=job, by=request.user, reason=reason), words)


def change(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """The form of a job that has not started, with what the change does to its price."""
    job = _job_to_run(request, key, number)
    if job.recipe not in RECIPES or not is_changeable(job):
        words = _("%(job)s has already started, so its settings stay as they are. Clone it to try others.")
        messages.warning(request, words % {"job": job.name})
        return redirect(job)
    form = _form(request, job)
    if request.method == "POST" and form.is_good:
        try:
            _change(request, job, form)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            words = _("%(job)s is changed; a manager decides on its price.")
            words = words if job.state == JobState.AWAITING else _("%(job)s is changed.")
            messages.success(request, words % {"job": job.name})
            return redirect(job)
    facts = {"job": job, "project": job.project, "form": form, "tag": tag_of(form), "approval": _approval(job)}
    return render(request, "trainingjobs/change.html", facts, status=422 if request.method == "POST" else 200)


@require_POST
def change_price(request: PersonRequest, key: str, number: int) -> HttpResponse:
    """The price tag for what stands in the form of a change now, for htmx."""
    job = _job_to_run(request, key, number)
    form = _form(request, job)
    facts = {"job": job, "project": job.project, "form": form, "tag": tag_of(form), "approval": _approval(job)}
    return render(request, "trainingjobs/price.html", {**facts, "live": True})


def _change(request: PersonRequest, job: TrainingJob, form: JobForm) -> None:
    """What differs, and only that: an approval outlives a change of priority."""
    assert form.params is not None  # noqa: S101  a good form has settings
    wanted, before = form.params.model_dump(mode="json"), job.priority
    with transaction.atomic():
        if (wanted, form.terms.time_limit_s) != (job.params, job.time_limit_s):
            change_job(job=job, by=request.user, params=form.raw, time_limit_s=form.terms.time_limit_s)
        if form.terms.priority != before:
            set_priority(job=job, priority=form.terms.priority, by=request.user)


def _form(request: PersonRequest, job: TrainingJob) -> JobForm:
    typed = request.POST if request.method == "POST" else None
    return JobForm(project=job.project, user=request.user, recipe=RECIPES[job.recipe], typed=typed, changes=job)


def _approval(job: TrainingJob) -> object:
    """The approval that a change would void."""
    return job.approvals.filter(decision="approved", voided_at=None).select_related("by").first()


def _job(request: PersonRequest, key: str, number: int) -> TrainingJob:
    jobs = TrainingJob.objects.visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(jobs, project__key=key, number=number)


def _job_to_run(request: PersonRequest, key: str, number: int) -> TrainingJob:
    job = _job(request, key, number)
    if not may_contribute(request.user):
        raise PermissionDenied(
            _("You may look at this job, but not change what it does. Ask its lead for the role of an engineer.")
        )
    return job


def _do(
    request: PersonRequest, job: TrainingJob, act: Callable[[], TrainingJob], words: dict[JobState, str]
) -> HttpResponse:
    """Call the verb, say what came of it, and go to the job."""
    try:
        done = act()
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
        return redirect(job)
    text = words.get(done.status, _("%(job)s: %(state)s."))
    facts = {"job": done.name, "old": job.name, "state": done.status.label}
    messages.success(request, text % {**facts, "priority": done.get_priority_display().lower()})
    return redirect(done)
