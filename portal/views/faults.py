"""Answers to what no view answered: pages for people, and under /api/ the API's own error shape."""

from django.http import HttpRequest, HttpResponseBase
from django.views import defaults

from portal.api.errors import TITLES, respond

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _problem(400, "bad_request") if _is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _problem(403, "permission_denied") if _is_api(request) else defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _problem(404, "not_found") if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    return _problem(500, "internal_error") if _is_api(request) else defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API)


def _problem(status: int, code: str) -> HttpResponseBase:
    return respond(status, code, str(TITLES[status])).render()
