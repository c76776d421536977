"""Forms for people in finance: an order that commits money, an invoice that spends it, and what takes one back."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.forms import CurrencyField
from finance.models import Budget, BudgetLine, Commitment, CostCentre, ExchangeRate
from finance.money import to_decimal, typed_minor
from finance.services.period import EARLIEST, LATEST
from people.typed import SOURCE, FormNumber
from projects.forms import DayField, PlainForm
from projects.models import Station

MOST_ORDERS = 200
REFUSED_AT = {
    "over_budget": "amount",
    "not_positive": "amount",
    "out_of_range": "amount",
    "credit_on_commitment": "amount",
    "no_exchange_rate": "currency",
    "old_exchange_rate": "currency",
    **dict.fromkeys(("period_closed", "too_far_ahead", "before_the_books", "before_its_entry"), "effective_on"),
    "cost_centre_not_valid": "cost_centre",
    "commitment_ended": "order",
}


def in_words(minor: int, currency: str) -> str:
    """An amount inside the words of a choice, in full."""
    return f"{currency}\u00a0{to_decimal(minor, currency):,}".replace("-", "\u2212")


class LineField(forms.ModelChoiceField):
    """A line of the budget, with what it has left."""

    def label_from_instance(self, line: BudgetLine) -> str:
        figures = {"line": line.get_category_display(), "left": in_words(line.available_minor, line.budget.currency)}
        return _("%(line)s: %(left)s available") % figures


class OrderField(forms.ModelChoiceField):
    """An order, with what is open of it."""

    def label_from_instance(self, order: Commitment) -> str:
        open_ = in_words(order.open_minor, order.line.budget.currency)
        return _("%(order)s: %(open)s open, %(line)s") % {
            "order": order,
            "open": open_,
            "line": order.line.get_category_display(),
        }


class DocumentForm(PlainForm):
    """What an order and an invoice share. The number is made with the form, so that sending it twice counts once."""

    number = FormNumber()
    line = LineField(
        BudgetLine.objects.none(),
        label=gettext_lazy("Line"),
        error_messages={"invalid_choice": gettext_lazy("This is no line of this budget. Choose one of the list.")},
    )
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("As it stands on the document, for example 1234.50."),
    )
    currency = CurrencyField(required=False)
    memo = forms.CharField(label=gettext_lazy("For what"), max_length=200)

    def __init__(self, typed: Mapping[str, Any] | None, *, budget: Budget, initial: Mapping[str, Any]) -> None:
        self.budget = budget
        super().__init__(typed, initial=dict(initial))
        lines = budget.lines.select_related("budget__project").order_by("category")
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]
        self.fields["currency"].help_text = _foreign_words(budget.currency)

    def clean(self) -> None:
        """The amount in minor units of its own currency."""
        typed = self.cleaned_data
        if "amount" in typed and "currency" in typed:
            try:
                typed["minor"] = document_minor(typed["amount"], typed["currency"] or self.budget.currency)
            except ValidationError as error:
                self.add_error("amount", error)

    def facts(self) -> dict[str, Any]:
        """What both verbs take."""
        typed = self.cleaned_data
        is_foreign = typed["currency"] not in {"", self.budget.currency}
        return {
            "line": typed["line"],
            "memo": typed["memo"],
            "source": SOURCE,
            "external_id": str(typed["number"]),
            "amount_minor": None if is_foreign else typed["minor"],
            "transaction_currency": typed["currency"] if is_foreign else "",
            "transaction_minor": typed["minor"] if is_foreign else None,
        }

    def refuse(self, error: ValidationError) -> None:
        """A refusal stands at the field that mends it."""
        if hasattr(error, "error_dict"):
            return super().refuse(error)
        for fault in error.error_list:
            if fault.code in {"already_committed", "already_posted"}:
                fault = ValidationError(
                    _("This form was sent before, and it said something else; that stands. Open it anew for another."),
                    code=fault.code,
                )
            field = REFUSED_AT.get(fault.code or "")
            self.add_error(field if field in self.fields else None, fault)
        return None

    @property
    def lacks_rate(self) -> bool:
        """Whether an exchange rate would mend it."""
        return any(self.has_error("currency", code) for code in ("no_exchange_rate", "old_exchange_rate"))


class OrderForm(DocumentForm):
    """Money that is committed to a supplier."""

    supplier = forms.CharField(label=gettext_lazy("Supplier"), max_length=120)
    is_cancellable = forms.BooleanField(
        label=gettext_lazy("It may be cancelled by its terms"), required=False, initial=True
    )

    def facts(self) -> dict[str, Any]:
        typed = self.cleaned_data
        return {**super().facts(), "supplier": typed["supplier"], "is_cancellable": typed["is_cancellable"]}


class InvoiceForm(DocumentForm):
    """Money that was spent: on a line, or for an order, which knows its line."""

    order = OrderField(
        Commitment.objects.none(),
        label=gettext_lazy("For the order"),
        required=False,
        empty_label=gettext_lazy("none: nothing was ordered here"),
        error_messages={"invalid_choice": gettext_lazy("This is no order of this budget. Choose one of the list.")},
    )
    effective_on = DayField(
        label=gettext_lazy("Takes effect on"),
        initial=timezone.localdate,
        help_text=gettext_lazy("The day that it counts in, of a period that is not closed."),
    )
    cost_centre = forms.ModelChoiceField(CostCentre.objects.all(), label=gettext_lazy("Cost centre"), required=False)
    station = forms.ChoiceField(label=gettext_lazy("Stage"), choices=[("", "–"), *Station.choices], required=False)

    def __init__(self, typed: Mapping[str, Any] | None, *, budget: Budget, initial: Mapping[str, Any]) -> None:
        super().__init__(typed, budget=budget, initial=initial)
        orders = Commitment.objects.filter(line__budget=budget).select_related("line__budget__project")
        field: Any = self.fields["order"]
        field.queryset = orders  # of all, so that an invoice that is sent twice meets its order when that has ended
        offered = list(orders.open()[:MOST_ORDERS])
        asked = initial.get("order")
        offered += [asked] if asked and asked not in offered else []
        field.choices = [("", field.empty_label), *((row.pk, field.label_from_instance(row)) for row in offered)]
        self.fields["line"].required = False
        self.fields["line"].empty_label = _("Choose, or leave it to the order")  # type: ignore[attr-defined]

    def clean_effective_on(self) -> date:
        return day_of_the_books(self.cleaned_data["effective_on"])

    def clean(self) -> None:
        """An order fills in the line, and says in which currency it was placed."""
        super().clean()
        typed, order = self.cleaned_data, self.cleaned_data.get("order")
        if order is None:
            if not typed.get("line") and not {"line", "order"} & set(self.errors):
                self.add_error("line", _("Choose the line, or the order that is invoiced."))
            return
        if typed.get("line") not in {None, order.line}:
            figures = {"order": order, "line": order.line.get_category_display()}
            text = _("“%(order)s” is on %(line)s. Choose that line, or leave it to the order.")
            self.add_error("line", ValidationError(text, code="other_line", params=figures))
        typed["line"] = order.line
        if order.transaction_currency and typed.get("currency") == "":
            figures = {"ordered": order.transaction_currency, "own": self.budget.currency}
            text = _("It was ordered in %(ordered)s. Say in what it was invoiced: %(ordered)s or %(own)s.")
            self.add_error("currency", ValidationError(text, code="which_currency", params=figures))

    def facts(self) -> dict[str, Any]:
        typed = self.cleaned_data
        asked = {name: typed[name] for name in ("effective_on", "cost_centre", "station")}
        return {**super().facts(), **asked, "commitment": typed["order"]}


class ReverseForm(PlainForm):
    """Why an entry is taken back, and in which period that counts."""

    memo = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, help_text=gettext_lazy("It stands in the journal.")
    )
    effective_on = DayField(
        label=gettext_lazy("Takes effect on"), help_text=gettext_lazy("A day of a period that is not closed.")
    )

    def clean_effective_on(self) -> date:
        return day_of_the_books(self.cleaned_data["effective_on"])

    def refuse(self, error: ValidationError) -> None:
        """A day that takes no reversal stands at the day."""
        for fault in error.error_list:
            self.add_error(REFUSED_AT.get(fault.code or ""), fault)


def document_minor(text: str, currency: str) -> int:
    """Minor units of an amount as it stands on a document."""
    minor = typed_minor(text, currency)
    if minor < 0:
        raise ValidationError(
            _("An amount is zero or more. What a credit note takes back is reversed in the list of postings."),
            code="out_of_range",
        )
    return minor


def day_of_the_books(day: date) -> date:
    """A day that can have been meant."""
    if not EARLIEST <= day < LATEST:
        figures = {"first": EARLIEST, "last": LATEST}
        raise ValidationError(
            _("Name a day from %(first)s on and before %(last)s."), code="out_of_range", params=figures
        )
    return day


def _foreign_words(currency: str) -> str:
    """What an empty currency means, and which others can be reckoned today."""
    rates = ExchangeRate.objects.filter(quote=currency, kind=ExchangeRate.Kind.SPOT, valid_on__lte=timezone.localdate())
    known = ", ".join(rates.order_by("base").values_list("base", flat=True).distinct())
    if not known:
        return _("Empty for %(own)s. No exchange rate to %(own)s is recorded yet.") % {"own": currency}
    return _("Empty for %(own)s. At the spot rate of the day: %(known)s.") % {"own": currency, "known": known}
