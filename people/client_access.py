"""How a client is let in by its token, and what the scopes of the token open."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.models import AccessToken
from oauth2_provider.views import TokenView
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from people.models import User
from people.scopes import READ, WRITE


class ClientTokenView(TokenView):
    """A token for fifteen minutes, for the credentials of a client; no other grant is known here."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.authorization_flow_token_response(request)


class ClientAuthentication(OAuth2Authentication):
    """The token of a client lets in the user in whose name it acts."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        token = found[1]
        user = token.application.user
        return (user, token) if user is not None and user.is_active else None


def scope_of(view: Any, method: str) -> str:
    """The scope that a client needs here; empty where no client is let in."""
    return f"{view.scope}:{READ if method.upper() in SAFE_METHODS else WRITE}" if view.scope else ""


class HasScope(BasePermission):
    """Asks the token of a client for the scope of the view; people are not limited by scopes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, AccessToken):
            return True
        needed = scope_of(view, request.method or "")
        if not needed:
            self.message = _("This address is not for clients. A person may use it.")
            return False
        if view.action in view.for_people:
            self.message = _("A person decides this, signed in as himself.")
            return False
        self.code = "missing_scope"
        self.message = _("The token lacks the scope %(scope)s. Have it added to the client.") % {"scope": needed}
        return request.auth.allow_scopes([needed])
