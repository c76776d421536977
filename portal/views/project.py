from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def board(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return render(request, "base.html")


export = projects = page = kpi = board
