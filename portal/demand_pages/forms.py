"""Forms that write a demand down, decide it, and open the project that answers it."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Department, User
from projects.forms import DayField, PlainForm, ProjectForm
from projects.models import Demand, Horizon, Programme
from projects.services.demand import TAKES_IN_OTHERS

MOST_TO_MERGE_INTO = 200


class DemandForm(PlainForm):
    title = forms.CharField(label=_("In one line"), max_length=160)
    problem = forms.CharField(
        label=_("Problem"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What hurts, whom, how often and what it costs, in the words of who asks. Not the solution."),
    )
    department = forms.ModelChoiceField(Department.objects.all(), label=_("Asked by"))
    horizon = forms.ChoiceField(
        label=_("Horizon"), choices=Horizon, help_text=_("How far it is from what we do today.")
    )
    impact = forms.TypedChoiceField(
        label=_("Impact"),
        choices=[(score, str(score)) for score in range(1, 6)],
        coerce=int,
        initial=3,
        widget=forms.RadioSelect,
        help_text=_("1 would hardly be felt, 5 changes the business."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["impact"].limits = _("1 to 5")  # type: ignore[attr-defined]


class DecisionForm(PlainForm):
    """The reason, and the other demand where one is merged into it."""

    note = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever asked reads it. Needed to shelve, reject or merge."),
    )
    merged_into = forms.ModelChoiceField(
        Demand.objects.none(), label=_("Merge into"), required=False, empty_label=_("Choose")
    )

    def __init__(self, *args: Any, demand: Demand, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Demand.objects.visible_to(user).filter(status__in=TAKES_IN_OTHERS).exclude(pk=demand.pk)
        # A choice is checked against what the page offered, so the newest are cut by key and not by a slice.
        newest = others.order_by("-pk").values_list("pk", flat=True)[:MOST_TO_MERGE_INTO]
        self.fields["merged_into"].queryset = others.filter(pk__in=list(newest))  # type: ignore[attr-defined]


class AcceptForm(ProjectForm):
    """A new project whose words come from the demand."""

    programme = forms.ModelChoiceField(
        Programme.objects.select_related("portfolio"), label=_("Programme"), required=False, empty_label=_("none")
    )
    note = forms.CharField(label=_("Reason"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    started_on = DayField(label=_("Since"), initial=timezone.localdate)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["demand"]
