"""The page that asks: what if we stopped this, moved that, or chose anew?"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.requests import PersonRequest
from portal.boards.after_risk import HORIZON_MONTHS, RATE_BP
from portal.boards.listing import PORTFOLIO
from portal.boards.unchanged import while_unchanged
from portal.boards.what_if import MOST_RATE_BP, MOST_ROWS, Asked, sentence, weigh, what_if
from portal.wording import money_minor
from projects.models import Portfolio, Project


@require_safe
def page(request: PersonRequest) -> HttpResponse:
    """The portfolio as it is, as asked, and as it would be best."""
    today, query, faults = timezone.localdate(), request.GET.copy(), {}
    try:
        asked = Asked.of(query, settings.CURRENCY)
    except ValidationError as error:
        faults = error.message_dict
        for name in faults:
            del query[name]
        asked = Asked.of(query, settings.CURRENCY)
    projects = Project.objects.visible_to(request.user).with_people()
    projects = projects.filter(status__in=[Project.Status.ACTIVE, Project.Status.ON_HOLD])
    chosen = request.GET.get("portfolio", "")
    chosen = chosen if PORTFOLIO.fullmatch(chosen) else ""
    if chosen:
        projects = projects.filter(portfolio=int(chosen))
    weighed = while_unchanged(
        ("what-if", chosen), request.user, today, lambda: weigh(projects, settings.CURRENCY, today)
    )
    found = what_if(weighed, asked, settings.CURRENCY)
    best = found.best_choice
    gain = money_minor(best.value_minor - found.yours.value_minor, settings.CURRENCY) if best else ""
    return render(
        request,
        "portal/what_if.html",
        {
            "found": found,
            "query": request.GET,
            "faults": faults,
            "sentence": sentence(found, gain),
            "portfolios": Portfolio.objects.filter(projects__in=Project.objects.visible_to(request.user)).distinct(),
            "chosen": chosen,
            "months": HORIZON_MONTHS,
            "rate": f"{asked.rate_bp / 100:g}",
            "usual_rate": f"{RATE_BP / 100:g}",
            "most_percent": MOST_RATE_BP // 100,
            "most": MOST_ROWS,
        },
    )
