"""What the admin pages may do: machine-written rows are only shown, and every change by hand leaves an audit entry."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest

from people.services import record_audit


class ReadOnly:
    """For rows that only verbs write: look, search, filter, nothing else."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):
    """A model that the admin shows but never writes."""


class ShownAdmin(ReadOnlyAdmin):
    """Rows by their own words, with what these words name fetched along."""

    list_select_related = True
    list_per_page = 50


class ReadOnlyInline(ReadOnly, admin.TabularInline):
    """Rows of a shown model, shown with it."""

    extra = 0
    show_change_link = True


class AuditedAdmin(admin.ModelAdmin):
    """A model that may be corrected by hand; the audit trail says by whom and which fields. Deleting is refused."""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = "change_in_admin" if change else "add_in_admin"
        record_audit(verb=verb, subject=obj, by=request.user, detail={"fields": form.changed_data})  # type: ignore[arg-type]
