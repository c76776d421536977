"""Fiscal periods: which are open, what each source has posted into them, and the verbs that close them."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from finance.models import FiscalPeriod, JournalEntry
from finance.permissions import may_post, may_see_journal
from finance.services.period import control_totals, open_periods, set_period_status
from people.requests import PersonRequest

ON_A_PAGE = 12
A_YEAR = 12


@require_safe
def periods(request: PersonRequest) -> HttpResponse:
    """The periods, the newest first, and the control totals of the chosen one."""
    rows = FiscalPeriod.objects.select_related("closed_by").annotate(entries=_entries()).order_by("-starts_on")
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    chosen = _chosen(request, today)
    may_see = may_see_journal(request.user)
    return render(
        request,
        "finance/periods.html",
        {
            "page": page,
            "today": today,
            "chosen": chosen,
            "totals": control_totals(chosen) if chosen and may_see else (),
            "may_see": may_see,
            "may_close": may_post(request.user),
            "statuses": FiscalPeriod.Status,
            "last": FiscalPeriod.objects.order_by("-starts_on").first(),
        },
    )


def _entries() -> Coalesce:
    """How many entries took effect in each period."""
    inside = JournalEntry.objects.filter(
        effective_on__gte=OuterRef("starts_on"), effective_on__lt=OuterRef("ends_on")
    ).order_by()
    return Coalesce(Subquery(inside.annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")), 0)


def _chosen(request: PersonRequest, today: date) -> FiscalPeriod | None:
    pk = request.GET.get("period", "")
    if pk.isascii() and pk.isdigit() and len(pk) < 19:
        return get_object_or_404(FiscalPeriod, pk=int(pk))
    return FiscalPeriod.objects.of(today)


def _demand_may_close(request: PersonRequest) -> None:
    if not may_post(request.user):
        raise PermissionDenied(_("Only finance opens and closes periods."))


@require_POST
def period_status(request: PersonRequest, pk: int) -> HttpResponse:
    """Open, soft-close or close a period."""
    period = get_object_or_404(FiscalPeriod, pk=pk)
    _demand_may_close(request)
    status = request.POST.get("status", "")
    try:
        set_period_status(period=period, status=status, at=timezone.now(), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        words = {"period": period, "status": period.get_status_display().lower()}
        messages.success(request, _("%(period)s is %(status)s now.") % words)
    return redirect(f"{reverse('periods')}?period={period.pk}")


@require_POST
def periods_open(request: PersonRequest) -> HttpResponse:
    """Open a period for each month of the year after the last one; the running year where there is none."""
    _demand_may_close(request)
    last = FiscalPeriod.objects.order_by("-starts_on").first()
    first = last.ends_on if last else timezone.localdate().replace(month=1, day=1)
    try:
        opened = open_periods(first=first, months=A_YEAR, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("%(n)s periods from %(first)s on are open.") % {"n": len(opened), "first": opened[0]}
        )
    return redirect("periods")
