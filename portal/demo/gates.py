"""Gates of the demo: how its projects came to where they are, what was held or sent back, and what waits now."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils import timezone

from outcomes.models import Gate, GateCondition, GateDecision, GateReview
from outcomes.services.condition import ConditionDraft, fulfil_condition
from outcomes.services.gate import answer_check, ask_review, lay_gates, next_gate, read_evidence
from outcomes.services.gate_decision import decide_gate, must_meets_unmet
from people.models import User
from people.notices import mark_all_read
from portal.demo.calendar import at_that_time, evening, months_before
from projects.models import Project, Station

Outcome = GateDecision.Outcome
ASKED_BEFORE = timedelta(days=9)
TERM = timedelta(days=30)
FRESH = timedelta(days=90)  # a condition that was due longer ago has been fulfilled in its time

REASONS: Mapping[Station, str] = {
    Station.DATA: "The department counts the damage every week and wants it gone; the data exist in our own systems.",
    Station.TRAINING: "Enough labelled rows from both sites, and their owner has released them for training.",
    Station.COMPRESSION: "In the trial week it saw what the old way missed. Now make it small enough for the line.",
    Station.DEPLOYMENT: "Small and fast enough, and the process owner has seen it work beside the old way.",
    Station.FEEDBACK: "It runs without a hand on it; from now on the KPI decides.",
}
CONDITIONS: Mapping[Station, str] = {
    Station.DATA: "The KPI is measured monthly from now on, by its owner. Money and worth are settled before training.",
    Station.TRAINING: "The release is put in writing within a month; the lead sees to it.",
    Station.COMPRESSION: "Accuracy on the frozen test set is measured and shown within two weeks; the lead sees to it.",
    Station.DEPLOYMENT: "Finance signs its worth, and latency is measured on the device, before the second site.",
    Station.FEEDBACK: "The way back to the old process is tried once more, with the night shift.",
}
ANSWERS = ("Minutes of the steering round", "Mail of the data owner", "Protocol in the project folder")
# What did not pass at once, a month before it did: key and station, outcome, reasons.
DELAYS: Mapping[tuple[str, Station], tuple[Outcome, str]] = {
    ("DPH", Station.DATA): (
        Outcome.HOLD,
        "Sales changes its price list this quarter. What we would learn from today's prices is void by then.",
    ),
    ("IFR", Station.DEPLOYMENT): (
        Outcome.RECYCLE,
        "Totals with two currencies are read wrongly in one of nine invoices. Train with the southern suppliers first.",
    ),
}
# What waits now: key, days until it is due, how much of the check list is answered.
WAITING = (("SPA", 5, True), ("FCR", 12, False))


def pass_gate(project: Project, station: Station, on: date, by: User) -> None:
    """Decide on the evidence of that day: a go where every must was met, else one with conditions."""
    lay_gates(by=None)
    delay = DELAYS.get((project.key, station))
    if delay:
        outcome, reasons = delay
        _decide(_ask(project, months_before(on, 1)), months_before(on, 1), by, outcome=outcome, reasons=reasons)
    review = _ask(project, on)
    gate_open = not must_meets_unmet(read_evidence(review, evening(on)))
    outcome = Outcome.GO if gate_open else Outcome.CONDITIONAL_GO
    conditions = [] if gate_open else [_condition(project, station, on)]
    decision = _decide(review, on, by, outcome=outcome, reasons=REASONS[station], conditions=conditions)
    _fulfil(decision)
    mark_all_read(by=by)
    mark_all_read(by=project.lead)


def _condition(project: Project, station: Station, on: date) -> ConditionDraft:
    return ConditionDraft(CONDITIONS[station], on + TERM, project.lead)


def _decide(
    review: GateReview,
    on: date,
    by: User,
    *,
    outcome: str,
    reasons: str,
    conditions: Sequence[ConditionDraft] = (),
) -> GateDecision:
    with at_that_time(on):
        decision = decide_gate(
            review=review, outcome=outcome, reasons=reasons, conditions=conditions, at=evening(on), by=by
        )
    review.project.refresh_from_db()
    return decision


def _fulfil(decision: GateDecision) -> None:
    for condition in GateCondition.objects.filter(decision=decision, due_on__lt=timezone.localdate() - FRESH):
        done = condition.due_on - ASKED_BEFORE
        with at_that_time(done):
            fulfil_condition(condition=condition, note=ANSWERS[2], at=evening(done), by=condition.owner)


def _ask(project: Project, due: date) -> GateReview:
    """The lead asks some days ahead and answers the check list."""
    asked = max(due - ASKED_BEFORE, project.started_on)
    review = ask_review(project=project, gate=_gate(project), at=evening(asked), by=project.lead, due_on=due)
    _answer(review, asked)
    return review


def _gate(project: Project) -> Gate:
    gate = next_gate(project)
    if gate is None:
        raise LookupError(f"{project.key} has no gate ahead.")
    return gate


def _answer(review: GateReview, on: date) -> None:
    points = review.gate.criteria.filter(fact="check")
    for point, note in zip(points, ANSWERS, strict=False):
        answer_check(
            review=review, criterion=point, met=True, note=note, at=evening(on), by=review.project.lead
        )  # fmt: skip


def enter_reviews(today: date, people: dict[str, User]) -> None:
    """What waits for a decision now; the welding eye was sent back three weeks ago."""
    chief = people["katrin.vogel"]
    back = today - timedelta(days=20)
    seams = Project.objects.select_related("lead").get(key="WSI")
    _decide(
        _ask(seams, back),
        back,
        chief,
        outcome=Outcome.RECYCLE,
        reasons="Reflections on wet seams still fool it. Show them and corners on the frozen test set, then ask again.",
    )
    mark_all_read(by=chief)
    for key, days, answered in WAITING:
        project = Project.objects.select_related("lead").get(key=key)
        asked = today - timedelta(days=3)
        review = ask_review(
            project=project,
            gate=_gate(project),
            at=evening(asked),
            by=project.lead,
            due_on=today + timedelta(days=days),
        )
        if answered:
            _answer(review, asked)
