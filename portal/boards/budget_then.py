"""One budget of a project as it stood at the end of a past day: documents by their dates, the rest from the trail."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from finance.models import Budget, BudgetLine, BudgetVersion, Commitment, JournalEntry, PlanLine
from finance.sums import COLUMNS
from finance.then import relief_then, sums_then
from outcomes.querysets import day_ends
from people.models import AuditEntry
from people.trail import told
from portal.boards.tranche import Tranche, tranches_of
from projects.models import Station


def line_rows_then(budgets: Sequence[Budget], on: date) -> tuple[BudgetLine, ...]:
    """The control lines that there were, their sums and policies put in the place of those of today."""
    of_budgets = BudgetLine.objects.filter(budget__in=budgets)
    sums = sums_then(of_budgets, day_ends(on))
    place = {budget.pk: number for number, budget in enumerate(budgets)}
    lines = [line for line in of_budgets.select_related("budget").order_by("category") if line.pk in sums]
    keys = [str(line.pk) for line in lines]
    since = _told("finance.budgetline", keys, "set_line_policy").filter(at__gte=day_ends(on)).order_by("-pk")
    before = {entry.subject_id: entry.detail["from"] for entry in since}
    categories = _categories(budgets, on)
    for line in lines:
        line.policy = before.get(str(line.pk), line.policy)
        for name in COLUMNS:
            setattr(line, f"{name}_minor", getattr(sums[line.pk], name))
    known = [line for line in lines if line.category in categories.get(line.budget_id, BudgetLine.Category)]
    return tuple(sorted(known, key=lambda line: place[line.budget_id]))


def _categories(budgets: Sequence[Budget], on: date) -> dict[int, set[str]]:
    """By budget the categories that had a line: of the first approval, of every version; of others nothing tells."""
    opened = AuditEntry.objects.filter(subject_type="finance.budget", subject_id__in=[str(each.pk) for each in budgets])
    first = opened.filter(verb__in=["approve_budget", "open_budget"]).order_by("pk")
    found = {int(entry.subject_id): set(entry.detail.get("lines", {})) for entry in first}
    approved = PlanLine.objects.filter(version__budget__in=budgets, version__approved_at__lt=day_ends(on))
    for budget, category in approved.order_by().values_list("version__budget", "category").distinct():
        if budget in found:
            found[budget].add(category)
    return found


def versions_then(budget: Budget, on: date) -> tuple[BudgetVersion, ...]:
    """The versions that had been drafted, each in the state that it was in."""
    end = day_ends(on)
    known = budget.versions.filter(made_at__lt=end).select_related("made_by", "approved_by", "budget")
    versions = list(known.order_by("number"))
    approved = [version.number for version in versions if version.approved_at and version.approved_at < end]
    keys = [str(version.pk) for version in versions]
    rewritten = set(
        _told("finance.budgetversion", keys, "change_draft").filter(at__gte=end).values_list("subject_id", flat=True)
    )
    for version in versions:
        if version.number not in approved:
            version.status = BudgetVersion.Status.DRAFT
            version.approved_by, version.approved_at = None, None
        elif version.number == approved[-1]:
            version.status = BudgetVersion.Status.APPROVED
        if str(version.pk) in rewritten:
            version.reason = _("written anew since; its reason then is not kept")
    return tuple(versions)


def tranches_then(budgets: Sequence[Budget], on: date) -> dict[int, tuple[Tranche, ...]]:
    """By budget those released by then, and those that the plan of tranches in force then held back."""
    end = day_ends(on)
    plans: dict[str, list[AuditEntry]] = defaultdict(list)
    for entry in _told("finance.budget", [str(budget.pk) for budget in budgets], "plan_tranches").order_by("pk"):
        plans[entry.subject_id].append(entry)
    rows = tranches_of(budgets)
    return {budget.pk: _tranches_then(rows[budget.pk], plans[str(budget.pk)], end) for budget in budgets}


def _tranches_then(rows: Sequence[Tranche], plans: Sequence[AuditEntry], end: datetime) -> tuple[Tranche, ...]:
    released = [row for row in rows if row.released_at and row.released_at < end]
    known = [entry for entry in plans if entry.at < end]
    if len(known) == len(plans):
        return (*released, *(row.held_back() for row in rows if row not in released))
    if not known:
        return tuple(released)
    gone, held = {row.station for row in released}, known[-1].detail["tranches"]
    return (*released, *(_held(station, sums) for station, sums in held.items() if station not in gone))


def _held(station: str, sums: dict[str, int]) -> Tranche:
    lines = tuple((str(BudgetLine.Category(category).label), minor) for category, minor in sorted(sums.items()))
    return Tranche(station, str(Station(station).label), lines, note=_("its last day is not kept"))


def commitments_then(commitments: QuerySet[Commitment], on: date) -> QuerySet[Commitment]:
    """The orders that had been made, the largest open one first."""
    end = day_ends(on)
    relieved = Coalesce(Subquery(relief_then(OuterRef("pk"), end), output_field=BigIntegerField()), 0)
    known = commitments.filter(created_at__lt=end).annotate(open_then=F("amount_minor") - relieved)
    return known.order_by("-open_then", "-created_at", "-pk")


def set_open_then(commitments: Iterable[Commitment], on: date) -> None:
    """Put state and open amount of some orders of `commitments_then` in the place of those of today."""
    for row in commitments:
        is_cancelled = row.status == Commitment.Status.CANCELLED and row.ended_at and row.ended_at < day_ends(on)
        row.open_minor = 0 if is_cancelled else row.open_then  # type: ignore[attr-defined]
        if not is_cancelled:
            row.status = Commitment.Status.OPEN if row.open_minor else Commitment.Status.RELIEVED


def forget_reversals_since(entries: Iterable[JournalEntry], on: date) -> None:
    """What was reversed later was not reversed then."""
    field = JournalEntry._meta.get_field("reversed_by")
    for entry in entries:
        mirror = getattr(entry, "reversed_by", None)
        if mirror is not None and mirror.posted_at >= day_ends(on):
            field.set_cached_value(entry, None)


def _told(kind: str, keys: Iterable[str], *verbs: str) -> QuerySet[AuditEntry]:
    return told().filter(subject_type=kind, subject_id__in=list(keys), verb__in=verbs)
