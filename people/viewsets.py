"""The base of every REST face (who sees which rows, who may do what), and people, tokens and audit trail."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.settings import api_settings
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from people.client_access import ClientAuthentication, HasScope
from people.models import AuditEntry, Notice, User
from people.notices import choose_mail, mark_all_read, mark_read
from people.permissions import may_read_audit
from people.serializers import AuditEntryOut, Credentials, MeIn, MeOut, NoticeOut, ReadOut, TokenOut
from people.tokens import issue_token, revoke_token


class MayDo(BasePermission):
    """Asks the view's `who_may` about the action. A write that names no predicate is open to nobody."""

    message = _("Your role does not allow this. Ask a portfolio manager or an engineer of the project.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if view.action is None:  # no such method here: let the view answer 405
            return True
        predicate = view.who_may.get(view.action)
        return predicate(request.user) if predicate else request.method in {"GET", "HEAD", "OPTIONS"}


class OfNow(APIView):
    """Refuses a past day that an action does not know: its rows of today would be taken for those of that day."""

    past: ClassVar[Mapping[str, str]] = {}  # the actions that know past days, each with its address

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "as_of" in request.query_params and getattr(self, "action", "read") not in {*self.past, None}:
            text = _("This address knows only what holds now. Past days are known to: %(addresses)s.")
            known = ", ".join(sorted(addresses_of_past_days()))
            raise ValidationError({"as_of": text % {"addresses": known}}, code="as_of_unknown")


def addresses_of_past_days(face: type[OfNow] = OfNow) -> set[str]:
    """Every address below the API that answers as of a past day."""
    return set(face.past.values()).union(*map(addresses_of_past_days, face.__subclasses__()))


class VisibleViewSet(OfNow, GenericViewSet):
    """Every row leaves through `visible`, so no list, detail or verb can forget whose data it is."""

    authentication_classes = [*api_settings.DEFAULT_AUTHENTICATION_CLASSES, ClientAuthentication]  # type: ignore[list-item]
    permission_classes = [IsAuthenticated, HasScope, MayDo]
    http_method_names = ["get", "post", "delete", "head", "options"]
    who_may: ClassVar[Mapping[str, Callable[[User], bool]]] = {}
    for_people: ClassVar[frozenset[str]] = frozenset()  # decisions that no client may take for its maker
    inputs: ClassVar[Mapping[str, type[BaseSerializer]]] = {}
    scope: ClassVar[str] = ""  # the family of scopes that a client needs; without one the face is for people only

    @property
    def person(self) -> User:
        return cast(User, self.request.user)  # MayDo stands behind IsAuthenticated

    def get_queryset(self) -> models.QuerySet:
        return self.visible(super().get_queryset(), self.person)

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows.visible_to(user)

    def accepted(self) -> dict[str, Any]:
        """What the client sent for this action, checked."""
        serializer = self.inputs[self.action](data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def answer(self, row: models.Model) -> Response:
        """The row as it stands now, read again as a reader would."""
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data)

    def created(self, row: models.Model) -> Response:
        response = self.answer(row)
        response.status_code = status.HTTP_201_CREATED
        key = getattr(row, self.lookup_field if self.lookup_field != "pk" else "pk")
        response["Location"] = self.reverse_action("detail", kwargs={self.lookup_url_kwarg or self.lookup_field: key})
        return response


class ReadableViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """List and read; the verbs are added by each face."""


class AuditFilter(filters.FilterSet):
    actor = filters.CharFilter("actor__username")

    class Meta:
        model = AuditEntry
        fields = ["verb", "subject_type", "subject_id"]


class AuditViewSet(ReadableViewSet):
    """Who did what, newest first. For managers and finance."""

    queryset = AuditEntry.objects.select_related("actor")
    serializer_class = AuditEntryOut
    filterset_class = AuditFilter
    scope = "audit"
    who_may = {"list": may_read_audit, "retrieve": may_read_audit}
    lookup_value_converter = "int"

    def visible(self, rows: Any, user: User) -> models.QuerySet:
        return rows if may_read_audit(user) else rows.none()


class NoticeFilter(filters.FilterSet):
    unread = filters.BooleanFilter("read_at", lookup_expr="isnull")

    class Meta:
        model = Notice
        fields = ["kind"]


class NoticeViewSet(mixins.ListModelMixin, VisibleViewSet):
    """What the client should know, newest first. Nobody sees the notices of others."""

    queryset = Notice.objects.all()
    serializer_class = NoticeOut
    filterset_class = NoticeFilter
    lookup_value_converter = "int"
    who_may = {"read": lambda user: True, "read_all": lambda user: True}

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: int) -> Response:
        """Mark one notice as read."""
        notice = self.get_object()
        mark_read(notice=notice)
        return self.answer(notice)

    @extend_schema(request=None, responses=ReadOut)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark every notice as read."""
        return Response(ReadOut({"read": mark_all_read(by=self.person)}).data)


class MeView(APIView):
    """Who is signed in."""

    @extend_schema(responses=MeOut)
    def get(self, request: Request) -> Response:
        return Response(MeOut(request.user).data)

    @extend_schema(request=MeIn, responses=MeOut, operation_id="me_change")
    def patch(self, request: Request) -> Response:
        """Choose whether notices also go out by mail."""
        given = MeIn(data=request.data)
        given.is_valid(raise_exception=True)
        choose_mail(by=cast(User, request.user), **given.validated_data)
        return Response(MeOut(request.user).data)


class TokenView(APIView):
    """Tokens for programs."""

    permission_classes = [AllowAny]

    @extend_schema(request=Credentials, responses={201: TokenOut}, operation_id="tokens_create")
    def post(self, request: Request) -> Response:
        """Log in: by user name and password in the body, or by HTTP Basic."""
        given = Credentials(data=request.data)
        given.is_valid(raise_exception=True)
        user: User | AnonymousUser | None = request.user
        if given.validated_data:
            user = authenticate(request, **given.validated_data)
        if not isinstance(user, User):
            raise AuthenticationFailed(_("The user name and password do not match an account in use."))
        row, token = issue_token(by=user)
        return Response(TokenOut({"token": token, "expires_at": row.expiry}).data, status=status.HTTP_201_CREATED)


class CurrentTokenView(APIView):
    """The token of this very request."""

    authentication_classes = [TokenAuthentication]

    @extend_schema(responses={204: None}, operation_id="tokens_revoke")
    def delete(self, request: Request) -> Response:
        """Log out: the token ends at once."""
        revoke_token(token=cast(AuthToken, request.auth), by=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
