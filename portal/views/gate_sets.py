"""What each gate asks: the sets of all horizons, and the form that changes one."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from outcomes.forms_gate_set import MOST_CRITERIA, GateForm, criterion_forms, drafts_of
from outcomes.gate_sets import QUESTIONS, SETS, CriterionDraft
from outcomes.models import Gate
from outcomes.permissions import may_define_gate
from outcomes.services.gate import define_gate, refuse_while_waiting
from people.requests import PersonRequest
from portal.boards.gate_sets import sets_by_horizon
from projects.models import Horizon, Station

MORE_CRITERIA = 3


@require_safe
def gate_sets(request: PersonRequest) -> HttpResponse:
    """What is asked at every gate; everybody may read what he will be asked."""
    facts = {"horizons": sets_by_horizon(), "may_define": may_define_gate(request.user)}
    return render(request, "portal/gate_sets.html", facts)


def gate_set(request: PersonRequest, horizon: str, station: str) -> HttpResponse:
    """Set the question and the criteria of one gate."""
    if horizon not in Horizon.values or station not in Station.values or station == Station.DEMAND:
        raise Http404
    if not may_define_gate(request.user):
        raise PermissionDenied(_("Only managers say what a gate asks. Ask one of them."))
    gate = Gate.objects.filter(horizon=horizon, station=station).prefetch_related("criteria").first()
    gate = gate or Gate(horizon=horizon, station=station, title=QUESTIONS[Station(station)])
    criteria = _criteria(gate)
    if len(criteria) > MOST_CRITERIA:
        messages.error(request, _("This gate has more criteria than the form holds. Set them by the API."))
        return redirect("gate-sets")
    typed: QueryDict | None = request.POST.copy() if request.method == "POST" else None
    if typed and "more" in typed:
        count = min(MOST_CRITERIA, _count(typed.get("criteria-TOTAL_FORMS", "")) + MORE_CRITERIA)
        typed["criteria-TOTAL_FORMS"] = str(count)
    form = GateForm(typed, initial={"title": gate.title, "pass_percent": gate.pass_percent})
    rows = criterion_forms(typed, criteria)
    is_sent = typed is not None and "more" not in typed
    if is_sent and form.is_valid() and rows.is_valid():
        try:
            define_gate(
                horizon=horizon, station=station, criteria=drafts_of(rows), by=request.user, **form.cleaned_data
            )
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Kept. Reviews from now on are judged by these criteria."))
            return redirect(f"{reverse('gate-sets')}#{horizon}")
    facts: dict[str, Any] = {
        "gate": gate,
        "number": Station(station).position,
        "form": form,
        "rows": rows,
        "sent": is_sent,
        "in_use": _in_use(gate),
    }
    return render(request, "portal/gate_set.html", facts, status=422 if is_sent else 200)


def _criteria(gate: Gate) -> Sequence[CriterionDraft]:
    """Those in force, or for a gate that nobody has defined those that an installation begins with."""
    if gate.pk is None:
        return SETS[Horizon(gate.horizon)][Station(gate.station)]
    names = CriterionDraft.__dataclass_fields__
    return [CriterionDraft(**{name: getattr(each, name) for name in names}) for each in gate.criteria.all()]


def _in_use(gate: Gate) -> str:
    try:
        refuse_while_waiting(gate)
    except ValidationError as error:
        return error.messages[0]
    return ""


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
