"""The page of one project and of one KPI."""

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from finance.permissions import may_approve_budget
from outcomes.explain import Explanation, explain
from outcomes.models import Kpi
from outcomes.permissions import may_draft_contract, may_sign_contract
from people.models import User
from people.requests import PersonRequest
from portal.boards.gate_room import next_gate_of
from portal.boards.jobs import job_lines
from portal.boards.kpi import KPI_PAGE_PANEL, KPI_PANEL, kpi_facts
from portal.boards.project import project_facts
from portal.boards.stations import stops_of
from portal.boards.targets import target_rows
from portal.boards.worth import contracts_title, terminus_of
from projects.models import Project
from projects.permissions import may_contribute


def page(request: PersonRequest, key: str) -> HttpResponse:
    """One line from the demand to the money, and every number on it explained."""
    project = get_object_or_404(Project.objects.visible_to(request.user).with_people(), key=key)
    facts = project_facts(project, timezone.localdate())
    return render(
        request,
        "portal/project.html",
        {
            "facts": facts,
            "project": project,
            "row": facts.row,
            "stops": stops_of(facts),
            "terminus": terminus_of(facts),
            "contracts_title": contracts_title(facts.contracts),
            "explanation": _value_explanation(facts.contract.pk if facts.contract else None, request.user),
            "open_dialog": request.GET.get("why", "value"),
            "answer": KPI_PANEL.answer(facts.kpi) if facts.kpi else None,
            "jobs": job_lines(facts),
            "next_gate": next_gate_of(project, timezone.now()),
            "currency": settings.CURRENCY,
            "may_contribute": may_contribute(request.user),
            "may_sign": may_sign_contract(request.user),
            "may_draft": may_draft_contract(request.user),
            "may_limit": may_approve_budget(request.user),
        },
    )


def _value_explanation(contract_pk: int | None, user: User) -> Explanation | None:
    try:
        return explain("value", str(contract_pk), user) if contract_pk else None
    except ObjectDoesNotExist:
        return None


def kpi(request: PersonRequest, pk: int) -> HttpResponse:
    """One KPI: its course, its measurements, and what it is worth."""
    found = get_object_or_404(Kpi.objects.visible_to(request.user).select_related("project", "owner"), pk=pk)
    facts = kpi_facts(found)
    contracts = list(found.contracts.select_related("owner", "signed_by", "kpi"))
    return render(
        request,
        "portal/kpi.html",
        {
            "kpi": found,
            "project": found.project,
            "facts": facts,
            "answer": KPI_PAGE_PANEL.answer(facts),
            "measurements": facts.measurements[::-1][:100],
            "contracts": contracts,
            "targets": target_rows(found, facts.measurements, timezone.localdate()),
            "contracts_title": contracts_title(contracts),
            "may_contribute": may_contribute(request.user),
            "may_sign": may_sign_contract(request.user),
            "may_draft": may_draft_contract(request.user),
        },
    )
