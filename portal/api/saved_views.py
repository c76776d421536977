"""The REST face of saved views: the filters of a page under a name."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from people.models import SavedView, User
from people.saved_views import drop_view, save_view
from people.serializers import Input, Output, name_field
from people.viewsets import ReadableViewSet
from portal.views.saved_views import PAGES, address


class SavedViewOut(Output):
    owner = name_field()
    url = serializers.SerializerMethodField(help_text=_("The page with these filters."))

    class Meta:
        model = SavedView
        fields = ["id", "owner", "page", "name", "query", "url", "is_shared", "created_at"]

    def get_url(self, view: SavedView) -> str:
        return address(view.page, view.query) if view.page in PAGES else ""


class SavedViewIn(Input):
    page = serializers.ChoiceField(PAGES)
    name = serializers.CharField(max_length=80)
    query = serializers.CharField(
        max_length=1000, default="", allow_blank=True, help_text=_("Parameters as in an address: station=data&q=x.")
    )
    is_shared = serializers.BooleanField(default=False, help_text=_("For everybody; only managers share."))


class SavedViewFilter(filters.FilterSet):
    for_page = filters.ChoiceFilter("page", choices=[(page, page) for page in PAGES])

    class Meta:
        model = SavedView
        fields = ["is_shared"]


class SavedViewViewSet(ReadableViewSet):
    """The person's own views and those that are shared with everybody."""

    queryset = SavedView.objects.select_related("owner").order_by("page", "name", "pk")
    serializer_class = SavedViewOut
    filterset_class = SavedViewFilter
    lookup_value_converter = "int"
    inputs = {"create": SavedViewIn}
    who_may = dict.fromkeys(("create", "destroy"), lambda user: True)

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.filter(Q(owner=user) | Q(is_shared=True))

    def create(self, request: Request) -> Response:
        """Keep filters under a name; the same name again keeps the new ones."""
        return self.created(save_view(**self.accepted(), at=timezone.now(), by=self.person))

    def destroy(self, request: Request, pk: int) -> Response:
        """Keep a view of one's own no longer."""
        drop_view(view=self.get_object(), by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
