"""Signing in, and the colours a person likes."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from people.models import User
from portal.demo.cast import CAST, PASSWORD
from portal.navigation import THEMES

YEAR_S = 365 * 24 * 3600


class SignInForm(AuthenticationForm):
    """Django's form, with the look of every other field."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("Name and password do not fit together. Both mind capitals."),
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


class SignIn(LoginView):
    template_name = "registration/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Wrong is 422, as in every form; too often wrong is 429 and says when to come back."""
        response = super().form_invalid(form)
        locked = [fault for fault in form.non_field_errors().as_data() if fault.code == "too_many_sign_ins"]
        response.status_code = 429 if locked else 422
        if locked:
            response["Retry-After"] = str((locked[0].params or {})["wait_s"])
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context = super().get_context_data(**kwargs)
        return context | {"demo_cast": _one_of_each_role(), "demo_password": PASSWORD} if settings.DEMO else context


def _one_of_each_role() -> list[User]:
    """Who a visitor of the demo may be: the first of the cast in each role."""
    usernames = {person.role: person.username for person in reversed(CAST)}
    return sorted(
        User.objects.filter(username__in=usernames.values()),
        key=lambda user: list(usernames).index(user.role),
        reverse=True,
    )


@require_POST
@login_not_required
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice in a cookie, and go back to the page."""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    theme = request.POST.get("theme", "system")
    response.set_cookie("theme", theme if theme in THEMES else "system", max_age=YEAR_S, samesite="Lax")
    return response
