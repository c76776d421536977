"""Why the spending is ahead of the plan or behind it: what each plan says for today, less what is spent."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact, Term
from portal.boards.burn import with_plan
from portal.boards.money_plan import planned_by
from portal.boards.rows import ProjectRow, row_sums
from portal.wording import MINUS, money_minor


def plan_sum(rows: tuple[ProjectRow, ...], currency: str, now: datetime) -> Explanation:
    today, spent = timezone.localdate(now), row_sums(rows, currency).spent
    planned = with_plan(rows, currency)
    by_now = sum(planned_by(row.plan, today) for row in planned)
    terms = [
        Term(
            "+" if index else "",
            row.project.title,
            _("of %(planned)s in all") % {"planned": money_minor(row.plan[-1][1], currency)},
            money_minor(planned_by(row.plan, today), currency, full=True),
        )
        for index, row in enumerate(planned)
    ]
    gap = money_minor(abs(by_now - spent), currency, full=True)
    terms += [
        Term("=", _("Planned by now"), "", money_minor(by_now, currency, full=True)),
        Term(MINUS, _("Spent"), "", money_minor(spent, currency, full=True)),
        Term("=", _("Less than planned") if spent <= by_now else _("Ahead of the plan"), "", gap),
    ]
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(abs(by_now - spent), currency)},
        _("Approved versions by period, budgets without one evenly over the days of their project, less what is spent"),
        tuple(terms),
        tuple(
            Fact(row.project.key, _("open its budget and ledger"), row.project.get_absolute_url()) for row in planned
        ),
    )
