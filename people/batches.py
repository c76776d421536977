"""Many rows in one request, all or none: what HR and planning systems send at night."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from rest_framework import serializers, status
from rest_framework.response import Response

MOST_ROWS = 1_000


class RecordedOut(serializers.Serializer):
    recorded = serializers.IntegerField(read_only=True)
    ids = serializers.ListField(child=serializers.IntegerField(), read_only=True)


@transaction.atomic
def record_all(name: str, rows: Sequence[dict[str, Any]], record: Callable[..., models.Model]) -> Response:
    """Record each row by a verb; when one is refused, none is recorded, and the fault names its index."""
    ids = []
    for number, row in enumerate(rows):
        try:
            ids.append(record(**row).pk)
        except ValidationError as fault:
            raise _of_row(f"{name}.{number}", fault) from None
    return Response(RecordedOut({"recorded": len(ids), "ids": ids}).data, status=status.HTTP_201_CREATED)


def _of_row(path: str, fault: ValidationError) -> ValidationError:
    if not hasattr(fault, "error_dict"):
        return ValidationError({path: fault.error_list})
    return ValidationError({f"{path}.{field}": errors for field, errors in fault.error_dict.items()})
