"""The REST face of the limit of a project: the price above which a manager decides on a job."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.money import to_decimal
from finance.serializers import AmountIn, minor_units
from people.idempotency import idempotent
from people.serializers import Input
from people.viewsets import VisibleViewSet
from projects.models import Project
from projects.permissions import may_set_threshold
from projects.services import set_approval_threshold


class ThresholdOut(serializers.Serializer):
    project = serializers.CharField()
    amount = serializers.CharField(allow_null=True, help_text=gettext_lazy("Null: every job passes."))
    currency = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("That of the newest budget; null without one.")
    )


class ThresholdIn(Input):
    amount = AmountIn(
        allow_null=True,
        help_text=gettext_lazy(
            "The upper price of one job, in the currency of the newest budget; null: every job passes."
        ),
    )


class ThresholdViewSet(VisibleViewSet):
    """The upper price of one job above which a manager decides."""

    queryset = Project.objects.all()
    serializer_class = ThresholdOut
    filterset_class = None
    scope = "portfolio"
    lookup_field = "key"
    inputs = {"set_threshold": ThresholdIn}
    for_people = frozenset({"set_threshold"})
    who_may = {"set_threshold": may_set_threshold}

    @extend_schema(responses=ThresholdOut)
    def threshold(self, request: Request, key: str) -> Response:
        """The threshold of a project, in the currency of its newest budget."""
        return self._told(self.get_object())

    @extend_schema(responses=ThresholdOut)
    @idempotent()
    def set_threshold(self, request: Request, key: str) -> Response:
        """Say above which price of a job a manager decides. It counts for jobs submitted or resumed from now on."""
        project, amount = self.get_object(), self.accepted()["amount"]
        currency = _currency_of(project)
        if amount is not None and currency is None:
            raise ValidationError(
                _("This project has no budget yet, so a price has no currency. Approve a budget first."),
                code="no_budget",
            )
        minor = None if amount is None else minor_units("amount", amount, str(currency))
        return self._told(set_approval_threshold(project=project, threshold_minor=minor, by=self.person))

    def _told(self, project: Project) -> Response:
        minor, currency = project.approval_threshold_minor, _currency_of(project)
        amount = None if minor is None or currency is None else format(to_decimal(minor, currency), "f")
        return Response(ThresholdOut({"project": project.key, "amount": amount, "currency": currency}).data)


def _currency_of(project: Project) -> str | None:
    return project.budgets.order_by("-approved_on", "-pk").values_list("currency", flat=True).first()
