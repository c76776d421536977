"""The REST face of the boards: the portfolio with its funnel, the health of projects, the money of a scope."""

from collections.abc import Iterable
from datetime import date
from html import unescape
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.money import to_decimal
from finance.sums import COLUMNS, Sums
from people.viewsets import VisibleViewSet
from portal.api.as_of import AS_OF, day_of, project_on
from portal.api.money import CrossingOut, FanOut, fan_of
from portal.boards.ended import Ended, ended_of
from portal.boards.facts import PortfolioFacts, portfolio_facts
from portal.boards.funnel import funnel_of
from portal.boards.headline import Need, headline_of, needs_of
from portal.boards.money import MoneyFacts, money_facts
from portal.boards.rows import ProjectRow, project_rows, row_sums, value_sum
from portal.boards.scope import scope_of
from portal.boards.then import running_then
from portal.boards.unchanged import while_unchanged
from projects.models import Project, Station

STATES = {"bad": "bad", "warn": "warn", "": "neutral", "good": "good"}  # by the tone of the page
PARTS = ("planned", "reserved", "committed", "spent", "used", "left")
BY_GATES = ("released", "held")
MOST_NEEDS = 50
MOST_PARTS = 200


def text_of(minor: int, currency: str) -> str:
    return format(to_decimal(minor, currency), "f")


def plain(text: str) -> str:
    """The words of a sentence of a page."""
    return unescape(strip_tags(text))


class HealthOut(serializers.Serializer):
    """How a project is doing: computed from money, KPI and dates, never typed."""

    project = serializers.CharField()
    title = serializers.CharField()
    on = serializers.DateField()
    station = serializers.ChoiceField(Station.choices)
    status = serializers.ChoiceField(Project.Status.choices)
    due_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(list(STATES.values()))
    word = serializers.CharField(help_text="The state in a word.")
    reason = serializers.CharField(help_text="The gravest thing that is true, as the end of a sentence.")
    currency = serializers.CharField()
    planned = serializers.CharField()
    reserved = serializers.CharField(help_text="Held for jobs that wait or run.")
    committed = serializers.CharField(help_text="Ordered and not invoiced yet.")
    spent = serializers.CharField(help_text="What the ledger holds.")
    used = serializers.CharField(help_text="Spent, committed and reserved.")
    left = serializers.CharField(help_text="Negative when the budget is exceeded.")
    kpi = serializers.IntegerField(allow_null=True, help_text="The one by which health is judged.")
    reached = serializers.CharField(
        allow_null=True, help_text="Share of the way from baseline to target; negative is the wrong way."
    )
    net_value = serializers.CharField(allow_null=True, help_text="A year, by the value contract.")
    net_value_currency = serializers.CharField(allow_null=True)
    is_hypothesis = serializers.BooleanField(allow_null=True, help_text="Whether finance has not signed it.")


def _health(row: ProjectRow, on: date) -> dict[str, Any]:
    project, money, value, health = row.project, row.money, row.value, row.health
    return {
        "project": project.key,
        "title": project.title,
        "on": on,
        "station": row.station.value,
        "status": project.status,
        "due_on": project.due_on,
        "state": STATES[health.tone],
        "word": health.word,
        "reason": health.reason,
        "currency": money.currency,
        **{name: text_of(getattr(money, name), money.currency) for name in PARTS},
        "kpi": row.kpi.pk if row.kpi else None,
        "reached": None if row.reached is None else f"{row.reached:.4f}",
        "net_value": text_of(value.net_minor, value.currency) if value else None,
        "net_value_currency": value.currency if value else None,
        "is_hypothesis": value.is_hypothesis if value else None,
    }


class HealthViewSet(VisibleViewSet):
    """How projects are doing, each with its reason."""

    queryset = Project.objects.with_people()
    serializer_class = HealthOut
    filterset_class = None
    scope = "portfolio"
    lookup_field = "key"
    past = {"list": "project-health/", "health": "projects/{key}/health/"}

    @extend_schema(parameters=[AS_OF])
    def list(self, request: Request) -> Response:
        """Those that run or rest, or did at the end of a past day, by key."""
        asked = day_of(request)
        visible = Project.objects.visible_to(self.person)
        projects: Any = running_then(visible, asked.on) if asked.on else visible.running().with_people()
        on = asked.on or asked.today
        rows = project_rows(self.paginate_queryset(projects) or (), on, asked.on)
        return self.get_paginated_response(HealthOut([_health(row, on) for row in rows], many=True).data)

    @extend_schema(parameters=[AS_OF], responses=HealthOut)
    def health(self, request: Request, key: str) -> Response:
        """The health of one project, of ended ones too."""
        project, asked = project_on(request, self.get_object())
        on = asked.on or asked.today
        (row,) = project_rows([project], on, asked.on)
        return Response(HealthOut(_health(row, on)).data)


