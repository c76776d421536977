"""What a client may ask for: a family of the interface and whether it only reads. Its role still decides on rows."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import BaseScopes

READ, WRITE = "read", "write"
FAMILIES = {
    "finance.journal": _("journal entries, batches, actuals and control totals"),
    "finance.commitments": _("orders and what relieves them"),
    "finance.budgets": _("budgets, their versions, reservations and tranches"),
    "finance.rates": _("exchange rates, rates of roles and rate cards"),
    "finance.periods": _("fiscal periods and cost centres"),
    "people.employments": _("roles and employments"),
    "people.allocations": _("who works how much on which project"),
    "people.time": _("worked time"),
    "outcomes.measurements": _("KPIs and their measurements"),
    "outcomes.benefits": _("contracts, benefits, cases and objectives"),
    "portfolio": _("projects, demands, gates and feedback"),
    "jobs": _("training jobs, runs, models and data sets"),
    "audit": _("the audit trail"),
}
WORDS = {READ: _("read %(what)s"), WRITE: _("write %(what)s")}
SCOPES = {f"{family}:{way}": (way, what) for family, what in FAMILIES.items() for way in WORDS}
del SCOPES[f"audit:{WRITE}"]  # the product writes it, nobody else


def words(scope: str) -> str:
    """The scope for people: write journal entries, batches."""
    way, what = SCOPES[scope]
    return str(WORDS[way] % {"what": what})


class ClientScopes(BaseScopes):
    """A client gets the scopes that it was given, all of them when it names none."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope: words(scope) for scope in SCOPES}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> Sequence[str]:
        client = getattr(application, "service_client", None)
        return client.scopes if client else ()

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> Sequence[str]:
        return self.get_available_scopes(application)
