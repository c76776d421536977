"""What the waste meter says, with every job that it counts."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from finance.money import MICRO
from portal.boards.board import Finding, Panel
from portal.boards.charts.waste import WasteBars, waste_bars
from portal.boards.waste import Kind, WasteFacts
from portal.wording import day, money_micro, percent

WORDS = {
    Kind.FAILED: gettext_lazy("Failed"),
    Kind.REPEATED: gettext_lazy("Repeated"),
    Kind.DOMINATED: gettext_lazy("Dominated"),
}


def headline_of(facts: WasteFacts) -> SafeString:
    """How much of the machine time bought nothing."""
    if not facts.spent_micro:
        return format_html("<strong>{}</strong>", _("No job has ended in the last twelve weeks."))
    if not facts.micro():
        return format_html(
            _("<strong>Nothing was wasted:</strong> {} of machine time in twelve weeks, all of it put to use."),
            money_micro(facts.spent_micro, facts.currency),
        )
    return format_html(
        _("<strong>{} a week</strong> bought nothing: {} of the {} that jobs cost in twelve weeks."),
        money_micro(facts.a_week_micro, facts.currency),
        percent(facts.micro() / facts.spent_micro),
        money_micro(facts.spent_micro, facts.currency),
    )


def waste_question(facts: WasteFacts) -> Finding:
    """Which kind of waste costs most?"""
    sums = {kind: facts.micro(kind=kind) for kind in Kind}
    unit = lambda micro: micro / MICRO  # noqa: E731
    most = max(sums, key=lambda kind: sums[kind])
    title = (
        _("%(kind)s jobs cost most: %(amount)s in twelve weeks")
        % {"kind": WORDS[most], "amount": money_micro(sums[most], facts.currency)}
        if sums[most]
        else _("No job was failed, repeated or dominated")
    )
    data = WasteBars(
        tuple(day(week) for week in facts.weeks),
        tuple((str(WORDS[kind]), tuple(unit(facts.micro(week, kind)) for week in facts.weeks)) for kind in Kind),
        facts.currency,
    )
    return Finding(
        title=title,
        how_to_read=_(
            "By the week in which a job ended. Repeated: same recipe, settings and data as before. "
            "Dominated: another configuration is as good and as cheap, and better in one."
        ),
        alt=_("Bar chart of twelve weeks: %(finding)s") % {"finding": title},
        data=data if facts.micro() else None,
        columns=(_("Week of"), *(str(WORDS[kind]) for kind in Kind), _("Together")),
        rows=tuple(
            (
                day(week),
                *(money_micro(facts.micro(week, kind), facts.currency) for kind in Kind),
                money_micro(facts.micro(week), facts.currency),
            )
            for week in facts.weeks
        ),
        absent=_("Nothing was wasted in twelve weeks"),
        hope=_("What failed, repeated and dominated jobs cost each week would be drawn here."),
    )


def idle_words(facts: WasteFacts) -> str:
    """What can be said of idle workers: how it is now, and why no more."""
    idle = facts.idle
    why = _("Idle time of past weeks is not measured: workers say that they are there, and it is not kept.")
    if idle is None:
        return why
    if not idle.workers:
        now = _("No worker is there now.")
    else:
        now = ngettext(
            "Now %(free)s of %(slots)s place for a job is free.", "Now %(free)s of %(slots)s places for jobs are free.",
            idle.slots,
        ) % {"free": idle.free, "slots": idle.slots}  # fmt: skip
    return f"{now} {why}"


WASTE_PANEL = Panel("waste", waste_question, waste_bars, span=8, height="320px")
