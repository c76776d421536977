"""What must hold of gates: evidence and signatures can be worked out again, and every decision has had its effects."""

import re
from collections.abc import Iterator

from django.db.models import Q

from finance.models import Commitment, FundingTranche, Reservation
from outcomes import evidence
from outcomes.models import GateDecision
from portal.invariants.breach import Breach
from projects.models import Project
from trainingjobs.models import TrainingJob

DECISION = re.compile(r"gate-decision:([0-9]{1,18})(/[0-9]+)?")


def gates_are_true() -> Iterator[Breach]:
    """Digests and signatures recompute, gates released money only for a go, and a killed project has nothing open."""
    yield from _signatures()
    yield from _releases()
    yield from _ends()


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


def _ends() -> Iterator[Breach]:
    """A job that was running when its project was stopped ends by itself and gives its money back then."""
    killed = Q(project__status=Project.Status.KILLED, project__reviews__decision__outcome=GateDecision.Outcome.KILL)
    unfinished = TrainingJob.objects.unfinished().filter(killed)
    for job in unfinished.exclude(state="running", cancel_requested_at__isnull=False).distinct():
        yield Breach("gates_are_true", str(job.pk), f"{job.state}, though its project was stopped at a gate")
    of_killed = {
        "line__budget__project__status": Project.Status.KILLED,
        "line__budget__project__reviews__decision__outcome": GateDecision.Outcome.KILL,
    }
    for held in Reservation.objects.filter(**of_killed, status=Reservation.Status.OPEN, job=None).distinct():
        yield Breach("gates_are_true", f"reservation {held.pk}", "open, though its project was stopped at a gate")
    for order in Commitment.objects.open().filter(**of_killed, is_cancellable=True).distinct():
        yield Breach("gates_are_true", f"commitment {order.pk}", "open, though its project was stopped at a gate")
