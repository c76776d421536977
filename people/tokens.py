"""Verbs on API tokens: the portal keeps a hash only, the token itself is shown once."""

from django.db import transaction
from knox.models import AuthToken

from people.models import User
from people.services import record_audit


@transaction.atomic
def issue_token(*, by: User) -> tuple[AuthToken, str]:
    """Make a token for a person; only the returned text opens the door."""
    row, token = AuthToken.objects.create(by)
    record_audit(verb="issue_token", subject=by, by=by, detail={"token": row.token_key})
    return row, token


@transaction.atomic
def revoke_token(*, token: AuthToken, by: User) -> None:
    """End one token at once."""
    record_audit(verb="revoke_token", subject=token.user, by=by, detail={"token": token.token_key})
    token.delete()
