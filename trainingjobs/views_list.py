"""The list of jobs: filtered, exported, and one action on many of them."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from people.requests import PersonRequest
from projects.permissions import may_contribute
from trainingjobs.adjustments import LATE
from trainingjobs.export import csv_lines
from trainingjobs.job_list import JobFilter, choices, columns, jobs_of
from trainingjobs.models import TrainingJob
from trainingjobs.outcome_words import done_words, refused_words
from trainingjobs.services import act_on_jobs

PER_PAGE = 25


@require_safe
def jobs(request: PersonRequest) -> HttpResponse:
    """Every job that the reader may see, filtered, ordered and paged in SQL."""
    asked = JobFilter.read(request.GET)
    page = Paginator(jobs_of(request.user, asked), PER_PAGE).get_page(request.GET.get("page"))
    is_live, now = any(not job.status.is_terminal for job in page), timezone.now()
    shown = TrainingJob.objects.filter(pk__in=[job.pk for job in page])
    return render(
        request,
        "trainingjobs/jobs.html",
        {
            "page": page,
            "asked": asked,
            "columns": columns(asked.sort, with_queue=is_live),
            "ran": dict(shown.with_running_time(now).values_list("pk", "ran")),
            "is_live": is_live,
            "may_act": may_contribute(request.user),
            "submission": uuid4(),
            **choices(request.user),
        },
    )


@require_safe
def export(request: PersonRequest) -> StreamingHttpResponse:
    """The same list as CSV."""
    rows = (
        jobs_of(request.user, JobFilter.read(request.GET))
        .select_related("retry_of")
        .prefetch_related(LATE)
        .iterator(chunk_size=500)
    )
    return StreamingHttpResponse(
        csv_lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="jobs.csv"'},
    )


@require_POST
def act(request: PersonRequest) -> HttpResponse:
    """One action on the chosen jobs, and back to where they were chosen; a cancel is asked twice."""
    if not may_contribute(request.user):
        raise PermissionDenied(
            _("You may look at jobs, but not change what they do. Ask a project's lead for the role of an engineer.")
        )
    asked_for, back, action = _chosen(request), _back(request), request.POST.get("action", "")
    chosen = list(TrainingJob.objects.visible_to(request.user).for_list().filter(pk__in=asked_for))
    under_way = [job for job in chosen if not job.status.is_terminal]
    if action == "cancel" and under_way and "confirmed" not in request.POST:
        facts = {
            "jobs": under_way,
            "ended": len(chosen) - len(under_way),
            "back": back,
            "submission": request.POST.get("submission", ""),
        }
        return render(request, "trainingjobs/jobs_cancel.html", facts)
    if asked_for and not chosen:
        messages.warning(request, _("None of these jobs exists, or you may not see them."))
        return HttpResponseRedirect(back)
    try:
        outcomes = act_on_jobs(action=action, jobs=chosen, by=request.user, submission=_submission(request))
    except ValidationError as refusal:
        messages.warning(request, refusal.messages[0])
        return HttpResponseRedirect(back)
    if done := [outcome for outcome in outcomes if outcome.ok]:
        messages.success(request, done_words(action, done))
    for words in refused_words(outcomes):
        messages.warning(request, words)
    if gone := len(asked_for) - len(chosen):
        messages.warning(
            request,
            ngettext("%(n)s chosen job is not there.", "%(n)s chosen jobs are not there.", gone) % {"n": gone},
        )
    return HttpResponseRedirect(back)


def _chosen(request: PersonRequest) -> set[UUID]:
    """The jobs that the form names; what is no id is no job."""
    found = set()
    for text in request.POST.getlist("job"):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def _back(request: PersonRequest) -> str:
    """The page that the form stood on, with its filters."""
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("jobs")


def _submission(request: PersonRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("submission", ""))
    except ValueError:
        return None
