"""Admin pages of the queue: jobs, their attempts and the outbox, only shown; cancel on the page of the job."""

from django.contrib import admin

from people.admin_rules import ReadOnlyAdmin, ReadOnlyInline
from trainingjobs.models import Attempt, OutboxMessage, TrainingJob


class AttemptInline(ReadOnlyInline):
    model = Attempt
    show_change_link = False


@admin.register(TrainingJob)
class TrainingJobAdmin(ReadOnlyAdmin):
    list_display = [
        "name",
        "recipe",
        "state",
        "submitted_by",
        "submitted_at",
        "started_at",
        "finished_at",
        "error_code",
    ]
    list_filter = ["state", "recipe", "project", "error_code"]
    list_select_related = ["project", "submitted_by"]
    search_fields = ["project__key", "number", "recipe", "submitted_by__username", "worker"]
    date_hierarchy = "submitted_at"
    inlines = [AttemptInline]


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["id", "topic", "created_at", "not_before", "delivered_at", "tries", "last_error"]
    list_filter = ["topic", "delivered_at"]
    search_fields = ["topic", "last_error"]
    date_hierarchy = "created_at"
