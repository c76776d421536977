"""Make the case for a project: each time a new version, so that what was once believed stays readable."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from outcomes.appraisal import Flow
from outcomes.models import BusinessCase, CashFlow
from people.models import User
from people.services import record_audit
from projects.models import Project


@transaction.atomic
def make_case(
    *,
    project: Project,
    currency: str,
    discount_rate_bp: int,
    starts_on: date,
    flows: Sequence[Flow],
    at: datetime,
    by: User,
    note: str = "",
) -> BusinessCase:
    """Write the next version of a project's business case with its cash flows by year."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # numbers of two cases at once must not collide
    case = BusinessCase(
        project=project,
        version=(project.cases.aggregate(last=Max("version"))["last"] or 0) + 1,
        currency=currency,
        discount_rate_bp=discount_rate_bp,
        starts_on=starts_on,
        note=note,
        made_by=by,
        made_at=at,
    )
    _refuse_unusable_flows(flows)
    case.full_clean()
    case.save()
    rows = [
        CashFlow(
            case=case,
            year=flow.year,
            cost_minor=flow.cost_minor,
            benefit_minor=flow.benefit_minor,
            p_cumulative_percent=flow.p_percent,
        )
        for flow in sorted(flows, key=lambda each: each.year)
    ]
    for row in rows:
        row.clean_fields(exclude=["case"])
    CashFlow.objects.bulk_create(rows)
    record_audit(
        verb="make_case",
        subject=case,
        by=by,
        detail={
            "project": project.key,
            "version": case.version,
            "discount_rate_bp": discount_rate_bp,
            "flows": [[flow.year, flow.cost_minor, flow.benefit_minor, flow.p_percent] for flow in flows],
        },
    )
    return case


def _refuse_unusable_flows(flows: Sequence[Flow]) -> None:
    if not flows:
        raise ValidationError({"flows": ValidationError(_("Add at least one year."), code="no_flows")})
    by_year = sorted(flows, key=lambda each: each.year)
    for before, flow in pairwise(by_year):
        if before.year == flow.year:
            raise _fault(_("Year %(year)d is there twice. Keep one line for each year."), "duplicate", flow)
        if flow.p_percent > before.p_percent:
            raise _fault(
                _("Year %(year)d is likelier than the year before it. A cumulative probability never rises."),
                "probability_rises",
                flow,
            )


def _fault(text: str, code: str, flow: Flow) -> ValidationError:
    return ValidationError({"flows": ValidationError(text, code=code, params={"year": flow.year})})
