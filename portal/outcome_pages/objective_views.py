"""The objectives of portfolios with their key results, and the forms that add them."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from outcomes.explain import Explanation
from outcomes.forms_target import KeyResultForm, ObjectiveForm
from outcomes.models import Objective
from outcomes.permissions import may_open_objective
from outcomes.progress import objective_progress
from outcomes.services import add_key_result, open_objective
from people.models import User
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.listing import PORTFOLIO
from portal.boards.objectives import ObjectiveRow, rows_of, sentence_of, table_of
from portal.boards.objectives_why import address_of, explain_objectives
from portal.export import attached, in_lots
from portal.views.explaining import Ask, explains
from projects.models import Portfolio, Project

ON_A_PAGE = 20
ALL = "all"


@require_safe
def objectives(request: PersonRequest) -> HttpResponse:
    """What portfolios want to reach, and how far they have come."""
    asked = asked_day(request.GET, timezone.localdate())
    day = asked.on or asked.today
    visible = Objective.objects.visible_to(request.user).known_on(day)
    page = _page(request.user, request.GET, day)
    rows = _rows(request.user, page.object_list, day)
    return render(
        request,
        "portal/outcomes/objectives.html",
        {
            "page": page,
            "groups": [(name, list(group)) for name, group in groupby(rows, key=lambda row: row.objective.portfolio)],
            "sentence": sentence_of(rows, address_of("objectives-explain", request.GET, asked.on)),
            "query": request.GET,
            "is_filtered": bool(request.GET.get("portfolio")),
            "portfolios": Portfolio.objects.filter(pk__in=visible.order_by().values("portfolio")),
            "may_open": may_open_objective(request.user) and not asked.on,
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


@explains
def objectives_explain(ask: Ask) -> Explanation:
    """The mean that the headline tells, for the same page and filters, as of the same day."""
    rows = _rows(ask.user, _page(ask.user, ask.query, ask.day).object_list, ask.day)
    return explain_objectives(rows, ask.query, ask.on)


@require_safe
def objectives_export(request: PersonRequest, kind: str) -> HttpResponse:
    """The same objectives with their key results to take along, of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    day = asked.on or asked.today
    rows = (row for lot in in_lots(_found(request.user, request.GET, day)) for row in _rows(request.user, lot, day))
    return attached(table_of(rows), kind, day)


def _page(user: User, query: Mapping[str, str], day: date) -> Page[Objective]:
    return Paginator(_found(user, query, day), ON_A_PAGE).get_page(query.get("page"))


def _found(user: User, query: Mapping[str, str], day: date) -> QuerySet[Objective]:
    found = Objective.objects.visible_to(user).known_on(day)
    if query.get("period") != ALL:
        found = found.running(day)
    if PORTFOLIO.fullmatch(query.get("portfolio", "")):
        found = found.filter(portfolio=int(query["portfolio"]))
    return found.select_related("portfolio", "owner").order_by("portfolio__name", "ends_on", "title")


def _rows(user: User, objectives: Iterable[Objective], day: date) -> tuple[ObjectiveRow, ...]:
    seen = set(Project.objects.visible_to(user).values_list("pk", flat=True))
    return rows_of(objective_progress(objectives, day), seen)


def objective_new(request: PersonRequest) -> HttpResponse:
    """Say what a portfolio wants to reach in a period."""
    _demand_manager(request)
    form = ObjectiveForm(request.POST or None, initial={"owner": request.user, "starts_on": timezone.localdate()})
    if form.is_valid():
        try:
            objective = open_objective(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Opened. Next: say by which figures it is measured."))
            return redirect("key-result-new", pk=objective.pk)
    return render(
        request, "portal/outcomes/objective_form.html", {"form": form}, status=422 if form.errors else 200
    )  # fmt: skip


def _demand_manager(request: PersonRequest) -> None:
    if not may_open_objective(request.user):
        raise PermissionDenied(_("Portfolio managers set objectives. Ask one of them."))


def key_result_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Measure an objective by a KPI of its portfolio."""
    visible = Objective.objects.visible_to(request.user).select_related("portfolio")
    objective = get_object_or_404(visible, pk=pk)
    _demand_manager(request)
    form = KeyResultForm(request.POST or None, objective=objective)
    if form.is_valid():
        try:
            add_key_result(objective=objective, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Added. The newest measurement of its KPI says how far it has come."))
            return redirect(f"{reverse('objectives')}?period={ALL}#objective-{objective.pk}")
    context = {"form": form, "objective": objective}
    return render(request, "portal/outcomes/key_result_form.html", context, status=422 if form.errors else 200)
