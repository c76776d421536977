"""The past day that a read may be asked to be as of; a day that cannot be shown is refused, not replaced by today."""

from datetime import date

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from portal.boards.asked_day import AskedDay, asked_day, project_then
from projects.models import Project

AS_OF = OpenApiParameter(
    "as_of", date, description="A past day: exactly what was known at its end. Today when left out."
)


def day_of(request: Request) -> AskedDay:
    """The day that the address names."""
    return demand_shown(asked_day(request.query_params, timezone.localdate()))


def project_on(request: Request, project: Project) -> tuple[Project, AskedDay]:
    """A project as it was on the day that the address names."""
    then, asked = project_then(project, day_of(request))
    return then, demand_shown(asked)


def demand_shown(asked: AskedDay) -> AskedDay:
    if asked.fault:
        raise serializers.ValidationError({"as_of": asked.fault}, code="not_a_day_of_this")
    return asked
