"""The menu: what it shows depends only on who is signed in."""

from django.conf import settings
from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, object]:
    return {"demo": settings.DEMO}
