"""What should be spent by a day: approved versions by period, budgets without one evenly. One rule for all boards."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db.models import OuterRef, Subquery, Sum

from finance.models import BudgetVersion, PlanLine
from finance.then import version_then
from outcomes.querysets import day_ends
from portal.boards.lines import Line, sums_by
from portal.boards.then import as_known
from projects.models import Project

Plan = tuple[tuple[date, int], ...]  # cumulative, from the first day with nothing on


def plans_of(lines: Sequence[Line], on: date | None = None) -> dict[int, Plan]:
    """The plan of each project on some lines of one currency, as known on a past day where one is given."""
    budgets = BudgetVersion.objects.filter(budget__in={line.budget for line in lines})
    if on is None:
        versions = budgets.filter(status=BudgetVersion.Status.APPROVED)
    else:
        versions = budgets.filter(pk=Subquery(version_then(OuterRef("budget"), day_ends(on)).values("pk")[:1]))
    steps: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    periods = PlanLine.objects.filter(version__in=versions).values_list(
        "version__budget__project", "period__starts_on", "period__ends_on"
    )
    for project, begin, end, minor in periods.annotate(minor=Sum("amount_minor")).order_by():
        steps[project][begin] += 0
        steps[project][end] += minor
    planned = set(versions.values_list("budget", flat=True))
    even = sums_by((line for line in lines if line.budget not in planned), lambda line: line.project)
    for project in as_known(even, on) if on else Project.objects.filter(pk__in=even).only("started_on", "due_on"):
        start, due = project.started_on, project.due_on
        steps[project.pk][start] += 0
        for end, part in _even_steps(start, due or date(start.year + 1, start.month, 1), even[project.pk].planned):
            steps[project.pk][end] += part
    return {project: _cumulative(parts) for project, parts in steps.items()}


def planned_by(plan: Plan, day: date) -> int:
    """What a plan says for a day, evenly between its points."""
    after = bisect_right(plan, day, key=lambda point: point[0])
    if not after:
        return 0
    if after == len(plan):
        return plan[-1][1]
    (begin, low), (end, high) = plan[after - 1 : after + 1]
    return low + (high - low) * (day - begin).days // (end - begin).days


def together(plans: Collection[Plan], today: date) -> Plan:
    """All plans as one course: at both its ends, at each first of a month and today, the sum of what each says."""
    if not plans:
        return ()
    first, last = min(plan[0][0] for plan in plans), max(plan[-1][0] for plan in plans)
    days = {first, last, max(first, today)} | set(_firsts(first, max(last, today)))
    return tuple((day, sum(planned_by(plan, day) for plan in plans)) for day in sorted(days))


def _even_steps(start: date, end: date, minor: int) -> Iterable[tuple[date, int]]:
    """The part of an even plan that falls before each first of a month, and before its end."""
    days, before, day = max(1, (end - start).days), 0, start
    while day < end:
        day = min(end, _next_first(day))
        reached = minor * (day - start).days // days
        yield day, reached - before
        before = reached
    if before < minor:
        yield max(start, end), minor - before


def _cumulative(steps: dict[date, int]) -> Plan:
    total, points = 0, []
    for day in sorted(steps):
        total += steps[day]
        points.append((day, total))
    return tuple(points)


def _firsts(first: date, last: date) -> Iterable[date]:
    day = first
    while (day := _next_first(day)) <= last:
        yield day


def _next_first(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
