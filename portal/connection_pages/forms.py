"""The forms of clients and webhooks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.models import User
from people.permissions import roles_to_give
from people.scopes import SCOPES, words
from people.webhooks import EventType
from projects.forms import PlainForm


class Ticks(forms.MultipleChoiceField):
    """Several of a few, each with a box of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.CheckboxSelectMultiple(attrs={"class": ""}), **options)


class ClientForm(PlainForm):
    name = forms.CharField(
        label=_("Name of the system"),
        max_length=60,
        help_text=_("The audit trail shows it, for example Payroll."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("It may do what this role may"), widget=forms.Select)
    scopes = Ticks(label=_("Scopes"), choices=[(scope, scope) for scope in SCOPES])

    def __init__(self, *args: Any, by: User, **options: Any) -> None:
        super().__init__(*args, **options)
        roles = roles_to_give(by)
        self.fields["role"].choices = [(role, label) for role, label in User.Role.choices if role in roles]  # type: ignore[attr-defined]
        self.fields["scopes"].choices = [(scope, f"{scope} ({words(scope)})") for scope in SCOPES]  # type: ignore[attr-defined]


class WebhookForm(PlainForm):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("It must begin with https:// and lead to the open internet."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    event_types = Ticks(
        label=_("Events"),
        required=False,
        choices=[(kind.value, f"{kind.value} ({kind.label})") for kind in EventType if kind != EventType.PING],
        help_text=_("None chosen: every event, those of later versions too."),
    )
