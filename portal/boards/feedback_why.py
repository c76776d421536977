"""Why people are as content as the board says: how many voices gave each score in the 90 days that count."""

from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlencode

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.explain import Explanation, Fact, Term
from outcomes.services.triage import GOOD_ENOUGH, WINDOW
from people.models import User
from portal.boards.feedback import FILTERS, filtered, known
from portal.wording import number
from projects.models import Feedback


def explain_feedback(user: User, query: Mapping[str, str], now: datetime, on: date | None) -> Explanation:
    """The mean of the voices that a filter finds, of now or of a past day; where nobody spoke there is none."""
    voices = filtered(known(Feedback.objects.visible_to(user), on), query).order_by()
    inside = voices.filter(received_at__gt=now - WINDOW, received_at__lte=now)
    counts = dict(inside.values_list("score").annotate(count=Count("pk")).order_by("-score"))
    if not counts:
        raise ObjectDoesNotExist("nobody has said anything in 90 days")
    sums = inside.aggregate(
        unanswered=Count("pk", filter=Q(status_then=None)), projects=Count("project", distinct=True)
    )
    count = sum(counts.values())
    return Explanation(
        _("Where %(mean)s of 5 comes from") % {"mean": _mean(counts)},
        _("The mean score of the 90 days to %(day)s") % {"day": date_format(timezone.localtime(now), "j M Y, H:i")},
        score_terms(counts),
        (
            Fact(_("Voices"), number(count), address_of("feedback-board", query, on)),
            Fact(_("From"), ngettext("%(n)d project", "%(n)d projects", sums["projects"]) % {"n": sums["projects"]}),
            Fact(_("Without an answer"), number(sums["unanswered"])),
            Fact(_("Least accepted"), number(GOOD_ENOUGH, 1)),
            *_filters(query),
        ),
        _("Mean = sum of the scores / voices; every voice counts the same."),
    )


def score_terms(counts: Mapping[int, int]) -> tuple[Term, ...]:
    """Voices by score, the sum of all scores, and their mean."""
    terms = [
        Term(
            "+" if place else "",
            _("%(score)d of 5") % {"score": score},
            ngettext("%(n)s voice", "%(n)s voices", count) % {"n": number(count)},
            number(score * count, 0),
        )
        for place, (score, count) in enumerate(counts.items())
    ]
    total = sum(score * count for score, count in counts.items())
    return (
        *terms,
        Term("=", _("Together"), "", number(total, 0)),
        Term("÷", _("Voices"), "", number(sum(counts.values()), 0)),
        Term("=", _("Mean"), "", _mean(counts)),
    )


def _mean(counts: Mapping[int, int]) -> str:
    return number(sum(score * count for score, count in counts.items()) / sum(counts.values()), 1)


def address_of(page: str, query: Mapping[str, str], on: date | None) -> str:
    """A page with the same filters and as of the same day."""
    given = {name: query[name] for name in FILTERS if query.get(name)} | ({"as_of": on.isoformat()} if on else {})
    return reverse(page) + (f"?{urlencode(given)}" if given else "")


def _filters(query: Mapping[str, str]) -> tuple[Fact, ...]:
    words = {
        "q": _("Words"),
        "project": _("Project"),
        "model_version": _("Model"),
        "score": _("Score"),
        "status": _("Status"),
    }
    return tuple(Fact(words[name], query[name]) for name in FILTERS if query.get(name))
