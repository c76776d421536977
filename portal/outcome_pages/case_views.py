"""The business case of a project: its figures, its versions, and the table that makes the next one."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.appraisal import Flow
from outcomes.case import Proposal, flows_of, propose_flows
from outcomes.models import BusinessCase
from outcomes.permissions import may_make_case
from outcomes.querysets import day_ends
from outcomes.services import make_case
from people.requests import PersonRequest
from portal.boards.asked_day import AskedDay, asked_day, project_then
from portal.boards.case import figures_in_words, sentence_of, years_of
from portal.outcome_pages.case_forms import CaseForm, flow_rows
from projects.models import Project

MORE_YEARS, LEAST_YEARS = 3, 4
VERSIONS_SHOWN = 50


def case(request: PersonRequest, key: str) -> HttpResponse:
    """Is it worth it? Figures of one version, and the form of the next."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if request.method == "POST" and not may_make_case(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    if request.method == "POST":
        return _made(request, project, _versions(project).first())
    project, asked = project_then(project, asked_day(request.GET, timezone.localdate()))
    newest, proposal = _versions(project, asked.on).first(), None
    if asked.on:
        return _page(request, project, newest, asked=asked)
    if newest is None or "propose" in request.GET:
        currency = newest.currency if newest else settings.CURRENCY
        proposal = propose_flows(project, currency=currency, on=timezone.localdate())
    form, rows = _blank(newest, proposal)
    return _page(request, project, newest, asked=asked, form=form, rows=rows, proposal=proposal)


def _blank(newest: BusinessCase | None, proposal: Proposal | None) -> tuple[CaseForm, Any]:
    """The form begins from the proposal, or from the newest version."""
    initial: dict[str, Any] = {"starts_on": timezone.localdate()}
    flows: tuple[Flow, ...] = ()
    if newest is not None:
        rate = Decimal(newest.discount_rate_bp) / 100
        initial = {"starts_on": newest.starts_on, "rate": f"{rate.normalize():f}", "currency": newest.currency}
        flows = flows_of(newest)
    if proposal is not None:
        initial |= {"currency": proposal.currency, "note": " ".join(proposal.sources)[:240]}
        flows = proposal.flows
    currency = initial.get("currency", settings.CURRENCY)
    return CaseForm(initial=initial), flow_rows(None, currency=currency, flows=flows, years=LEAST_YEARS)


def _made(request: PersonRequest, project: Project, newest: BusinessCase | None) -> HttpResponse:
    typed = request.POST.copy()
    if "more" in typed:
        typed["flows-TOTAL_FORMS"] = str(_count(typed.get("flows-TOTAL_FORMS", "")) + MORE_YEARS)
    form = CaseForm(typed)
    is_whole = form.is_valid()
    currency = form.cleaned_data.get("currency", settings.CURRENCY)
    rows = flow_rows(typed, currency=currency)
    if "more" not in typed and rows.is_valid() and is_whole:
        flows = [flow for year, row in enumerate(rows) if (flow := row.flow(year)) is not None]
        try:
            made = make_case(project=project, **form.terms(), flows=flows, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Version %(n)d is made; earlier ones stay as they were.") % {"n": made.version})
            return redirect("case", key=project.key)
    today = AskedDay(None, timezone.localdate())
    return _page(request, project, newest, asked=today, form=form, rows=rows, is_sent="more" not in typed)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _page(
    request: PersonRequest,
    project: Project,
    newest: BusinessCase | None,
    *,
    asked: AskedDay,
    form: CaseForm | None = None,
    rows: Any = None,
    proposal: Proposal | None = None,
    is_sent: bool = False,
) -> HttpResponse:
    versions = _versions(project, asked.on)
    shown = _chosen(request, versions) or newest
    context = {
        "project": project,
        "case": shown,
        "newest": newest,
        "sentence": sentence_of(shown) if shown else "",
        "figures": figures_in_words(shown) if shown else (),
        "years": years_of(shown) if shown else (),
        "versions": versions.select_related("made_by")[:VERSIONS_SHOWN],
        "form": form,
        "rows": rows,
        "is_sent": is_sent,
        "proposal": proposal,
        "may_make": may_make_case(request.user) and asked.on is None,
        "asked": asked,
    }
    return render(request, "portal/outcomes/case.html", context, status=422 if is_sent or asked.fault else 200)


def _versions(project: Project, on: date | None = None) -> QuerySet[BusinessCase]:
    """The versions of the case, the newest first; on a past day those that had been made."""
    versions = BusinessCase.objects.filter(project=project.pk).order_by("-version").prefetch_related("flows")
    return versions if on is None else versions.filter(made_at__lt=day_ends(on))


def _chosen(request: PersonRequest, versions: QuerySet[BusinessCase]) -> BusinessCase | None:
    version = _count(request.GET.get("version", ""))
    return versions.filter(version=version).first() if version else None
