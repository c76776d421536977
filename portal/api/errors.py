"""The one error shape of the API: RFC 9457 problem details, whatever went wrong and wherever it was noticed."""

import logging
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as BrokenRule
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings

from engine.recipe import RecipeError

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
BUSY = (OperationalError, InterfaceError)  # a lock that nobody let go in time, or no server
BUSY_HEADERS = {"Retry-After": "5"}
WHOLE = {NON_FIELD_ERRORS, api_settings.NON_FIELD_ERRORS_KEY}

# What a broken rule means over HTTP. A code that is not here speaks of a value that was sent: 422.
STATUS_OF_RULE = {
    "not_allowed": status.HTTP_403_FORBIDDEN,
    "priority_not_allowed": status.HTTP_403_FORBIDDEN,
    "own_review": status.HTTP_403_FORBIDDEN,
    "decides_own_demand": status.HTTP_403_FORBIDDEN,
    "too_many_sign_ins": status.HTTP_429_TOO_MANY_REQUESTS,
    "too_many_timings": status.HTTP_429_TOO_MANY_REQUESTS,
    "disk_full": status.HTTP_507_INSUFFICIENT_STORAGE,
    **dict.fromkeys(
        (
            "over_budget",
            "no_budget",
            "no_rate_card",
            "already_ended",
            "already_started",
            "cannot_pause",
            "cannot_retry",
            "changed",
            "not_awaiting",
            "already_posted",
            "period_closed",
            "before_the_books",
            "already_reversed",
            "is_reversal",
            "already_committed",
            "commitment_ended",
            "not_cancellable",
            "reservation_ended",
            "already_released",
            "not_a_draft",
            "overtaken",
            "plan_below_used",
            "already_adjusted",
            "already_used",
            "already_recorded",
            "already_signed",
            "not_newest",
            "already_decided",
            "withdrawn",
            "review_open",
            "not_next_gate",
            "gate_in_use",
            "project_ended",
            "project_on_hold",
            "not_forward",
            "illegal_step",
            "not_a_draft",
            "not_active",
            "not_ended",
            "paused",
            "project_taken",
            "stage_finished",
            "milestone_reached",
            "risk_closed",
            "timing_open",
            "no_approver",
            "token_used",
            "unavailable",
            "other_currency",
        ),
        status.HTTP_409_CONFLICT,
    ),
}
TITLES = {
    400: gettext_lazy("The request could not be read"),
    401: gettext_lazy("Sign in first"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("This method is not offered here"),
    406: gettext_lazy("This format is not offered here"),
    409: gettext_lazy("Not possible as things stand"),
    413: gettext_lazy("The request is too large"),
    415: gettext_lazy("This media type is not accepted here"),
    422: gettext_lazy("Some values were not accepted"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong here"),
    503: gettext_lazy("Not possible at this moment"),
    507: gettext_lazy("No room left"),
}
Fault = dict[str, Any]


def problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: every error leaves through here."""
    if isinstance(error, BrokenRule):
        return _broken_rule(error)
    if isinstance(error, exceptions.ValidationError):
        return _refused_values(error)
    if isinstance(error, exceptions.APIException):
        return _http_error(error)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return respond(404, "not_found", _("There is nothing here that you may see."))
    if isinstance(error, PermissionDenied):
        return respond(403, "permission_denied", _("Your role does not allow this."))
    if isinstance(error, RecipeError):
        return respond(422, error.code, f"{error.message} {error.mend}")
    if isinstance(error, RequestDataTooBig):
        return respond(413, "too_large", _("The body is larger than this server accepts."))
    if isinstance(error, SuspiciousOperation | RecursionError) or type(error) is LookupError:  # no such charset
        return respond(400, "parse_error", _("The request is not JSON in UTF-8, or it is nested too deeply."))
    if isinstance(error, IntegrityError):
        log.warning("a constraint decided", exc_info=error)
        return respond(409, "conflict", _("Somebody changed the same thing at this moment. Read it again and repeat."))
    if isinstance(error, BUSY):
        return busy(error)
    request = getattr(context.get("request"), "path", "?")
    log.error("unexpected error at %s", request, exc_info=error)
    return respond(500, "internal_error", _("The fault is ours and has been logged. Try again later."))


def busy(error: BaseException | None) -> Response:
    """The database lets nobody in at this moment."""
    log.warning("the database did not answer", exc_info=error)
    text = _("The database is busy or cannot be reached. In a few seconds look whether it was done, or repeat it.")
    return respond(503, "busy", text, headers=BUSY_HEADERS)


class Problem(Response):
    """JSON whatever format was asked for: an error in the log's plain text or the schema's YAML helps no program."""

    @property
    def rendered_content(self) -> str:
        self["Content-Type"] = MEDIA_TYPE
        return JSONRenderer().render(self.data).decode()


def respond(
    code_of_status: int,
    code: str,
    detail: str,
    *,
    errors: list[Fault] | None = None,
    figures: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build one problem; the figures of a refusal stand beside its text so that a program need not parse it."""
    body = {
        **{name: _plain(value) for name, value in (figures or {}).items()},
        "type": f"urn:throughline:problem:{code}",
        "title": str(TITLES.get(code_of_status, _("Error"))),
        "status": code_of_status,
        "code": code,
        "detail": _sendable(detail),
        "errors": errors or [],
    }
    return Problem(body, status=code_of_status, headers=dict(headers or {}))


def _broken_rule(error: BrokenRule) -> Response:
    """A verb refused: by field when the rule named fields, else by its own code and figures."""
    if hasattr(error, "error_dict"):
        faults = [
            _fault(None if name in WHOLE else name, each.code or "invalid", each.messages[0])
            for name, several in error.error_dict.items()
            for each in several
        ]
        if {STATUS_OF_RULE.get(fault["code"]) for fault in faults} == {status.HTTP_409_CONFLICT}:
            return _faults(faults, status.HTTP_409_CONFLICT)  # the values are good, the time is not
        return _faults(faults)
    first = error.error_list[0]
    code = first.code or "invalid"
    code_of_status = STATUS_OF_RULE.get(code, status.HTTP_422_UNPROCESSABLE_ENTITY)
    faults = [_fault(None, each.code or "invalid", each.messages[0]) for each in error.error_list]
    conflict = code_of_status in {409, 507}
    return respond(
        code_of_status,
        code,
        " ".join(error.messages),
        errors=faults,
        figures=first.params if conflict and first.params else None,
        headers={"Retry-After": str(first.params["wait_s"])} if code_of_status == 429 and first.params else None,
    )


def _refused_values(error: exceptions.ValidationError) -> Response:
    return _faults([_fault(path or None, code, message) for path, code, message in _flat(error.get_full_details())])


def _faults(faults: list[Fault], code_of_status: int = 422) -> Response:
    """The detail names each field, since many programs show nothing else."""
    detail = " ".join(
        f"{fault['field']}: {fault['message']}" if fault["field"] else fault["message"] for fault in faults
    )
    codes = {fault["code"] for fault in faults}
    is_one = len(codes) == 1 and (code_of_status != 422 or (len(faults) == 1 and not faults[0]["field"]))
    return respond(code_of_status, codes.pop() if is_one else "invalid", detail, errors=faults)


def _http_error(error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = f"{error.wait:.0f}"  # type: ignore[attr-defined]
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    return respond(error.status_code, code, str(error.detail), headers=headers)


def _flat(details: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Walk DRF's nested error details: lines[1].planned becomes `lines.1.planned`."""
    if isinstance(details, Mapping) and isinstance(details.get("message"), str) and set(details) == {"message", "code"}:
        yield path, details["code"], details["message"]
        return
    pairs = details.items() if isinstance(details, Mapping) else enumerate(details)
    listed = isinstance(details, list)
    for key, inner in pairs:
        leaf = listed and isinstance(inner, Mapping) and set(inner) == {"message", "code"}
        below = path if leaf or key in WHOLE else f"{path}.{key}" if path else str(key)
        yield from _flat(inner, below)


def _fault(field: str | None, code: str, message: str) -> Fault:
    return {"field": _sendable(field) if field else None, "code": code, "message": _sendable(str(message))}


def _sendable(text: str) -> str:
    """Half a surrogate pair, quoted from a request, cannot be sent back."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any) -> Any:
    """Amounts are strings: a float would round them."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if isinstance(value, bool | int | str | None) else str(value)
