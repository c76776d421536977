"""The board of feedback, and the answer to one voice."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from experiments.models import ModelVersion
from outcomes.models import FeedbackTriage
from outcomes.querysets import day_ends
from outcomes.services import triage_feedback
from outcomes.then import give_answers_then
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.feedback import (
    FEEDBACK_PANEL,
    FILTERS,
    TONES,
    FeedbackFacts,
    feedback_facts,
    filtered,
    known,
    ordered,
    sentence_of,
    table_of,
)
from portal.boards.feedback_why import address_of
from portal.boards.unchanged import while_unchanged
from portal.export import attached, in_lots
from projects.forms import PlainForm
from projects.models import Feedback
from projects.permissions import may_contribute

ON_A_PAGE = 20
MOST_MODELS = 500


class TriageForm(PlainForm):
    """What becomes of one voice. The models are handed in, so that a page of forms asks for them once."""

    status = forms.ChoiceField(label=gettext_lazy("What becomes of it"), choices=FeedbackTriage.Status.choices)
    model_version = forms.ChoiceField(label=gettext_lazy("About the model"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=240,
        required=False,
        help_text=gettext_lazy("Needed to decline: the note is the answer."),
    )

    def __init__(self, *args: Any, voice: Feedback, models: Sequence[ModelVersion], **kwargs: Any) -> None:
        triage = getattr(voice, "triage", None)
        known = {"model_version": str(voice.model_version_id or "")} if triage is None else _known(triage)
        super().__init__(*args, initial=known, auto_id=f"id_{voice.pk}_%s", **kwargs)
        self.models = {str(model.pk): model for model in models if model.run.project_id == voice.project_id}
        choices = [("", _("none of ours")), *((pk, str(model)) for pk, model in self.models.items())]
        self.fields["model_version"].choices = choices  # type: ignore[attr-defined]

    def answer(self) -> dict[str, Any]:
        """The arguments of the verb `triage_feedback`."""
        return self.cleaned_data | {"model_version": self.models.get(self.cleaned_data["model_version"])}


def _known(triage: FeedbackTriage) -> dict[str, Any]:
    return {"status": triage.status, "model_version": str(triage.model_version_id or ""), "note": triage.note}


@require_safe
def feedback(request: PersonRequest) -> HttpResponse:
    """How content people are, and the voices that wait for an answer first."""
    return _board(request, None, None)


def _board(request: PersonRequest, pk: int | None, refused: TriageForm | None) -> HttpResponse:
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    visible = known(Feedback.objects.visible_to(request.user), asked.on)

    def make() -> tuple[Page, FeedbackFacts]:
        found = filtered(visible, request.GET)
        page = Paginator(list(ordered(found).values_list("pk", flat=True)), ON_A_PAGE)
        return page.get_page(request.GET.get("page")), feedback_facts(found, asked.moment(now))

    name = ("feedback", asked.on, *sorted(request.GET.items()))
    page, facts = while_unchanged(name, request.user, asked.today, make)
    voices = list(ordered(visible.filter(pk__in=page.object_list)))
    if asked.on:
        give_answers_then(voices, day_ends(asked.on))
    if refused is not None and pk is not None and pk not in {voice.pk for voice in voices}:
        voices = [*ordered(visible.filter(pk=pk)), *voices]
    may_answer = may_contribute(request.user) and not asked.on
    models = _models_of(voices) if may_answer else []
    context = {
        "page": page,
        "rows": [
            (voice, _pill_of(voice), (refused if voice.pk == pk else None) or TriageForm(voice=voice, models=models))
            for voice in voices
        ],
        "refused_pk": pk,
        "sentence": sentence_of(facts, address_of("explain-feedback", request.GET, asked.on)),
        "facts": facts,
        "answer": FEEDBACK_PANEL.answer(facts),
        "query": request.GET,
        "is_filtered": any(request.GET.get(name) for name in FILTERS),
        "statuses": FeedbackTriage.Status.choices,
        "scores": range(1, 6),
        "may_answer": may_answer,
        "asked": asked,
    }
    return render(request, "portal/outcomes/feedback.html", context, status=422 if refused or asked.fault else 200)


def _models_of(voices: Sequence[Feedback]) -> list[ModelVersion]:
    """The newest models of the projects of one page; one question."""
    projects = {voice.project_id for voice in voices}
    models = ModelVersion.objects.filter(run__project__in=projects).select_related("run")
    return list(models.order_by("-pk")[:MOST_MODELS])


def _pill_of(voice: Feedback) -> tuple[str, str, str]:
    triage = getattr(voice, "triage", None)
    if triage is None:
        return _("Not answered"), "warn", "clock"
    return (str(triage.get_status_display()), *TONES[FeedbackTriage.Status(triage.status)])


@require_safe
def feedback_export(request: PersonRequest, kind: str) -> HttpResponse:
    """The same list to take along, of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    rows = ordered(filtered(known(Feedback.objects.visible_to(request.user), asked.on), request.GET))
    return attached(table_of(_answered(rows, asked.on)), kind, asked.on or asked.today)


def _answered(rows: QuerySet[Feedback], on: date | None) -> Iterator[Feedback]:
    """Voices as they are read from the database, with the answers that they had on a past day."""
    for lot in in_lots(rows):
        if on is not None:
            give_answers_then(lot, day_ends(on))
        yield from lot


@require_POST
def feedback_triage(request: PersonRequest, pk: int) -> HttpResponse:
    """Say what becomes of one voice."""
    voices = Feedback.objects.visible_to(request.user).select_related("project__sponsor", "project__lead", "triage")
    voice = get_object_or_404(voices, pk=pk)
    if not may_contribute(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    form = TriageForm(request.POST, voice=voice, models=_models_of([voice]))
    if form.is_valid():
        try:
            triage_feedback(feedback=voice, **form.answer(), at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Answered. A later answer replaces this one."))
            return redirect(_back(request))
    return _board(request, pk, form)


def _back(request: PersonRequest) -> str:
    """The list as it was filtered."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/feedback/")
    return address if is_ours else reverse("feedback-board")
