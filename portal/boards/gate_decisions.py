"""What came of the gates: the decisions of twelve months by their outcome."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.models import GateDecision
from outcomes.querysets import day_begins
from portal.boards.benefits import months_from
from portal.boards.board import Finding, Panel
from portal.boards.charts.decisions import DecisionBars, decision_bars
from portal.templatetags.throughline import why
from portal.wording import number

MONTHS = 12
Outcome = GateDecision.Outcome
ORDER = (Outcome.GO, Outcome.CONDITIONAL_GO, Outcome.HOLD, Outcome.RECYCLE, Outcome.KILL)
OPENS = (Outcome.GO, Outcome.CONDITIONAL_GO)
PALE = (Outcome.CONDITIONAL_GO, Outcome.RECYCLE)  # each shares its colour with the one before


@dataclass(frozen=True)
class Decided:
    """Twelve months, the last one running, and how many decisions of each outcome were taken in each."""

    months: tuple[date, ...]
    counts: dict[tuple[date, str], int]
    explained_at: str = ""

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def opened(self) -> int:
        return sum(self.of(month, outcome) for month in self.months for outcome in OPENS)

    def of(self, month: date, outcome: str) -> int:
        return self.counts.get((month, outcome), 0)


def decided_by_month(decisions: QuerySet[GateDecision], until: date, explained_at: str = "") -> Decided:
    """One question, however many decisions there are."""
    months = tuple(months_from(until, back) for back in range(1 - MONTHS, 1))
    found = (
        decisions.order_by()
        .filter(decided_at__gte=day_begins(months[0]))
        .annotate(month=TruncMonth("decided_at"))
        .values_list("month", "outcome")
        .annotate(count=Count("pk"))
    )
    counts = {(month.date(), outcome): count for month, outcome, count in found}
    return Decided(months, counts, explained_at)


def decision_question(facts: Decided) -> Finding:
    """How often does a gate open?"""
    text = ngettext(
        "{opened} of {count} decision in twelve months opened the gate",
        "{opened} of {count} decisions in twelve months opened the gate",
        facts.count,
    )
    figures = {"opened": number(facts.opened), "count": number(facts.count)}
    explained = {name: why(facts.explained_at, figure) for name, figure in figures.items()}
    return Finding(
        title=format_html(text, **explained) if facts.count else _("No gate was decided in twelve months"),
        how_to_read=_("By the month of the decision and its outcome; the last month is still running"),
        alt=_("Bar chart of twelve months: %(finding)s") % {"finding": text.format(**figures)},
        data=_bars(facts) if facts.count else None,
        columns=(_("Month"), *(str(outcome.label) for outcome in ORDER), _("Together")),
        rows=tuple(_row(facts, month) for month in facts.months),
        absent=_("No decision in these months"),
        hope=_("How many gates opened, waited or closed each month would be drawn here."),
    )


def _bars(facts: Decided) -> DecisionBars:
    """Only the outcomes that these months know, so that the key names nothing that is not drawn."""
    counts = {outcome: tuple(facts.of(month, outcome) for month in facts.months) for outcome in ORDER}
    return DecisionBars(
        tuple(month.isoformat() for month in facts.months),
        tuple(
            (str(outcome.label), outcome.tone, outcome in PALE, found)
            for outcome, found in counts.items()
            if any(found)
        ),
        _("Decisions"),
    )


def _row(facts: Decided, month: date) -> tuple[str, ...]:
    counts = [facts.of(month, outcome) for outcome in ORDER]
    return (date_format(month, "M Y"), *map(str, counts), str(sum(counts)))


DECISIONS_PANEL = Panel("gate-decisions", decision_question, decision_bars, span=12, height="320px")
