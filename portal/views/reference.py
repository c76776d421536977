"""Finding things, and the trail of who did what."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from people.models import AuditEntry
from people.requests import PersonRequest
from portal.search import find, typed


def search(request: PersonRequest) -> HttpResponse:
    query = typed(request.GET.get("q", ""))
    return render(request, "portal/search.html", {"query": query, "groups": find(query, request.user) if query else ()})


def audit(request: PersonRequest) -> HttpResponse:
    """The audit trail, newest first, for those who see everything."""
    if not request.user.sees_everything:
        raise PermissionDenied(
            _("The audit trail is open to portfolio managers and finance. Ask one of them for an extract.")
        )
    entries = AuditEntry.objects.select_related("actor")
    verb = typed(request.GET.get("verb", ""))
    if verb:
        entries = entries.filter(verb=verb)
    verbs = AuditEntry.objects.order_by("verb").values_list("verb", flat=True).distinct()
    page = Paginator(entries, 50).get_page(request.GET.get("page"))
    return render(request, "portal/audit.html", {"page": page, "verbs": verbs, "verb": verb})
