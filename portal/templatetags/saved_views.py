"""The menu of saved views on the pages that have filters."""

from typing import Any

from django import template
from django.urls import reverse

from people.saved_views import may_share_view, parameters, views_of

register = template.Library()


@register.inclusion_tag("components/saved_views.html", takes_context=True)
def saved_views(context: dict[str, Any], page: str = "") -> dict[str, Any]:
    """His own and shared views of a page, this one unless named, and a form that keeps what is filtered now."""
    request = context["request"]
    page, query = page or request.resolver_match.view_name, parameters(request.GET.urlencode())
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "page": page,
        "address": reverse(page),
        "query": query,
        "views": views_of(request.user, page),
        "may_share": may_share_view(request.user),
    }
