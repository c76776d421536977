"""What the answer of what if says: what a change does, the portfolios side by side, and the table to take along."""

from django.utils.translation import gettext as _

from finance.money import to_decimal
from portal.boards.board import Finding, Panel
from portal.boards.charts.what_if import Portfolios, portfolios
from portal.boards.what_if import Asked, WhatIf
from portal.export import Column, Table
from portal.wording import money_minor, number, signed


def sentence(found: WhatIf, asked: Asked) -> str:
    """The answer in words."""
    best = found.best_choice
    if best is None or not found.options:
        text = _("Take projects out, move their dates, or let the best portfolio be worked out.")
        return found.no_choice or change_of(found, asked) or text
    if not found.added and not found.dropped:
        return _("Yours is the best portfolio under these caps.")
    gain = money_minor(best.value_minor - found.yours.value_minor, found.currency)
    return _("The best portfolio under these caps is worth %(gain)s more than yours.") % {"gain": gain}


def change_of(found: WhatIf, asked: Asked) -> str:
    """What the changes do to the portfolio as it is, and whether it keeps to the caps; empty where nothing changed."""
    out = sorted(found.now.keys - found.yours.keys)
    moved = sorted(option.candidate.key for option in found.options if option.delay and option.is_in)
    caps = _caps(found, asked)
    if not (out or moved):
        return " ".join([_("Yours is the portfolio as it is."), *caps]) if caps else ""
    done = [_("without %(keys)s") % {"keys": ", ".join(out)}] if out else []
    done += [_("with %(keys)s moved") % {"keys": ", ".join(moved)}] if moved else []
    words = {
        "changes": ", ".join(done),
        "value": _signed_money(found.yours.value_minor - found.now.value_minor, found.currency),
        "cost": _signed_money(found.yours.cost_minor - found.now.cost_minor, found.currency),
        "people": signed(found.yours.people - found.now.people, 1),
    }
    text = _("Yours, %(changes)s: %(value)s value after risk, %(cost)s still to spend, %(people)s people.") % words
    return " ".join([text, *caps])


def _caps(found: WhatIf, asked: Asked) -> list[str]:
    """Whether yours keeps to each cap that was set."""
    told = []
    if asked.money_minor is not None:
        over = found.yours.cost_minor - asked.money_minor
        broken = _("It breaks the cap on money by %(over)s.") % {"over": money_minor(over, found.currency)}
        told.append(broken if over > 0 else _("It keeps to the cap on money."))
    if asked.people_tenths is not None:
        over = found.yours.people_tenths - asked.people_tenths
        broken = _("It breaks the cap on people by %(over)s.") % {"over": number(over / 10, 1)}
        told.append(broken if over > 0 else _("It keeps to the cap on people."))
    return told


def _signed_money(minor: int, currency: str) -> str:
    """A difference: a plus before what is gained, a true minus before what is lost."""
    return ("+" if minor > 0 else "") + money_minor(minor, currency)


def three_question(found: WhatIf) -> Finding:
    """Which of the portfolios is worth most, for what is still to spend?"""
    choices = [(_("As it is"), found.now), (_("Yours"), found.yours)]
    choices += [(_("The best"), found.best_choice)] if found.best_choice else []
    unit = lambda minor: float(to_decimal(minor, found.currency))  # noqa: E731
    name, first = max(choices, key=lambda each: each[1].value_minor)
    words = {"name": name, "value": money_minor(first.value_minor, found.currency)}
    is_even = len({choice.value_minor for _name, choice in choices}) == 1
    even, ahead = _("All are worth the same, %(value)s after risk"), _("%(name)s: worth most, %(value)s after risk")
    title = (even if is_even else ahead) % words
    return Finding(
        title=title,
        how_to_read=_("Value after risk over the horizon, and below it what is still to spend"),
        alt=_("Bar chart of the portfolios: %(finding)s") % {"finding": title},
        data=Portfolios(
            tuple((word, unit(choice.value_minor), unit(choice.cost_minor)) for word, choice in choices),
            found.currency,
            _("Value after risk"),
            _("Still to spend"),
        ),
        columns=(_("Portfolio"), _("Value after risk"), _("Still to spend"), _("People")),
        rows=tuple(
            (
                word,
                money_minor(choice.value_minor, found.currency, full=True),
                money_minor(choice.cost_minor, found.currency, full=True),
                number(choice.people, 1),
            )
            for word, choice in choices
        ),
        absent=_("No project has a value yet"),
        hope=_("The portfolios would be drawn here beside each other."),
    )


THREE_PANEL = Panel("portfolios", three_question, portfolios, span=12, height="240px")


def table_of(found: WhatIf) -> Table:
    """The projects of the question with what was asked of them, to take along."""
    columns = (
        Column(_("Project"), 9),
        Column(_("Title"), 32),
        Column(_("In yours"), 9),
        Column(_("In the best"), 11),
        Column(_("Moved by months"), 12),
        Column(_("Works in months"), 12),
        Column(_("Probability, %"), 12),
        Column(_("Currency"), 9),
        Column(_("Value after risk"), 16),
        Column(_("Still to spend"), 16),
        Column(_("People"), 9),
    )
    best = found.best_choice
    rows = (
        [
            option.candidate.key,
            option.row.project.title,
            _("yes") if option.is_in else _("no"),
            "" if best is None else _("yes") if option.candidate.key in best.keys else _("no"),
            option.delay,
            option.begins_in,
            option.p_percent,
            found.currency,
            to_decimal(option.candidate.value_minor, found.currency),
            to_decimal(option.candidate.cost_minor, found.currency),
            option.candidate.people,
        ]
        for option in found.options
    )
    return Table("what-if", columns, rows)
