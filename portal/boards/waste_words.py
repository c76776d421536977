"""What the waste meter says, with every job that it counts and every place for a job that stood free."""

from datetime import date

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from finance.money import MICRO
from finance.services.rates import Usage, price
from outcomes.explain import Explanation, Fact, Term
from outcomes.explain.chain import rate_card_fact
from portal.boards.board import Finding, Panel
from portal.boards.charts.waste import WasteBars, waste_bars
from portal.boards.waste import Free, Kind, WasteFacts
from portal.wording import day, in_unit, money_micro, percent

WORDS = {
    Kind.FAILED: gettext_lazy("Failed"),
    Kind.REPEATED: gettext_lazy("Repeated"),
    Kind.DOMINATED: gettext_lazy("Dominated"),
    Kind.IDLE: gettext_lazy("Idle"),
}


def headline_of(facts: WasteFacts) -> SafeString:
    """How much of the machine time bought nothing."""
    if not facts.micro():
        if not facts.spent_micro:
            return format_html("<strong>{}</strong>", _("No job has ended in the last twelve weeks."))
        return format_html(
            _("<strong>Nothing was wasted:</strong> {} of machine time in twelve weeks, all of it put to use."),
            money_micro(facts.spent_micro, facts.currency),
        )
    a_week = money_micro(facts.a_week_micro, facts.currency)
    if not facts.spent_micro:
        return format_html(
            _("<strong>{} a week</strong> bought nothing: places for jobs stood free, and no job has ended."), a_week
        )
    share = percent(facts.jobs_micro / facts.spent_micro)
    spent = money_micro(facts.spent_micro, facts.currency)
    idle = facts.micro(kind=Kind.IDLE)
    words = (
        _("<strong>{} a week</strong> bought nothing: {} of the {} that jobs cost, and {} of idle places for jobs.")
        if idle
        else _("<strong>{} a week</strong> bought nothing: {} of the {} that jobs cost in twelve weeks.")
    )
    return format_html(words, a_week, share, spent, money_micro(idle, facts.currency))


def waste_question(facts: WasteFacts) -> Finding:
    """Which kind of waste costs most?"""
    sums = {kind: facts.micro(kind=kind) for kind in Kind}
    unit = lambda micro: micro / MICRO  # noqa: E731
    most = max(sums, key=lambda kind: sums[kind])
    if not sums[most]:
        title = _("No job was failed, repeated or dominated")
    else:
        words = (
            _("Idle places for jobs cost most: %(amount)s in twelve weeks")
            if most is Kind.IDLE
            else _("%(kind)s jobs cost most: %(amount)s in twelve weeks")
        )
        title = words % {"kind": WORDS[most], "amount": money_micro(sums[most], facts.currency)}
    data = WasteBars(
        tuple(day(week) for week in facts.weeks),
        tuple(
            (
                str(WORDS[kind]),
                tuple(unit(facts.micro(week, kind)) if _is_known(facts, week, kind) else None for week in facts.weeks),
            )
            for kind in Kind
        ),
        facts.currency,
    )
    return Finding(
        title=title,
        how_to_read=_(
            "By the week in which a job ended. Repeated: same recipe, settings and data as before. "
            "Dominated: another configuration is as good and as cheap, and better in one. "
            "Idle: a worker had a place for a job, and none was in it."
        ),
        alt=_("Bar chart of twelve weeks: %(finding)s") % {"finding": title},
        data=data if facts.micro() else None,
        columns=(_("Week of"), *(str(WORDS[kind]) for kind in Kind), _("Together")),
        rows=tuple(
            (
                day(week),
                *(
                    money_micro(facts.micro(week, kind), facts.currency)
                    if _is_known(facts, week, kind)
                    else _("not measured")
                    for kind in Kind
                ),
                money_micro(facts.micro(week), facts.currency),
            )
            for week in facts.weeks
        ),
        absent=_("Nothing was wasted in twelve weeks"),
        hope=_("What failed, repeated and dominated jobs and idle places cost each week would be drawn here."),
    )


def _is_known(facts: WasteFacts, week: date, kind: Kind) -> bool:
    return kind is not Kind.IDLE or week in facts.measured


def sum_of(facts: WasteFacts) -> list[tuple[Kind, str, str]]:
    """Each kind with its word and what it cost in twelve weeks."""
    return [
        (
            kind,
            str(word),
            money_micro(facts.micro(kind=kind), facts.currency)
            if kind is not Kind.IDLE or facts.measured
            else _("not measured"),
        )
        for kind, word in WORDS.items()
    ]


def idle_words(facts: WasteFacts) -> str:
    """What can be said of idle workers: how it is now, and how much of these weeks is known."""
    return " ".join(filter(None, (_idle_now(facts), _idle_then(facts))))


def _idle_now(facts: WasteFacts) -> str:
    idle = facts.idle
    if idle is None:
        return ""
    if not idle.workers:
        return _("No worker is there now.")
    return ngettext(
        "Now %(free)s of %(slots)s place for a job is free.", "Now %(free)s of %(slots)s places for jobs are free.",
        idle.slots,
    ) % {"free": idle.free, "slots": idle.slots}  # fmt: skip


