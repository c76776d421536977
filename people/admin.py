"""Admin pages of people: who signs in with which role, departments, and the audit trail and the outbox to read."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from people.admin_rules import AuditedAdmin, ReadOnlyAdmin, ShownAdmin
from people.models import (
    AuditEntry,
    AuditLink,
    Department,
    Employment,
    JobRole,
    OutboxMessage,
    SavedView,
    ServiceClient,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)

admin.site.site_header = admin.site.site_title = "Throughline"
admin.site.index_title = _("Administration")


@admin.register(Department)
class DepartmentAdmin(AuditedAdmin):
    list_display = ["name", "code"]
    search_fields = ["name", "code"]


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    list_display = ["username", "first_name", "last_name", "role", "department", "is_active", "last_login"]
    list_filter = ["role", "department", "is_active", "is_staff"]
    list_select_related = ["department"]
    search_fields = ["username", "first_name", "last_name", "email", "job_title"]
    fieldsets = [
        *(UserAdmin.fieldsets or []),
        (_("At work"), {"fields": ["role", "job_title", "department"]}),
    ]
    add_fieldsets = [
        *UserAdmin.add_fieldsets,
        (_("At work"), {"fields": ["first_name", "last_name", "email", "role", "job_title", "department"]}),
    ]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "verb", "subject_type", "subject_id"]
    list_filter = ["verb", "subject_type", "at"]
    list_select_related = ["actor"]
    search_fields = ["verb", "subject_id", "actor__username"]
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["id", "topic", "created_at", "not_before", "delivered_at", "tries", "last_error"]
    list_filter = ["topic", "delivered_at"]
    search_fields = ["topic", "last_error"]
    date_hierarchy = "created_at"


admin.site.register(
    [AuditLink, Employment, JobRole, SavedView, ServiceClient, WebhookDelivery],
    ShownAdmin,
)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ShownAdmin):
    """Its secret is shown once, on the page that makes it."""

    exclude = ["secret"]
