"""Why a portfolio of what-if is worth what it says: project by project, and each project by its formula."""

from collections.abc import Mapping, Sequence

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _

from outcomes import wording
from outcomes.choice import Candidate, Choice
from outcomes.explain import Explanation, Fact, Term
from portal.boards.after_risk import HORIZON_MONTHS, months_today
from portal.boards.summed import NAMED, summed
from portal.boards.what_if import Asked, Weighed, what_if
from portal.wording import MINUS, money_minor, number

WHICH = ("now", "yours", "best")
COLUMNS = ("value", "cost", "people")


def explain_what_if(
    what: str, weighed: Sequence[Weighed], asked: Asked, currency: str, question: str
) -> Explanation:  # fmt: skip
    """`yours-value`, a sum of one portfolio, or `project-KEY`, what one project is worth as asked."""
    kind, _dash, rest = what.partition("-")
    if kind == "project":
        return _of_project(rest, weighed, asked, currency)
    if kind not in WHICH or rest not in COLUMNS:
        raise ObjectDoesNotExist(f"there is no sum {what!r}")
    found = what_if(weighed, asked, currency)
    choice: Choice | None = found.best_choice if kind == "best" else getattr(found, kind)
    if choice is None:
        raise ObjectDoesNotExist("no best portfolio was asked for")
    chosen = [each for each in _candidates(kind, weighed, asked) if each.key in choice.keys]
    titles = {each.row.project.key: each.row.project.title for each in weighed}
    names = {"now": _("As it is"), "yours": _("Yours"), "best": _("The best")}
    facts = [
        Fact(
            each.key,
            _("how its value comes about"),
            f"{reverse('explain-what-if', args=[f'project-{each.key}'])}{question if kind != 'now' else ''}",
        )
        for each in chosen[:NAMED]
    ]
    return Explanation(
        _("Where %(total)s comes from") % {"total": _shown(rest, choice, currency)},
        _("%(portfolio)s, over the next %(months)d months") % {"portfolio": names[kind], "months": HORIZON_MONTHS},
        _terms(rest, chosen, titles, choice, currency),
        tuple(facts),
        _notes()[rest],
    )


def _notes() -> dict[str, str]:
    return {
        "value": _("Each project: what a year brings, by its probability, over the months in which its model works, "
                   "discounted to today, less what is still to spend."),
        "cost": _("What is still to spend of each budget; one that is exceeded counts as nothing."),
        "people": _("Hours a week that people give for certain today, 40 of them a full-time person."),
    }  # fmt: skip


def _candidates(kind: str, weighed: Sequence[Weighed], asked: Asked) -> list[Candidate]:
    """The projects as they are, or as they were moved; the most valuable first."""
    found = [each.candidate(asked.rate_bp, 0 if kind == "now" else each.moved_by(asked)) for each in weighed]
    return sorted(found, key=lambda each: (-each.value_minor, each.key))


def _shown(column: str, choice: Choice, currency: str) -> str:
    if column == "people":
        return number(choice.people, 1)
    return money_minor(getattr(choice, f"{column}_minor"), currency)


def _terms(
    column: str, chosen: Sequence[Candidate], titles: Mapping[str, str], choice: Choice, currency: str
) -> tuple[Term, ...]:
    if column != "people":
        parts = [(titles[each.key], each.key, getattr(each, f"{column}_minor")) for each in chosen]
        return summed(parts, _("Together"), getattr(choice, f"{column}_minor"), currency)
    busy = [each for each in chosen if each.people_tenths]
    shown = [(titles[each.key], each.key, number(each.people, 1)) for each in busy]
    terms = [Term("+" if place else "", *each) for place, each in enumerate(shown)]
    return (*terms, Term("=", _("Together"), "", number(choice.people, 1)))


def _of_project(key: str, weighed: Sequence[Weighed], asked: Asked, currency: str) -> Explanation:
    each = next((each for each in weighed if each.row.project.key == key), None)
    if each is None:
        raise ObjectDoesNotExist(f"{key!r} is no project of this question")
    delay = each.moved_by(asked)
    candidate = each.candidate(asked.rate_bp, delay)
    prospect, begins = each.prospect, each.prospect.starts_in + delay
    amount = lambda minor: money_minor(minor, currency, full=True)  # noqa: E731
    measured, expected = _("its newest finished run by the value contract"), _("its newest business case")
    months = _("months %(first)d to %(last)d, each worth (1 + %(rate)s%%)^(−month ÷ 12)") % {
        "first": begins + 1,
        "last": HORIZON_MONTHS,
        "rate": f"{asked.rate_bp / 100:g}",
    }
    return Explanation(
        _("Where %(total)s comes from") % {"total": money_minor(candidate.value_minor, currency)},
        _("Value of %(project)s after risk, over the next %(months)d months")
        % {"project": each.row.project.title, "months": HORIZON_MONTHS},
        (
            Term("", _("A year"), measured if prospect.is_measured else expected, amount(prospect.year_minor)),
            Term("×", _("Probability"), _("that the stages ahead succeed"), number(prospect.p_percent / 100, 2)),
            Term("×", _("Discounted years"), months, number(months_today(begins, asked.rate_bp) / 12, 4)),
            Term("=", _("Worth today"), "", amount(candidate.value_minor + candidate.cost_minor)),
            Term(MINUS, _("Still to spend"), _("of its budget"), amount(candidate.cost_minor)),
            Term("=", _("Value after risk"), "", amount(candidate.value_minor)),
        ),
        (
            Fact(_("Project"), f"{key} {each.row.project.title}", each.row.project.get_absolute_url()),
            Fact(_("People"), wording.with_unit(candidate.people, _("full-time people"), 1)),
            Fact(_("Begins to work"), _("in month %(n)d") % {"n": begins} if begins else _("works now")),
        ),
        _("year × probability × discounted years − still to spend"),
    )
