"""The board of benefits, the page of one, and the forms that promise it and record what came."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from outcomes.models import Benefit
from outcomes.permissions import may_promise_benefit, may_realise_benefit
from outcomes.services import promise_benefit, realise_benefit
from people.requests import PersonRequest
from portal.boards.benefit import BENEFIT_PANEL, benefit_facts
from portal.boards.benefits import (
    FILTERS,
    MONTH_PANEL,
    ByMonth,
    Sums,
    by_month,
    csv_lines,
    filtered,
    open_shortfalls,
    ordered,
    rows_of,
    sentence_of,
    sums_of,
    with_sums,
)
from portal.boards.unchanged import while_unchanged
from portal.outcome_pages.benefit_forms import BenefitForm, RealiseForm
from portal.search import typed
from projects.models import Portfolio, Project

ON_A_PAGE = 25
LARGEST_FIRST = "-promised"


def _until() -> date:
    """The first month that is not over."""
    return timezone.localdate().replace(day=1)


def _found(request: PersonRequest) -> QuerySet[Benefit]:
    return filtered(Benefit.objects.visible_to(request.user), request.GET)


@require_safe
def benefits(request: PersonRequest) -> HttpResponse:
    """What was promised, what came, and which promise fell short."""
    found, until = _found(request), _until()
    sort = request.GET.get("sort", LARGEST_FIRST)
    listed = ordered(with_sums(found, until), sort).select_related("project", "owner")
    page = Paginator(listed, ON_A_PAGE).get_page(request.GET.get("page"))
    filters = tuple(typed(request.GET.get(name, "")) for name in FILTERS)
    sums, months, shortfalls = while_unchanged(
        ("benefits", filters), request.user, timezone.localdate(), lambda: _sums(request, found, until)
    )
    return render(
        request,
        "portal/outcomes/benefits.html",
        {
            "page": page,
            "rows": rows_of(list(page.object_list), request.user, until),
            "sentence": sentence_of(sums, shortfalls, until),
            "answer": MONTH_PANEL.answer(months),
            "sums": sums,
            "until": until,
            "sort": sort,
            "query": request.GET,
            "is_filtered": any(filters),
            "portfolios": Portfolio.objects.filter(
                pk__in=Project.objects.visible_to(request.user).order_by().values("portfolio")
            ),
            "kinds": Benefit.Kind.choices,
            "project": Project.objects.visible_to(request.user).filter(key=filters[1].upper()).first(),
            "may_promise": may_promise_benefit(request.user),
        },
    )


def _sums(request: PersonRequest, found: QuerySet[Benefit], until: date) -> tuple[tuple[Sums, ...], ByMonth, int]:
    sums = sums_of(found, until)
    currency = sums[0].currency if sums else found.values_list("currency", flat=True).first() or ""
    return sums, by_month(found, currency, until), open_shortfalls(found, request.user)


@require_safe
def benefits_export(request: PersonRequest) -> StreamingHttpResponse:
    """The same list as CSV."""
    until = _until()
    listed = ordered(with_sums(_found(request), until), request.GET.get("sort", LARGEST_FIRST))
    return StreamingHttpResponse(
        csv_lines(listed.select_related("project", "owner"), request.user, until),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="benefits-{timezone.localdate().isoformat()}.csv"'},
    )


@require_safe
def benefit(request: PersonRequest, pk: int) -> HttpResponse:
    """One promise: what came of it each month, and who says so."""
    return _benefit_page(request, _benefit_or_404(request, pk), None)


def _benefit_or_404(request: PersonRequest, pk: int) -> Benefit:
    related = ("project", "owner", "kpi", "contract__kpi")
    return get_object_or_404(Benefit.objects.visible_to(request.user).select_related(*related), pk=pk)


def _benefit_page(request: PersonRequest, row: Benefit, form: RealiseForm | None) -> HttpResponse:
    facts = benefit_facts(row, request.user, _until())
    may_realise = may_realise_benefit(request.user, row)
    if form is None and may_realise:
        form = RealiseForm(benefit=row, initial={"month": facts.next_month or _until()})
    context = {
        "benefit": row,
        "project": row.project,
        "facts": facts,
        "answer": BENEFIT_PANEL.answer(facts),
        "form": form,
        "may_realise": may_realise,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "portal/outcomes/benefit.html", context, status=status)


@require_POST
def benefit_realise(request: PersonRequest, pk: int) -> HttpResponse:
    """Record what one month brought."""
    row = _benefit_or_404(request, pk)
    if not may_realise_benefit(request.user, row):
        raise PermissionDenied(_("The owner, finance or a portfolio manager says what a benefit brought. Ask one."))
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


def benefit_new(request: PersonRequest, key: str) -> HttpResponse:
    """Promise what a project will bring."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not may_promise_benefit(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    initial = {"owner": request.user, "first_month": _until()}
    form = BenefitForm(request.POST or None, project=project, initial=initial)
    if form.is_valid():
        try:
            row = promise_benefit(project=project, **form.promise(), at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Promised. Each month its owner records what it brought."))
            return redirect(row)
    context = {"form": form, "project": project}
    return render(request, "portal/outcomes/benefit_form.html", context, status=422 if form.errors else 200)
