"""What must hold of gates and of what has ended: evidence and signatures can be worked out again, and nothing is open
that should have been closed."""

import re
from collections.abc import Iterator

from django.db.models import F, Q

from finance.models import Commitment, FundingTranche, Reservation
from outcomes import evidence
from outcomes.models import GateDecision, GateReview
from portal.invariants.breach import Breach
from projects.models import Allocation, Project
from trainingjobs.models import JobState, TrainingJob

STOPPING = Q(state=JobState.RUNNING, cancel_requested_at__isnull=False)  # it ends by itself and gives its money back
DECISION = re.compile(r"gate-decision:([0-9]{1,18})(/[0-9]+)?")


def gates_are_true() -> Iterator[Breach]:
    """Digests and signatures recompute, and gates released money only for a go."""
    yield from _signatures()
    yield from _releases()


def _signatures() -> Iterator[Breach]:
    for decision in GateDecision.objects.select_related("snapshot").iterator():
        subject = f"gate decision {decision.pk}"
        if evidence.digest_of(decision.snapshot.facts) != decision.snapshot.digest:
            yield Breach("gates_are_true", subject, "its evidence is not what was frozen")
        if evidence.digest_of(evidence.signed_form_of(decision)) != decision.signature:
            yield Breach("gates_are_true", subject, "its signature is not over what stands there")
        if decision.snapshot.review_id != decision.review_id:
            yield Breach("gates_are_true", subject, "its evidence is of another review")


def _releases() -> Iterator[Breach]:
    opened = {
        pk: (project, station)
        for pk, project, station in GateDecision.objects.filter(
            outcome__in=[GateDecision.Outcome.GO, GateDecision.Outcome.CONDITIONAL_GO]
        ).values_list("pk", "review__project", "review__gate__station")
    }
    released = FundingTranche.objects.filter(budget__is_metered=True, reference__startswith="gate-decision:")
    for tranche in released.select_related("budget"):
        match = DECISION.fullmatch(tranche.reference or "")
        if match is None or opened.get(int(match[1])) != (tranche.budget.project_id, tranche.station):
            yield Breach("gates_are_true", f"tranche {tranche.pk}", f"{tranche.reference} is no go at its gate")


def ended_projects_are_closed() -> Iterator[Breach]:
    """Who ended a project, at a gate, on a page or by REST, closed all of it that can be closed."""
    ended = Project.objects.exclude(ended_on=None)
    for job in TrainingJob.objects.unfinished().filter(project__in=ended).exclude(STOPPING):
        yield _unclosed(str(job.pk), job.state)
    of_ended = {"line__budget__project__in": ended}
    for held in Reservation.objects.filter(**of_ended, status=Reservation.Status.OPEN, job=None):
        yield _unclosed(f"reservation {held.pk}", "open")
    killed = {"line__budget__project__status": Project.Status.KILLED}
    for order in Commitment.objects.open().filter(**killed, is_cancellable=True):
        yield _unclosed(f"commitment {order.pk}", "open")
    for review in GateReview.objects.open().filter(project__in=ended):
        yield _unclosed(f"gate review {review.pk}", "open")
    goes_on = Q(valid_to=None) | Q(valid_to__gt=F("project__ended_on")) & Q(valid_to__gt=F("valid_from"))
    for given in Allocation.objects.filter(goes_on, project__in=ended):
        yield _unclosed(f"allocation {given.pk}", "goes on")


def _unclosed(subject: str, state: str) -> Breach:
    return Breach("ended_projects_are_closed", subject, f"{state}, though its project has ended")
