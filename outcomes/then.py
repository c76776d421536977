"""Promises, voices and improvement demands at a past moment: from their own dates, the rest from the audit trail."""

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import BigIntegerField, Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from experiments.models import ModelVersion
from outcomes.models import BenefitPlan, FeedbackTriage, KpiTarget
from people.models import AuditEntry
from people.trail import made_since, told, told_of
from projects.models import Demand, Feedback


def plan_then(before: datetime) -> QuerySet[BenefitPlan]:
    """What benefits had promised for their months, as `promised`: the first change since then names it."""
    since = told().filter(verb="change_benefit_plan", at__gte=before)
    months = {month for detail in since.values_list("detail", flat=True) for month in detail["plan"]}
    changes = told_of("outcomes.benefit", OuterRef("benefit"), "change_benefit_plan").filter(at__gte=before)
    changed = []
    for month in sorted(months):
        of_month = changes.filter(detail__plan__has_key=month).order_by("pk")
        minor = Cast(KeyTextTransform(month, KeyTransform("before", "detail")), BigIntegerField())
        changed.append(When(Q(month=month) & Exists(of_month), then=Subquery(of_month.values(minor=minor)[:1])))
    known = BenefitPlan.objects.filter(benefit__created_at__lt=before)
    promised = Case(*changed, default=F("planned_minor"), output_field=BigIntegerField())
    return known.annotate(promised=promised).filter(promised__isnull=False)


def targets_then(targets: QuerySet[KpiTarget], before: datetime) -> list[KpiTarget]:
    """Those that were set, in their order; one that was changed since stands as the change found it. Two questions."""
    since = told().filter(subject_type="outcomes.kpitarget", verb="set_target", at__gte=before)
    keys = targets.order_by().values(key=Cast("pk", CharField()))
    found = {
        int(entry.subject_id): entry.detail["before"] for entry in since.filter(subject_id__in=keys).order_by("-pk")
    }
    known = [target for target in targets if found.get(target.pk, {}) is not None]  # the first change came last
    for target in known:
        if terms := found.get(target.pk):
            target.ends_on = date.fromisoformat(terms["ends_on"])
            target.value, target.amber, target.red = terms["value"], terms["amber"], terms["red"]
            target.value_high = terms.get("value_high")
    return known


def voices_then(voices: QuerySet[Feedback], before: datetime) -> QuerySet[Feedback]:
    """What had been said and recorded, with `status_then` and `answered_then` of its answer, None without one.

    `model_then` is the key of the model that an answer named which was replaced since.
    """
    answers = told_of("outcomes.feedbacktriage", OuterRef("triage__pk"), "triage_feedback").filter(at__lt=before)
    newest = answers.order_by("-pk")
    stands = Q(triage__at__lt=before)
    known = voices.filter(received_at__lt=before).exclude(pk__in=made_since("record_feedback", before))
    return known.annotate(
        answer_then=Subquery(newest.values("pk")[:1]),
        status_then=Case(
            When(stands, then=F("triage__status")),
            default=Subquery(newest.values(to=KeyTextTransform("to", "detail"))[:1]),
            output_field=CharField(),
        ),
        answered_then=Case(When(stands, then=F("triage__at")), default=Subquery(newest.values("at")[:1])),
        model_then=Case(
            When(stands, then=Value(None)),
            default=Subquery(newest.values(model=KeyTextTransform("model_version", "detail"))[:1]),
            output_field=CharField(),
        ),
    )


def give_answers_then(voices: Iterable[Feedback], before: datetime) -> None:
    """Set the answers of some voices of `voices_then` to what they were; two questions for all of them."""
    changed = [voice for voice in voices if (triage := _triage(voice)) is not None and triage.at >= before]
    keys = [voice.answer_then for voice in changed]  # type: ignore[attr-defined]
    entries = {entry.pk: entry for entry in AuditEntry.objects.filter(pk__in=keys).select_related("actor")}
    named = {str(entry.detail.get("model_version") or "") for entry in entries.values()} - {""}
    models = {str(model.pk): model for model in ModelVersion.objects.filter(pk__in=named).select_related("run")}
    field = Feedback._meta.get_field("triage")
    for voice in changed:
        field.set_cached_value(voice, None)
        if entry := entries.get(voice.answer_then):  # type: ignore[attr-defined]
            FeedbackTriage(  # tells the voice of itself
                feedback=voice,
                status=entry.detail["to"],
                note=entry.detail["note"],
                model_version=models.get(str(entry.detail.get("model_version"))),
                by=entry.actor,
                at=entry.at,
            )


def _triage(voice: Feedback) -> FeedbackTriage | None:
    try:
        return voice.triage
    except ObjectDoesNotExist:
        return None


def demands_then(demands: QuerySet[Demand], before: datetime) -> QuerySet[Demand]:
    """Demands that had been opened, with their `status_then`; where the trail is silent, their own dates speak."""
    steps = told_of("projects.demand", OuterRef("pk"), "submit_demand", "decide_demand")
    status = Case(
        When(verb="submit_demand", then=Value(Demand.Status.SUBMITTED.value)),
        default=KeyTextTransform("to", "detail"),
        output_field=CharField(),
    )
    newest = steps.filter(at__lt=before).order_by("-pk").values(status=status)[:1]
    first = Case(
        When(~Exists(steps) & ~Q(decided_at__gte=before), then=F("status")),
        When(origin=Demand.Origin.PERSON, then=Value(Demand.Status.DRAFT.value)),
        default=Value(Demand.Status.SUBMITTED.value),
        output_field=CharField(),
    )
    return demands.filter(opened_at__lt=before).annotate(status_then=Coalesce(Subquery(newest), first))
