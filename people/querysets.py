"""Which rows of people matter to whom, and when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    from people.models import Employment, User


class OutboxQuerySet(models.QuerySet):
    def due(self) -> OutboxQuerySet:
        """Messages whose time has come and that nobody has in hands: the database's clock decides, as it set both."""
        return self.filter(delivered_at=None, not_before__lte=Now())


def after(pause: timedelta) -> models.Expression:
    """The moment so long from now, by the clock of the database."""
    return models.ExpressionWrapper(Now() + pause, output_field=models.DateTimeField()) if pause else Now()


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> NoticeQuerySet:
        """A notice belongs to one person, whatever anybody's role."""
        return self.filter(user=user)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)

    def unread_first(self) -> NoticeQuerySet:
        return self.alias(is_read=models.Q(read_at__isnull=False)).order_by("is_read", "-id")


class EmploymentQuerySet(models.QuerySet):
    def on(self, day: date) -> EmploymentQuerySet:
        """Those that hold on a day."""
        return self.filter(models.Q(valid_to=None) | models.Q(valid_to__gt=day), valid_from__lte=day)

    def visible_to(self, user: User) -> EmploymentQuerySet:
        """What HR says of somebody is for those who see everything, and for the person himself."""
        return self if user.sees_everything else self.filter(user=user)

    def of_person(self, source: str, external_id: str) -> EmploymentQuerySet:
        return self.filter(source=source, external_id=external_id)

    def unbroken_until(self, row: Employment) -> date | None:
        """The day on which a person leaves, over all changes of role that follow without a gap; None is not known."""
        end = row.valid_to
        for later in self.of_person(*row.person).filter(valid_from__gt=row.valid_from).order_by("valid_from"):
            if later.valid_from != end:
                break
            end = later.valid_to
        return end


class ServiceClientQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ServiceClientQuerySet:
        """Systems matter to those who see everything."""
        return self if user.sees_everything else self.none()

    def with_last_token(self) -> ServiceClientQuerySet:
        return self.annotate(last_token_at=models.Max("application__accesstoken__created"))


class WebhookEndpointQuerySet(models.QuerySet):
    def with_deliveries(self) -> WebhookEndpointQuerySet:
        """How many messages are delivered, on their way and given up."""
        return self.annotate(
            **{
                status: models.Count("deliveries", filter=models.Q(deliveries__status=status))
                for status in ("delivered", "waiting", "given_up")
            }
        )
