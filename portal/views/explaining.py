"""One door to every explanation: a part for htmx, a page of its own without, and the same by REST."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.http import require_safe

from outcomes.explain import Explanation
from people.models import User
from people.requests import PersonRequest
from portal.boards.asked_day import AskedDay, asked_day


@dataclass(frozen=True)
class Ask:
    """Who asks why, with which filters, and as of which day."""

    user: User
    query: Mapping[str, str]
    now: datetime
    asked: AskedDay

    @classmethod
    def of(cls, user: User, query: Mapping[str, str]) -> "Ask":
        now = timezone.now()
        return cls(user, query, now, asked_day(query, timezone.localdate(now)))

    @property
    def on(self) -> date | None:
        """The past day, or nothing for today."""
        return self.asked.on

    @property
    def day(self) -> date:
        return self.asked.on or self.asked.today


Resolver = Callable[..., Explanation]


def explains(resolver: Resolver) -> Callable[..., HttpResponse]:
    """A page out of a resolver; what is not there for the person, `ObjectDoesNotExist` or `Http404`, is a 404."""

    @require_safe
    @wraps(resolver)
    def page(request: PersonRequest, **figure: Any) -> HttpResponse:
        ask = Ask.of(request.user, request.GET)
        if ask.asked.fault:
            return HttpResponse(ask.asked.fault, status=422, content_type="text/plain; charset=utf-8")
        template = "components/explain.html" if request.htmx else "outcomes/explanation.html"
        return render(request, template, {"explanation": _resolved(resolver, ask, figure)})

    page.resolver = resolver  # type: ignore[attr-defined]
    return page


def _resolved(resolver: Resolver, ask: Ask, figure: Mapping[str, Any]) -> Explanation:
    try:
        return resolver(ask, **figure)
    except ObjectDoesNotExist as error:
        raise Http404 from error


def explanation_at(address: str, user: User) -> tuple[Ask, Callable[[], Explanation]]:
    """What the dialog of a page asks at an address, and how it is answered; another address is a 404."""
    try:
        parts = urlsplit(address)
        found = resolve(parts.path)
    except (Resolver404, ValueError) as error:
        raise Http404 from error
    resolver = getattr(found.func, "resolver", None)
    if resolver is None:
        raise Http404
    ask = Ask.of(user, QueryDict(parts.query))
    return ask, lambda: _resolved(resolver, ask, found.kwargs)
