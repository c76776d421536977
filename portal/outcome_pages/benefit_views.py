"""The board of benefits, the page of one, and the forms that promise it and record what came."""

from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from finance.money import to_decimal
from outcomes.cover import covers_of
from outcomes.models import Benefit
from outcomes.permissions import may_promise_benefit, may_read_forecasters, may_realise_benefit
from outcomes.services import change_benefit_plan, promise_benefit, realise_benefit
from people.models import User
from people.requests import PersonRequest
from portal.boards.asked_day import asked_day
from portal.boards.benefit import BENEFIT_PANEL, MonthRow, benefit_facts
from portal.boards.benefits import (
    FILTERS,
    MONTH_PANEL,
    ByMonth,
    Sums,
    by_month,
    filtered,
    known,
    open_shortfalls,
    ordered,
    rows_of,
    sentence_of,
    sums_of,
    table_of,
    unreported,
    with_sums,
)
from portal.boards.unchanged import while_unchanged
from portal.export import attached
from portal.outcome_pages.benefit_forms import BenefitForm, PlanForm, RealiseForm
from portal.search import typed
from portal.wording import money_minor
from projects.models import Portfolio, Project
from projects.permissions import may_contribute

ON_A_PAGE = 25
LARGEST_FIRST = "-promised"


def _until() -> date:
    """The first month that is not over."""
    return timezone.localdate().replace(day=1)


def _found(request: PersonRequest, on: date | None) -> QuerySet[Benefit]:
    return filtered(known(Benefit.objects.visible_to(request.user), on), request.GET)


@require_safe
def benefits(request: PersonRequest) -> HttpResponse:
    """What was promised, what came, and which promise fell short."""
    asked = asked_day(request.GET, timezone.localdate())
    on, until = asked.on, (asked.on or asked.today).replace(day=1)
    found = _found(request, on)
    sort = request.GET.get("sort", LARGEST_FIRST)
    listed = ordered(with_sums(found, until, on), sort).select_related("project", "owner")
    page = Paginator(listed, ON_A_PAGE).get_page(request.GET.get("page"))
    filters = {name: typed(request.GET.get(name, "")) for name in FILTERS}
    make = partial(_sums, request.user, found, until, on)
    name = ("benefits", filters["portfolio"], filters["kind"], on)
    is_kept = _is_kept(filters)
    sums, months, silent, shortfalls = while_unchanged(name, request.user, asked.today, make) if is_kept else make()
    return render(
        request,
        "portal/outcomes/benefits.html",
        {
            "page": page,
            "rows": rows_of(list(page.object_list), request.user, until, on),
            "sentence": sentence_of(sums, silent, shortfalls, until),
            "answer": MONTH_PANEL.answer(months),
            "sums": sums,
            "explained": "share" if sums and sums[0].share is not None else "promised",
            "filters": urlencode({name: words for name, words in filters.items() if words}),
            "until": until,
            "sort": sort,
            "query": request.GET,
            "is_filtered": any(filters.values()),
            "portfolios": Portfolio.objects.filter(
                pk__in=Project.objects.visible_to(request.user).order_by().values("portfolio")
            ),
            "kinds": Benefit.Kind.choices,
            "project": Project.objects.visible_to(request.user).filter(key=filters["project"].upper()).first(),
            "may_promise": may_promise_benefit(request.user) and not on,
            "may_read_forecasters": may_read_forecasters(request.user),
            "asked": asked,
        },
        status=422 if asked.fault else 200,
    )


def _is_kept(filters: dict[str, str]) -> bool:
    """Boards of what can be chosen are kept; what is typed has no end and would push them out."""
    portfolios = {"", *map(str, Portfolio.objects.values_list("pk", flat=True))}
    is_chosen = filters["portfolio"] in portfolios and filters["kind"] in {"", *Benefit.Kind.values}
    return is_chosen and not (filters["q"] or filters["project"])


def _sums(
    user: User, found: QuerySet[Benefit], until: date, on: date | None
) -> tuple[tuple[Sums, ...], ByMonth, int, int]:
    sums = sums_of(found, until, on)
    currency = sums[0].currency if sums else found.values_list("currency", flat=True).first() or ""
    months = by_month(found, currency, until, on)
    return sums, months, unreported(found, until, on), open_shortfalls(found, user, on)


@require_safe
def benefits_export(request: PersonRequest, kind: str) -> HttpResponse:
    """The same list to take along, of the same day."""
    asked = asked_day(request.GET, timezone.localdate())
    if asked.fault:
        return HttpResponse(asked.fault, status=422, content_type="text/plain; charset=utf-8")
    day = asked.on or asked.today
    until = day.replace(day=1)
    found = with_sums(_found(request, asked.on), until, asked.on)
    listed = ordered(found, request.GET.get("sort", LARGEST_FIRST)).select_related("project", "owner")
    return attached(table_of(listed, request.user, until, asked.on), kind, day)


