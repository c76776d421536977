"""Reviews before gates as they stood at a past moment: question, criteria, answers, and what was not decided yet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from outcomes.models import Gate, GateCriterion, GateReview
from people.models import AuditEntry
from people.trail import told


def reviews_then(reviews: Iterable[GateReview], before: datetime) -> list[GateReview]:
    """The same reviews, with what came later taken out of them. They come with their gate's criteria and decision.

    While a review waits, nobody moves the posts: criteria that were changed since are those that its decision froze.
    Those of a review that was withdrawn are not kept, and it has none here.
    """
    rows = list(reviews)
    moved = gates_moved(before)
    answers = _answers(rows, before)
    for row in rows:
        frozen = row.decision.snapshot.facts if hasattr(row, "decision") else None
        if row.gate_id in moved:
            row.gate = _gate_then(row.gate, frozen)
        standing = {key: given for key, given in row.checks.items() if datetime.fromisoformat(given["at"]) < before}
        titles = {str(criterion.pk): criterion.title for criterion in row.gate.criteria.all()}
        row.checks = {
            key: given
            for key, title in titles.items()
            if (given := standing.get(key) or answers[row.pk].get(title)) is not None
        }
        if row.withdrawn_at and row.withdrawn_at >= before:
            row.withdrawn_at = None
        if hasattr(row, "decision") and row.decision.decided_at >= before:
            GateReview._meta.get_field("decision").set_cached_value(row, None)
    return rows


def gates_moved(before: datetime) -> set[int]:
    """The gates whose question or criteria have been changed since a moment."""
    since = told().filter(subject_type="outcomes.gate", verb="define_gate", at__gte=before)
    return {int(key) for key in since.values_list("subject_id", flat=True)}


def criterion_of(frozen: Mapping[str, Any]) -> GateCriterion:
    """A criterion as evidence froze it."""
    return GateCriterion(
        position=frozen["position"],
        title=frozen["title"],
        kind=frozen["kind"],
        weight=frozen["weight"],
        fact=frozen["fact"],
        metric=frozen["metric"],
        comparison=frozen["comparison"],
        threshold=float(frozen["threshold"]) if frozen["threshold"] is not None else None,
    )


def _gate_then(gate: Gate, frozen: Mapping[str, Any] | None) -> Gate:
    """The gate with its question and criteria as they were frozen."""
    then = Gate(pk=gate.pk, horizon=gate.horizon, station=gate.station, title=gate.title)
    criteria = []
    if frozen is not None:
        then.title, then.pass_percent = frozen["gate"]["title"], frozen["gate"]["pass_percent"]
        criteria = [criterion_of(each) for each in frozen["readings"]]
    for criterion in criteria:
        criterion.pk = -criterion.position  # there is no row of it any more
    then._prefetched_objects_cache = {"criteria": criteria}  # type: ignore[attr-defined]
    return then


def _answers(reviews: Iterable[GateReview], before: datetime) -> dict[int, dict[str, dict[str, Any]]]:
    """The answers of check lists as they stood, by the title of their point."""
    keys = [str(review.pk) for review in reviews]
    entries = AuditEntry.objects.filter(subject_type="outcomes.gatereview", subject_id__in=keys, verb="answer_check")
    found: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for entry in entries.filter(at__lt=before).select_related("actor").order_by("pk"):
        found[int(entry.subject_id)][entry.detail["criterion"]] = {
            "met": entry.detail["met"],
            "note": entry.detail["note"].strip(),
            "by": entry.actor.username if entry.actor else "",
            "name": str(entry.actor or ""),
            "at": entry.at.isoformat(),
        }
    return found
