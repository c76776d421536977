"""The page that asks: what if we stopped this, moved that, or chose anew? And the answer to take along."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from outcomes.explain import Explanation
from people.models import User
from people.requests import PersonRequest
from portal.boards.after_risk import HORIZON_MONTHS, RATE_BP
from portal.boards.listing import PORTFOLIO
from portal.boards.unchanged import while_unchanged
from portal.boards.what_if import MOST_RATE_BP, MOST_ROWS, Asked, Weighed, WhatIf, weigh, what_if
from portal.boards.what_if_why import explain_what_if
from portal.boards.what_if_words import THREE_PANEL, sentence, table_of
from portal.export import attached
from portal.views.explaining import Ask, explains
from projects.models import Portfolio, Project


@dataclass(frozen=True)
class Question:
    """What somebody asks of which projects, and what of it cannot be read."""

    asked: Asked
    chosen: str
    weighed: tuple[Weighed, ...]
    faults: dict[str, list[str]]

    @property
    def found(self) -> WhatIf:
        return what_if(self.weighed, self.asked, settings.CURRENCY)


def question_of(user: User, query: QueryDict) -> Question:
    """Read the address; what cannot be read is told and left out."""
    today, query, faults = timezone.localdate(), query.copy(), {}
    try:
        asked = Asked.of(query, settings.CURRENCY)
    except ValidationError as error:
        faults = error.message_dict
        for name in faults:
            del query[name]
        asked = Asked.of(query, settings.CURRENCY)
    projects = Project.objects.visible_to(user).with_people()
    projects = projects.filter(status__in=[Project.Status.ACTIVE, Project.Status.ON_HOLD])
    chosen = query.get("portfolio", "")
    chosen = chosen if PORTFOLIO.fullmatch(chosen) else ""
    if chosen:
        projects = projects.filter(portfolio=int(chosen))
    kept = ("what-if", chosen)
    weighed = while_unchanged(kept, user, today, lambda: weigh(projects, settings.CURRENCY, today))
    return Question(asked, chosen, weighed, faults)


@explains
def explain(ask: Ask, what: str) -> Explanation:
    """A sum of one of the portfolios, or what one project is worth as asked; no past day has one."""
    if ask.on:
        raise ObjectDoesNotExist("what if begins today")
    query = cast(QueryDict, ask.query)
    question = question_of(ask.user, query)
    address = f"?{query.urlencode()}" if query else ""
    return explain_what_if(what, question.weighed, question.asked, settings.CURRENCY, address)


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """The projects of the question, each with what was asked of it and what it is worth then."""
    refusal = refusal_of(request)
    question = question_of(request.user, request.GET)
    if refusal or question.faults:
        text = refusal or " ".join(text for texts in question.faults.values() for text in texts)
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    return attached(table_of(question.found), kind, timezone.localdate())


def refusal_of(request: PersonRequest) -> str:
    """Why a past day is refused; empty where none was asked for."""
    if "as_of" not in request.GET:
        return ""
    return _("What if asks about the months to come, so it always begins today: no past day can be chosen.")


@require_safe
def page(request: PersonRequest) -> HttpResponse:
    """The portfolio as it is, as asked, and as it would be best."""
    question = question_of(request.user, request.GET)
    found, asked, chosen, faults = question.found, question.asked, question.chosen, question.faults
    return render(
        request,
        "portal/what_if.html",
        {
            "found": found,
            "query": request.GET,
            "faults": faults,
            "sentence": sentence(found, asked),
            "answer": THREE_PANEL.answer(found) if found.options else None,
            "heading": _("Three portfolios, one measure") if found.best_choice else _("Two portfolios, one measure"),
            "filters": request.GET.urlencode(),
            "no_past_day": refusal_of(request),
            "portfolios": Portfolio.objects.filter(projects__in=Project.objects.visible_to(request.user)).distinct(),
            "chosen": chosen,
            "months": HORIZON_MONTHS,
            "rate": f"{asked.rate_bp / 100:g}",
            "usual_rate": f"{RATE_BP / 100:g}",
            "most_percent": MOST_RATE_BP // 100,
            "most": MOST_ROWS,
        },
        status=422 if refusal_of(request) else 200,
    )
