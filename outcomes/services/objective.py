"""Open objectives of a portfolio and add their key results."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from outcomes.models import KeyResult, Kpi, Objective
from outcomes.services.kpi import refuse_baseline_inside
from outcomes.usable import refuse_unusable_figures
from people.models import User
from people.services import record_audit
from projects.models import Portfolio


@transaction.atomic
def open_objective(
    *, portfolio: Portfolio, title: str, owner: User, starts_on: date, ends_on: date, by: User
) -> Objective:
    """Say what a portfolio wants to reach in a period; key results say when it is reached."""
    objective = Objective(portfolio=portfolio, title=title, owner=owner, starts_on=starts_on, ends_on=ends_on)
    if ends_on <= starts_on:
        text = _("It would end before it begins. Choose a later day.")
        raise ValidationError({"ends_on": ValidationError(text, code="ends_before_it_begins")})
    if Objective.objects.filter(portfolio=portfolio, title=title).exists():
        text = _("%(portfolio)s has an objective of this title. Choose another title.")
        raise ValidationError({"title": ValidationError(text, code="taken", params={"portfolio": portfolio})})
    objective.full_clean()
    objective.save()
    record_audit(verb="open_objective", subject=objective, by=by, detail={"portfolio": portfolio.name, "title": title})
    return objective


@transaction.atomic
def add_key_result(
    *,
    objective: Objective,
    kpi: Kpi,
    by: User,
    baseline: float | None = None,
    target: float | None = None,
    weight: int = 1,
) -> KeyResult:
    """Measure an objective by a KPI of its portfolio; baseline and target are the KPI's own when left out.

    A band is always the KPI's own.
    """
    if kpi.project.portfolio_id != objective.portfolio_id:
        raise ValidationError(
            {
                "kpi": ValidationError(
                    _("This KPI belongs to another portfolio. Choose one of %(portfolio)s."),
                    code="wrong_portfolio",
                    params={"portfolio": objective.portfolio},
                )
            }
        )
    if kpi.target_high is not None and target not in (None, kpi.target):
        text = _("The target of this KPI is a band, which counts for its key results too. Leave it empty.")
        raise ValidationError({"target": ValidationError(text, code="band_is_of_kpi")})
    result = KeyResult(
        objective=objective,
        kpi=kpi,
        baseline=kpi.baseline if baseline is None else baseline,
        target=kpi.target if target is None else target,
        weight=weight,
    )
    _refuse_worse_target(result)
    if objective.key_results.filter(kpi=kpi).exists():
        text = _("This KPI is a key result of the objective already. Choose another KPI.")
        raise ValidationError({"kpi": ValidationError(text, code="taken")})
    if weight < 1:
        raise ValidationError({"weight": ValidationError(_("Write a whole number from 1 on."), code="too_light")})
    result.full_clean()
    result.save()
    record_audit(
        verb="add_key_result",
        subject=result,
        by=by,
        detail={"objective": objective.pk, "kpi": kpi.pk, "baseline": result.baseline, "target": result.target},
    )
    return result


def _refuse_worse_target(result: KeyResult) -> None:
    refuse_unusable_figures(baseline=result.baseline, target=result.target)
    if result.target_high is not None:
        refuse_baseline_inside(result.baseline, result.target, result.target_high)
    elif (result.target - result.baseline) * result.kpi.better_sign <= 0:
        raise ValidationError(
            {
                "target": ValidationError(
                    _("The target %(target)g is not better than the baseline %(baseline)g. Correct one of the two."),
                    code="target_not_better",
                    params={"target": result.target, "baseline": result.baseline},
                )
            }
        )
