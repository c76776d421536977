"""The portfolio as a PDF, of now or of a past day."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.facts import portfolio_facts
from portal.report import report_of


@require_safe
def report(request: PersonRequest) -> HttpResponse:
    """What the person may see of the portfolio, to print or to send."""
    now = timezone.now()
    today = timezone.localdate(now)
    asked = asked_day(request.GET, today)
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    name = f"portfolio-{(asked.on or today).isoformat()}.pdf"
    return HttpResponse(
        report_of(portfolio_facts(request.user, now, asked.on)),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
