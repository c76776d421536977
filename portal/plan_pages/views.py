"""Pages of a project's plan: the plan itself, and the forms that change its stages, milestones, risks and state."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from outcomes.services.course import close_project
from people.models import User
from people.permissions import may_see_people
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day, project_then
from portal.boards.closing import steps_of
from portal.boards.plan import PLAN_PANEL, exposure_words, plan_facts
from portal.boards.team import team_of
from portal.plan_pages.forms import (
    MilestoneForm,
    MilestoneMoveForm,
    PlaceForm,
    ReachForm,
    RiskChangeForm,
    RiskForm,
    StagesForm,
    StateForm,
)
from projects.models import Dependency, Milestone, Project, Risk, Station
from projects.permissions import may_allocate, may_plan, may_steer
from projects.services import (
    add_dependency,
    add_milestone,
    add_risk,
    assess_stage,
    change_risk,
    close_risk,
    hold_project,
    move_milestone,
    place_project,
    plan_stages,
    reach_milestone,
    remove_dependency,
    remove_milestone,
    resume_project,
    set_forecast,
)


@require_safe
def page(request: PersonRequest, key: str) -> HttpResponse:
    """When each stage runs, what it waits for, and what may go wrong."""
    asked = asked_day(request.GET, timezone.localdate())
    project, asked = project_then(_project(request, key), asked)
    facts = plan_facts(project, request.user, asked.today, asked.on)
    return render(
        request,
        "portal/plan/plan.html",
        {
            "project": project,
            "facts": facts,
            "answer": PLAN_PANEL.answer(facts),
            "exposure": exposure_words(facts),
            "team": team_of(project, asked.today, asked.on),
            "may_see_people": may_see_people(request.user),
            "may_allocate": may_allocate(request.user) and not asked.on,
            "may_plan": may_plan(request.user, project) and not asked.on,
            "may_steer": may_steer(request.user) and not asked.on,
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def edit(request: PersonRequest, key: str) -> HttpResponse:
    """Plan the stages: dates, probability of success and cost."""
    project = _plannable(request, key)
    facts = plan_facts(project, request.user, timezone.localdate())
    form = StagesForm(request.POST or None, stages=[line.stage for line in facts.stages], currency=facts.currency)
    if form.is_valid():
        try:
            _plan(project, form, request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Planned. What is expected has been computed anew."))
            return redirect("project-plan", project.key)
    context = {"form": form, "project": project, "currency": facts.currency}
    return render(request, "portal/plan/stages_form.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _plan(project: Project, form: StagesForm, by: User) -> None:
    """All that the form says, or nothing; only what differs is written."""
    names = {"starts": "planned_start", "finishes": "planned_finish"}
    stages = {Station(stage.station): stage for stage in form.stages}
    changed = {
        name: {at: day for at, day in form.column(column).items() if day != getattr(stages[at], column)}
        for name, column in names.items()
    }
    if any(changed.values()):
        plan_stages(project=project, **changed, by=by)
    for at, stage in stages.items():
        start, finish = form.column("forecast_start")[at], form.column("forecast_finish")[at]
        if (start, finish) != (stage.forecast_start, stage.forecast_finish):
            set_forecast(stage=stage, start=start, finish=finish, by=by)
        chance, cost = form.column("p_success_percent")[at], form.column("cost")[at]
        if (chance, cost) != (stage.p_success_percent, stage.cost_minor):
            assess_stage(stage=stage, p_success_percent=chance, cost_minor=cost, by=by)


def milestone_new(request: PersonRequest, key: str) -> HttpResponse:
    """Add a milestone and what it waits for."""
    project = _plannable(request, key)
    form = MilestoneForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            with transaction.atomic():
                title, planned_on = form.cleaned_data["title"], form.cleaned_data["planned_on"]
                milestone = add_milestone(project=project, title=title, planned_on=planned_on, by=request.user)
                _link(milestone, form.cleaned_data, request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect("project-plan", project.key)
    context = {"form": form, "project": project}
    return render(request, "portal/plan/milestone_form.html", context, status=422 if form.errors else 200)


def milestone(request: PersonRequest, key: str, pk: int) -> HttpResponse:
    """Move a milestone, or let it wait for one more."""
    project, found = _milestone(request, key, pk)
    form = MilestoneMoveForm(
        request.POST or None, user=request.user, without=found, initial={"planned_on": found.planned_on}
    )
    if form.is_valid():
        try:
            with transaction.atomic():
                if form.cleaned_data["planned_on"] != found.planned_on:
                    move_milestone(milestone=found, planned_on=form.cleaned_data["planned_on"], by=request.user)
                _link(found, form.cleaned_data, request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect("project-plan", project.key)
    facts = plan_facts(project, request.user, timezone.localdate())
    line = next(line for line in facts.milestones if line.milestone.pk == found.pk)
    context = {"form": form, "project": project, "line": line, "reach": ReachForm()}
    return render(request, "portal/plan/milestone.html", context, status=422 if form.errors else 200)


@require_POST
def milestone_reach(request: PersonRequest, key: str, pk: int) -> HttpResponse:
    """Say that it has been reached."""
    project, found = _milestone(request, key, pk)
    form = ReachForm(request.POST)
    if not form.is_valid():
        messages.warning(request, str(form.errors["on"][0]))
        return redirect("milestone", project.key, found.pk)
    try:
        reach_milestone(milestone=found, on=form.cleaned_data["on"], today=timezone.localdate(), by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return redirect("milestone", project.key, found.pk)
    messages.success(request, _("“%(title)s” is reached.") % {"title": found.title})
    return redirect("project-plan", project.key)


@require_POST
def milestone_remove(request: PersonRequest, key: str, pk: int) -> HttpResponse:
    """Take it out of the plan."""
    project, found = _milestone(request, key, pk)
    try:
        remove_milestone(milestone=found, by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
    return redirect("project-plan", project.key)


@require_POST
def dependency_remove(request: PersonRequest, key: str, pk: int, dependency: int) -> HttpResponse:
    """Let it no longer wait for another."""
    project, found = _milestone(request, key, pk)
    remove_dependency(dependency=get_object_or_404(found.waits_for, pk=dependency), by=request.user)
    return redirect("milestone", project.key, found.pk)


def risk_new(request: PersonRequest, key: str) -> HttpResponse:
    """Write a risk down."""
    project = _plannable(request, key)
    currency = plan_facts(project, request.user, timezone.localdate()).currency
    form = RiskForm(request.POST or None, currency=currency, initial={"owner": project.lead_id})
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            add_risk(project=project, impact_minor=given.pop("impact"), currency=currency, **given, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect("project-plan", project.key)
    context = {"form": form, "project": project}
    return render(request, "portal/plan/risk_form.html", context, status=422 if form.errors else 200)


def risk(request: PersonRequest, key: str, pk: int) -> HttpResponse:
    """Weigh a risk anew."""
    project = _plannable(request, key)
    found = get_object_or_404(Risk, project=project, pk=pk)
    form = RiskChangeForm(request.POST or None, risk=found)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            change_risk(risk=found, impact_minor=given.pop("impact"), **given, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect("project-plan", project.key)
    context = {"form": form, "project": project, "risk": found}
    return render(request, "portal/plan/risk_form.html", context, status=422 if form.errors else 200)


@require_POST
def risk_close(request: PersonRequest, key: str, pk: int) -> HttpResponse:
    """The risk is over."""
    project = _plannable(request, key)
    try:
        close_risk(risk=get_object_or_404(Risk, project=project, pk=pk), on=timezone.localdate(), by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
    return redirect("project-plan", project.key)


def state(request: PersonRequest, key: str) -> HttpResponse:
    """Hold, resume or end the project, and say where it belongs."""
    project = _project(request, key)
    if not may_steer(request.user):
        raise PermissionDenied(_("Only portfolio managers hold, resume and end projects."))
    place = PlaceForm(
        request.POST if "place" in request.POST else None,
        project=project,
        initial={"programme": project.programme_id, "horizon": project.horizon},
    )
    form = StateForm(request.POST if "state" in request.POST else None, project=project)
    if place.is_valid():
        place_project(project=project, **place.cleaned_data, by=request.user)
        return redirect("project-plan", project.key)
    if form.is_valid():
        try:
            _steer(project, form.cleaned_data["status"], form.cleaned_data["on"], request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect(project)
    steps = steps_of(project, timezone.localdate())
    context = {"form": form, "place": place, "project": project, "steps": steps}
    return render(request, "portal/plan/state.html", context, status=422 if form.errors or place.errors else 200)


def _steer(project: Project, status: str, on: date, by: User) -> None:
    if status == Project.Status.ON_HOLD:
        hold_project(project=project, on=on, by=by)
    elif status == Project.Status.ACTIVE:
        resume_project(project=project, on=on, by=by)
    else:
        close_project(project=project, status=status, on=on, at=timezone.now(), by=by)


def _link(milestone: Milestone, given: dict, by: User) -> Dependency | None:
    if not given["predecessor"]:
        return None
    return add_dependency(predecessor=given["predecessor"], successor=milestone, lag_days=given["lag_days"], by=by)


def _project(request: PersonRequest, key: str) -> Project:
    return get_object_or_404(Project.objects.visible_to(request.user).with_people(), key=key)


def _plannable(request: PersonRequest, key: str) -> Project:
    project = _project(request, key)
    if not may_plan(request.user, project):
        raise PermissionDenied(_("The lead of the project and portfolio managers change its plan. Ask one of them."))
    return project


def _milestone(request: PersonRequest, key: str, pk: int) -> tuple[Project, Milestone]:
    project = _plannable(request, key)
    return project, get_object_or_404(Milestone, project=project, pk=pk)
