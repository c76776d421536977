"""What a benefit may promise and bring: who owns it, what it rests on, its months and their signs."""

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from outcomes.models import Benefit
from projects.models import Project
from projects.permissions import may_contribute

MOST_MONTHS = 240
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 1)


def refuse_unusable_owner(benefit: Benefit) -> None:
    """Whoever owns a benefit says each month what it brought, so he does more than look."""
    if not (benefit.owner.is_active and may_contribute(benefit.owner)):
        raise ValidationError(
            {
                "owner": ValidationError(
                    _("%(owner)s only looks and could not say what it brought. Choose somebody who records."),
                    code="only_looks",
                    params={"owner": benefit.owner},
                )
            }
        )


def refuse_foreign_basis(benefit: Benefit) -> None:
    """KPI and contract are those of the project, the contract that of the KPI and in the currency of the promise."""
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
    if benefit.contract.currency != benefit.currency:
        raise ValidationError(
            {
                "currency": ValidationError(
                    _("The contract counts in %(currency)s. Promise in %(currency)s, or choose another contract."),
                    code="other_currency",
                    params={"currency": benefit.contract.currency},
                )
            }
        )


def refuse_unusable_plan(benefit: Benefit, plan: Mapping[date, int]) -> None:
    if len(plan) > MOST_MONTHS:
        raise ValidationError({"plan": too_long()})
    for month, amount in sorted(plan.items()):
        refuse_unusable_month("plan", month)
        if benefit.kind == Benefit.Kind.DISBENEFIT:
            refuse_brought("plan", month, amount)
        elif amount < 0:
            text = _("A benefit brings money: write %(month)s as zero or more, or call it a disbenefit.")
            raise ValidationError({"plan": _wrong_sign(text, month)})


def refuse_unusable_month(field: str, month: date) -> None:
    """A month is named by its first day, and is one that people plan or remember."""
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
    if fault := out_of_reach(month):
        raise ValidationError({field: fault})


def out_of_reach(month: date) -> ValidationError | None:
    """What is wrong with a month that nobody plans or remembers; None of any other."""
    if EARLIEST <= month <= LATEST:
        return None
    return ValidationError(
        _("%(month)s is out of reach. Choose months from %(first)s to %(last)s."),
        code="month_out_of_reach",
        params={"month": _named(month), "first": _named(EARLIEST), "last": _named(LATEST)},
    )


def refuse_brought(field: str, month: date, minor: int) -> None:
    """A disbenefit takes money, promised or come; a slip of the sign would count it as income."""
    if minor > 0:
        text = _("A disbenefit takes money: write %(month)s as zero or less.")
        raise ValidationError({field: _wrong_sign(text, month)})


def too_long() -> ValidationError:
    return ValidationError(
        _("A plan has at most %(months)d months. Leave out what lies further ahead."),
        code="too_many_months",
        params={"months": MOST_MONTHS},
    )


def _foreign(project: Project) -> ValidationError:
    return ValidationError(
        _("This belongs to another project. Choose one of %(project)s."),
        code="wrong_project",
        params={"project": project.key},
    )


def _wrong_sign(text: str, month: date) -> ValidationError:
    return ValidationError(text, code="wrong_sign", params={"month": _named(month)})


def _named(month: date) -> str:
    return f"{month.year:04}-{month.month:02}"
