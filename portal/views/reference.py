"""Finding things, and the trail of who did what."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.chain import export_lines, newest_link
from people.models import AuditEntry, User
from people.permissions import may_read_audit
from people.requests import PersonRequest
from portal.search import find, typed


def search(request: PersonRequest) -> HttpResponse:
    query = typed(request.GET.get("q", ""))
    return render(request, "portal/search.html", {"query": query, "groups": find(query, request.user) if query else ()})


def audit(request: PersonRequest) -> HttpResponse:
    """The audit trail, newest first, and the digest that stands for all of it, for those who see everything."""
    _demand_reader(request.user)
    entries = AuditEntry.objects.select_related("actor")
    verb = typed(request.GET.get("verb", ""))
    if verb:
        entries = entries.filter(verb=verb)
    verbs = AuditEntry.objects.order_by("verb").values_list("verb", flat=True).distinct()
    page = Paginator(entries, 50).get_page(request.GET.get("page"))
    facts = {"page": page, "verbs": verbs, "verb": verb, "newest": newest_link()}
    return render(request, "portal/audit.html", facts)


@require_safe
def audit_export(request: PersonRequest) -> StreamingHttpResponse:
    """The sealed trail as JSON lines, so that anybody can compute the chain anew without the product."""
    _demand_reader(request.user)
    name = f"audit-{timezone.localdate().isoformat()}.jsonl"
    return StreamingHttpResponse(
        export_lines(),
        content_type="application/jsonl; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _demand_reader(user: User) -> None:
    if not may_read_audit(user):
        raise PermissionDenied(
            _("The audit trail is open to portfolio managers and finance. Ask one of them for an extract.")
        )
