"""The business case of a project: its figures, its versions, and the table that makes the next one."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.appraisal import Flow
from outcomes.case import Proposal, flows_of, propose_flows
from outcomes.models import BusinessCase
from outcomes.permissions import may_make_case
from outcomes.services import make_case
from people.requests import PersonRequest
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
    newest = project.cases.prefetch_related("flows").first()
    if request.method == "POST":
        return _made(request, project, newest)
    proposal = None
    if newest is None or "propose" in request.GET:
        currency = newest.currency if newest else settings.CURRENCY
        proposal = propose_flows(project, currency=currency, on=timezone.localdate())
    form, rows = _blank(newest, proposal)
    return _page(request, project, newest, form=form, rows=rows, proposal=proposal)


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
    return _page(request, project, newest, form=form, rows=rows, proposal=None, is_sent="more" not in typed)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _page(
    request: PersonRequest,
    project: Project,
    newest: BusinessCase | None,
    *,
    form: CaseForm,
    rows: Any,
    proposal: Proposal | None,
    is_sent: bool = False,
) -> HttpResponse:
    shown = _chosen(request, project) or newest
    context = {
        "project": project,
        "case": shown,
        "newest": newest,
        "sentence": sentence_of(shown) if shown else "",
        "figures": figures_in_words(shown) if shown else (),
        "years": years_of(shown) if shown else (),
        "versions": project.cases.select_related("made_by")[:VERSIONS_SHOWN],
        "form": form,
        "rows": rows,
        "is_sent": is_sent,
        "proposal": proposal,
        "may_make": may_make_case(request.user),
    }
    return render(request, "portal/outcomes/case.html", context, status=422 if is_sent else 200)


def _chosen(request: PersonRequest, project: Project) -> BusinessCase | None:
    version = _count(request.GET.get("version", ""))
    return project.cases.filter(version=version).prefetch_related("flows").first() if version else None
