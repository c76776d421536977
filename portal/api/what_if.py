"""The REST face of what if: the portfolio as it is, as asked, and the best there is under the same caps."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as BrokenRule
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.serializers import AmountIn, minor_units
from outcomes.choice import Choice
from people.serializers import Input
from people.viewsets import VisibleViewSet
from portal.api.boards import text_of
from portal.boards.after_risk import HORIZON_MONTHS, RATE_BP
from portal.boards.unchanged import while_unchanged
from portal.boards.what_if import (
    DELAYS,
    MOST_RATE_BP,
    MOST_ROWS,
    Asked,
    Option,
    WhatIf,
    weigh,
    what_if,
)
from projects.models import Project

DELAY = r"^[A-Z0-9]{2,8}:-?[0-9]{1,2}$"


def _keys(about: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=8), default=list, help_text=about)


class WhatIfIn(Input):
    portfolio = serializers.IntegerField(
        min_value=1, default=None, allow_null=True, help_text=gettext_lazy("Only its projects; all when left out.")
    )
    out = _keys(gettext_lazy("Keys of projects that are taken out; may be repeated."))
    keep = _keys(gettext_lazy("Keys of projects that the best portfolio must keep; may be repeated."))
    delay = serializers.ListField(
        child=serializers.RegexField(DELAY, max_length=12),
        default=list,
        help_text=gettext_lazy(
            "KEY:MONTHS, a project that begins up to 24 months later or, with a minus, up to 6 earlier, though never "
            "before today; may be repeated."
        ),
    )
    money = AmountIn(
        default=None, allow_null=True, help_text=gettext_lazy("At most this cost to go; no cap when left out.")
    )
    people = serializers.DecimalField(
        max_digits=7,
        decimal_places=1,
        min_value=0,
        default=None,
        allow_null=True,
        help_text=gettext_lazy("At most so many full-time people; no cap when left out."),
    )
    rate_percent = serializers.DecimalField(
        max_digits=4,
        decimal_places=2,
        min_value=0,
        max_value=MOST_RATE_BP // 100,
        default=Decimal(RATE_BP) / 100,
        help_text=gettext_lazy("What a year is discounted by."),
    )
    best = serializers.BooleanField(
        default=False, help_text=gettext_lazy("Work out the portfolio of most worth under the caps.")
    )


class ChoiceOut(serializers.Serializer):
    projects = serializers.ListField(child=serializers.CharField(), help_text="Their keys.")
    value = serializers.CharField(help_text="Net value over the horizon after risk, in today's money.")
    cost = serializers.CharField(help_text="What is still to spend.")
    people = serializers.FloatField(help_text="Full-time people.")
    is_proven = serializers.BooleanField(help_text="False: the time ran out, so a better choice may exist.")


class OptionOut(serializers.Serializer):
    project = serializers.CharField()
    title = serializers.CharField()
    value = serializers.CharField()
    cost = serializers.CharField()
    people = serializers.FloatField()
    p_percent = serializers.IntegerField(help_text="Probability that the stages ahead succeed.")
    begins_in = serializers.IntegerField(help_text="Months until the model works, moved as asked.")
    delay = serializers.IntegerField()
    is_measured = serializers.BooleanField(help_text="By a finished run and a contract; else by its business case.")
    is_in = serializers.BooleanField()
    is_kept = serializers.BooleanField()


class WhatIfOut(serializers.Serializer):
    """Three portfolios under one measure."""

    currency = serializers.CharField()
    horizon_months = serializers.IntegerField()
    rate_percent = serializers.FloatField(help_text="What a year is discounted by.")
    options = OptionOut(many=True, help_text="The projects that are worth something, the 100 of most value.")
    now = ChoiceOut(help_text="As it is.")
    yours = ChoiceOut(help_text="As asked.")
    best = ChoiceOut(allow_null=True, help_text="Null when not asked for, or where no choice keeps to the caps.")
    no_choice = serializers.CharField(help_text="Why there is no best portfolio; else empty.")
    added = serializers.ListField(child=serializers.CharField(), help_text="Keys that the best has and yours has not.")
    dropped = serializers.ListField(
        child=serializers.CharField(), help_text="Keys that yours has and the best has not."
    )


class WhatIfViewSet(VisibleViewSet):
    """What if projects were stopped, moved, or chosen anew. Nothing is changed."""

    queryset = Project.objects.running().with_people()
    serializer_class = WhatIfOut
    filterset_class = None
    scope = "portfolio"

    @extend_schema(parameters=[WhatIfIn], responses=WhatIfOut)
    def read(self, request: Request) -> Response:
        """The portfolio as it is, as asked, and the best under caps on money and people."""
        given = WhatIfIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked, today = given.validated_data, timezone.localdate()
        weighed = while_unchanged(
            ("what-if", str(asked["portfolio"] or "")), self.person, today, lambda: self._weighed(asked, today)
        )
        question = _question(asked, {each.row.project.key for each in weighed})
        return Response(WhatIfOut(_told(what_if(weighed, question, settings.CURRENCY), question)).data)

    def _weighed(self, asked: dict[str, Any], today: date) -> Any:
        projects = self.get_queryset()
        if asked["portfolio"]:
            projects = projects.filter(portfolio=asked["portfolio"])
        return weigh(projects, settings.CURRENCY, today)


def _question(asked: dict[str, Any], known: set[str]) -> Asked:
    """What was asked, about projects that are weighed; another one is named with its place."""
    delays = {key: int(months) for key, months in (each.split(":") for each in asked["delay"])}
    for field, keys in (("out", asked["out"]), ("keep", asked["keep"]), ("delay", delays)):
        for key in keys:
            if key not in known:
                text = _("%(key)s is no project of this question: it is not seen, has ended or is worth nothing yet.")
                raise BrokenRule({field: BrokenRule(text, code="does_not_exist", params={"key": key})})
    if not all(DELAYS[0] <= months <= DELAYS[-1] for months in delays.values()):
        text = _("A project is moved by %(later)s months later or %(earlier)s months earlier at most.")
        limits = {"later": DELAYS[-1], "earlier": -DELAYS[0]}
        raise BrokenRule({"delay": BrokenRule(text, code="out_of_range", params=limits)})
    money, people = asked["money"], asked["people"]
    return Asked(
        out=frozenset(asked["out"]),
        kept=frozenset(asked["keep"]),
        delays=delays,
        money_minor=None if money is None else minor_units("money", money, settings.CURRENCY),
        people_tenths=None if people is None else int(people * 10),
        wants_best=asked["best"],
        rate_bp=int(asked["rate_percent"] * 100),
    )


def _told(found: WhatIf, question: Asked) -> dict[str, Any]:
    best = found.best_choice
    return {
        "currency": found.currency,
        "horizon_months": HORIZON_MONTHS,
        "rate_percent": question.rate_bp / 100,
        "options": [_option(option, found.currency) for option in found.options[:MOST_ROWS]],
        "now": _choice(found.now, found.currency),
        "yours": _choice(found.yours, found.currency),
        "best": _choice(best, found.currency) if best else None,
        "no_choice": found.no_choice,
        "added": sorted(best.keys - found.yours.keys) if best else [],
        "dropped": sorted(found.yours.keys - best.keys) if best else [],
    }


def _choice(choice: Choice, currency: str) -> dict[str, Any]:
    return {
        "projects": sorted(choice.keys),
        "value": text_of(choice.value_minor, currency),
        "cost": text_of(choice.cost_minor, currency),
        "people": choice.people,
        "is_proven": choice.is_proven,
    }


def _option(option: Option, currency: str) -> dict[str, Any]:
    candidate = option.candidate
    return {
        "project": candidate.key,
        "title": option.row.project.title,
        "value": text_of(candidate.value_minor, currency),
        "cost": text_of(candidate.cost_minor, currency),
        "people": candidate.people,
        "p_percent": option.p_percent,
        "begins_in": option.begins_in,
        "delay": option.delay,
        "is_measured": option.is_measured,
        "is_in": option.is_in,
        "is_kept": option.is_kept,
    }
