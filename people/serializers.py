"""The pieces that every REST face is made of, and the faces of people, tokens and the audit trail."""

from datetime import UTC
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from people.models import AuditEntry, Notice, User


# What a client sends. A field nobody knows is a slip of the keyboard and is refused, never ignored.
# (A comment, because a docstring here would become the description of every face in the schema.)
class Input(serializers.Serializer):
    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            known = ", ".join(self.fields)
            message = _("There is no field of this name. The fields are: %(known)s.") % {"known": known}
            raise serializers.ValidationError({str(name): message for name in unknown}, code="unknown_field")
        return super().to_internal_value(data)


class UtcField(serializers.DateTimeField):
    """A time, in UTC whatever the time zone of the pages."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("default_timezone", UTC)
        super().__init__(**options)


# What a client reads.
class Output(serializers.ModelSerializer):
    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, models.DateTimeField: UtcField}

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = True, False
        return fields


class NumberField(serializers.FloatField):
    """A finite number; true and false are none, though Python would count with them."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class VisibleSlugField(serializers.SlugRelatedField):
    """Names a row that the client may see; any other row does not exist for him."""

    default_error_messages = {"does_not_exist": _("There is no %(slug)s “%(value)s” that you may see.")}

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.context["request"].user) if hasattr(rows, "visible_to") else rows

    def fail(self, key: str, **details: Any) -> NoReturn:
        if key == "does_not_exist":
            text = self.error_messages[key] % {"slug": self.field_name, "value": details["value"]}
            raise serializers.ValidationError(text, code=key)
        super().fail(key, **details)


class VisibleKeyField(serializers.PrimaryKeyRelatedField):
    """Names a row by its key, as `VisibleSlugField` does by its name."""

    default_error_messages = {"does_not_exist": _("There is no such row that you may see.")}

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.context["request"].user)


def person_field(**options: Any) -> serializers.SlugRelatedField:
    """A person, by user name."""
    return VisibleSlugField(slug_field="username", queryset=User.objects.filter(is_active=True), **options)


def name_field(slug_field: str = "username", **options: Any) -> serializers.SlugRelatedField:
    """The name of a related row, for reading."""
    if slug_field == "username":
        options.setdefault("help_text", _("User name."))
    return serializers.SlugRelatedField(slug_field=slug_field, read_only=True, **options)


class AuditEntryOut(Output):
    actor = name_field(allow_null=True)

    class Meta:
        model = AuditEntry
        fields = ["id", "at", "actor", "verb", "subject_type", "subject_id", "detail"]


class MeOut(Output):
    name = serializers.CharField(source="__str__")
    email = serializers.CharField()  # may be empty, which the schema of an address does not allow
    department = name_field("code", allow_null=True)
    projects: serializers.Field = serializers.SlugRelatedField(slug_field="key", many=True, read_only=True)

    class Meta:
        model = User
        fields = ["username", "name", "email", "role", "job_title", "department", "projects", "mail_notices"]


class MeIn(Input):
    mail_notices = serializers.BooleanField(help_text=_("Whether notices also go out by mail."))


class NoticeOut(Output):
    class Meta:
        model = Notice
        fields = ["id", "at", "kind", "text", "url", "read_at", "mailed_at", "subject_type", "subject_id"]


class ReadOut(serializers.Serializer):
    read = serializers.IntegerField(read_only=True, help_text=_("How many were unread until now."))


class Credentials(Input):
    """Leave both out when the request is signed in already, for example by HTTP Basic."""

    username = serializers.CharField(max_length=150, required=False)
    password = serializers.CharField(
        max_length=128, required=False, trim_whitespace=False, style={"input_type": "password"}
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) == 1:
            missing = "password" if "username" in attrs else "username"
            raise serializers.ValidationError({missing: _("Send user name and password together.")}, code="required")
        return attrs


class TokenOut(serializers.Serializer):
    token = serializers.CharField(read_only=True, help_text=_("Shown this once. Send it as: Authorization: Token …"))
    expires_at = UtcField(read_only=True)
