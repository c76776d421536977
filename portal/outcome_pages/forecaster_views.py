"""The page that says whose forecasts came true."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from outcomes.permissions import may_read_forecasters
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.forecasters import PANELS, found_forecasters, sentence_of
from portal.boards.unchanged import while_unchanged

ON_A_PAGE = 25


@require_safe
def forecasters(request: PersonRequest) -> HttpResponse:
    """How right everybody's probabilities of stages and promises of benefits were."""
    if not may_read_forecasters(request.user):
        raise PermissionDenied(_("How right people were is open to portfolio managers and finance. Ask one of them."))
    asked = asked_day(request.GET, timezone.localdate())
    make = partial(found_forecasters, request.user, asked.on or asked.today)
    people = while_unchanged(("forecasters", asked.on), request.user, asked.today, make)
    answers = [panel.answer(people) for panel in PANELS]
    return render(
        request,
        "portal/outcomes/forecasters.html",
        {
            "page": Paginator(people, ON_A_PAGE).get_page(request.GET.get("page")),
            "sentence": sentence_of(people),
            "answers": answers,
            "has_chart": any(answer.figure for answer in answers),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )
