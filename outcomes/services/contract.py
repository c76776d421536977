"""Draft and sign value contracts. Every change is a new version; what is signed never changes."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.models import Kpi, ValueContract
from outcomes.permissions import may_sign_contract
from outcomes.sensitivity import estimate_sensitivity
from outcomes.usable import faults_of
from people.models import User
from people.services import record_audit

FORMULA = ("version", "metric", "metric_baseline", "sensitivity", "sensitivity_sd", "units_per_year", "units_label")
MONEY = ("worth_micro", "upkeep_minor", "currency")
FIGURES = ("metric_baseline", "sensitivity", "sensitivity_sd", "units_per_year")


@transaction.atomic
def draft_contract(
    *,
    kpi: Kpi,
    metric: str,
    metric_baseline: float,
    units_per_year: float,
    units_label: str,
    worth_micro: int,
    currency: str,
    valid_from: date,
    owner: User,
    by: User,
    sensitivity: float | None = None,
    sensitivity_sd: float = 0.0,
    upkeep_minor: int = 0,
    basis: str = "",
    method: str = ValueContract.Method.AGREED,
    valid_to: date | None = None,
) -> ValueContract:
    """Write the next version of a KPI's contract: a hypothesis until finance signs it.

    The sensitivity is agreed, or estimated here and now from the measurements of the KPI. `valid_to` is exclusive.
    """
    if kpi.direction == Kpi.Direction.WITHIN:
        text = _(
            "“%(kpi)s” should stay within a band: beyond its nearer end more of it is worth less, so no one worth of a "
            "unit is right. Tie the money to a KPI of which more, or less, is better."
        )
        raise ValidationError({"kpi": ValidationError(text, code="not_monotone", params={"kpi": kpi.name})})
    Kpi.objects.select_for_update().get(pk=kpi.pk)  # numbers of two drafts at once must not collide
    last = kpi.contracts.aggregate(last=Max("version"))["last"] or 0
    estimate: dict[str, Any] = {}
    if method == ValueContract.Method.REGRESSION:
        estimate = _estimate(kpi, metric, sensitivity)
        sensitivity, sensitivity_sd = estimate["slope"], estimate["standard_error"]
    elif sensitivity is None:
        raise ValidationError({"sensitivity": ValidationError(_("Missing. Fill it in."), code="required")})
    contract = ValueContract(
        kpi=kpi,
        version=last + 1,
        metric=metric,
        metric_baseline=metric_baseline,
        sensitivity=sensitivity,
        sensitivity_sd=sensitivity_sd,
        units_per_year=units_per_year,
        units_label=units_label,
        worth_micro=worth_micro,
        upkeep_minor=upkeep_minor,
        currency=currency,
        valid_from=valid_from,
        owner=owner,
        basis=basis,
        method=method,
        estimate=estimate,
        valid_to=valid_to,
    )
    _refuse_unusable_figures(contract)
    contract.full_clean(exclude=["signed_by", "signed_at"])
    contract.save()
    record_audit(verb="draft_contract", subject=contract, by=by, detail=_formula(contract))
    return contract


@transaction.atomic
def sign_contract(*, contract: ValueContract, by: User, at: datetime | None = None) -> ValueContract:
    """Sign the newest draft, so that its figure counts; the version signed before is superseded."""
    if not may_sign_contract(by):
        raise ValidationError(
            _("Only finance signs value contracts. Ask somebody with the role Finance."), code="not_allowed"
        )
    versions = ValueContract.objects.select_for_update().filter(kpi=contract.kpi_id)
    newest = versions.order_by("-version").first()
    current = versions.get(pk=contract.pk)
    if current.status != ValueContract.Status.DRAFT:
        raise ValidationError(
            _("%(contract)s is signed already and never changes. Draft a new version instead."),
            code="already_signed",
            params={"contract": str(current)},
        )
    if newest is not None and newest.pk != current.pk:
        raise ValidationError(
            _("%(contract)s is not the newest draft. Read version %(newest)s and sign that one."),
            code="not_newest",
            params={"contract": str(current), "newest": newest.version},
        )
    if current.owner_id == by.pk:
        raise ValidationError(
            _("Nobody signs a contract that he owns himself. Ask somebody else in finance."), code="signs_own_contract"
        )
    versions.filter(status=ValueContract.Status.SIGNED).update(status=ValueContract.Status.SUPERSEDED)
    current.status, current.signed_by, current.signed_at = ValueContract.Status.SIGNED, by, at or timezone.now()
    current.save(update_fields=["status", "signed_by", "signed_at"])
    record_audit(verb="sign_contract", subject=current, by=by, detail=_formula(current))
    return current


def _estimate(kpi: Kpi, metric: str, typed: float | None) -> dict[str, Any]:
    """What the measurements say; a figure typed beside them would be a second truth."""
    if typed is not None:
        text = _("The measurements say the sensitivity. Leave it out, or call it agreed.")
        raise ValidationError({"sensitivity": ValidationError(text, code="estimated")})
    found = estimate_sensitivity(kpi, metric)
    if found.line is None:
        raise ValidationError({"method": ValidationError(found.reason, code="no_estimate")})
    return found.as_json()


def _refuse_unusable_figures(contract: ValueContract) -> None:
    """What no sum on the board could bear, what is less than nothing, and what ends before it begins."""
    faults = faults_of({name: getattr(contract, name) for name in FIGURES})
    for name, figure in (
        ("sensitivity_sd", contract.sensitivity_sd),
        ("units_per_year", contract.units_per_year),
        ("upkeep", contract.upkeep_minor),
    ):
        if figure < 0:
            faults[name] = ValidationError(_("This cannot be less than zero."), code="negative")
    if contract.valid_to is not None and contract.valid_to <= contract.valid_from:
        text = _("It would end before it begins. Choose a later day.")
        faults["valid_to"] = ValidationError(text, code="ends_before_it_begins")
    if faults:
        raise ValidationError(faults)


def _formula(contract: ValueContract) -> dict[str, Any]:
    return {
        "kpi": contract.kpi_id,
        "method": contract.method,
        **{name: getattr(contract, name) for name in (*FORMULA, *MONEY)},
    }
