"""The portfolio, a programme and a project as a PDF, of now or of a past day."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.requests import PersonRequest
from portal.boards.asked_day import AskedDay, asked_day, project_then
from portal.boards.facts import portfolio_facts
from portal.boards.listing import ordered
from portal.boards.money import money_facts
from portal.boards.programmes import programme_lines
from portal.boards.project import project_facts
from portal.boards.project_then import project_facts_then
from portal.boards.rows import project_rows
from portal.boards.scope import Scope, placed_then
from portal.report import report_of
from portal.report_scopes import programme_report, project_report
from portal.views.programmes import programme_then, projects_inside
from projects.models import Project


@require_safe
def report(request: PersonRequest) -> HttpResponse:
    """What the person may see of the portfolio, to print or to send."""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    if asked.fault:
        return _refused(asked)
    return _printed("portfolio", asked, report_of(portfolio_facts(request.user, now, asked.on)))


@require_safe
def project(request: PersonRequest, key: str) -> HttpResponse:
    """One project, as its page says it."""
    found = get_object_or_404(Project.objects.visible_to(request.user).with_people(), key=key)
    row, asked = project_then(found, asked_day(request.GET, timezone.localdate()))
    if asked.fault:
        return _refused(asked)
    facts = project_facts_then(row, asked.on) if asked.on else project_facts(row, asked.today)
    return _printed(key, asked, project_report(facts, asked.today, asked.on))


@require_safe
def programme(request: PersonRequest, pk: int) -> HttpResponse:
    """One programme with all its projects, the most valuable first."""
    now = timezone.now()
    chosen, asked = programme_then(request, pk, asked_day(request.GET, timezone.localdate(now)))
    if asked.fault:
        return _refused(asked)
    visible = Project.objects.visible_to(request.user)
    scope = Scope(chosen.portfolio, chosen, placed=placed_then(chosen, visible, asked.on))
    (line,) = programme_lines([chosen], request.user, asked.today, asked.on)
    inside = projects_inside(scope, visible, "project", asked.on)
    rows = ordered(project_rows(inside, asked.on or asked.today, asked.on), "-value")
    facts = money_facts(request.user, scope, now, asked.on)
    return _printed(f"programme-{pk}", asked, programme_report(line, rows, facts))


def _refused(asked: AskedDay) -> HttpResponse:
    return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")


def _printed(name: str, asked: AskedDay, pdf: bytes) -> HttpResponse:
    file = f"{name}-{(asked.on or asked.today).isoformat()}.pdf"
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{file}"'}
    )
