"""Promise a benefit, change what is still ahead, and record what it really brought."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes import wording
from outcomes.models import Benefit, BenefitPlan, BenefitRealisation, Kpi, ValueContract
from outcomes.permissions import may_realise_benefit
from outcomes.shortfall import Realised, Shortfall, shortfall
from people.models import Notice, User
from people.notices import notify
from people.services import record_audit
from projects.models import Demand, Project
from projects.services import open_improvement

MOST_MONTHS = 240


@transaction.atomic
def promise_benefit(
    *,
    project: Project,
    name: str,
    kind: str,
    owner: User,
    currency: str,
    plan: Mapping[date, int],
    at: datetime,
    by: User,
    kpi: Kpi | None = None,
    contract: ValueContract | None = None,
    baseline_minor: int = 0,
    tolerance_percent: int = 20,
) -> Benefit:
    """Promise what a project will bring, month by month, beyond what a month brought before it.

    Months are named by their first day. A disbenefit is planned and realised with negative amounts.
    """
    benefit = Benefit(
        project=project,
        name=name,
        kind=kind,
        owner=owner,
        currency=currency,
        kpi=kpi,
        contract=contract,
        baseline_minor=baseline_minor,
        tolerance_percent=tolerance_percent,
        created_at=at,
    )
    if not plan:
        raise ValidationError({"plan": ValidationError(_("Promise at least one month."), code="empty_plan")})
    _refuse_foreign_basis(benefit)
    _refuse_unusable_plan(benefit, plan)
    benefit.full_clean()
    benefit.save()
    BenefitPlan.objects.bulk_create(
        BenefitPlan(benefit=benefit, month=month, planned_minor=amount) for month, amount in sorted(plan.items())
    )
    record_audit(
        verb="promise_benefit",
        subject=benefit,
        by=by,
        detail={"project": project.key, "name": name, "currency": currency, "plan": _written(plan)},
    )
    return benefit


@transaction.atomic
def change_benefit_plan(*, benefit: Benefit, plan: Mapping[date, int], by: User) -> Benefit:
    """Plan the given months anew; months that have been realised keep the promise they were measured by."""
    row = Benefit.objects.select_for_update(of=("self",)).get(pk=benefit.pk)
    if not may_realise_benefit(by, row):
        raise ValidationError(
            _("The promise is its owner's, finance's or a manager's to change. Ask one of them."), code="not_allowed"
        )
    _refuse_unusable_plan(row, plan)
    realised = sorted(set(row.realisations.filter(month__in=list(plan)).values_list("month", flat=True)))
    if realised:
        raise ValidationError(
            {
                "plan": ValidationError(
                    _("%(month)s has been realised, so its promise stays. Change later months only."),
                    code="month_realised",
                    params={"month": f"{realised[0]:%Y-%m}"},
                )
            }
        )
    before = dict(row.plan.filter(month__in=list(plan)).values_list("month", "planned_minor"))
    if len(before.keys() | plan.keys()) + row.plan.exclude(month__in=list(plan)).count() > MOST_MONTHS:
        raise ValidationError({"plan": _too_long()})
    for month, amount in plan.items():
        BenefitPlan.objects.update_or_create(benefit=row, month=month, defaults={"planned_minor": amount})
    record_audit(
        verb="change_benefit_plan",
        subject=row,
        by=by,
        detail={"before": _written(before), "plan": _written(plan)},
    )
    return row


@transaction.atomic
def realise_benefit(
    *,
    benefit: Benefit,
    month: date,
    actual_minor: int,
    at: datetime,
    by: User,
    attributed_percent: int = 100,
    note: str = "",
) -> BenefitRealisation:
    """Record what a month brought and the share owed to the project; another record for the month corrects it.

    Where the newest months fall short of their promise, an improvement demand opens itself with its evidence.
    """
    row = Benefit.objects.select_for_update(of=("self",)).select_related("owner", "project__lead").get(pk=benefit.pk)
    if not may_realise_benefit(by, row):
        raise ValidationError(
            _("Only %(owner)s, finance or a portfolio manager says what this benefit brought."),
            code="not_allowed",
            params={"owner": row.owner},
        )
    _refuse_unusable_month("month", month)
    if month > timezone.localdate(at):
        raise ValidationError(
            {
                "month": ValidationError(
                    _("%(month)s has not begun. Record what it brought once it is there."),
                    code="in_future",
                    params={"month": f"{month:%Y-%m}"},
                )
            }
        )
    realisation = BenefitRealisation(
        benefit=row,
        month=month,
        actual_minor=actual_minor,
        attributed_percent=attributed_percent,
        note=note,
        recorded_at=at,
        recorded_by=by,
    )
    realisation.full_clean()
    realisation.save()
    record_audit(
        verb="realise_benefit",
        subject=realisation,
        by=by,
        detail={"benefit": row.pk, "month": month.isoformat(), "actual_minor": actual_minor,
                "attributed_percent": attributed_percent},
    )  # fmt: skip
    _watch_shortfall(row, at)
    return realisation


def shortfall_of(benefit: Benefit) -> Shortfall | None:
    """How far a benefit lies below its promise now, or None within its tolerance."""
    records = benefit.realisations.order_by("recorded_at", "pk").values_list(
        "month", "actual_minor", "attributed_percent", "recorded_at"
    )
    plan = dict(benefit.plan.values_list("month", "planned_minor"))
    return shortfall(plan, [Realised(*record) for record in records], benefit.tolerance_percent)


def reference_of(benefit: Benefit) -> str:
    """Under which name the demand that a shortfall opens is known."""
    return f"benefit:{benefit.pk}"


def _watch_shortfall(benefit: Benefit, at: datetime) -> None:
    missing = shortfall_of(benefit)
    if missing is None or Demand.objects.filter(reference=reference_of(benefit)).exists():
        return
    project = benefit.project
    figures = {
        "benefit": benefit.name,
        "project": project.title,
        "realised": wording.money(missing.realised_minor, benefit.currency),
        "planned": wording.money(missing.planned_minor, benefit.currency),
        "first": f"{missing.months[0]:%Y-%m}",
        "last": f"{missing.months[-1]:%Y-%m}",
    }
    demand = open_improvement(
        title=_("Bring “%(benefit)s” to its promise") % {"benefit": benefit.name[:100]},
        problem=_(
            "“%(benefit)s” of %(project)s brought %(realised)s from %(first)s to %(last)s; promised was %(planned)s."
        )
        % figures,
        department=project.sponsor,
        improves=project,
        origin=Demand.Origin.BENEFIT,
        reference=reference_of(benefit),
        evidence=_evidence(benefit, missing),
        at=at,
    )
    notify(
        users=[benefit.owner, project.lead],
        kind=Notice.Kind.IMPROVEMENT,
        text=_("“%(benefit)s” brought %(realised)s of %(planned)s; an improvement demand is open") % figures,
        url=demand.get_absolute_url(),
        subject=benefit,
    )


def _evidence(benefit: Benefit, missing: Shortfall) -> dict[str, Any]:
    return {
        "benefit": benefit.pk,
        "currency": benefit.currency,
        "months": [month.isoformat() for month in missing.months],
        "planned_minor": missing.planned_minor,
        "realised_minor": missing.realised_minor,
        "tolerance_percent": missing.tolerance_percent,
        "contract": benefit.contract_id,
    }


def _refuse_foreign_basis(benefit: Benefit) -> None:
    """KPI and contract are those of the project, and the contract that of the KPI."""
    if benefit.kpi is not None and benefit.kpi.project_id != benefit.project_id:
        raise ValidationError({"kpi": _foreign(benefit.project)})
    if benefit.contract is None:
        return
    if benefit.contract.kpi.project_id != benefit.project_id:
        raise ValidationError({"contract": _foreign(benefit.project)})
    if benefit.kpi is not None and benefit.contract.kpi_id != benefit.kpi_id:
        raise ValidationError(
            {
                "contract": ValidationError(
                    _("This contract speaks of another KPI. Choose a contract of %(kpi)s."),
                    code="wrong_kpi",
                    params={"kpi": benefit.kpi},
                )
            }
        )


def _foreign(project: Project) -> ValidationError:
    return ValidationError(
        _("This belongs to another project. Choose one of %(project)s."),
        code="wrong_project",
        params={"project": project.key},
    )


def _refuse_unusable_plan(benefit: Benefit, plan: Mapping[date, int]) -> None:
    if len(plan) > MOST_MONTHS:
        raise ValidationError({"plan": _too_long()})
    harms = benefit.kind == Benefit.Kind.DISBENEFIT
    for month, amount in plan.items():
        _refuse_unusable_month("plan", month)
        if (amount > 0) if harms else (amount < 0):
            text = (
                _("A disbenefit takes money: write its months as zero or less.")
                if harms
                else _("A benefit brings money: write its months as zero or more, or call it a disbenefit.")
            )
            raise ValidationError({"plan": ValidationError(text, code="wrong_sign")})


def _too_long() -> ValidationError:
    return ValidationError(
        _("A plan has at most %(months)d months. Leave out what lies further ahead."),
        code="too_many_months",
        params={"months": MOST_MONTHS},
    )


def _refuse_unusable_month(field: str, month: date) -> None:
    if month.day != 1:
        raise ValidationError(
            {
                field: ValidationError(
                    _("%(day)s is not the first day of a month. Name a month by its first day."),
                    code="not_a_month",
                    params={"day": month},
                )
            }
        )


def _written(plan: Mapping[date, int]) -> dict[str, int]:
    return {month.isoformat(): amount for month, amount in sorted(plan.items())}
