"""The page of one project and of one KPI."""

from dataclasses import replace
from datetime import date, datetime
from functools import partial

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from finance.models import BudgetVersion
from finance.permissions import may_approve_budget
from outcomes.explain import Explanation, explain
from outcomes.models import Kpi, ValueContract
from outcomes.permissions import may_draft_contract, may_sign_contract
from people.models import User
from people.requests import PersonRequest
from portal.boards.asked_day import AskedDay, asked_day, project_then
from portal.boards.gate_room import NextGate, next_gate_of
from portal.boards.jobs import job_lines
from portal.boards.kpi import KPI_PAGE_PANEL, KPI_PANEL, kpi_facts
from portal.boards.project import ProjectFacts, project_facts
from portal.boards.project_then import contracts_then, drafts_then, project_facts_then
from portal.boards.stations import stops_of
from portal.boards.targets import target_rows
from portal.boards.unchanged import while_unchanged
from portal.boards.worth import contracts_title, terminus_of
from projects.models import Project
from projects.permissions import may_contribute, may_plan


def page(request: PersonRequest, key: str) -> HttpResponse:
    """One line from the demand to the money, and every number on it explained."""
    now = timezone.now()
    asked = asked_day(request.GET, timezone.localdate(now))
    found = get_object_or_404(Project.objects.visible_to(request.user).with_people(), key=key)
    project, asked = project_then(found, asked)
    facts, next_gate = _facts_of(project, request.user, now, asked)
    terminus, is_now = terminus_of(facts), asked.on is None
    drafts = BudgetVersion.objects.filter(budget__project=project).drafts()
    return render(
        request,
        "portal/project.html",
        {
            "facts": facts,
            "project": project,
            "row": facts.row,
            "stops": stops_of(facts),
            "terminus": terminus if is_now else replace(terminus, contract_pk=None),
            "contracts_title": contracts_title(facts.contracts),
            "explanation": _value_explanation(facts.contract.pk if facts.contract and is_now else None, request.user),
            "open_dialog": request.GET.get("why", "value"),
            "answer": KPI_PANEL.answer(facts.kpi) if facts.kpi else None,
            "jobs": job_lines(facts),
            "next_gate": next_gate,
            "currency": settings.CURRENCY,
            "may_contribute": may_contribute(request.user) and is_now,
            "may_plan": may_plan(request.user, project) and is_now,
            "may_sign": may_sign_contract(request.user) and is_now,
            "may_draft": may_draft_contract(request.user) and is_now,
            "may_limit": may_approve_budget(request.user) and is_now,
            "drafts": drafts_then(project, asked.on) if asked.on else drafts,
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def _facts_of(project: Project, user: User, now: datetime, asked: AskedDay) -> tuple[ProjectFacts, NextGate | None]:
    """Of now, where only a job that runs moves without a word, or of a past day, where nothing does."""
    if asked.on is None:
        make = partial(next_gate_of, project, now)
        return project_facts(project, asked.today), while_unchanged(("next-gate", project.pk), user, asked.today, make)
    on = asked.on
    return while_unchanged(
        ("project", project.pk, on),
        user,
        asked.today,
        lambda: (project_facts_then(project, on), next_gate_of(project, now, on)),
    )


def _value_explanation(contract_pk: int | None, user: User) -> Explanation | None:
    try:
        return explain("value", str(contract_pk), user) if contract_pk else None
    except ObjectDoesNotExist:
        return None


def kpi(request: PersonRequest, pk: int) -> HttpResponse:
    """One KPI: its course, its measurements, and what it is worth."""
    found = get_object_or_404(Kpi.objects.visible_to(request.user).select_related("project", "owner"), pk=pk)
    asked = asked_day(request.GET, timezone.localdate())
    if asked.on and not Kpi.objects.known_on(asked.on).filter(pk=found.pk).exists():
        asked = asked.too_early(found.name)
    facts, is_now = kpi_facts(found, asked.on), asked.on is None
    return render(
        request,
        "portal/kpi.html",
        {
            "kpi": found,
            "project": found.project,
            "facts": facts,
            "answer": KPI_PAGE_PANEL.answer(facts),
            "measurements": facts.measurements[::-1][:100],
            "contracts": (contracts := _contracts(found, asked.on)),
            "targets": target_rows(facts, asked.today, asked.on),
            "contracts_title": contracts_title(contracts),
            "may_contribute": may_contribute(request.user) and is_now,
            "may_sign": may_sign_contract(request.user) and is_now,
            "may_draft": may_draft_contract(request.user) and is_now,
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def _contracts(kpi: Kpi, on: date | None) -> list[ValueContract]:
    if on is None:
        return list(kpi.contracts.with_standing().select_related("owner", "signed_by", "kpi"))
    return [contract for contract in contracts_then(kpi.project, on) if contract.kpi_id == kpi.pk]
