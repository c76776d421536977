"""Admin pages of the queue: jobs, their attempts and approvals, workers, their free time and dry runs, only shown."""

from django.contrib import admin

from people.admin_rules import ReadOnlyAdmin, ReadOnlyInline
from trainingjobs.models import Approval, Attempt, CardAdjustment, SlotHour, StepTiming, TrainingJob, Worker


class AttemptInline(ReadOnlyInline):
    model = Attempt
    show_change_link = False


@admin.register(TrainingJob)
class TrainingJobAdmin(ReadOnlyAdmin):
    list_display = [
        "name",
        "recipe",
        "state",
        "resource",
        "priority",
        "submitted_by",
        "submitted_at",
        "started_at",
        "finished_at",
        "error_code",
    ]
    list_filter = ["state", "resource", "priority", "needs_approval", "recipe", "project", "error_code"]
    list_select_related = ["project", "submitted_by"]
    search_fields = ["project__key", "number", "recipe", "submitted_by__username", "worker"]
    date_hierarchy = "submitted_at"
    inlines = [AttemptInline]


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ["job", "decision", "by", "at", "reserved_minor", "voided_at"]
    list_filter = ["decision", "at"]
    list_select_related = ["job__project", "by"]
    search_fields = ["job__project__key", "job__number", "by__username", "reason"]
    date_hierarchy = "at"


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ["name", "resources", "slots", "started_at", "seen_at"]
    search_fields = ["name"]


@admin.register(SlotHour)
class SlotHourAdmin(ReadOnlyAdmin):
    list_display = ["hour", "resources", "there_s", "free_s", "free_core_s"]
    list_filter = ["resources"]
    date_hierarchy = "hour"


@admin.register(StepTiming)
class StepTimingAdmin(ReadOnlyAdmin):
    list_display = ["recipe", "state", "asked_by", "asked_at", "measured_at", "step_s", "steps"]
    list_filter = ["state", "recipe"]
    list_select_related = ["asked_by"]
    search_fields = ["recipe", "asked_by__username"]
    date_hierarchy = "asked_at"


@admin.register(CardAdjustment)
class CardAdjustmentAdmin(ReadOnlyAdmin):
    list_display = ["job", "journal_entry", "amount_minor"]
    list_select_related = ["job__project", "journal_entry"]
    search_fields = ["job__project__key", "job__number"]
