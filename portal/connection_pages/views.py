"""Systems that come in by REST, and addresses that are told about events. For managers, finance and admins."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from people.clients import add_client, revoke_client, rotate_client
from people.models import ServiceClient, WebhookDelivery, WebhookEndpoint
from people.permissions import may_act, may_connect, roles_to_give
from people.requests import PersonRequest
from people.webhooks import (
    add_webhook,
    pause_webhook,
    ping_webhook,
    replay_delivery,
    resume_webhook,
    rotate_webhook,
)
from portal.connection_pages.forms import ClientForm, WebhookForm

ON_A_PAGE = 25


def _demand_may_connect(request: PersonRequest) -> None:
    if not may_connect(request.user):
        raise PermissionDenied(_("Managers, finance and admins connect other systems. Ask one of them."))


def _secret(request: PersonRequest, name: str, secret: str, *, client: ServiceClient | None = None) -> HttpResponse:
    """The one page that shows a secret; nobody can open it again."""
    return render(request, "portal/connections/secret.html", {"name": name, "secret": secret, "client": client})


@never_cache
def clients(request: PersonRequest) -> HttpResponse:
    """Every system that may come in, and the form for another one."""
    _demand_may_connect(request)
    form = ClientForm(request.POST or None, by=request.user)
    if form.is_valid():
        try:
            client, secret = add_client(**form.cleaned_data, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return _secret(request, client.name, secret, client=client)
    rows = ServiceClient.objects.with_last_token().select_related("user", "application", "created_by", "kept_by")
    page = Paginator(rows.order_by("revoked_at", "name"), ON_A_PAGE).get_page(request.GET.get("page"))
    idle = {client.pk for client in page if not may_act(client)}
    facts = {"form": form, "page": page, "roles": roles_to_give(request.user), "idle": idle}
    return render(request, "portal/connections/clients.html", facts, status=422 if form.errors else 200)


@require_POST
@never_cache
def client_rotate(request: PersonRequest, pk: int) -> HttpResponse:
    """A new secret for a client, shown once."""
    _demand_may_connect(request)
    client = get_object_or_404(ServiceClient.objects.select_related("user", "application"), pk=pk)
    try:
        return _secret(request, client.name, rotate_client(client=client, by=request.user), client=client)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("clients")


@require_POST
def client_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    _demand_may_connect(request)
    client = get_object_or_404(ServiceClient.objects.select_related("user", "application"), pk=pk)
    try:
        revoke_client(client=client, at=timezone.now(), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(name)s is shut out.") % {"name": client.name})
    return redirect("clients")


@never_cache
def webhooks(request: PersonRequest) -> HttpResponse:
    """Every address that is told, and the form for another one."""
    _demand_may_connect(request)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            endpoint, secret = add_webhook(**form.cleaned_data, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            return _secret(request, endpoint.url, secret)
    rows = WebhookEndpoint.objects.select_related("created_by").with_deliveries().order_by("pk")
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    facts = {"form": form, "page": page}
    return render(request, "portal/connections/webhooks.html", facts, status=422 if form.errors else 200)


@require_safe
def webhook(request: PersonRequest, pk: int) -> HttpResponse:
    """What an address was told, newest first, with its answers."""
    _demand_may_connect(request)
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    page = Paginator(endpoint.deliveries.all(), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/connections/webhook.html", {"endpoint": endpoint, "page": page})


def _rotate(request: PersonRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    return _secret(request, endpoint.url, rotate_webhook(endpoint=endpoint, at=timezone.now(), by=request.user))


def _pause(request: PersonRequest, endpoint: WebhookEndpoint) -> None:
    pause_webhook(endpoint=endpoint, by=request.user)
    messages.success(request, _("Nothing more is sent there until it is resumed."))


def _resume(request: PersonRequest, endpoint: WebhookEndpoint) -> None:
    resume_webhook(endpoint=endpoint, at=timezone.now(), by=request.user)
    messages.success(request, _("Events are sent there again, first those that waited."))


def _ping(request: PersonRequest, endpoint: WebhookEndpoint) -> None:
    ping_webhook(endpoint=endpoint, at=timezone.now(), by=request.user)
    messages.success(request, _("A test event is on its way; its answer stands in the log in a few seconds."))


ACTS: dict[str, Callable[[PersonRequest, WebhookEndpoint], HttpResponse | None]] = {
    "rotate": _rotate,
    "pause": _pause,
    "resume": _resume,
    "ping": _ping,
}


@require_POST
@never_cache
def webhook_act(request: PersonRequest, pk: int, act: str) -> HttpResponse:
    """Rotate the secret, pause, resume, or send a test event."""
    _demand_may_connect(request)
    if act not in ACTS:
        raise Http404
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    try:
        shown = ACTS[act](request, endpoint)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        shown = None
    return shown or redirect("webhook", pk)


@require_POST
def delivery_replay(request: PersonRequest, pk: int) -> HttpResponse:
    _demand_may_connect(request)
    delivery = get_object_or_404(WebhookDelivery, pk=pk)
    try:
        replay_delivery(delivery=delivery, at=timezone.now(), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The event is sent once more, with the same id."))
    return redirect("webhook", delivery.endpoint_id)
