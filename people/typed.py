"""What people type into forms: the portal is its source, and each opened form has a number, so that it counts once."""

from typing import Any, TypeVar
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

SOURCE = "portal"
Row = TypeVar("Row", bound=Model)


class FormNumber(forms.UUIDField):
    """The number of a form that was opened: whoever sends it twice sends the same one."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, initial=uuid4)


def sent_before(rows: QuerySet[Row], number: UUID, **facts: Any) -> Row | None:
    """What the same form made already; nothing when it was not sent yet. Other facts under its number are refused."""
    row = rows.filter(source=SOURCE, external_id=str(number)).first()
    if row is not None and any(getattr(row, name) != fact for name, fact in facts.items()):
        raise ValidationError(
            _("This form was sent before with other facts, and those stay. Open it anew, or change what it made."),
            code="already_sent",
        )
    return row


def demand_typed(row: Any) -> None:
    """What another system tells is changed in that system: here its next message would undo it."""
    if row.source != SOURCE:
        raise PermissionDenied(
            _("%(source)s tells this, as its number %(number)s. Change it there.")
            % {"source": row.source, "number": row.external_id}
        )
