"""The one door that a password opens: pages, admin, HTTP Basic and tokens all come through here."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from people.models import User
from people.sign_in import address_of, give_back, take_slots


class LimitedBackend(ModelBackend):
    """Django's own, with a limit on wrong passwords that many requests at once cannot pass."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username is None or password is None or "\0" in username:  # nobody is called so; PostgreSQL would stumble
            return None
        slots = take_slots(username, address_of(request))
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            give_back(slots)
        return user
