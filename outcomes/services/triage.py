"""Say what is done with feedback, and open an improvement demand where its mean falls short."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Avg, Count, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from experiments.models import ModelVersion
from outcomes import wording
from outcomes.models import FeedbackTriage
from people.models import Notice, User
from people.notices import notify
from people.outbox import handles
from people.services import record_audit
from projects.models import Demand, Feedback, Project
from projects.services import open_improvement

WINDOW = timedelta(days=90)
VOICES = 5  # fewer prove nothing
GOOD_ENOUGH = 3.0
UNDECIDED = (Demand.Status.DRAFT, Demand.Status.SUBMITTED, Demand.Status.UNDER_REVIEW)


@transaction.atomic
def triage_feedback(
    *,
    feedback: Feedback,
    status: str,
    at: datetime,
    by: User,
    model_version: ModelVersion | None = None,
    note: str = "",
    demand: Demand | None = None,
) -> FeedbackTriage:
    """Answer one voice: what becomes of it, and which model it is about. A later answer replaces the earlier."""
    Feedback.objects.select_for_update().get(pk=feedback.pk)
    triage = FeedbackTriage.objects.filter(feedback=feedback).first() or FeedbackTriage(feedback=feedback)
    before = triage.status if triage.pk else None
    triage.status, triage.model_version, triage.note = status, model_version, note.strip()
    triage.demand, triage.by, triage.at = demand, by, at
    _refuse_unusable(triage)
    triage.full_clean()
    triage.save()
    record_audit(
        verb="triage_feedback",
        subject=triage,
        by=by,
        detail={
            "feedback": feedback.pk,
            "from": before,
            "to": status,
            "note": triage.note,
            "model_version": str(model_version.pk) if model_version else None,
        },
    )
    watch_feedback(project=feedback.project, at=at)
    return triage


@handles("feedback_recorded")
def hear(payload: Mapping[str, Any]) -> None:
    """A new voice may be the one that is too much; whoever recorded it does not wait for the answer."""
    project = Project.objects.select_related("lead", "sponsor").get(feedback=payload["feedback"])
    watch_feedback(project=project, at=timezone.now())


@transaction.atomic
def watch_feedback(*, project: Project, at: datetime) -> Demand | None:
    """Open one improvement demand where the mean of 90 days is too low; none while an earlier one is undecided.

    After a decision only the voices since then count, so that the same complaints do not ask twice.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    earlier = Demand.objects.filter(origin=Demand.Origin.FEEDBACK, improves=project)
    if earlier.filter(status__in=UNDECIDED).exists():
        return None
    since = max([at - WINDOW, *(demand.decided_at for demand in earlier if demand.decided_at)])
    voices = Feedback.objects.filter(project=project, received_at__gt=since, received_at__lte=at)
    found = voices.aggregate(mean=Avg("score"), count=Count("pk"))
    if found["count"] < VOICES or found["mean"] >= GOOD_ENOUGH:
        return None
    number = earlier.count() + 1
    model = _model_of_all(voices)
    figures = {
        "project": project.title,
        "mean": wording.number(found["mean"], 1),
        "count": found["count"],
        "model": model.run.name if model else "",
    }
    problem = _("The mean score of %(project)s is %(mean)s of 5 over %(count)d voices; 3.0 is the least we accept.")
    if model:
        problem += " " + _("All of them are about the model %(model)s.")
    demand = open_improvement(
        title=_("Win back the users of %(project)s") % {"project": project.title[:100]},
        problem=problem % figures,
        department=project.sponsor,
        improves=project,
        origin=Demand.Origin.FEEDBACK,
        reference=f"feedback:{project.key}" + (f":{number}" if number > 1 else ""),
        evidence={
            "mean": round(found["mean"], 3),
            "voices": found["count"],
            "since": since.isoformat(),
            "lowest": list(voices.order_by("score", "-received_at").values_list("pk", flat=True)[:VOICES]),
        }
        | ({"model": model.run.name} if model else {}),
        at=at,
    )
    notify(
        users=[project.lead],
        kind=Notice.Kind.IMPROVEMENT,
        text=_("Feedback on %(project)s fell to %(mean)s of 5; an improvement demand is open") % figures,
        url=demand.get_absolute_url(),
        subject=project,
    )
    return demand


def _model_of_all(voices: QuerySet[Feedback]) -> ModelVersion | None:
    """The model that every voice is about, if it is one: that of its answer, or else the one that it names."""
    about = Coalesce("triage__model_version", "model_version")
    keys = set(voices.order_by().annotate(about=about).values_list("about", flat=True).distinct()[:2])
    return ModelVersion.objects.select_related("run").filter(pk__in=keys).first() if len(keys) == 1 else None


def _refuse_unusable(triage: FeedbackTriage) -> None:
    model, project = triage.model_version, triage.feedback.project
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
    if triage.status == FeedbackTriage.Status.DECLINED and not triage.note:
        raise ValidationError(
            {"note": ValidationError(_("Say why it is declined; the note is the answer."), code="note_missing")}
        )
