"""Keep the filters of a page under a name, for oneself or for everybody, and drop them again."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from people.models import SavedView, User
from people.services import record_audit

PASSING = ("page", "part", "decided", "csrfmiddlewaretoken")  # where somebody has leafed to is no filter
MOST = 50  # of one person on one page


def may_share_view(user: User) -> bool:
    return user.is_superuser or user.role == User.Role.MANAGER


def views_of(user: User, page: str) -> QuerySet[SavedView]:
    """His own and the shared ones of a page."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), page=page).select_related("owner")


@transaction.atomic
def save_view(*, page: str, name: str, query: str, is_shared: bool, at: datetime, by: User) -> SavedView:
    """Keep filters under a name; the same name again keeps the new ones. Only query parameters are kept."""
    if is_shared and not may_share_view(by):
        raise PermissionDenied(_("Only managers share views with everybody. Keep it for yourself, or ask one of them."))
    view = SavedView.objects.select_for_update().filter(owner=by, page=page, name=name).first()
    if view is None and SavedView.objects.filter(owner=by, page=page).count() >= MOST:
        raise ValidationError(
            _("You keep %(most)d views of this page. Drop one first."), code="too_many_views", params={"most": MOST}
        )
    view = view or SavedView(owner=by, page=page, name=name, created_at=at)
    view.query, view.is_shared = parameters(query), is_shared
    view.full_clean()
    view.save()
    detail = {"page": page, "name": name, "query": view.query, "shared": is_shared}
    record_audit(verb="save_view", subject=view, by=by, detail=detail)
    return view


@transaction.atomic
def drop_view(*, view: SavedView, by: User) -> None:
    """Keep a view of one's own no longer."""
    if view.owner_id != by.pk:
        raise PermissionDenied(_("Only %(owner)s drops this view.") % {"owner": view.owner})
    record_audit(verb="drop_view", subject=view, by=by, detail={"page": view.page, "name": view.name})
    view.delete()


def parameters(query: str) -> str:
    """The parameters of an address without those that only leaf through it, encoded anew."""
    kept = QueryDict(query.replace("\x00", "").removeprefix("?"), mutable=True)
    for name in PASSING:
        kept.pop(name, None)
    return kept.urlencode()
