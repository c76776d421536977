"""The gate room, the review before a gate, and the decision at it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from outcomes.forms_gate import AnswerForm, DecisionForm, ReviewForm
from outcomes.gate_facts import score_percent
from outcomes.models import GateCriterion, GateDecision, GateReview
from outcomes.permissions import may_ask_review, may_decide_gate, may_decide_review
from outcomes.services.gate import answer_check, ask_review, next_gate, read_evidence, withdraw_review
from outcomes.services.gate_decision import decide_gate
from outcomes.value import project_values
from people.requests import PersonRequest
from portal.boards.gate_review import choices_of, effects_in_words, rows_of, then_and_now
from portal.boards.gate_room import decisions_of, reviews_of, room_of, table_of, waiting_of, week_minor
from portal.export import attached
from projects.models import Horizon, Project, Station

ON_A_PAGE = 20
FILTERS = ("q", "horizon", "station", "outcome")


@require_safe
def gates(request: PersonRequest) -> HttpResponse:
    """What waits for a decision, the soonest due first, and what was decided."""
    now = timezone.now()
    open_reviews = reviews_of(request.user, request.GET).open().with_criteria().soonest()
    page = Paginator(open_reviews, ON_A_PAGE).get_page(request.GET.get("page"))
    decided = Paginator(decisions_of(request.user, request.GET), ON_A_PAGE).get_page(request.GET.get("decided"))
    return render(
        request,
        "portal/gates.html",
        {
            "room": room_of(request.user, now),
            "page": page,
            "waiting": waiting_of(list(page.object_list), request.user, now),
            "decided": decided,
            "query": request.GET,
            "is_filtered": any(request.GET.get(name) for name in FILTERS),
            "horizons": Horizon,
            "stations": list(Station)[1:],
            "outcomes": GateDecision.Outcome,
        },
    )


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """Reviews and decisions to take along, with the filters of the page."""
    reviews = reviews_of(request.user, request.GET)
    if request.GET.get("outcome"):
        reviews = reviews.filter(decision__in=decisions_of(request.user, request.GET).order_by())
    rows = reviews.select_related("project", "gate", "asked_by", "decision__decided_by", "decision__snapshot")
    return attached(table_of(rows.order_by("-asked_at", "-pk")), kind, timezone.localdate())


def ask(request: PersonRequest, key: str) -> HttpResponse:
    """Ask for a decision at the next gate of a project, seeing what its criteria read now."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_ask_review(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    now, gate, form = timezone.now(), next_gate(project), ReviewForm(request.POST or None)
    waiting = project.reviews.open().first()
    if waiting is not None and request.method != "POST":
        return redirect(waiting)
    if gate is not None and form.is_valid():
        try:
            review = ask_review(project=project, gate=gate, at=now, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Asked. Those who decide have been told; answer the check list meanwhile."))
            return redirect(review)
    context: dict[str, Any] = {"project": project, "gate": gate, "form": form}
    if gate is not None:
        asked = GateReview(project=project, gate=gate, checks={})
        context["rows"] = rows_of(asked, read_evidence(asked, now))
    return render(request, "portal/gate_ask.html", context, status=422 if form.errors else 200)


@require_safe
def review(request: PersonRequest, pk: int) -> HttpResponse:
    """One review: its evidence live until it is decided, then frozen beside what it reads today."""
    return _review_page(request, _review_or_404(request, pk), DecisionForm())


def _review_or_404(request: PersonRequest, pk: int) -> GateReview:
    reviews = GateReview.objects.visible_to(request.user).with_criteria()
    return get_object_or_404(reviews.select_related("decision__snapshot", "decision__decided_by"), pk=pk)


def _review_page(
    request: PersonRequest, row: GateReview, form: DecisionForm, answer: tuple[int, AnswerForm] | None = None
) -> HttpResponse:
    now = timezone.now()
    context: dict[str, Any] = {"review": row, "project": row.project, "number": Station(row.gate.station).position}
    if hasattr(row, "decision"):
        context |= {
            "decision": row.decision,
            "pairs": then_and_now(row, row.decision, now),
            "effects": effects_in_words(row.decision),
        }
        return render(request, "portal/gate_decided.html", context)
    readings = read_evidence(row, now)
    value = project_values([row.project])[row.project_id]
    musts = [each for each in readings if each.criterion.kind == GateCriterion.Kind.MUST_MEET]
    context |= {
        "rows": rows_of(row, readings),
        "has_checks": any(each.criterion.fact == GateCriterion.Fact.CHECK for each in readings),
        "musts": len(musts),
        "met": sum(each.is_met for each in musts),
        "score": score_percent(readings),
        "week_minor": week_minor(value),
        "value": value,
        "choices": choices_of(row, readings, now),
        "form": form,
        "answer_pk": answer[0] if answer else None,
        "answer_form": answer[1] if answer else None,
        "is_overdue": row.due_on is not None and row.due_on < timezone.localdate(now),
        "may_answer": may_ask_review(request.user) and row.is_open,
        "may_decide": may_decide_review(request.user, row) and row.is_open,
        "is_manager": may_decide_gate(request.user),
        "may_withdraw": may_decide_gate(request.user) or request.user.pk in {row.asked_by_id, row.project.lead_id},
    }
    status = 422 if form.errors or answer else 200
    return render(request, "portal/gate_review.html", context, status=status)


@require_POST
def answer(request: PersonRequest, pk: int, criterion: int) -> HttpResponse:
    """Answer one point of the check list."""
    row = _review_or_404(request, pk)
    if not may_ask_review(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    point = get_object_or_404(row.gate.criteria, pk=criterion)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            answer_check(review=row, criterion=point, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Answered: %(title)s.") % {"title": point.title})
            return redirect(row)
    return _review_page(request, row, DecisionForm(), (point.pk, form))


@require_POST
def decide(request: PersonRequest, pk: int) -> HttpResponse:
    """Take the decision; the evidence is frozen at this moment."""
    row = _review_or_404(request, pk)
    if not may_decide_gate(request.user):
        raise PermissionDenied(_("Only managers decide at gates. Ask one of them."))
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            decision = decide_gate(review=row, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
            row = _review_or_404(request, pk)
        else:
            words = {"key": row.project.key, "outcome": decision.get_outcome_display()}
            messages.success(request, _("%(key)s: %(outcome)s. The evidence is frozen and signed.") % words)
            return redirect(row)
    return _review_page(request, row, form)


@require_POST
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a review back before it is decided."""
    row = _review_or_404(request, pk)
    try:
        withdraw_review(review=row, at=timezone.now(), by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return redirect(row)
    messages.success(request, _("Withdrawn. Ask again when it is ready."))
    return redirect(row.project)
