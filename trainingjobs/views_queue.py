"""The page of the queue."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.requests import PersonRequest
from trainingjobs.queue_page import queue_page


@require_safe
def queue(request: PersonRequest) -> HttpResponse:
    """Who works, what runs, and who starts next; the page asks for itself again every few seconds."""
    now = timezone.now()
    facts = {
        "queue": queue_page(request.user, now),
        "now": now,
        "fair_after_s": settings.FAIR_AFTER_S,
        "needed_mb": settings.MIN_FREE_DISK_MB,
    }
    return render(request, "trainingjobs/queue.html", facts)
