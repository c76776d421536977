"""What need not be kept: answers for who asks twice, tokens that ended, and deliveries of long ago."""

from datetime import datetime, timedelta

from oauth2_provider.models import AccessToken

from people.models import IdempotentRequest, WebhookDelivery

ANSWERS, DELIVERIES = timedelta(hours=48), timedelta(days=90)


def forget_old(now: datetime) -> None:
    """Drop what nobody may ask for any more; the audit trail stays."""
    IdempotentRequest.objects.filter(created_at__lt=now - ANSWERS).delete()
    AccessToken.objects.filter(expires__lt=now - timedelta(days=1)).delete()
    ended = WebhookDelivery.objects.exclude(status=WebhookDelivery.Status.WAITING)
    ended.filter(created_at__lt=now - DELIVERIES).delete()
