"""What the money pages draw again and again: bars of a share, and pagers of more than one list on a page."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def share_bar(used: int, whole: int) -> SafeString:
    """A bar filled to the used share; one over its limit is full and bad."""
    share = used / whole if whole > 0 else (1.01 if used > 0 else 0.0)
    return format_html(
        '<span class="gauge"><i style="--to:{}%"{}></i></span>',
        min(100, max(0, round(100 * share))),
        format_html(' data-tone="{}"', "bad") if share > 1 else "",
    )


@register.simple_tag
def parts_bar(line: Any) -> SafeString:
    """A bar of what a line has released: spent, then committed, then reserved; beyond it the bar is bad."""
    used, marks = 0, []
    whole = max(line.released_minor, 1)
    is_over = line.available_minor < 0
    for minor, tone in (
        (line.spent_minor, "bad" if is_over else "ink"),
        (line.committed_minor, "commit"),
        (line.reserved_minor, "stage"),
    ):
        begin = _percent(used, whole)
        used += max(0, minor)
        marks.append((begin, _percent(used, whole) - begin, tone))
    bars = format_html_join("", '<i style="--from:{}%;--to:{}%" data-tone="{}"></i>', marks)
    return format_html('<span class="gauge" data-thick>{}</span>', bars)


def _percent(part: int, whole: int) -> int:
    return min(100, round(100 * part / whole))


@register.inclusion_tag("portal/money/turn.html", takes_context=True)
def turn(context: dict[str, Any], page: Any, parameter: str, place: str) -> dict[str, Any]:
    """A pager whose list has a parameter and a place of its own."""

    def address(number: int) -> str:
        query = context["request"].GET.copy()
        query[parameter] = str(number)
        return f"?{query.urlencode()}#{place}"

    return {
        "page": page,
        "back": address(page.previous_page_number()) if page.has_previous() else "",
        "on": address(page.next_page_number()) if page.has_next() else "",
    }
