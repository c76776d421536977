"""Questions about KPIs, what was measured, and value contracts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.utils import timezone

from people.trail import made_since

if TYPE_CHECKING:
    from people.models import User


def day_begins(day: date) -> datetime:
    """The first moment of a day, where the portal stands."""
    return timezone.make_aware(datetime.combine(day, time.min))


def day_ends(day: date) -> datetime:
    """The first moment that no longer belongs to a day."""
    return day_begins(day + timedelta(days=1))


class KpiQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> KpiQuerySet:
        return self if user.sees_everything else self.filter(project__memberships__user=user)

    def known_on(self, on: date) -> KpiQuerySet:
        """Defined by the end of a day: not after it by the audit trail, or measured by then."""
        end = day_ends(on)
        measurements = apps.get_model("outcomes", "Measurement").objects
        measured = measurements.filter(kpi=models.OuterRef("pk"), recorded_at__lt=end)
        return self.filter(~models.Q(pk__in=made_since("define_kpi", end)) | models.Exists(measured))

    def with_newest(self, known: models.QuerySet) -> KpiQuerySet:
        """Each KPI with what was measured last of what is known: `newest_value`, `newest_at`, `newest_pk`, or None."""
        newest = known.filter(kpi=models.OuterRef("pk")).order_by("-measured_at", "-recorded_at", "-pk")
        return self.annotate(
            newest_value=models.Subquery(newest.values("value")[:1]),
            newest_at=models.Subquery(newest.values("measured_at")[:1]),
            newest_pk=models.Subquery(newest.values("pk")[:1]),
        )


class OfKpiQuerySet(models.QuerySet):
    """Rows that a person sees where he sees the project of their KPI."""

    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(kpi__project__memberships__user=user)


class MeasurementQuerySet(OfKpiQuerySet):
    def known_on(self, on: date) -> MeasurementQuerySet:
        """Measured and recorded by the end of a day."""
        end = day_ends(on)
        return self.filter(measured_at__lt=end, recorded_at__lt=end)


def _drafted_by(day: date) -> models.Q:
    """Contracts drafted by the end of a day: not after it by the audit trail, or signed by then."""
    end = day_ends(day)
    return ~models.Q(pk__in=made_since("draft_contract", end)) | models.Q(signed_at__lt=end)


class ValueContractQuerySet(OfKpiQuerySet):
    def with_standing(self, on: date | None = None) -> ValueContractQuerySet:
        """Each with what it is on a day, today when left out, as `stands`.

        The row says "superseded" from the signature of the next version on; until that one begins, the older counts.
        """
        day = on or timezone.localdate()
        signed = models.Q(signed_at__lt=day_ends(day))
        newer = self.model._default_manager.filter(
            signed, kpi=models.OuterRef("kpi"), version__gt=models.OuterRef("version"), valid_from__lte=day
        )
        stands = models.Case(
            models.When(~signed | models.Q(signed_at=None), then=models.Value("draft")),
            models.When(models.Exists(newer), then=models.Value("superseded")),
            default=models.Value("signed"),
        )
        return self.annotate(stands=stands)

    def signed_and_in_force(self, on: date) -> ValueContractQuerySet:
        """What counts on a day because it is signed: a hypothesis does not."""
        return self.in_force(on).filter(signed_at__lt=day_ends(on))

    def in_force(self, on: date | None = None) -> ValueContractQuerySet:
        """What counts on a day, today when left out: the signed version of a KPI, or its newest draft.

        A version counts from `valid_from` until before `valid_to`; one that was signed and has begun replaces all
        older ones for good, so that none of them comes back when it ends.
        """
        day = on or timezone.localdate()
        signed = models.Q(signed_at__lt=day_ends(day))
        begun = self.model._default_manager.filter(kpi=models.OuterRef("kpi"), valid_from__lte=day)
        if day < timezone.localdate():
            begun = begun.filter(_drafted_by(day))
        replacing = begun.filter(signed, version__gt=models.OuterRef("version"))
        ranked = (
            begun.exclude(models.Exists(replacing))
            .exclude(valid_to__lte=day)
            .order_by(models.Case(models.When(signed, then=0), default=1), "-version")
        )
        return self.filter(pk=models.Subquery(ranked.values("pk")[:1]))


class OfProjectQuerySet(models.QuerySet):
    """Rows that a person sees where he sees their project."""

    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(project__memberships__user=user)


class BenefitQuerySet(OfProjectQuerySet):
    def visible_to(self, user: User) -> Self:
        """Of the projects that a person sees, and what he owns himself: the business is not in the team."""
        if user.sees_everything:
            return self
        return self.filter(models.Q(project__in=user.memberships.values("project")) | models.Q(owner=user))


class ObjectiveQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ObjectiveQuerySet:
        """The objectives of a portfolio are for everybody who works on one of its projects."""
        if user.sees_everything:
            return self
        return self.filter(portfolio__projects__memberships__user=user).distinct()

    def running(self, on: date) -> ObjectiveQuerySet:
        return self.filter(starts_on__lte=on, ends_on__gt=on)

    def known_on(self, on: date) -> ObjectiveQuerySet:
        """Opened by the end of a day, by the audit trail."""
        return self.exclude(pk__in=made_since("open_objective", day_ends(on)))


class KeyResultQuerySet(OfKpiQuerySet):
    def known_on(self, on: date) -> KeyResultQuerySet:
        """Added by the end of a day, by the audit trail."""
        return self.exclude(pk__in=made_since("add_key_result", day_ends(on)))


class FeedbackTriageQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> FeedbackTriageQuerySet:
        return self if user.sees_everything else self.filter(feedback__project__memberships__user=user)


class GateReviewQuerySet(OfProjectQuerySet):
    def open(self) -> Self:
        """Neither decided nor withdrawn."""
        return self.filter(decision=None, withdrawn_at=None)

    def known_on(self, on: date) -> Self:
        """Asked for by the end of a day."""
        return self.filter(asked_at__lt=day_ends(on))

    def open_on(self, on: date) -> Self:
        """Asked for by the end of a day, and neither decided nor withdrawn by then."""
        end = day_ends(on)
        undecided = models.Q(decision=None) | models.Q(decision__decided_at__gte=end)
        standing = models.Q(withdrawn_at=None) | models.Q(withdrawn_at__gte=end)
        return self.known_on(on).filter(undecided, standing)

    def decidable_by(self, user: User) -> Self:
        """Nobody decides on what he asked for or on the project that he leads."""
        return self.open().exclude(asked_by=user).exclude(project__lead=user)

    def soonest(self) -> Self:
        """The soonest due first, then the longest wait."""
        return self.order_by(models.F("due_on").asc(nulls_last=True), "asked_at", "pk")

    def with_criteria(self) -> Self:
        """Everything that reading the evidence needs."""
        return self.select_related("project__lead", "gate", "asked_by").prefetch_related("gate__criteria")


class GateConditionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(decision__review__project__memberships__user=user)

    def open(self) -> Self:
        """Not fulfilled yet, in projects that go on."""
        return self.filter(fulfilment=None, decision__review__project__ended_on=None)

    def open_on(self, on: date) -> Self:
        """Signed by the end of a day, and not fulfilled by then."""
        end = day_ends(on)
        waits = models.Q(fulfilment=None) | models.Q(fulfilment__at__gte=end)
        ended = models.Q(decision__review__project__ended_on__lte=on)
        return self.filter(waits, decision__decided_at__lt=end).exclude(ended)

    def overdue(self, on: date) -> Self:
        return self.filter(due_on__lt=on)


class GateDecisionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self if user.sees_everything else self.filter(review__project__memberships__user=user)