@require_safe
def benefit(request: PersonRequest, pk: int) -> HttpResponse:
    """One promise: what came of it each month, and who says so."""
    return _benefit_page(request, _benefit_or_404(request, pk), None)


def _refused(request: PersonRequest, why: str = "") -> PermissionDenied:
    """Who may; a viewer learns that he writes nowhere, even of what he owns."""
    if not may_contribute(request.user):
        why = _("Viewers look and do not write. A portfolio manager can change your role.")
    return PermissionDenied(why)


def _benefit_or_404(request: PersonRequest, pk: int) -> Benefit:
    related = ("project", "owner", "kpi", "contract__kpi")
    return get_object_or_404(Benefit.objects.visible_to(request.user).select_related(*related), pk=pk)


def _benefit_page(request: PersonRequest, row: Benefit, form: RealiseForm | None) -> HttpResponse:
    asked = asked_day(request.GET, timezone.localdate())
    if asked.on and not known(Benefit.objects.filter(pk=row.pk), asked.on):
        asked = asked.too_early(row.name)
    facts = benefit_facts(row, request.user, (asked.on or asked.today).replace(day=1), asked.on)
    may_realise = may_realise_benefit(request.user, row) and asked.on is None
    if form is None and may_realise:
        form = RealiseForm(benefit=row, initial={"month": facts.next_month})
    context = {
        "benefit": row,
        "project": row.project,
        "facts": facts,
        "answer": BENEFIT_PANEL.answer(facts),
        "form": form,
        "may_realise": may_realise,
        "asked": asked,
    }
    status = 422 if asked.fault or (form is not None and form.errors) else 200
    return render(request, "portal/outcomes/benefit.html", context, status=status)


@require_POST
def benefit_realise(request: PersonRequest, pk: int) -> HttpResponse:
    """Record what one month brought."""
    row = _benefit_or_404(request, pk)
    if not may_realise_benefit(request.user, row):
        raise _refused(request, _("The owner, finance or a portfolio manager says what a benefit brought. Ask one."))
    form = RealiseForm(request.POST, benefit=row)
    if form.is_valid():
        try:
            realise_benefit(benefit=row, **form.record(), at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Recorded. A correction is another record for the month; the latest counts."))
            return redirect(row)
    return _benefit_page(request, row, form)


def benefit_plan(request: PersonRequest, pk: int) -> HttpResponse:
    """Plan months ahead anew."""
    row = _benefit_or_404(request, pk)
    if not may_realise_benefit(request.user, row):
        raise _refused(
            request, _("The promise is its owner's, finance's or a portfolio manager's to change. Ask one of them.")
        )
    facts = benefit_facts(row, request.user, _until())
    ahead = [month for month in facts.rows if month.record is None]
    form = PlanForm(request.POST or None, benefit=row, initial=_planned(ahead, row.currency))
    if form.is_valid():
        try:
            change_benefit_plan(benefit=row, plan=form.plan(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Planned anew. What was promised before stands on the audit trail."))
            return redirect(row)
    context = {
        "form": form,
        "benefit": row,
        "project": row.project,
        "sees_project": facts.sees_project,
        "ahead": ahead,
    }
    return render(request, "portal/outcomes/benefit_plan.html", context, status=422 if form.errors else 200)


def _planned(ahead: list[MonthRow], currency: str) -> dict[str, Any]:
    """What is promised for the months that are not realised, as the form begins with it."""
    if not ahead:
        return {"first_month": _until(), "months": 12}
    amount = to_decimal(ahead[0].planned_minor or 0, currency)
    return {"first_month": ahead[0].month, "months": len(ahead), "amount": amount}


def _beyond(project: Project, contract: int | None) -> str:
    """What to say where the benefits of one contract promise more in a year than it is worth; else nothing."""
    cover = next((each for each in covers_of(project) if each.contract.pk == contract and each.is_exceeded), None)
    if cover is None:
        return ""
    currency = cover.contract.currency
    return _(
        "All benefits of %(contract)s promise %(promised)s a year; it is worth %(net)s net. Plan some of them anew, or "
        "draft a contract that is worth more."
    ) % {
        "contract": cover.contract,
        "promised": money_minor(cover.promised_minor, currency),
        "net": money_minor(cover.net_minor, currency),
    }


def benefit_new(request: PersonRequest, key: str) -> HttpResponse:
    """Promise what a project will bring."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_promise_benefit(request.user):
        raise _refused(request)
    initial = {"owner": request.user, "first_month": _until()}
    form = BenefitForm(request.POST or None, project=project, initial=initial)
    if form.is_valid():
        try:
            row = promise_benefit(project=project, **form.promise(), at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Promised. Each month its owner records what it brought."))
            if beyond := _beyond(project, row.contract_id):
                messages.warning(request, beyond)
            return redirect(row)
    context = {"form": form, "project": project, "covers": covers_of(project)}
    return render(request, "portal/outcomes/benefit_form.html", context, status=422 if form.errors else 200)
