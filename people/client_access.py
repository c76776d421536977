"""How a client is let in by its token, and what the scopes of the token open."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.models import AccessToken, Application
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.views import TokenView
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from people.models import ServiceClient, User
from people.permissions import may_act
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
        client = _client_of(token.application)
        if client is None or not client.user.is_active:
            return None
        if not may_act(client):
            raise AuthenticationFailed(
                _("Whoever answers for this client may no longer do so. Have somebody else give it a new secret.")
            )
        return client.user, token


def _client_of(application: Application) -> ServiceClient | None:
    return ServiceClient.objects.select_related("user", "kept_by").filter(application=application).first()


class ClientValidator(OAuth2Validator):
    """No token for a client that nobody answers for."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        if not super().authenticate_client(request, *args, **kwargs):
            return False
        client = _client_of(request.client)
        return client is not None and may_act(client)


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
