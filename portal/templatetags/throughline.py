"""The small pieces that every template is made of: icons, pills, figures, numbers, "explain this"."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from portal import wording
from projects.models import Station

register = template.Library()

FLIPPED = frozenset({"next", "up", "dn", "flat", "exit"})  # icons that point or trend mirror from right to left
SCRIPT_SAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.filter
def last_day(end: date) -> date:
    """The last day of a span whose end is exclusive: what people call its end."""
    return end - timedelta(days=1)


for name in (
    "number",
    "short",
    "percent",
    "signed",
    "byte_size",
    "seconds",
    "day",
    "in_unit",
    "spoken",
    "told",
    "kind_of_row",
):
    register.filter(name, getattr(wording, name))
register.simple_tag(wording.money_minor, name="money_minor")
register.simple_tag(wording.money_micro, name="money_micro")
register.simple_tag(wording.target_in_unit, name="target_in_unit")


@register.simple_tag
def icon(name: str) -> SafeString:
    """One symbol of the sprite; decoration only, so the word beside it carries the meaning."""
    flip = mark_safe(" data-flip") if name in FLIPPED else ""
    return format_html(
        '<svg class="i" aria-hidden="true"{}><use href="{}#{}"/></svg>', flip, static("icons/sprite.svg"), name
    )


@register.simple_tag
def pill(word: str, tone: str = "", symbol: str = "") -> SafeString:
    """A state: icon and word first, colour third. The symbol `live` is the pulsing dot."""
    mark = mark_safe('<i class="live" aria-hidden="true"></i>') if symbol == "live" else icon(symbol) if symbol else ""
    return format_html(
        '<span class="pill"{}>{}{}</span>', format_html(' data-tone="{}"', tone) if tone else "", mark, word
    )


@register.simple_tag
def why(url: str, text: str, label: str = "") -> SafeString:
    """A number that explains itself: a link without script, the explanation beside the page with it."""
    return format_html(
        '<a class="why" href="{}" hx-get="{}" hx-target="#explain"{}>{}</a>',
        url,
        url,
        format_html(' aria-label="{}"', label) if label else "",
        text,
    )


@register.simple_tag(takes_context=True)
def why_today(context: dict[str, Any], url: str, text: str) -> SafeString | str:
    """A figure whose explanation is that of today: on a past day it stands without one."""
    asked = context.get("asked")
    return text if asked and asked.on else why(url, text)


@register.simple_tag(takes_context=True)
def why_at(context: dict[str, Any], text: str, name: str, *where: Any, filters: str = "") -> SafeString:
    """A figure whose explanation lies at a named address, with the filters of its page and as of the same day."""
    asked = context.get("asked")
    query = "&".join(filter(None, (filters, f"as_of={asked.on.isoformat()}" if asked and asked.on else "")))
    return why(reverse(name, args=where) + (f"?{query}" if query else ""), text)


@register.simple_tag
def figure(name: str, drawing: Any, alt: str = "", height: str = "280px") -> SafeString:
    """A chart: its JSON as a data block and the box that charts.js draws it into."""
    text = (
        drawing if isinstance(drawing, str) else json.dumps(drawing) if isinstance(drawing, dict) else drawing.to_json()
    )
    return format_html(
        '<div class="plot" style="--h:{}" data-figure="{}" role="img" aria-label="{}"></div>'
        '<script type="application/json" id="{}">{}</script>',
        height,
        name,
        alt,
        name,
        mark_safe(text.translate(SCRIPT_SAFE)),  # noqa: S308
    )


@register.simple_tag
def dots(station: str) -> SafeString:
    """The line in miniature, with the station's name under it."""
    here = Station(station)
    marks = "".join(
        '<i class="on"></i>' if step.position < here.position else '<i class="at"></i>' if step is here else "<i></i>"
        for step in Station
    )
    return format_html('<span class="dots" aria-hidden="true">{}</span><small>{}</small>', mark_safe(marks), here.label)  # noqa: S308


@register.simple_tag
def spark(values: Sequence[float], aim: float | None = None, alt: str = "") -> SafeString:
    """A sparkline in inline SVG, with the target as a dotted line and the last point marked."""
    if len(values) < 2:
        return format_html('<svg class="spark" viewBox="0 0 180 34" role="img" aria-label="{}"></svg>', alt)
    known = [*values, aim] if aim is not None else list(values)
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    height = lambda value: 30 - 26 * (value - low) / span if high > low else 17.0  # noqa: E731
    points = [f"{3 + 174 * index / (len(values) - 1):.1f},{height(value):.1f}" for index, value in enumerate(values)]
    line = "M" + " ".join(points)
    goal = format_html('<path class="aim" d="M3,{} H177"/>', f"{height(aim):.1f}") if aim is not None else ""
    return format_html(
        '<svg class="spark" viewBox="0 0 180 34" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="area" d="{} V34 H3 Z"/>'
        '{}<path d="{}"/><path d="M{}h.01" style="stroke:var(--line);stroke-width:7"/></svg>',
        alt,
        line,
        goal,
        line,
        points[-1],
    )


@register.inclusion_tag("components/empty.html")
def empty(fact: str, hope: str, url: str = "", action: str = "") -> dict[str, str]:
    """What is absent, what would be here, and the next action."""
    return {"fact": fact, "hope": hope, "url": url, "action": action}


@register.inclusion_tag("components/field.html")
def field(bound: Any, kind: str = "") -> dict[str, Any]:
    """One form field: label with limits, input, help or what is wrong."""
    return {"field": bound, "kind": kind}


@register.simple_tag(takes_context=True)
def as_of(context: dict[str, Any]) -> str:
    """The same day for another address: nothing for today."""
    asked = context.get("asked")
    return f"?as_of={asked.on.isoformat()}" if asked and asked.on else ""


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """The address of this page with some parameters changed; an empty one disappears."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = value
    return f"?{query.urlencode()}"
