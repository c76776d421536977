"""The REST face of the journal: what finance systems post, take back and reconcile."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from finance.models import BudgetLine, Commitment, CostCentre, FiscalPeriod, JournalEntry, LedgerEntry
from finance.permissions import may_post, may_see_journal
from finance.serializers_journal import (
    ActualIn,
    BatchIn,
    BatchOut,
    CommitmentIn,
    CommitmentOut,
    ControlTotalOut,
    CostCentreIn,
    CostCentreOut,
    FiscalPeriodOut,
    JournalEntryIn,
    JournalEntryOut,
    OpenPeriodsIn,
    PeriodStatusIn,
    ReverseIn,
)
from finance.services.commitment import cancel_commitment, commit
from finance.services.journal import post_actual, post_batch, reverse_entry
from finance.services.period import add_cost_centre, control_totals, open_periods, set_period_status
from people.idempotency import idempotent, told_again
from people.models import User
from people.viewsets import ReadableViewSet, VisibleViewSet

SIDES = LedgerEntry.objects.select_related("line__budget__project", "cost_centre", "journal_entry").order_by("pk")
ENTRIES = JournalEntry.objects.select_related("posted_by", "reversed_by").prefetch_related(
    models.Prefetch("entries", SIDES)
)

VARIANCES = LedgerEntry.objects.filter(account=LedgerEntry.Account.FX_VARIANCE, line=models.OuterRef("line")).order_by()
ITS_ENTRIES = LedgerEntry.objects.filter(commitment=models.OuterRef(models.OuterRef("pk"))).values("journal_entry")


def _sum(rows: models.QuerySet) -> Coalesce:
    sums = rows.values("line").annotate(minor=models.Sum("amount_minor"))
    return Coalesce(models.Subquery(sums.values("minor")), 0)


ORDERS = Commitment.objects.select_related("line__budget__project").annotate(
    variance_until_order=_sum(VARIANCES.filter(commitment=models.OuterRef("pk"))),
    variance_since_order=_sum(VARIANCES.filter(commitment=None, journal_entry__in=ITS_ENTRIES)),
)


class JournalEntryFilter(filters.FilterSet):
    period = filters.CharFilter(method="in_period", label="Name of a fiscal period.")
    project = filters.CharFilter(method="of_project", label="Key of a project.")
    effective_from = filters.DateFilter("effective_on", lookup_expr="gte")
    effective_before = filters.DateFilter("effective_on", lookup_expr="lt")

    class Meta:
        model = JournalEntry
        fields = ["source", "external_id", "kind", "currency"]

    def in_period(self, rows: models.QuerySet, _name: str, period: str) -> models.QuerySet:
        found = FiscalPeriod.objects.filter(name=period).first()
        return rows.filter(effective_on__gte=found.starts_on, effective_on__lt=found.ends_on) if found else rows.none()

    def of_project(self, rows: models.QuerySet, _name: str, key: str) -> models.QuerySet:
        sides = LedgerEntry.objects.filter(line__budget__project__key=key)
        return rows.filter(pk__in=sides.values("journal_entry"))


class JournalEntryViewSet(ReadableViewSet):
    """What was posted, each entry with its sides. An entry never changes; a mistake is reversed."""

    queryset = ENTRIES
    serializer_class = JournalEntryOut
    scope = "finance.journal"
    filterset_class = JournalEntryFilter
    lookup_value_converter = "int"
    inputs = {"create": JournalEntryIn, "reverse": ReverseIn}
    who_may = {"create": may_post, "reverse": may_post}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        """An entry over several projects shows a member the sides of his own."""
        if user.sees_everything:
            return rows
        mine = SIDES.filter(line__in=BudgetLine.objects.visible_to(user))
        return rows.visible_to(user).prefetch_related(None).prefetch_related(models.Prefetch("entries", mine))

    @extend_schema(responses={200: JournalEntryOut, 201: JournalEntryOut})
    @idempotent(required=True)
    def create(self, request: Request) -> Response:
        """Post one entry, with all its sides; the same one again is answered with what it made (200)."""
        at = timezone.now()
        try:
            (entry,) = post_batch(**self.accepted(), at=at, by=self.person)
        except ValidationError as error:
            raise _of_one(error) from None
        return self.created(entry) if entry.posted_at == at else told_again(self.answer(entry))

    @extend_schema(responses={201: JournalEntryOut})
    @action(detail=True, methods=["post"])
    @idempotent()
    def reverse(self, request: Request, pk: int) -> Response:
        """Post the mirror of an entry, so that it counts for nothing; the answer is the mirror."""
        entry = self.get_object()
        return self.created(reverse_entry(entry=entry, **self.accepted(), at=timezone.now(), by=self.person))


def _of_one(error: ValidationError) -> ValidationError:
    """Of one entry the faults need no index."""
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError([fault for faults in error.error_dict.values() for fault in faults])


class JournalBatchViewSet(VisibleViewSet):
    """Many entries at once, all or none."""

    queryset = JournalEntry.objects.all()
    serializer_class = BatchOut
    filterset_class = None
    scope = "finance.journal"
    inputs = {"create": BatchIn}
    who_may = {"create": may_post}

    @extend_schema(responses={200: BatchOut, 201: BatchOut})
    @idempotent(required=True)
    def create(self, request: Request) -> Response:
        """Post up to 1,000 entries. When one has a fault, none is posted; each fault names its index."""
        accepted, at = self.accepted(), timezone.now()
        posted = post_batch(**accepted, at=at, by=self.person)
        answer = BatchOut({"source": accepted["source"], "posted": len(posted), "entries": posted})
        response = Response(answer.data, status=status.HTTP_201_CREATED)
        return response if posted[0].posted_at == at else told_again(response)


class ActualViewSet(VisibleViewSet):
    """What was really spent on a line, such as an invoice. It reads as a journal entry."""

    queryset = ENTRIES
    serializer_class = JournalEntryOut
    filterset_class = None
    scope = "finance.journal"
    inputs = {"create": ActualIn}
    who_may = {"create": may_post}

    @extend_schema(responses={200: JournalEntryOut, 201: JournalEntryOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        """Post an actual; with the order that it relieves, the money is counted once."""
        at = timezone.now()
        entry = post_actual(**self.accepted(), at=at, by=self.person)
        response = self.answer(entry)
        response.status_code = status.HTTP_201_CREATED
        response["Location"] = reverse("api:journal-entries-detail", kwargs={"pk": entry.pk}, request=request)
        return response if entry.posted_at == at else told_again(response)


class CommitmentFilter(filters.FilterSet):
    project = filters.CharFilter("line__budget__project__key")

    class Meta:
        model = Commitment
        fields = ["line", "status", "source", "external_id", "supplier"]


class CommitmentViewSet(ReadableViewSet):
    """What is legally owed and not yet invoiced, such as an order."""

    queryset = ORDERS
    serializer_class = CommitmentOut
    scope = "finance.commitments"
    filterset_class = CommitmentFilter
    lookup_value_converter = "int"
    inputs = {"create": CommitmentIn}
    who_may = {"create": may_post, "cancel": may_post}

    @extend_schema(responses={200: CommitmentOut, 201: CommitmentOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        """Commit money of a line, or be refused with every figure when the line stops."""
        at = timezone.now()
        order = commit(**self.accepted(), at=at, by=self.person)
        return self.created(order) if order.created_at == at else told_again(self.answer(order))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @idempotent()
    def cancel(self, request: Request, pk: int) -> Response:
        """Cancel an order: what is still open of it goes back to the line."""
        return self.answer(cancel_commitment(commitment=self.get_object(), at=timezone.now(), by=self.person))


class FiscalPeriodViewSet(ReadableViewSet):
    """Open, soft-closed (only finance posts) or closed (nobody does, nothing moves)."""

    queryset = FiscalPeriod.objects.select_related("closed_by")
    serializer_class = FiscalPeriodOut
    scope = "finance.periods"
    filterset_fields = ["status"]
    lookup_field = "name"
    inputs = {"create": OpenPeriodsIn, "status": PeriodStatusIn}
    who_may = {"create": may_post, "status": may_post, "control_totals": may_see_journal}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    @extend_schema(responses={201: FiscalPeriodOut(many=True)}, filters=False)
    @idempotent()
    def create(self, request: Request) -> Response:
        """Open a period for each of so many calendar months; a month that has one keeps it as it is."""
        periods = open_periods(**self.accepted(), by=self.person)
        return Response(FiscalPeriodOut(periods, many=True).data, status=status.HTTP_201_CREATED)

    @action(detail=True, methods=["post"])
    @idempotent()
    def status(self, request: Request, name: str) -> Response:
        """Open, soft-close or close a period; closed is for ever."""
        wanted = self.accepted()["status"]
        return self.answer(
            set_period_status(period=self.get_object(), status=wanted, at=timezone.now(), by=self.person)
        )

    @extend_schema(responses=ControlTotalOut(many=True), filters=False)
    @action(detail=True, methods=["get"], url_path="control-totals", pagination_class=None)
    def control_totals(self, request: Request, name: str) -> Response:
        """What each source has posted into the period, by currency: to compare with its own books."""
        return Response(ControlTotalOut(control_totals(self.get_object()), many=True).data)


class CostCentreViewSet(ReadableViewSet):
    """Where costs belong in the books of the company."""

    queryset = CostCentre.objects.select_related("parent", "owner")
    serializer_class = CostCentreOut
    scope = "finance.periods"
    filterset_fields = ["code"]
    lookup_value_converter = "int"
    inputs = {"create": CostCentreIn}
    who_may = {"create": may_post}

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows

    @idempotent()
    def create(self, request: Request) -> Response:
        """Add a cost centre."""
        return self.created(add_cost_centre(**self.accepted(), by=self.person))