class StateCountOut(serializers.Serializer):
    bad = serializers.IntegerField()
    warn = serializers.IntegerField()
    neutral = serializers.IntegerField()
    good = serializers.IntegerField()


class FunnelStepOut(serializers.Serializer):
    station = serializers.ChoiceField(Station.choices)
    reached = serializers.IntegerField(help_text="Projects that came this far.")
    here = serializers.IntegerField(help_text="Projects that are here now.")
    released = serializers.CharField(help_text="To the projects that are here.")
    held = serializers.CharField(help_text="Approved for them and behind gates.")
    spent = serializers.CharField(help_text="By the projects that are here.")
    left = serializers.CharField()


class NeedOut(serializers.Serializer):
    title = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(list(STATES.values()))
    word = serializers.CharField()
    url = serializers.CharField(help_text="The page where it can be done.")


class EndedOut(serializers.Serializer):
    count = serializers.IntegerField(help_text="Projects that were killed or completed.")
    spent = serializers.CharField()


class PortfolioBoardOut(serializers.Serializer):
    """The projects that run, in the currency of the house; budgets in another one are left out of the sums."""

    on = serializers.DateField()
    headline = serializers.CharField(help_text="On course or not, the worth, the spending and who is not on course.")
    currency = serializers.CharField()
    projects = serializers.IntegerField()
    states = StateCountOut(help_text="Projects by their health.")
    planned = serializers.CharField()
    reserved = serializers.CharField(help_text="Held for jobs that wait or run.")
    committed = serializers.CharField(help_text="Ordered and not invoiced yet.")
    spent = serializers.CharField(help_text="What the ledger holds.")
    used = serializers.CharField(help_text="Spent, committed and reserved.")
    left = serializers.CharField()
    released = serializers.CharField(help_text="What gates let through, and all of a budget without tranches.")
    held = serializers.CharField(help_text="Approved and not released yet.")
    net_value = serializers.CharField(help_text="A year, of all value contracts in force.")
    net_value_hypothesis = serializers.CharField(help_text="The part of it that finance has not signed.")
    funnel = FunnelStepOut(many=True)
    ended = EndedOut()
    needs = NeedOut(many=True, help_text="What waits for somebody, the gravest first: 50 at most.")


class PortfolioBoardViewSet(VisibleViewSet):
    """The portfolio that the client sees."""

    queryset = Project.objects.none()
    serializer_class = PortfolioBoardOut
    filterset_class = None
    scope = "portfolio"
    past = {"read": "portfolio/"}

    @extend_schema(parameters=[AS_OF], responses=PortfolioBoardOut)
    def read(self, request: Request) -> Response:
        """Its headline, sums and funnel, and what needs somebody; of now or as known at the end of a past day."""
        asked, now = day_of(request), timezone.now()
        facts, ended = while_unchanged(
            ("portfolio-sums", asked.on),
            self.person,
            asked.today,
            lambda: (portfolio_facts(self.person, now, asked.on), ended_of(self.person, asked.on)),
        )
        needs = needs_of(facts, self.person)[:MOST_NEEDS]
        return Response(PortfolioBoardOut(_portfolio(facts, ended, needs)).data)


def _portfolio(facts: PortfolioFacts, ended: Ended, needs: Iterable[Need]) -> dict[str, Any]:
    currency, states = facts.currency, [STATES[row.health.tone] for row in facts.rows]
    sums = row_sums(facts.rows, currency)
    return {
        "on": facts.on or facts.today,
        "headline": plain(headline_of(facts)),
        "currency": currency,
        "projects": len(facts.rows),
        "states": {state: states.count(state) for state in STATES.values()},
        **{name: text_of(getattr(sums, name), currency) for name in (*PARTS, *BY_GATES)},
        "net_value": text_of(value_sum(facts.rows, currency), currency),
        "net_value_hypothesis": text_of(value_sum(facts.rows, currency, hypothesis=True), currency),
        "funnel": [
            {
                "station": step.station.value,
                "reached": step.reached,
                "here": step.here,
                **_at_station(facts, step.station),
            }
            for step in funnel_of(facts).steps
        ],
        "ended": {"count": ended.count, "spent": text_of(ended.spent_minor, ended.currency)},
        "needs": [
            {
                "title": need.title,
                "text": plain(need.text),
                "state": STATES[need.tone],
                "word": need.word,
                "url": need.url,
            }
            for need in needs
        ],
    }


