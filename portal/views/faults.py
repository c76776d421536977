"""Answers to what no view answered: pages for people, and under /api/ the API's own error shape."""

import sys

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import get_template
from django.views import defaults

from portal.api.errors import BUSY, BUSY_HEADERS, TITLES, busy, respond

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _problem(400, "bad_request") if _is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _problem(403, "permission_denied") if _is_api(request) else defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _problem(404, "not_found") if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """A fault of ours, or a database that lets nobody in: then it is worth trying again."""
    error = sys.exc_info()[1]
    if isinstance(error, BUSY):
        return busy(error).render() if _is_api(request) else _busy_page()
    return _problem(500, "internal_error") if _is_api(request) else defaults.server_error(request)


def _busy_page() -> HttpResponseBase:
    """Without a context: whatever asks the database would wait again."""
    return HttpResponse(get_template("503.html").render(), status=503, headers=BUSY_HEADERS)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API)


def _problem(status: int, code: str) -> HttpResponseBase:
    return respond(status, code, str(TITLES[status])).render()
