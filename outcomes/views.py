"""Pages that define KPIs, record measurements, draft and sign value contracts, and explain a figure."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from experiments.models import Run
from outcomes import permissions, services
from outcomes.explain import explain
from outcomes.forms import ContractForm, EarningKpiForm, KpiForm, MeasurementForm, terms_of
from outcomes.models import Kpi, ValueContract
from outcomes.sensitivity import estimate_sensitivity
from people.models import User
from people.requests import PersonRequest
from projects.models import Project
from projects.permissions import may_contribute


def _writer(user: User) -> None:
    if not may_contribute(user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))


def _form_page(request: PersonRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    return render(request, f"outcomes/{template}.html", {"form": form, **context}, status=422 if form.errors else 200)


def kpi_new(request: PersonRequest, key: str) -> HttpResponse:
    """Define a figure that the project should move."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    _writer(request.user)
    form = KpiForm(request.POST or None, initial={"owner": request.user})
    if form.is_valid():
        try:
            kpi = services.define_kpi(project=project, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Defined. Next: record what is measured, and say what it is worth."))
            return redirect(kpi)
    return _form_page(request, "kpi_form", form, project=project)


@require_POST
def earning_kpi(request: PersonRequest, key: str) -> HttpResponse:
    """Choose the KPI by which the stages of a project earn."""
    project = get_object_or_404(Project.objects.visible_to(request.user), key=key)
    if not permissions.may_choose_earning_kpi(request.user):
        raise PermissionDenied(_("Only portfolio managers choose the KPI that earns. Ask one of them."))
    form = EarningKpiForm(request.POST, project=project)
    if form.is_valid():
        services.choose_earning_kpi(project=project, kpi=form.cleaned_data["kpi"], by=request.user)
        messages.success(request, _("Chosen. Past days keep the KPI that earned then."))
    else:
        messages.warning(request, " ".join(map(str, form.errors["kpi"])))
    return redirect(reverse("project-budget", args=[project.key]) + "#earned")


def measurement_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Record one measured value."""
    kpi = get_object_or_404(Kpi.objects.visible_to(request.user).select_related("project"), pk=pk)
    _writer(request.user)
    form = MeasurementForm(request.POST or None, kpi=kpi)
    if form.is_valid():
        try:
            services.record_measurement(kpi=kpi, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(
                request, _("Recorded. A correction is another record for the same time; the latest counts.")
            )
            return redirect(kpi)
    return _form_page(request, "measurement_form", form, kpi=kpi, project=kpi.project)


def contract_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Draft the next version of what the KPI is worth, beginning from the newest."""
    kpi = get_object_or_404(Kpi.objects.visible_to(request.user).select_related("project"), pk=pk)
    if not permissions.may_draft_contract(request.user):
        raise PermissionDenied(_("Viewers look and do not write. A portfolio manager can change your role."))
    newest = kpi.contracts.order_by("-version").first()
    initial = terms_of(newest) if newest else {"owner": kpi.owner}
    metrics = _metrics_of(kpi.project)
    if "estimate" in request.POST:
        return _estimated(request, kpi, metrics, newest)
    form = ContractForm(request.POST or None, kpi=kpi, metrics=metrics, initial=initial)
    if form.is_valid():
        try:
            contract = services.draft_contract(kpi=kpi, by=request.user, **form.formula())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(
                request,
                _("Version %(version)d is drafted: a hypothesis until finance signs it.")
                % {"version": contract.version},
            )
            return redirect(kpi)
    return _form_page(request, "contract_form", form, kpi=kpi, project=kpi.project, newest=newest)


def _estimated(
    request: PersonRequest, kpi: Kpi, metrics: tuple[str, ...], newest: ValueContract | None
) -> HttpResponse:
    """The form as it was typed, with the sensitivity that the measurements say."""
    typed = request.POST.dict()
    estimate = estimate_sensitivity(kpi, typed.get("metric", ""))
    if estimate.line is not None:
        typed |= {
            "method": ValueContract.Method.REGRESSION,
            "sensitivity": f"{estimate.line.slope:.6g}",
            "sensitivity_sd": f"{estimate.line.standard_error:.6g}",
        }
    form = ContractForm(kpi=kpi, metrics=metrics, initial=typed)
    context = {"kpi": kpi, "project": kpi.project, "newest": newest, "estimate": estimate}
    return _form_page(request, "contract_form", form, **context)


def _metrics_of(project: Project) -> tuple[str, ...]:
    """The metrics that finished runs of the project really have."""
    finals = Run.objects.finished().filter(project=project).values_list("metrics", flat=True)[:50]
    return tuple(sorted({name for metrics in finals for name in metrics}))


def contract_sign(request: PersonRequest, pk: int) -> HttpResponse:
    """Read the figure once more, then sign it; for finance."""
    contracts = ValueContract.objects.visible_to(request.user).select_related("kpi__project", "owner")
    contract = get_object_or_404(contracts, pk=pk)
    if not permissions.may_sign_contract(request.user):
        raise PermissionDenied(_("Only finance signs value contracts. Ask somebody with the role Finance."))
    fault = None
    if request.method == "POST":
        try:
            services.sign_contract(contract=contract, by=request.user)
        except ValidationError as error:
            fault = error
        else:
            messages.success(request, _("Signed. The figure counts on the board from now on."))
            return redirect(contract.kpi.project)
    context = {"contract": contract, "explanation": explain("value", str(contract.pk), request.user), "fault": fault}
    return render(request, "outcomes/contract_sign.html", context, status=422 if fault else 200)
