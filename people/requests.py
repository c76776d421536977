"""The request of somebody who has signed in; the sign-in wall (LoginRequiredMiddleware) sees to it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from people.models import User


class PersonRequest(HttpRequest):
    """For annotations: behind the wall `user` is a person, never anonymous."""

    user: User
    htmx: HtmxDetails
