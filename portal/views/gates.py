"""The gate room, the review before a gate, and the decision at it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from outcomes.forms_gate import AnswerForm, DecisionForm, FulfilForm, ReviewForm, condition_forms, drafts_of
from outcomes.gate_facts import score_percent
from outcomes.models import GateCondition, GateCriterion, GateDecision, GateReview
from outcomes.permissions import may_ask_review, may_decide_gate, may_decide_review, may_fulfil_condition
from outcomes.querysets import day_ends
from outcomes.services.condition import fulfil_condition
from outcomes.services.gate import answer_check, ask_review, next_gate, read_evidence, withdraw_review
from outcomes.services.gate_decision import decide_gate
from outcomes.value import project_values
from people.requests import PersonRequest
from portal.boards import conditions
from portal.boards.asked_day import AskedDay, asked_day
from portal.boards.gate_decisions import DECISIONS_PANEL, decided_by_month
from portal.boards.gate_review import choices_of, effects_in_words, rows_of, then_and_now
from portal.boards.gate_room import (
    FILTERS,
    address_of,
    as_of,
    decisions_of,
    reviews_of,
    room_of,
    set_projects_then,
    table_of,
    waiting_of,
    week_minor,
)
from portal.boards.unchanged import while_unchanged
from portal.export import attached
from portal.views.paging import page_of
from projects.models import Horizon, Project, Station

ON_A_PAGE = 20


@require_safe
def gates(request: PersonRequest) -> HttpResponse:
    """What waits for a decision, the soonest due first, and what was decided."""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    name = ("gates", request.user.pk, asked.on, *sorted(request.GET.items()))
    return render(
        request,
        "portal/gates.html",
        {
            **while_unchanged(name, request.user, asked.today, lambda: _room(request, now, asked)),
            "asked": asked,
            "query": request.GET,
            "is_filtered": any(request.GET.get(name) for name in FILTERS),
            "horizons": Horizon,
            "stations": list(Station)[1:],
            "outcomes": GateDecision.Outcome,
        },
        status=422 if asked.fault else 200,
    )


def _room(request: PersonRequest, now: datetime, asked: AskedDay) -> dict[str, Any]:
    """What the gate room shows to one person; evidence changes with what has been done, and not by itself."""
    found = reviews_of(request.user, request.GET, asked.on)
    open_reviews = found.open_on(asked.on) if asked.on else found.open()
    open_reviews = open_reviews.with_criteria().select_related("decision__snapshot").soonest()
    decisions = decisions_of(request.user, request.GET, asked.on)
    page, decided, terms = (
        page_of(rows, request.GET.get(parameter), ON_A_PAGE)
        for rows, parameter in (
            (open_reviews, "page"),
            (decisions, "decided"),
            (conditions.waiting(request.user, request.GET, asked.on), "terms"),
        )
    )
    if asked.on:
        set_projects_then([*(row.review for row in decided), *(row.decision.review for row in terms)], asked.on)
    return {
        "room": room_of(request.user, now, asked.on),
        "page": page,
        "waiting": waiting_of(list(page), request.user, now, asked.on),
        "answer": DECISIONS_PANEL.answer(
            decided_by_month(decisions, asked.on or asked.today, address_of("explain-gates", request.GET, asked.on))
        ),
        "decided": decided,
        "terms": terms,
        "conditions": conditions.rows_of(terms, request.user, now, asked.on),
    }


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """Reviews and decisions to take along, with the filters of the page, as of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    reviews = reviews_of(request.user, request.GET, asked.on)
    if request.GET.get("outcome"):
        reviews = reviews.filter(decision__in=decisions_of(request.user, request.GET, asked.on).order_by().values("pk"))
    rows = reviews.select_related("project", "gate", "asked_by", "decision__decided_by", "decision__snapshot")
    table = table_of(as_of(rows.order_by("-asked_at", "-pk"), asked.on))
    return attached(table, kind, asked.on or asked.today)


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
    request: PersonRequest,
    row: GateReview,
    form: DecisionForm | FulfilForm,
    answer: tuple[int, AnswerForm | FulfilForm] | None = None,
    rows: Any = None,
) -> HttpResponse:
    now = timezone.now()
    asked = _asked(request, row)
    (row,) = as_of([row], asked.on)
    context: dict[str, Any] = {"review": row, "project": row.project, "number": Station(row.gate.station).position}
    context["asked"] = asked
    if hasattr(row, "decision"):
        context |= {
            "decision": row.decision,
            "pairs": then_and_now(row, row.decision, now, asked.on),
            "effects": effects_in_words(row.decision),
            "conditions": conditions.of_decision(row.decision, request.user, now, asked.on),
            "fulfil_form": form if isinstance(form, FulfilForm) else FulfilForm(),
            "fulfil_pk": answer[0] if answer else None,
        }
        bad = asked.fault or answer
        return render(request, "portal/gate_decided.html", context, status=422 if bad else 200)
    readings = read_evidence(row, now, asked.on)
    value = project_values([row.project], asked.on)[row.project_id]
    is_open = row.is_open and not asked.on
    musts = [each for each in readings if each.criterion.kind == GateCriterion.Kind.MUST_MEET]
    context |= {
        "rows": rows_of(row, readings),
        "has_checks": any(each.criterion.fact == GateCriterion.Fact.CHECK for each in readings),
        "musts": len(musts),
        "met": sum(each.is_met for each in musts),
        "score": score_percent(readings),
        "week_minor": week_minor(value),
        "value": value,
        "choices": () if asked.on else choices_of(row, readings, now),
        "is_lost": not row.gate.criteria.all(),
        "form": form,
        "condition_forms": rows or condition_forms(None, row.project),
        "answer_pk": answer[0] if answer else None,
        "answer_form": answer[1] if answer else None,
        "is_overdue": row.due_on is not None and row.due_on < (asked.on or asked.today),
        "may_answer": may_ask_review(request.user) and is_open,
        "may_decide": may_decide_review(request.user, row) and is_open,
        "is_manager": may_decide_gate(request.user),
        "may_withdraw": is_open
        and (may_decide_gate(request.user) or request.user.pk in {row.asked_by_id, row.project.lead_id}),
    }
    is_bad = form.errors or answer or asked.fault or (rows is not None and not rows.is_valid())
    status = 422 if is_bad else 200
    return render(request, "portal/gate_review.html", context, status=status)