def _idle_then(facts: WasteFacts) -> str:
    if not facts.free:
        return _("Idle time of these weeks is not measured: no worker has vouched for any of it.")
    count = len(facts.measured)
    measured = ngettext(
        "In %(count)s of twelve weeks it was measured: %(free)s free of %(there)s that workers vouched for.",
        "In %(count)s of twelve weeks it was measured: %(free)s free of %(there)s that workers vouched for.",
        count,
    ) % {"count": count, "free": _hours(sum(each.free_s for each in facts.free)),
         "there": _hours(sum(each.there_s for each in facts.free))}  # fmt: skip
    unpriced = sum(each.free_s for each in facts.free if each.card is None)
    if not unpriced:
        return measured
    without = _("%(hours)s have no price: no rate card in %(currency)s was in force.")
    return f"{measured} {without % {'hours': _hours(unpriced), 'currency': facts.currency}}"


def _hours(seconds: float) -> str:
    return in_unit(round(seconds / 3600, 2), _("slot-hours"))


WASTE_PANEL = Panel("waste", waste_question, waste_bars, span=8, height="320px")


def explain_waste(what: str, facts: WasteFacts) -> Explanation:
    """What one kind of waste is the sum of, or what a week is."""
    if what == "week":
        return _explain_week(facts)
    if what == "all":
        return _explain_all(facts)
    if what == Kind.IDLE:
        return _explain_idle(facts)
    if what not in set(Kind):
        raise ObjectDoesNotExist(f"there is no waste {what!r}")
    kind = Kind(what)
    return Explanation(
        _title(facts.micro(kind=kind), facts.currency),
        _("%(kind)s jobs, by the week in which they ended") % {"kind": WORDS[kind]},
        (*_jobs_by_week(facts, kind), _total(_("Twelve weeks"), facts.micro(kind=kind), facts.currency)),
        (Fact(_("Jobs"), _("each with its reason"), _jobs_url(facts)),),
        _("Each job is counted once: failed, else repeated, else dominated."),
    )


def _jobs_url(facts: WasteFacts) -> str:
    return reverse("waste") + (f"?as_of={facts.on.isoformat()}" if facts.on else "") + "#table"


def _title(micro: int, currency: str) -> str:
    return _("Where %(total)s comes from") % {"total": money_micro(micro, currency)}


def _total(label: str, micro: int, currency: str) -> Term:
    return Term("=", label, "", money_micro(micro, currency))


def _jobs_by_week(facts: WasteFacts, kind: Kind) -> list[Term]:
    terms: list[Term] = []
    for week in facts.weeks:
        if count := sum(each.week == week and each.kind is kind for each in facts.wasted):
            jobs = ngettext("%(count)s job", "%(count)s jobs", count) % {"count": count}
            label = _("Week of %(day)s") % {"day": day(week)}
            terms.append(Term("+" if terms else "", label, jobs, money_micro(facts.micro(week, kind), facts.currency)))
    return terms


def _explain_all(facts: WasteFacts) -> Explanation:
    """What bought nothing in all the weeks."""
    terms = [Term("+" if index else "", word, "", amount) for index, (_kind, word, amount) in enumerate(sum_of(facts))]
    return Explanation(
        _title(facts.micro(), facts.currency),
        _("What bought nothing in twelve weeks, by kind"),
        (*terms, _total(_("Twelve weeks"), facts.micro(), facts.currency)),
        (Fact(_("Jobs"), _("each with its reason"), _jobs_url(facts)), Fact(_("Idle"), idle_words(facts))),
        _("Each job is counted once: failed, else repeated, else dominated."),
    )


def _explain_week(facts: WasteFacts) -> Explanation:
    return Explanation(
        _title(facts.a_week_micro, facts.currency),
        _("What bought nothing in a week, on the mean of twelve"),
        (
            *(
                Term("+" if index else "", word, "", amount)
                for index, (_kind, word, amount) in enumerate(sum_of(facts))
            ),
            _total(_("Twelve weeks"), facts.micro(), facts.currency),
            Term("÷", _("Weeks"), "", str(len(facts.weeks))),
            _total(_("A week"), facts.a_week_micro, facts.currency),
        ),
        (Fact(_("Idle"), idle_words(facts)),),
    )


def _explain_idle(facts: WasteFacts) -> Explanation:
    cards = {each.card.pk: each.card for each in facts.free if each.card}
    return Explanation(
        _title(facts.micro(kind=Kind.IDLE), facts.currency),
        _("Places for jobs that workers offered and no job took"),
        (
            *(
                Term(
                    "+" if index else "",
                    _("Week of %(day)s") % {"day": day(each.week)},
                    _free_words(each),
                    _price(each, facts),
                )
                for index, each in enumerate(facts.free)
            ),
            _total(_("Twelve weeks"), facts.micro(kind=Kind.IDLE), facts.currency),
        ),
        (Fact(_("Measured"), _idle_then(facts)), *(rate_card_fact(card) for card in cards.values())),
        _(
            "With every heartbeat a worker vouches for the time since the one before, at most a lease, and its places "
            "count as free all that time when they are free then. A free place costs the cores that it holds and "
            "their energy at watt per core of the rate card of that day, an estimate; memory and GPUs are not counted."
        ),
    )


def _free_words(free: Free) -> str:
    """A week's free time in cores, and its price in parts."""
    hours = in_unit(round(free.core_s / 3600, 2), _("core-hours"))
    if free.card is None:
        return hours
    an_hour = price(free.card, Usage(cpu_core_seconds=3600))
    return _("%(hours)s at %(rate)s and %(energy)s of energy") % {
        "hours": hours,
        "rate": money_micro(an_hour.cpu_micro, free.card.currency),
        "energy": money_micro(an_hour.energy_micro, free.card.currency),
    }


def _price(free: Free, facts: WasteFacts) -> str:
    return money_micro(free.micro, facts.currency) if free.card else _("no price")
