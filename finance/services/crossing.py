"""Tell other systems, and who leads the project, when orders and actuals have used up a budget line."""

from datetime import datetime

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from finance.models import BudgetLine
from finance.money import to_decimal
from people.models import Notice
from people.notices import notify
from people.webhooks import EventType, announce


def announce_crossing(line_pk: int, more_minor: int, at: datetime) -> None:
    """Announce a line that `more_minor` took over what is released. Reservations may end unused and do not count."""
    if more_minor <= 0:
        return
    used = F("committed_minor") + F("spent_minor")
    lines = BudgetLine.objects.select_related("budget__project__lead", "budget__approved_by").alias(
        used=used, before=used - more_minor
    )
    line = lines.filter(pk=line_pk, used__gt=F("released_minor"), before__lte=F("released_minor")).first()
    if line is None:
        return
    currency = line.budget.currency
    data = {
        "project": line.budget.project.key,
        "budget": line.budget.name,
        "category": line.category,
        "currency": currency,
        "released": str(to_decimal(line.released_minor, currency)),
        "committed": str(to_decimal(line.committed_minor, currency)),
        "spent": str(to_decimal(line.spent_minor, currency)),
    }
    announce(event_type=EventType.LINE_CROSSED, subject=line, data=data, at=at)
    _tell(line)


def _tell(line: BudgetLine) -> None:
    budget, currency = line.budget, line.budget.currency
    text = _("%(line)s is used up: %(currency)s %(used)s of %(released)s are ordered or spent.")
    figures = {
        "line": line,
        "currency": currency,
        "used": to_decimal(line.committed_minor + line.spent_minor, currency),
        "released": to_decimal(line.released_minor, currency),
    }
    people = {budget.project.lead, budget.approved_by} - {None}
    notify(
        users=people,
        kind=Notice.Kind.BUDGET,
        text=text % figures,
        url=reverse("project-budget", args=[budget.project.key]),
        subject=line,
    )
