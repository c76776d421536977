"""Why benefits promised and brought what the board says: benefit by benefit, or month by month of one."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact, Term
from outcomes.models import Benefit
from people.models import User
from portal.boards.benefits import (
    FILTERS,
    Sums,
    filtered,
    known,
    latest_records,
    ordered,
    promises,
    sums_of,
    with_sums,
)
from portal.boards.summed import NAMED, Part, summed
from portal.wording import money_minor, percent

WHAT = ("promised", "realised", "share")


def explain_benefits(what: str, user: User, query: Mapping[str, str], until: date, on: date | None) -> Explanation:
    """A sum to date of the benefits that a filter finds in one currency; `benefit` narrows it to one of them."""
    found = filtered(known(Benefit.objects.visible_to(user), on), query)
    if key := query.get("benefit", ""):
        found = found.filter(pk=int(key)) if key.isdecimal() and len(key) < 19 else found.none()
    code = query.get("currency", "")
    sums = next((each for each in sums_of(found, until, on) if not code or each.currency == code), None)
    if sums is None or what not in WHAT or (what == "share" and sums.share is None):
        raise ObjectDoesNotExist(f"there is no sum {what!r}")
    found = found.filter(currency=sums.currency)
    one = found.select_related("project").first() if key else None
    until_words = _("in the months before %(month)s") % {"month": date_format(until, "F Y")}
    return Explanation(
        _("Where %(total)s comes from") % {"total": _shown(what, sums)},
        f"{one.name if one else _('All benefits of the page')}, {until_words}",
        _share(sums) if what == "share" else _terms(what, found, one, sums, until, on),
        (*_facts(what, found, one, query, sums, until, on),),
        _("Realised: the share that is owed to the projects, of the newest record of each month.")
        if what != "promised"
        else _("What each month promises by the plan of the day."),
    )


def _shown(what: str, sums: Sums) -> str:
    if what == "share":
        return percent(sums.share or 0.0)
    return money_minor(getattr(sums, f"{what}_minor"), sums.currency)


def _share(sums: Sums) -> tuple[Term, ...]:
    return (
        Term("", _("Realised"), "", money_minor(sums.realised_minor, sums.currency, full=True)),
        Term("÷", _("Promised"), "", money_minor(sums.promised_minor, sums.currency, full=True)),
        Term("=", _("Share"), "", percent(sums.share or 0.0)),
    )


def _terms(
    what: str, found: QuerySet[Benefit], one: Benefit | None, sums: Sums, until: date, on: date | None
) -> tuple[Term, ...]:
    parts = _by_month(what, one, until, on) if one else _by_benefit(what, found, until, on)
    name = _("Promised") if what == "promised" else _("Realised")
    return summed(parts, name, getattr(sums, f"{what}_minor"), sums.currency)


def _by_month(what: str, benefit: Benefit, until: date, on: date | None) -> list[Part]:
    rows, column = (promises(on), "promised") if what == "promised" else (latest_records(on), "attributed_minor")
    months = rows.filter(benefit=benefit.pk, month__lt=until).order_by("-month").values_list("month")
    return [(date_format(month, "F Y"), "", minor) for month, minor in months.annotate(minor=Sum(column))]


def _by_benefit(what: str, found: QuerySet[Benefit], until: date, on: date | None) -> list[Part]:
    rows = ordered(with_sums(found, until, on), f"-{what}").select_related("project")
    return [(row.name, row.project.key, getattr(row, f"{what}_minor")) for row in rows]


def _facts(
    what: str,
    found: QuerySet[Benefit],
    one: Benefit | None,
    query: Mapping[str, str],
    sums: Sums,
    until: date,
    on: date | None,
) -> list[Fact]:
    """A share leads to its two sums, a sum to its benefits, a benefit to its page."""
    day = {"as_of": on.isoformat()} if on else {}
    kept = {name: query[name] for name in (*FILTERS, "benefit") if query.get(name)} | {"currency": sums.currency} | day
    facts = [
        Fact(words, _shown(each, sums), f"{reverse('explain-benefits', args=[each])}?{urlencode(kept)}")
        for each, words in (("promised", _("Promised")), ("realised", _("Realised")), ("share", _("Share")))
        if each != what and (each != "share" or sums.share is not None)
    ]
    if one:
        return [*facts, Fact(_("Benefit"), one.name, one.get_absolute_url() + (f"?{urlencode(day)}" if day else ""))]
    rows = ordered(with_sums(found, until, on), "-realised" if what == "realised" else "-promised")[:NAMED]
    return [*facts, *(Fact(_("Benefit"), row.name, row.get_absolute_url()) for row in rows)]
