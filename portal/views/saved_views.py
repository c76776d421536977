"""Saving and dropping views of the pages that have filters."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.models import SavedView
from people.requests import PersonRequest
from people.saved_views import drop_view, parameters, save_view
from portal.search import typed

PAGES = (  # names of addresses that need nothing but a query
    "portfolio", "projects", "money", "gates", "benefits", "feedback-board", "objectives", "demands", "jobs",
    "waste", "cost-per-point", "people", "what-if",
)  # fmt: skip


@require_POST
def save(request: PersonRequest) -> HttpResponse:
    """Keep the filters that the page shows now; back to it, with them."""
    page = request.POST.get("page", "")
    if page not in PAGES:
        raise Http404
    query = request.POST.get("query", "")
    try:
        view = save_view(
            page=page,
            name=typed(request.POST.get("name", "")),
            query=query,
            is_shared="is_shared" in request.POST,
            at=timezone.now(),
            by=request.user,
        )
    except ValidationError as error:
        messages.error(request, _("Not kept. %(why)s") % {"why": " ".join(error.messages)})
        return redirect(address(page, parameters(query)))
    messages.success(request, _("Kept as “%(name)s”.") % {"name": view.name})
    return redirect(address(page, view.query))


@require_POST
def drop(request: PersonRequest, pk: int) -> HttpResponse:
    """Drop a view of one's own; whose view it is not, does not find it."""
    view = get_object_or_404(SavedView, pk=pk, owner=request.user)
    page, name = view.page, view.name
    drop_view(view=view, by=request.user)
    messages.success(request, _("“%(name)s” is kept no longer.") % {"name": name})
    return redirect(address(page, "") if page in PAGES else "portfolio")


def address(page: str, query: str) -> str:
    return reverse(page) + (f"?{query}" if query else "")
