"""Admin pages of projects: correct a title or a membership; stations and feedback are written by verbs."""

from django.contrib import admin

from people.admin_rules import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline, ShownAdmin
from projects.models import (
    Allocation,
    Demand,
    Dependency,
    Feedback,
    Membership,
    Milestone,
    Portfolio,
    Programme,
    Project,
    Risk,
    Stage,
)


@admin.register(Portfolio)
class PortfolioAdmin(AuditedAdmin):
    list_display = ["name"]
    search_fields = ["name"]


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


class StageInline(ReadOnlyInline):
    model = Stage
    show_change_link = False


@admin.register(Project)
class ProjectAdmin(AuditedAdmin):
    list_display = ["key", "title", "portfolio", "lead", "sponsor", "station", "started_on", "due_on"]
    list_filter = ["station", "portfolio", "sponsor"]
    list_select_related = ["portfolio", "lead", "sponsor"]
    search_fields = ["key", "title", "summary", "lead__username", "lead__last_name"]
    autocomplete_fields = ["lead"]
    readonly_fields = ["key", "station", "started_on"]
    inlines = [MembershipInline, StageInline]
    date_hierarchy = "started_on"

    def has_add_permission(self, request: object) -> bool:
        return False  # a project is opened by its verb, with stages and members


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "project", "score", "source", "model_version", "request_id", "text"]
    list_filter = ["score", "project"]
    list_select_related = ["project", "model_version__run"]
    search_fields = ["text", "source", "project__key", "request_id"]
    date_hierarchy = "received_at"


admin.site.register(
    [Allocation, Demand, Dependency, Milestone, Programme, Risk],
    ShownAdmin,
)
