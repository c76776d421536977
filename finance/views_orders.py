"""Write what was ordered and invoiced, and take a posting back: for companies without a finance system."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from finance.forms_orders import InvoiceForm, OrderForm, ReverseForm, in_words
from finance.models import Budget, BudgetLine, Commitment, FiscalPeriod, JournalEntry, LedgerEntry
from finance.permissions import may_post, may_publish_rates
from finance.services.commitment import commit
from finance.services.journal import post_actual, reverse_entry
from people.requests import PersonRequest


def order_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Place an order: money of a line that is owed from now on."""
    budget = _budget(request, pk)
    form = OrderForm(request.POST or None, budget=budget, initial={})
    if form.is_valid():
        try:
            order = commit(**form.facts(), at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            _tell(request, _("The order to %(whom)s is placed.") % {"whom": order.supplier}, order.line)
            return redirect(_page(budget))
    return _form(request, "finance/order_form.html", form, budget)


def invoice_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Record an invoice: money that is spent; it relieves the order that it names."""
    budget = _budget(request, pk)
    form = InvoiceForm(request.POST or None, budget=budget, initial=_begin(request, budget))
    if form.is_valid():
        try:
            entry = post_actual(**form.facts(), at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            told = _("“%(what)s” is posted as no. %(n)s.") % {"what": entry.memo, "n": entry.pk}
            _tell(request, told, form.cleaned_data["line"])
            return redirect(_page(budget))
    return _form(request, "finance/invoice_form.html", form, budget)


def entry_reverse(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a posting back by its mirror: what it cost is shown before, and the period in which that counts."""
    rows = JournalEntry.objects.visible_to(request.user).select_related("posted_by", "reversed_by", "reverses")
    entry = get_object_or_404(rows, pk=pk)
    _demand_may_post(request)
    sides = _sides(entry)
    budget = _asked_budget(request, sides)
    page = _page(budget)
    if entry.reverses_id or hasattr(entry, "reversed_by"):
        messages.info(
            request, _("“%(what)s” counts for nothing already: it is reversed, or is a reversal.") % {"what": entry}
        )
        return redirect(page)
    form = ReverseForm(request.POST or None, initial={"effective_on": max(timezone.localdate(), entry.effective_on)})
    if form.is_valid():
        try:
            mirror = reverse_entry(entry=entry, **form.cleaned_data, at=timezone.now(), by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            figures = {"what": entry, "n": mirror.pk}
            messages.success(request, _("“%(what)s” is reversed by no. %(n)s.") % figures)
            return redirect(page)
    facts = {"form": form, "entry": entry, "sides": sides, "project": budget.project, "page": page}
    facts |= _periods(form, entry)
    return render(request, "finance/reverse_form.html", facts, status=422 if form.errors else 200)


def _demand_may_post(request: PersonRequest) -> None:
    if not may_post(request.user):
        raise PermissionDenied(_("Only finance places orders and posts. Ask them, with the document."))


def _budget(request: PersonRequest, pk: int) -> Budget:
    budget = get_object_or_404(Budget.objects.visible_to(request.user).select_related("project"), pk=pk)
    _demand_may_post(request)
    return budget


def _page(budget: Budget) -> str:
    return f"{reverse('project-budget', args=[budget.project.key])}?budget={budget.pk}"


def _form(request: PersonRequest, template: str, form: OrderForm | InvoiceForm, budget: Budget) -> HttpResponse:
    facts = {
        "form": form,
        "budget": budget,
        "project": budget.project,
        "page": _page(budget),
        "may_publish_rates": may_publish_rates(request.user),
    }
    return render(request, template, facts, status=422 if form.errors else 200)


def _tell(request: PersonRequest, done: str, line: BudgetLine) -> None:
    """What was done, and what the line has left by now."""
    line.refresh_from_db()
    minor, figures = line.available_minor, {"line": line.get_category_display()}
    figures["left"] = in_words(abs(minor), line.budget.currency)
    if minor < 0:
        messages.warning(request, f"{done} " + _("%(line)s is %(left)s over what was released.") % figures)
    else:
        messages.success(request, f"{done} " + _("%(line)s has %(left)s available now.") % figures)


def _begin(request: PersonRequest, budget: Budget) -> dict[str, Any]:
    """Where an invoice begins: from the order that the address names."""
    order = _named(Commitment.objects.filter(line__budget=budget), request.GET.get("order", ""))
    return {"order": order, "memo": order.memo, "currency": order.transaction_currency} if order else {}


def _named(rows: Any, pk: str) -> Any:
    is_key = pk.isascii() and pk.isdigit() and len(pk) < 19
    return rows.select_related("line__budget__project").filter(pk=int(pk)).first() if is_key else None


def _sides(entry: JournalEntry) -> list[LedgerEntry]:
    """What the entry cost, and whom; one that names no line has no place in a budget."""
    costs = LedgerEntry.objects.expenses().filter(journal_entry=entry).order_by("pk")
    if sides := list(costs.select_related("line__budget__project", "commitment")):
        return sides
    raise Http404


def _asked_budget(request: PersonRequest, sides: list[LedgerEntry]) -> Budget:
    """The budget whose list the reader comes from; an entry may touch several."""
    budgets = [side.line.budget for side in sides if side.line]
    return next((each for each in budgets if str(each.pk) == request.GET.get("budget")), budgets[0])


def _periods(form: ReverseForm, entry: JournalEntry) -> dict[str, Any]:
    """The period that the entry stays in, and that into which its reversal goes."""
    day = form.cleaned_data.get("effective_on") if form.is_bound else form["effective_on"].value()
    return {
        "day": day,
        "goes_into": FiscalPeriod.objects.of(day) if day else None,
        "stays_in": FiscalPeriod.objects.of(entry.effective_on),
    }
