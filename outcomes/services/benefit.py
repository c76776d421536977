"""Promise a benefit, change what is still ahead, and record what it really brought."""

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.models import Benefit, BenefitPlan, BenefitRealisation, Kpi, ValueContract
from outcomes.permissions import may_realise_benefit
from outcomes.services.benefit_terms import (
    MOST_MONTHS,
    refuse_brought,
    refuse_foreign_basis,
    refuse_unusable_month,
    refuse_unusable_owner,
    refuse_unusable_plan,
    too_long,
)
from outcomes.services.shortfall import watch_benefit
from people.models import User
from people.services import record_audit
from projects.models import Project


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
    refuse_unusable_owner(benefit)
    refuse_foreign_basis(benefit)
    refuse_unusable_plan(benefit, plan)
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
    refuse_unusable_plan(row, plan)
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
        raise ValidationError({"plan": too_long()})
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

    Where the last three promised months that are over fall short together, an improvement demand opens itself.
    """
    row = Benefit.objects.select_for_update(of=("self",)).select_related("owner", "project__lead").get(pk=benefit.pk)
    if not may_realise_benefit(by, row):
        raise ValidationError(
            _("Only %(owner)s, finance or a portfolio manager says what this benefit brought."),
            code="not_allowed",
            params={"owner": row.owner},
        )
    refuse_unusable_month("month", month)
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
    if row.kind == Benefit.Kind.DISBENEFIT:  # a benefit may bring less than a month brought before
        refuse_brought("actual", month, actual_minor)
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
    watch_benefit(row, at)
    return realisation


def _written(plan: Mapping[date, int]) -> dict[str, int]:
    return {month.isoformat(): amount for month, amount in sorted(plan.items())}
