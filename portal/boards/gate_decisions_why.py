"""How many gates opened: the decisions of twelve months by their outcome, those that opened first."""

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ObjectDoesNotExist
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.explain import Explanation, Fact, Term
from outcomes.models import GateDecision
from people.models import User
from portal.boards.gate_decisions import MONTHS, OPENS, ORDER, decided_by_month
from portal.boards.gate_room import FILTERS, address_of, decisions_of
from portal.wording import number


def explain_decisions(user: User, query: Mapping[str, str], until: date, on: date | None) -> Explanation:
    """The decisions that the filters of the gate room find, of now or of a past day."""
    facts = decided_by_month(decisions_of(user, query, on), until)
    if not facts.count:
        raise ObjectDoesNotExist("no gate was decided in twelve months")
    counts = {outcome: sum(facts.of(month, outcome) for month in facts.months) for outcome in ORDER}
    figures = {"opened": number(facts.opened), "count": number(facts.count)}
    text = ngettext("Why %(opened)s of %(count)s decision opened the gate",
                    "Why %(opened)s of %(count)s decisions opened the gate", facts.count)  # fmt: skip
    return Explanation(
        text % figures,
        _("The decisions of %(n)d months, from %(first)s on; the last month is still running")
        % {"n": MONTHS, "first": date_format(facts.months[0], "M Y")},
        _terms(counts),
        (Fact(_("Decisions"), number(facts.count), f"{address_of('gates', query, on)}#decided"), *_filters(query)),
        _("A go opens the gate, also one with conditions. Every other outcome leaves it closed for now or for good."),
    )


def _terms(counts: Mapping[GateDecision.Outcome, int]) -> tuple[Term, ...]:
    """What opened the gate, its sum, what did not, and all together."""
    opened = [_term(outcome, counts[outcome], place) for place, outcome in enumerate(OPENS)]
    closed = [_term(outcome, count, 1) for outcome, count in counts.items() if outcome not in OPENS]
    return (
        *opened,
        Term("=", _("Opened the gate"), "", number(sum(counts[outcome] for outcome in OPENS))),
        *closed,
        Term("=", _("Decided"), "", number(sum(counts.values()))),
    )


def _term(outcome: GateDecision.Outcome, count: int, place: int) -> Term:
    return Term("+" if place else "", str(outcome.label), "", number(count))


def _filters(query: Mapping[str, str]) -> tuple[Fact, ...]:
    words = {"q": _("Words"), "horizon": _("Horizon"), "station": _("Gate"), "outcome": _("Outcome")}
    return tuple(Fact(words[name], query[name]) for name in FILTERS if query.get(name))
