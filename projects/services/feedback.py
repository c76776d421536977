"""Verbs on what people outside the team say."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people import outbox
from people.models import User
from people.services import record_audit
from projects.models import Feedback, Project
from projects.moments import demand_plausible


@transaction.atomic
def record_feedback(
    *,
    project: Project,
    score: int,
    text: str,
    source: str,
    received_at: datetime,
    by: User,
    model_version: Any = None,
    request_id: str = "",
) -> Feedback:
    """Record what somebody says about the result of a project, about one of its models or one request to it.

    A source may say more than one thing about the same request.
    """
    demand_plausible("received_at", received_at)
    feedback = Feedback(
        project=project,
        score=score,
        text=text,
        source=source,
        received_at=received_at,
        recorded_by=by,
        model_version=model_version,
        request_id=request_id.strip(),
    )
    _refuse_foreign_model(feedback)
    feedback.full_clean()
    feedback.save()
    record_audit(
        verb="record_feedback",
        subject=feedback,
        by=by,
        detail={
            "project": project.key,
            "score": score,
            "model_version": str(model_version.pk) if model_version else None,
            "request_id": feedback.request_id,
        },
    )
    outbox.post(topic="feedback_recorded", payload={"feedback": feedback.pk})
    return feedback


def _refuse_foreign_model(feedback: Feedback) -> None:
    model, project = feedback.model_version, feedback.project
    if model is not None and model.run.project_id != project.pk:
        raise ValidationError(
            {
                "model_version": ValidationError(
                    _("This model belongs to another project. Choose a model of %(project)s."),
                    code="wrong_project",
                    params={"project": project.key},
                )
            }
        )
