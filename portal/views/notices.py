"""What a person should know: the page of notices, the bell in the header, and whether mails go out as well."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people.models import Notice
from people.notices import choose_mail, mark_all_read, mark_read
from people.requests import PersonRequest

ON_A_PAGE = 25


@require_safe
def notices(request: PersonRequest) -> HttpResponse:
    """All notices of this person, unread ones first."""
    mine = Notice.objects.visible_to(request.user)
    only_unread = request.GET.get("show") == "unread"
    found = mine.unread() if only_unread else mine
    return render(
        request,
        "portal/notices.html",
        {
            "page": Paginator(found.unread_first(), ON_A_PAGE).get_page(request.GET.get("page")),
            "unread": mine.unread().count(),
            "only_unread": only_unread,
            "sends_mail": settings.SENDS_MAIL,
        },
    )


@require_safe
def notice(request: PersonRequest, pk: int) -> HttpResponse:
    """Opening a notice reads it and leads to the page it is about."""
    row = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    mark_read(notice=row)
    return HttpResponseRedirect(row.url)


@require_safe
def bell(request: PersonRequest) -> HttpResponse:
    """The bell alone, asked for now and then by every open page."""
    return render(request, "components/bell.html")


@require_POST
def read_all(request: PersonRequest) -> HttpResponse:
    mark_all_read(by=request.user)
    return redirect("notices")


@require_POST
def mail(request: PersonRequest) -> HttpResponse:
    """Mails on or off, for this person."""
    wanted = request.POST.get("mail_notices") == "on"
    choose_mail(by=request.user, mail_notices=wanted)
    messages.success(
        request,
        _("Notices also go out by mail from now on.") if wanted else _("Notices no longer go out by mail."),
    )
    return redirect("notices")
