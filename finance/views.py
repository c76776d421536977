"""The prices of machine time, for everybody to read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finance.models import RateCard


def rate_cards(request: HttpRequest) -> HttpResponse:
    """Every version, with the one that prices work today marked."""
    return render(
        request,
        "finance/rate_cards.html",
        {
            "cards": RateCard.objects.order_by("-valid_from", "-version"),
            "in_force": RateCard.objects.in_force(timezone.localdate()),
        },
    )
