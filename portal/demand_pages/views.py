"""Pages of demands: the list, one demand with its proofs and decisions, and the forms that write and accept it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people.models import Department
from people.requests import PersonRequest
from portal.demand_pages.facts import demand_facts, pill_of
from portal.demand_pages.forms import AcceptForm, DecisionForm, DemandForm
from portal.demand_pages.listing import FILTERS, NEWEST, filtered, ordered, table_of
from portal.export import attached
from projects.models import Demand, Horizon, Project
from projects.permissions import may_decide_demand, may_decide_demands, may_propose, may_write_demand
from projects.services import accept_demand, change_demand, decide_demand, propose_demand, submit_demand

ON_A_PAGE = 25


@require_safe
def demands(request: PersonRequest) -> HttpResponse:
    """What the business asks for, and what waits for a decision."""
    visible = Demand.objects.visible_to(request.user)
    sort = request.GET.get("sort", NEWEST)
    page = Paginator(ordered(filtered(visible, request.GET), sort), ON_A_PAGE).get_page(request.GET.get("page"))
    became = Project.objects.visible_to(request.user).filter(pk__in=[row.project_id for row in page if row.project_id])
    return render(
        request,
        "portal/demands/list.html",
        {
            "page": page,
            "rows": [(demand, pill_of(demand)) for demand in page],
            "seen_projects": set(became.values_list("pk", flat=True)),
            "waiting": visible.waiting().count(),
            "sort": sort,
            "query": request.GET,
            "is_filtered": any(request.GET.get(name) for name in FILTERS),
            "statuses": Demand.Status.choices,
            "departments": Department.objects.all(),
            "horizons": Horizon.choices,
            "may_propose": may_propose(request.user),
        },
    )


@require_safe
def export(request: PersonRequest, kind: str) -> HttpResponse:
    """The same list to take along."""
    rows = ordered(filtered(Demand.objects.visible_to(request.user), request.GET), request.GET.get("sort", NEWEST))
    return attached(table_of(rows.iterator(chunk_size=500)), kind, timezone.localdate())


def new(request: PersonRequest) -> HttpResponse:
    """Write down what the business asks for."""
    if not may_propose(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    form = DemandForm(request.POST or None, initial={"department": request.user.department_id})
    if form.is_valid():
        try:
            demand = propose_demand(**form.cleaned_data, at=timezone.now(), by=request.user)
            if "submit" in request.POST:
                demand = submit_demand(demand=demand, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("“%(title)s” is written down.") % {"title": demand.title})
            return redirect(demand)
    return render(request, "portal/demands/form.html", {"form": form}, status=422 if form.errors else 200)


def page(request: PersonRequest, pk: int) -> HttpResponse:
    """One demand: the problem, its proofs, and the decision."""
    demand = _demand(request, pk)
    return _page(request, demand, DecisionForm(demand=demand, user=request.user))


def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    demand = _writable(request, pk)
    if demand.status != Demand.Status.DRAFT:
        messages.info(request, _("It is no longer a draft, so its words stay."))
        return redirect(demand)
    fields = ("title", "problem", "department", "horizon", "impact")
    form = DemandForm(request.POST or None, initial={name: getattr(demand, name) for name in fields})
    if form.is_valid():
        try:
            change_demand(demand=demand, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect(demand)
    facts = {"form": form, "demand": demand}
    return render(request, "portal/demands/form.html", facts, status=422 if form.errors else 200)


@require_POST
def submit(request: PersonRequest, pk: int) -> HttpResponse:
    """Put it before those who decide."""
    demand = _writable(request, pk)
    try:
        submit_demand(demand=demand, at=timezone.now(), by=request.user)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
    else:
        messages.success(request, _("Submitted. A portfolio manager decides."))
    return redirect(demand)


@require_POST
def decide(request: PersonRequest, pk: int) -> HttpResponse:
    """Take it under review, shelve, reject or merge it."""
    demand = _decidable(request, pk)
    form = DecisionForm(request.POST, demand=demand, user=request.user)
    status = request.POST.get("status", "")
    if form.is_valid() and status in {Demand.Status.UNDER_REVIEW, Demand.Status.SHELVED, Demand.Status.REJECTED,
                                      Demand.Status.MERGED}:  # fmt: skip
        try:
            demand = decide_demand(
                demand=demand, status=status, at=timezone.now(), by=request.user, **form.cleaned_data
            )
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Decided: %(status)s.") % {"status": demand.get_status_display()})
            return redirect(demand)
    elif form.is_valid():
        form.add_error(None, _("Choose one of the decisions below."))
    return _page(request, demand, form)


def accept(request: PersonRequest, pk: int) -> HttpResponse:
    """Accept it and open the project that answers it, in one step."""
    demand = _decidable(request, pk)
    started = {"title": demand.title, "sponsor": demand.department_id, "started_on": timezone.localdate()}
    form = AcceptForm(request.POST or None, initial=started)
    if form.is_valid():
        try:
            project = accept_demand(demand=demand, **form.cleaned_data, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Accepted. %(key)s is open; next: its plan.") % {"key": project.key})
            return redirect("project-plan", project.key)
    facts = {"form": form, "demand": demand}
    return render(request, "portal/demands/accept.html", facts, status=422 if form.errors else 200)


def _page(request: PersonRequest, demand: Demand, form: DecisionForm) -> HttpResponse:
    facts = demand_facts(demand, request.user)
    context = {"facts": facts, "demand": demand, "form": form}
    return render(request, "portal/demands/demand.html", context, status=422 if form.errors else 200)


def _demand(request: PersonRequest, pk: int) -> Demand:
    rows = Demand.objects.visible_to(request.user).select_related("department", "proposer", "decided_by")
    return get_object_or_404(rows, pk=pk)


def _writable(request: PersonRequest, pk: int) -> Demand:
    demand = _demand(request, pk)
    if not may_write_demand(request.user, demand):
        raise PermissionDenied(_("Only whoever proposed a demand changes or submits it."))
    return demand


def _decidable(request: PersonRequest, pk: int) -> Demand:
    demand = _demand(request, pk)
    if not may_decide_demands(request.user):
        raise PermissionDenied(_("Portfolio managers decide on demands."))
    if not may_decide_demand(request.user, demand):
        raise PermissionDenied(_("Nobody decides his own demand. Ask another portfolio manager."))
    return demand
