"""Verbs on systems that use the interface in their own name: add, rotate the secret, revoke."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from oauth2_provider.models import AccessToken, Application

from people.models import ServiceClient, User
from people.permissions import may_connect, roles_to_give
from people.scopes import SCOPES
from people.services import record_audit


@transaction.atomic
def add_client(*, name: str, role: str, scopes: Sequence[str], at: datetime, by: User) -> tuple[ServiceClient, str]:
    """Let a system in with some scopes; it acts as a user of its own. The returned secret is shown once."""
    _demand_right(role, by)
    chosen = [scope for scope in SCOPES if scope in scopes]
    if not chosen or len(chosen) != len(set(scopes)):
        raise ValidationError({"scopes": ValidationError(_("Choose one scope at least."), code="no_scope")})
    if not slugify(name) or ServiceClient.objects.filter(name=name).exists():
        raise ValidationError(
            {"name": ValidationError(_("Choose a name of letters that no other system has."), code="name_taken")}
        )
    user = User(username=f"client.{slugify(name)}", first_name=name, role=role, mail_notices=False)
    user.set_unusable_password()
    user.full_clean(exclude=["password"])
    user.save()
    secret = secrets.token_urlsafe(36)
    application = Application.objects.create(
        name=name,
        user=user,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    client = ServiceClient(
        name=name, user=user, application=application, scopes=chosen, created_by=by, created_at=at, kept_by=by
    )
    client.full_clean(exclude=["revoked_at"])
    client.save()
    record_audit(verb="add_client", subject=client, by=by, detail={"name": name, "role": role, "scopes": chosen})
    return client, secret


@transaction.atomic
def rotate_client(*, client: ServiceClient, by: User) -> str:
    """Give a client a new secret. The old one and every token got by it end at once; who asks answers for it now."""
    _demand_right(client.user.role, by)
    _demand_in_use(client)
    secret = secrets.token_urlsafe(36)
    client.application.client_secret = secret
    client.application.save(update_fields=["client_secret"])
    AccessToken.objects.filter(application=client.application_id).delete()
    before, client.kept_by = client.kept_by, by
    client.save(update_fields=["kept_by"])
    detail = {"name": client.name, "kept_by": [before.username, by.username]}
    record_audit(verb="rotate_client", subject=client, by=by, detail=detail)
    return secret


@transaction.atomic
def revoke_client(*, client: ServiceClient, at: datetime, by: User) -> None:
    """Shut a client out for ever. Its user stays, because the audit trail names it.

    Whoever may connect systems may do so, whatever the role of the client: nobody has to wait for somebody greater.
    """
    if not may_connect(by):
        raise ValidationError(_("Managers, finance and admins shut systems out. Ask one of them."), code="not_allowed")
    _demand_in_use(client)
    client.revoked_at = at
    client.save(update_fields=["revoked_at"])
    client.application.client_secret = secrets.token_urlsafe(36)
    client.application.save(update_fields=["client_secret"])
    AccessToken.objects.filter(application=client.application_id).delete()
    User.objects.filter(pk=client.user_id).update(is_active=False)
    record_audit(verb="revoke_client", subject=client, by=by, detail={"name": client.name})


def _demand_right(role: str, by: User) -> None:
    """A secret is the right to act: nobody gets one for a role that is neither lower nor his own."""
    if role not in roles_to_give(by):
        raise ValidationError(
            _("You may not give a system this role. Ask somebody who has it, or an admin."), code="not_allowed"
        )


def _demand_in_use(client: ServiceClient) -> None:
    if client.revoked_at is not None:
        raise ValidationError(
            _("%(name)s was revoked. Add a new client instead."), code="revoked", params={"name": client.name}
        )
