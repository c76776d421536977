"""What every explanation is made of, and the facts that several kinds share."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments.models import Dataset, Run
from finance.models import JournalEntry, RateCard
from outcomes import wording
from outcomes.value import Term
from people.models import User

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Fact:
    """One link of the chain; `url` is empty where no page shows it."""

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Explanation:
    """A sum whose last term is the figure, the facts under it, and one note."""

    title: str
    subtitle: str
    terms: tuple[Term, ...]
    facts: tuple[Fact, ...]
    note: str = ""
    is_hypothesis: bool = False


def find(rows: QuerySet[Row], pk: str) -> Row:
    """The row of that key; a key of the wrong shape is a row that does not exist."""
    try:
        return rows.get(pk=pk)
    except (ValueError, ValidationError):
        raise ObjectDoesNotExist(f"no {rows.model._meta.label_lower} {pk!r}") from None


def page(name: str, *args: object) -> str:
    """The address of a page, or nothing where the page does not exist."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def day(value: date | datetime) -> str:
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return date_format(local, "j M Y")


def run_fact(run: Run) -> Fact:
    """A run opens on the page of its job."""
    job: Any = getattr(run, "job", None)
    text = _("%(run)s, %(recipe)s, finished %(day)s") if run.finished_at else _("%(run)s, %(recipe)s")
    figures = {"run": run.name, "recipe": run.recipe, "day": day(run.finished_at) if run.finished_at else ""}
    return Fact(_("Run"), text % figures, page("job", job.project.key, job.number) if job else "")


def dataset_fact(dataset: Dataset | None) -> Fact:
    if dataset is None:
        return Fact(_("Data set"), _("not recorded"))
    rows = ngettext("%(rows)s row", "%(rows)s rows", dataset.rows) % {"rows": wording.number(dataset.rows, 0)}
    name = f"{dataset.name} {dataset.version}".strip()
    text = _("%(name)s, %(rows)s, digest %(digest)s")
    return Fact(_("Data set"), text % {"name": name, "rows": rows, "digest": wording.digest(dataset.digest)})


def rate_card_fact(card: RateCard) -> Fact:
    text = _("%(card)s, in force from %(day)s") % {"card": str(card), "day": day(card.valid_from)}
    return Fact(_("Rate card"), text, page("rate-cards"))


def journal_fact(entry: JournalEntry | None) -> Fact:
    if entry is None:
        return Fact(_("Journal entry"), _("none yet: it is posted when the job ends"))
    by = str(entry.posted_by) if entry.posted_by else _("the portal")
    text = _("no. %(number)d, effective %(day)s, posted by %(by)s") % {
        "number": entry.pk,
        "day": day(entry.effective_on),
        "by": by,
    }
    return Fact(_("Journal entry"), text)


def person_and_day(person: User | None, on: date | datetime | None) -> str:
    return ", ".join(part for part in (str(person or ""), day(on) if on else "") if part)
