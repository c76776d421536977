"""The REST face of employments: what is read and what HR systems send."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from people.batches import MOST_ROWS
from people.models import Department, Employment, JobRole
from people.serializers import Input, Output, name_field, person_field


def role_field(**options: Any) -> serializers.SlugRelatedField:
    """A role, by its code."""
    options.setdefault("help_text", _("Code of the role."))
    return serializers.SlugRelatedField(slug_field="code", queryset=JobRole.objects.all(), **options)


PORTALS_OWN = frozenset({"job", "portal", "rate-card", "reversal", "role-rate", "worked-time"})


def refuse_our_names(source: str) -> None:
    """Under these the portal posts: a number taken there would stop a job's charge, a reversal or what a page sends."""
    if source.strip().lower() in PORTALS_OWN:
        raise serializers.ValidationError(
            _("This name belongs to the portal itself. Use the name of the system that sends."), code="reserved_source"
        )


def source_field(**options: Any) -> serializers.CharField:
    return serializers.CharField(
        max_length=40,
        validators=[refuse_our_names],
        help_text=_("Name of the system that sends it, for example hr."),
        **options,
    )


def number_field(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=80, help_text=_("Its number in that system."), **options)


class JobRoleOut(Output):
    class Meta:
        model = JobRole
        fields = ["id", "code", "name"]


class JobRoleIn(Input):
    code = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=120)


class EmploymentOut(Output):
    role = name_field("code")
    department = name_field("code")
    user = name_field(allow_null=True)
    hours_per_week = serializers.FloatField()

    class Meta:
        model = Employment
        fields = [
            "id",
            "source",
            "external_id",
            "name",
            "user",
            "role",
            "department",
            "fte_percent",
            "hours_per_week",
            "valid_from",
            "valid_to",
            "recorded_at",
        ]


class EmploymentIn(Input):
    source = source_field()  # type: ignore[assignment]
    external_id = number_field()
    name = serializers.CharField(max_length=160)
    role = role_field()
    department = serializers.SlugRelatedField(
        slug_field="code", queryset=Department.objects.all(), help_text=_("Code of the department.")
    )
    fte_percent = serializers.IntegerField(min_value=1, max_value=100, default=100)
    valid_from = serializers.DateField(
        default=None,
        allow_null=True,
        help_text=_("Left out by a system without history: what changed counts from today."),
    )
    valid_to = serializers.DateField(
        default=None, allow_null=True, help_text=_("The first day on which it no longer holds.")
    )
    user = person_field(required=False, allow_null=True)


class EmploymentsIn(Input):
    employments = EmploymentIn(many=True, min_length=1, max_length=MOST_ROWS)  # type: ignore[call-arg]


class PersonOfSourceIn(Input):
    """Names a person as the HR system does; the row that holds on a day is found by that."""

    employment_source = serializers.CharField(
        max_length=40, required=False, help_text=_("System that knows the person; `source` when left out.")
    )
    employment_external_id = serializers.CharField(max_length=80, help_text=_("Number of the person in that system."))

    def employment_on(self, attrs: dict[str, Any], day: str) -> dict[str, Any]:
        """The same fields with the employment of that day instead of its numbers."""
        source = attrs.pop("employment_source", attrs["source"])
        number = attrs.pop("employment_external_id")
        rows = Employment.objects.visible_to(self.context["request"].user).of_person(source, number)
        employment = rows.on(attrs[day]).select_related("role").first()
        if employment is None:
            text = _("%(source)s knows nobody “%(number)s” employed on %(day)s whose time you may record.")
            told = text % {"source": source, "number": number, "day": attrs[day]}
            raise serializers.ValidationError({"employment_external_id": told}, code="does_not_exist")
        return {**attrs, "employment": employment}
