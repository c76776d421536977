"""What the parts of the large portfolio share: who acts and when, and how rows are entered in bulk."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.db import models

from finance.models import BudgetLine, JournalEntry, LedgerEntry
from people.models import Department, User
from portal.demo.calendar import evening

AT_ONCE = 5000
Row = TypeVar("Row")


@dataclass(frozen=True)
class World:
    """What all projects share: who acts, the months from the first to the running one, and the dice."""

    today: date
    months: tuple[date, ...]
    chief: User
    controller: User
    leads: tuple[User, ...]
    departments: tuple[Department, ...]
    dice: random.Random


def save(rows: Iterable[models.Model]) -> None:
    """Bulk rows of one kind, a few thousand at once, so that memory does not grow with the portfolio."""
    for some in batches(rows, AT_ONCE):
        type(some[0])._default_manager.bulk_create(some)


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


def sides(entry: JournalEntry, line: BudgetLine, amount: int) -> list[LedgerEntry]:
    account = LedgerEntry.Account
    return [
        LedgerEntry(journal_entry=entry, account=account.EXPENSE, line=line, amount_minor=amount),
        LedgerEntry(journal_entry=entry, account=account.CLEARING, amount_minor=-amount),
    ]


def moment(world: World) -> datetime:
    return evening(world.months[0] + timedelta(days=world.dice.randrange((world.today - world.months[0]).days)))
