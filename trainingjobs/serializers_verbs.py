"""What is sent to the verbs on jobs, and what many jobs answer."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from people.serializers import Input, NumberField
from trainingjobs.models import Priority
from trainingjobs.services.bulk import ACTIONS, MOST_JOBS, Outcome

NOT_FOUND = {"code": "not_found", "message": _("There is nothing here that you may see.")}


class PriorityField(serializers.ChoiceField):
    """Low, normal or high, as a number."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("-1 low, 0 normal, 1 high."))
        super().__init__(choices=Priority.choices, **options)


class LimitField(NumberField):
    """Seconds that a job may run, over all its attempts; null for as long as it takes."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("Seconds that it may run, over all attempts; null for no limit."))
        super().__init__(required=False, allow_null=True, **options)


class TokenField(serializers.UUIDField):
    """The client's own token of one submission."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("Your own token: the same one sent twice is one job, not two."))
        super().__init__(required=False, allow_null=True, **options)


class JobChangeIn(Input):
    """What is to be different. A setting that is not named stays as it is."""

    params = serializers.DictField(required=False)
    time_limit_s = LimitField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            message = _("Name what is to change: params, time_limit_s or both.")
            raise serializers.ValidationError(message, code="nothing_to_change")
        return attrs


class PriorityIn(Input):
    priority = PriorityField()


class RetryIn(Input):
    submission = TokenField()


class DecisionIn(Input):
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    seen = serializers.CharField(
        max_length=64,
        required=False,
        help_text=_("The job's to_approve as it was read: refused when the job has changed since."),
    )


class RefusalIn(Input):
    reason = serializers.CharField(max_length=2000, help_text=_("The submitter reads it."))


class BulkIn(Input):
    action = serializers.ChoiceField(choices=list(ACTIONS))
    jobs = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_JOBS)
    submission = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text=_("Your own token: jobs retried twice under the same one are one new job each."),
    )


class OutcomeOut(serializers.Serializer):
    """What became of one job."""

    job = serializers.UUIDField(read_only=True, help_text=_("As it was asked."))
    ok = serializers.BooleanField(read_only=True)
    code = serializers.CharField(read_only=True, help_text=_("Why not, for programs; empty when it was done."))
    message = serializers.CharField(read_only=True, help_text=_("Why not, for people; empty when it was done."))
    retry = serializers.UUIDField(read_only=True, allow_null=True, help_text=_("The new job after a retry, or null."))


def outcome_of(asked: UUID, outcome: Outcome) -> dict[str, Any]:
    """The answer for one job, under the key by which it was asked."""
    became = outcome.job.pk if outcome.job.pk != asked else None
    return {"job": asked, "ok": outcome.ok, "code": outcome.code, "message": outcome.message, "retry": became}
