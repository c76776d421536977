"""Why a review scores what it scores: the weights of what should be met, and how many must-meets are met."""

from collections.abc import Iterable

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _

from outcomes.explain import Explanation, Fact, Term
from outcomes.gate_facts import Reading, score_percent
from outcomes.models import GateCriterion, GateReview
from portal.wording import number, percent


def explain_score(what: str, review: GateReview, readings: Iterable[Reading], query: str) -> Explanation:
    """`score`, the weighed share of what should be met, or `musts`, how many must-meets are met."""
    kind = {"score": GateCriterion.Kind.SHOULD_MEET, "musts": GateCriterion.Kind.MUST_MEET}.get(what)
    rows = [each for each in readings if each.criterion.kind == kind]
    score = score_percent(rows)
    if not rows or (what == "score" and score is None):
        raise ObjectDoesNotExist(f"{what!r} of the review has no criteria")
    weight = lambda row: row.criterion.weight if what == "score" else 1  # noqa: E731
    met = sum(weight(row) for row in rows if row.is_met)
    total = f"{score}%" if what == "score" else _("%(met)d of %(all)d") % {"met": met, "all": len(rows)}
    terms = [
        Term("+" if place else "", row.criterion.title, _source(row), number(weight(row) if row.is_met else 0, 0))
        for place, row in enumerate(rows)
    ]
    terms.append(Term("=", _("Weight that is met") if what == "score" else _("Must-meets that are met"), "", str(met)))
    if what == "score":
        weights = sum(row.criterion.weight for row in rows)
        terms += [
            Term("÷", _("All weights"), "", str(weights)),
            Term("=", _("Share"), "", percent(met / weights, 1)),
            Term("", _("Score"), _("in whole percent, rounded down"), total),
        ]
    need = _("%(need)d%% by weight") % {"need": review.gate.pass_percent}
    return Explanation(
        _("Where %(total)s comes from") % {"total": total},
        _("%(gate)s of %(project)s") % {"gate": review.gate, "project": review.project.title},
        tuple(terms),
        (
            Fact(_("Asked for"), need if what == "score" else _("every must-meet")),
            Fact(
                _("Review"),
                _("each criterion with where it was read"),
                reverse("gate-review", args=[review.pk]) + query,
            ),
        ),
        _("Score = weight of the criteria that are met ÷ all weights of what should be met.")
        if what == "score"
        else _("A criterion without a value is not met."),
    )


def _source(row: Reading) -> str:
    state = _("met") if row.is_met else _("not met")
    return f"{state}: {row.missing or row.text}" if row.missing or row.text else state