def _asked(request: PersonRequest, row: GateReview) -> AskedDay:
    """The day that the page is asked to be as of; before somebody asked for the review there was nothing of it."""
    asked = asked_day(request.GET, timezone.localdate())
    if asked.on and row.asked_at >= day_ends(asked.on):
        text = _("Nobody had asked for this review on %(day)s.") % {"day": asked.on.isoformat()}
        return replace(asked, on=None, fault=text)
    return asked


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
    form, rows = DecisionForm(request.POST), condition_forms(request.POST, row.project)
    if form.is_valid() and rows.is_valid():
        try:
            decision = decide_gate(
                review=row, conditions=drafts_of(rows), at=timezone.now(), by=request.user, **form.cleaned_data
            )
        except ValidationError as error:
            form.refuse(error)
            row = _review_or_404(request, pk)
        else:
            words = {"key": row.project.key, "outcome": decision.get_outcome_display()}
            messages.success(request, _("%(key)s: %(outcome)s. The evidence is frozen and signed.") % words)
            return redirect(row)
    return _review_page(request, row, form, rows=rows)


@require_POST
def fulfil(request: PersonRequest, pk: int) -> HttpResponse:
    """Say that a condition of a decision is fulfilled, and where that can be seen."""
    visible = GateCondition.objects.visible_to(request.user).select_related(
        "owner", "decision__review__project", "fulfilment"
    )
    condition = get_object_or_404(visible, pk=pk)
    if not may_fulfil_condition(request.user, condition):
        raise PermissionDenied(_("Who sees to a condition, or a manager, says that it is fulfilled."))
    if hasattr(condition, "fulfilment"):
        messages.info(request, _("“%(condition)s” is fulfilled already.") % {"condition": condition.text})
        return redirect(conditions.address(condition))
    form = FulfilForm(request.POST)
    if form.is_valid():
        try:
            fulfil_condition(condition=condition, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Fulfilled: %(condition)s.") % {"condition": condition.text})
            return redirect(conditions.address(condition))
    return _review_page(request, _review_or_404(request, condition.decision.review_id), form, (condition.pk, form))


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
