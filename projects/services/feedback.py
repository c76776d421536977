"""Verbs on what people outside the team say."""

from datetime import datetime

from django.db import transaction

from people import outbox
from people.models import User
from people.services import record_audit
from projects.models import Feedback, Project
from projects.moments import demand_plausible


@transaction.atomic
def record_feedback(
    *, project: Project, score: int, text: str, source: str, received_at: datetime, by: User
) -> Feedback:
    """Record what somebody says about the result of a project."""
    demand_plausible("received_at", received_at)
    feedback = Feedback(project=project, score=score, text=text, source=source, received_at=received_at, recorded_by=by)
    feedback.full_clean()
    feedback.save()
    record_audit(verb="record_feedback", subject=feedback, by=by, detail={"project": project.key, "score": score})
    outbox.post(topic="feedback_recorded", payload={"feedback": feedback.pk})
    return feedback
