"""Plan a budget by period, category and stage in versions, and release it by tranches."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.models import (
    Budget,
    BudgetLine,
    BudgetVersion,
    CostCentre,
    FiscalPeriod,
    FundingTranche,
    PlanLine,
    TrancheLine,
)
from finance.money import to_decimal
from finance.services.locks import hold_budgets, hold_lines
from finance.services.period import demand_valid
from people.models import User
from people.services import record_audit
from people.webhooks import EventType, announce
from projects.models import Project, Station
from projects.services.running import demand_running, hold_running

NOT_YET = {"approved_by", "approved_at", "released_at", "released_by", "reference"}  # empty until it is decided
USED = F("reserved_minor") + F("committed_minor") + F("spent_minor")


@dataclass(frozen=True)
class PlannedAmount:
    """Money planned for one category in one period at one stage."""

    period: FiscalPeriod
    category: str
    station: str
    amount_minor: int
    cost_centre: CostCentre | None = None


@transaction.atomic
def open_budget(*, project: Project, name: str, currency: str, at: datetime, by: User) -> Budget:
    """Open a budget that has no money yet: its plan comes in versions."""
    hold_running(project.pk)
    budget = Budget(project=project, name=name, currency=currency, approved_by=by, approved_on=timezone.localdate(at))
    budget.full_clean()
    budget.save()
    record_audit(verb="open_budget", subject=budget, by=by, detail={"project": project.key, "name": name})
    return budget


@transaction.atomic
def draft_version(
    *, budget: Budget, lines: Sequence[PlannedAmount], reason: str, at: datetime, by: User
) -> BudgetVersion:
    """Draft the next version of a plan; nothing counts before it is approved."""
    hold_budgets([budget.pk])  # of two drafts at once, one waits for its number
    demand_running(budget.project_id)
    last = BudgetVersion.objects.filter(budget=budget).aggregate(last=Max("number"))["last"] or 0
    version = BudgetVersion(budget=budget, number=last + 1, reason=reason, made_by=by, made_at=at)
    version.full_clean(exclude=NOT_YET)
    version.save()
    _write(version, lines)
    record_audit(verb="draft_version", subject=version, by=by, detail=_detail(version, lines))
    return version


@transaction.atomic
def change_draft(*, version: BudgetVersion, lines: Sequence[PlannedAmount], reason: str, by: User) -> BudgetVersion:
    """Write a draft anew; a version that was approved stays as it is."""
    _demand_draft(version)
    demand_running(version.budget.project_id)
    version.reason = reason
    version.full_clean(exclude=NOT_YET)
    version.save(update_fields=["reason"])
    version.plan_lines.all().delete()
    _write(version, lines)
    record_audit(verb="change_draft", subject=version, by=by, detail=_detail(version, lines))
    return version


def _write(version: BudgetVersion, lines: Sequence[PlannedAmount]) -> None:
    if not lines:
        raise ValidationError(_("A plan needs one amount at least."), code="empty_plan")
    seen: set[tuple[object, ...]] = set()
    for number, line in enumerate(lines):
        try:
            _check(line, seen)
        except ValidationError as error:
            raise ValidationError({f"lines.{number}": error}) from None
    PlanLine.objects.bulk_create(
        PlanLine(
            version=version,
            period=line.period,
            category=line.category,
            station=line.station,
            cost_centre=line.cost_centre,
            amount_minor=line.amount_minor,
        )
        for line in lines
    )


def _check(line: PlannedAmount, seen: set[tuple[object, ...]]) -> None:
    key = (line.period.pk, line.category, line.station, line.cost_centre and line.cost_centre.pk)
    if line.category not in BudgetLine.Category.values or line.station not in Station.values:
        raise ValidationError(_("Choose a category and a stage that there are."), code="invalid_choice")
    if line.amount_minor < 0:
        raise ValidationError(_("A planned amount is zero or more."), code="negative_plan")
    if key in seen:
        raise ValidationError(
            _("%(period)s, %(category)s, %(station)s is planned twice. Add the amounts up."),
            code="duplicate",
            params={"period": line.period, "category": line.category, "station": line.station},
        )
    demand_valid(line.cost_centre, line.period.starts_on, line.period.ends_on - timedelta(days=1))
    seen.add(key)


def _detail(version: BudgetVersion, lines: Sequence[PlannedAmount]) -> dict[str, object]:
    planned: dict[str, int] = defaultdict(int)
    for line in lines:
        planned[line.category] += line.amount_minor
    return {"budget": version.budget_id, "number": version.number, "planned": dict(planned)}


def _demand_draft(version: BudgetVersion) -> None:
    """Hold the version; it must be a draft still."""
    held = BudgetVersion.objects.select_for_update().get(pk=version.pk)
    if held.status != BudgetVersion.Status.DRAFT:
        raise ValidationError(
            _("%(version)s is %(status)s and stays as it is. Draft the next version instead."),
            code="not_a_draft",
            params={"version": held, "status": held.get_status_display().lower()},
        )


@transaction.atomic
def approve_version(*, version: BudgetVersion, at: datetime, by: User) -> BudgetVersion:
    """Put a draft in force: its sums become the control lines, and are released where no tranche meters them."""
    hold_budgets([version.budget_id])
    budget = Budget.objects.get(pk=version.budget_id)
    _demand_draft(version)
    demand_running(budget.project_id)
    in_force = budget.versions.filter(status=BudgetVersion.Status.APPROVED).first()
    if in_force and in_force.number > version.number:
        raise ValidationError(
            _("%(newer)s is in force already. Draft the next version instead."),
            code="overtaken",
            params={"newer": in_force},
        )
    budget.versions.filter(status=BudgetVersion.Status.APPROVED).update(status=BudgetVersion.Status.SUPERSEDED)
    version.status, version.approved_by, version.approved_at = BudgetVersion.Status.APPROVED, by, at
    version.save(update_fields=["status", "approved_by", "approved_at"])
    hold_lines(budget.lines.values_list("pk", flat=True))
    sums = dict(version.plan_lines.values_list("category").annotate(total=Sum("amount_minor")).order_by())
    for category in sorted({*sums, *budget.lines.values_list("category", flat=True)}):
        _set_planned(budget, category, sums.get(category, 0))
    _demand_within_plan(budget)
    detail = {"budget": budget.pk, "number": version.number, "planned": sums}
    record_audit(verb="approve_version", subject=version, by=by, detail=detail)
    _announce(version, sums, at)
    return version


def _announce(version: BudgetVersion, sums: Mapping[str, int], at: datetime) -> None:
    currency = version.budget.currency
    data = {
        "project": version.budget.project.key,
        "budget": version.budget.name,
        "version": version.number,
        "currency": currency,
        "planned": {category: str(to_decimal(minor, currency)) for category, minor in sums.items()},
    }
    announce(event_type=EventType.BUDGET_APPROVED, subject=version, data=data, at=at)


def _set_planned(budget: Budget, category: str, planned_minor: int) -> None:
    """Set a control line in one conditional UPDATE; nothing lowers it below what is used or was released."""
    line, _made = BudgetLine.objects.get_or_create(
        budget=budget, category=category, defaults={"planned_minor": 0, "released_minor": 0}
    )
    lines = BudgetLine.objects.filter(pk=line.pk).alias(used=USED)
    lines = lines.filter(Q(planned_minor__lte=planned_minor) | Q(used__lte=planned_minor))
    if budget.is_metered:
        done = lines.filter(released_minor__lte=planned_minor).update(planned_minor=planned_minor)
    else:
        done = lines.update(planned_minor=planned_minor, released_minor=planned_minor)
    if not done:
        line.refresh_from_db()
        raise _plan_below_used(line, planned_minor)


def _plan_below_used(line: BudgetLine, planned_minor: int) -> ValidationError:
    currency = line.budget.currency
    used = line.reserved_minor + line.committed_minor + line.spent_minor
    floor = max(used, line.released_minor) if line.budget.is_metered else used
    return ValidationError(
        _(
            "%(line)s would be planned at %(currency)s %(planned)s, and %(floor)s of it are used or released. "
            "Plan that much at least."
        ),
        code="plan_below_used",
        params={
            "line": line,
            "currency": currency,
            "planned": to_decimal(planned_minor, currency),
            "floor": to_decimal(floor, currency),
        },
    )


@transaction.atomic
def plan_tranches(
    *, budget: Budget, tranches: Mapping[Station, Mapping[str, int]], by: User, expires_on: date | None = None
) -> list[FundingTranche]:
    """Meter a budget: from now on only what its tranches release may be used. Planning again keeps the released ones.

    `tranches` has minor units by category for each stage.
    """
    hold_budgets([budget.pk])
    held = Budget.objects.get(pk=budget.pk)
    demand_running(held.project_id)
    hold_lines(held.lines.values_list("pk", flat=True))
    if not held.is_metered:
        _start_metering(held)
    budget.is_metered = True
    held.tranches.filter(released_at=None).delete()
    made = [_add_tranche(held, station, amounts, expires_on) for station, amounts in tranches.items()]
    _demand_within_plan(held)
    plan = {str(station): dict(amounts) for station, amounts in tranches.items()}
    record_audit(verb="plan_tranches", subject=budget, by=by, detail={"tranches": plan})
    return made


def _start_metering(budget: Budget) -> None:
    """What was released by the plan is taken back, in one conditional UPDATE; used money could not be."""
    lines = budget.lines.all()
    unused = lines.filter(reserved_minor=0, committed_minor=0, spent_minor=0)
    if unused.update(released_minor=0) != lines.count():
        raise ValidationError(
            _("%(budget)s is in use, so it cannot be released by tranches any more. Open another budget."),
            code="already_used",
            params={"budget": budget},
        )
    Budget.objects.filter(pk=budget.pk).update(is_metered=True)


def _add_tranche(budget: Budget, station: str, amounts: Mapping[str, int], expires_on: date | None) -> FundingTranche:
    if budget.tranches.filter(station=station).exists():
        raise ValidationError(
            _("The tranche of the stage %(station)s has been released already. Plan the later ones."),
            code="already_released",
            params={"station": station},
        )
    tranche = FundingTranche(budget=budget, station=station, expires_on=expires_on)
    tranche.full_clean(exclude=NOT_YET)
    tranche.save()
    lines = {line.category: line for line in budget.lines.all()}
    for category, amount_minor in amounts.items():
        if category not in lines:
            raise ValidationError(
                _("%(budget)s has no money for %(category)s. Plan it in a version first."),
                code="no_line",
                params={"budget": budget, "category": category},
            )
        row = TrancheLine(tranche=tranche, line=lines[category], amount_minor=amount_minor)
        row.full_clean()
        row.save()
    return tranche


def _demand_within_plan(budget: Budget) -> None:
    for line in budget.lines.annotate(metered=Sum("tranche_lines__amount_minor")):
        if (line.metered or 0) > line.planned_minor:
            raise _above_plan(line, line.metered)


def _above_plan(line: BudgetLine, minor: int) -> ValidationError:
    currency = line.budget.currency
    return ValidationError(
        _(
            "The tranches of %(line)s come to %(currency)s %(sum)s, planned are %(planned)s. "
            "Plan more, or smaller tranches."
        ),
        code="tranches_above_plan",
        params={
            "line": line,
            "currency": currency,
            "sum": to_decimal(minor, currency),
            "planned": to_decimal(line.planned_minor, currency),
        },
    )


@transaction.atomic
def release_tranche(*, tranche: FundingTranche, reference: str, at: datetime, by: User) -> FundingTranche:
    """Release the money of a stage, once, for the decision that `reference` names."""
    hold_budgets([tranche.budget_id])
    demand_running(tranche.budget.project_id)
    if tranche.expires_on is not None and tranche.expires_on <= timezone.localdate(at):
        raise ValidationError(
            _("This tranche expired on %(day)s. Plan the tranches again."),
            code="tranche_expired",
            params={"day": tranche.expires_on.isoformat()},
        )
    if FundingTranche.objects.filter(reference=reference).exclude(pk=tranche.pk).exists():
        raise ValidationError(
            _("%(reference)s has released another tranche already. Name another decision."),
            code="reference_used",
            params={"reference": reference},
        )
    closed = FundingTranche.objects.filter(pk=tranche.pk, released_at=None)
    if not closed.update(released_at=at, released_by=by, reference=reference):
        raise _not_held(tranche)
    rows = TrancheLine.objects.filter(tranche=tranche)
    hold_lines(rows.values_list("line", flat=True))
    for row in rows.select_related("line__budget__project"):
        room = BudgetLine.objects.filter(pk=row.line_id, planned_minor__gte=F("released_minor") + row.amount_minor)
        if not room.update(released_minor=F("released_minor") + row.amount_minor):
            raise _above_plan(row.line, row.line.released_minor + row.amount_minor)
    tranche.refresh_from_db()
    record_audit(verb="release_tranche", subject=tranche, by=by, detail={"reference": reference})
    return tranche


def _not_held(tranche: FundingTranche) -> ValidationError:
    if FundingTranche.objects.filter(pk=tranche.pk).exists():
        return ValidationError(_("This tranche has been released already."), code="already_released")
    return ValidationError(
        _("The tranches were planned anew at this moment. Look at them again, then release."), code="changed"
    )
