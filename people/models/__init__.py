"""Who uses Throughline, what they did, what they should know and what leaves the product."""

from people.models.audit import AuditEntry, AuditLink
from people.models.client import ServiceClient
from people.models.notice import Notice
from people.models.outbox import IdempotentRequest, OutboxMessage, WebhookDelivery, WebhookEndpoint
from people.models.person import Department, Employment, JobRole, SavedView, SignInAttempt, User

__all__ = [
    "AuditEntry",
    "AuditLink",
    "Department",
    "Employment",
    "IdempotentRequest",
    "JobRole",
    "Notice",
    "OutboxMessage",
    "SavedView",
    "ServiceClient",
    "SignInAttempt",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
]