def _at_station(facts: PortfolioFacts, station: Station) -> dict[str, str]:
    sums = row_sums([row for row in facts.rows if row.station is station], facts.currency)
    return {name: text_of(getattr(sums, name), facts.currency) for name in (*BY_GATES, "spent", "left")}


class SumsOut(serializers.Serializer):
    planned = serializers.CharField()
    released = serializers.CharField()
    reserved = serializers.CharField()
    committed = serializers.CharField()
    spent = serializers.CharField()
    available = serializers.CharField(help_text="Released less reservations, commitments and actuals.")


class CategorySumsOut(SumsOut):
    category = serializers.CharField()


class PartSumsOut(SumsOut):
    name = serializers.CharField()
    query = serializers.CharField(help_text="The parameter of this address that leads one level down.")


class MonthSpentOut(serializers.Serializer):
    month = serializers.DateField(help_text="Its first day.")
    spent = serializers.CharField()
    by_category = serializers.DictField(child=serializers.CharField())


class RateVarianceOut(serializers.Serializer):
    until_order = serializers.CharField(help_text="What the rate had changed between budget and order.")
    since = serializers.CharField(help_text="What it changed since the order, or since the budget without one.")
    together = serializers.CharField()


class MoneyBoardOut(serializers.Serializer):
    """The budgets of a scope in the currency of the house."""

    on = serializers.DateField()
    scope = serializers.CharField(help_text="Empty: everything that the client sees.")
    currency = serializers.CharField()
    sums = SumsOut()
    by_category = CategorySumsOut(many=True)
    parts = PartSumsOut(many=True, help_text="The next level down, the dearest 200.")
    months = MonthSpentOut(many=True)
    fan = FanOut(many=True, help_text="What will have been spent in all; empty without a forecast.")
    limit_crossed = CrossingOut(allow_null=True)
    reason = serializers.CharField(help_text="Why there is no forecast; empty where there is one.")
    variance = RateVarianceOut(help_text="What exchange rates alone have cost since money was planned.")
    other_currencies = serializers.ListField(
        child=serializers.CharField(), help_text="In which further budgets of the scope are kept; not in the sums."
    )


class MoneyBoardViewSet(VisibleViewSet):
    """The money of everything, of a portfolio, a programme or a project."""

    queryset = Project.objects.none()
    serializer_class = MoneyBoardOut
    filterset_class = None
    scope = "finance.budgets"
    past = {"read": "money/"}

    @extend_schema(
        parameters=[
            AS_OF,
            OpenApiParameter("project", str, description="Key of a project."),
            OpenApiParameter("programme", int, description="Number of a programme."),
            OpenApiParameter("portfolio", int, description="Number of a portfolio."),
        ],
        responses=MoneyBoardOut,
    )
    def read(self, request: Request) -> Response:
        """Sums, months and the forecast; of now or as known at the end of a past day."""
        asked, now = day_of(request), timezone.now()
        try:
            scope = scope_of(request.query_params, self.person, asked.on)
        except Http404:
            text = _("There is no such project, programme or portfolio that you may see.")
            raise serializers.ValidationError(text, code="does_not_exist") from None
        facts = while_unchanged(
            ("money", scope.query, asked.on),
            self.person,
            asked.today,
            lambda: money_facts(self.person, scope, now, asked.on),
        )
        return Response(MoneyBoardOut(_money(facts)).data)


def _sums(sums: Sums, currency: str) -> dict[str, str]:
    return {name: text_of(getattr(sums, name), currency) for name in (*COLUMNS, "available")}


def _money(facts: MoneyFacts) -> dict[str, Any]:
    currency = facts.currency
    return {
        "on": facts.on or facts.today,
        "scope": facts.scope.name,
        "currency": currency,
        "sums": _sums(facts.sums, currency),
        "by_category": [{"category": name, **_sums(sums, currency)} for name, sums in facts.by_category.items()],
        "parts": [
            {"name": part.name, "query": part.query, **_sums(part.sums, currency)} for part in facts.parts[:MOST_PARTS]
        ],
        "months": [
            {
                "month": month,
                "spent": text_of(sum(parts.values()), currency),
                "by_category": {category: text_of(minor, currency) for category, minor in parts.items()},
            }
            for month, parts in facts.months.items()
        ],
        **fan_of(facts.outlook, currency),
        "variance": {
            name: text_of(getattr(facts.fx_variance, name), currency) for name in ("until_order", "since", "together")
        },
        "other_currencies": list(facts.others),
    }
