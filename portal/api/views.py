"""The addresses beside the faces: the documentation page, and what is not there."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


@require_safe
@ensure_csrf_cookie  # "Try it out" sends it back
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own files: its usual page starts by an inline script, which our policy refuses."""
    return render(request, "api/docs.html")


class PermanentRedirect(HttpResponsePermanentRedirect):
    status_code = 308  # unlike 301, the client repeats the method and the body


class NothingHere(APIView):
    """Any other address: a problem instead of a page; a forgotten last slash is put right."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.path.endswith("/"):
            try:
                known = resolve(f"{request.path}/").url_name != "nothing-here"
            except Resolver404:
                known = False
            if known:
                return PermanentRedirect(request.get_full_path(force_append_slash=True))
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(_("There is nothing at this address. /api/docs/ lists all of them."))
