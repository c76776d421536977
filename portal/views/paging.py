"""One page of a list whose rows are read at once, so that it may be kept."""

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


def page_of(rows: QuerySet, number: str | None, on_a_page: int) -> Page:
    page = Paginator(rows, on_a_page).get_page(number)
    page.object_list = list(page.object_list)
    return page
