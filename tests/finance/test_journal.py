"""The journal: balanced, posted once, never changed, only reversed."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Sum

from finance.models import JournalEntry, LedgerEntry
from finance.services.journal import post_actual, reverse_entry
from people.models import AuditEntry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def post(compute_line, finance_user):
    def post_one(external_id="1", amount_minor=1234, effective_on=date(2026, 2, 28), line=None):
        return post_actual(line=line or compute_line, amount_minor=amount_minor, memo="Cloud bill", source="erp",
                           external_id=external_id, effective_on=effective_on, at=NOW, by=finance_user)  # fmt: skip

    return post_one


def test_an_actual_balances_and_counts_as_spent(post, compute_line):
    entry = post()
    compute_line.refresh_from_db()
    assert compute_line.spent_minor == 1234
    assert entry.entries.aggregate(total=Sum("amount_minor"))["total"] == 0
    assert AuditEntry.objects.filter(verb="post_actual", subject_id=str(entry.pk)).count() == 1


def test_the_same_actual_takes_effect_once_and_another_one_under_its_number_is_refused(post, compute_line):
    entry = post()
    assert post() == entry
    with pytest.raises(ValidationError) as refusal:
        post(amount_minor=1235)
    assert refusal.value.code == "already_posted"
    compute_line.refresh_from_db()
    assert compute_line.spent_minor == 1234
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize("model", [JournalEntry, LedgerEntry])
@pytest.mark.parametrize("way", ["update", "save", "delete", "queryset_delete"])
def test_the_database_refuses_to_change_what_was_posted(post, model, way):
    post()
    row = model.objects.first()
    ways = {
        "update": lambda: model.objects.filter(pk=row.pk).update(id=row.pk),
        "save": row.save,
        "delete": row.delete,
        "queryset_delete": lambda: model.objects.filter(pk=row.pk)._raw_delete("default"),
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        ways[way]()
    assert model.objects.filter(pk=row.pk).exists()


def test_a_reversal_mirrors_its_original_and_moves_the_spending_back(post, compute_line, finance_user):
    entry = post()
    mirror = reverse_entry(entry=entry, memo="Wrong project", effective_on=date(2026, 3, 1), at=NOW, by=finance_user)
    compute_line.refresh_from_db()
    assert compute_line.spent_minor == 0
    assert mirror.reverses == entry
    sides = [sorted(each.entries.values_list("account", "line", "amount_minor")) for each in (entry, mirror)]
    assert [(account, line, -amount) for account, line, amount in sides[0]] == sides[1]


def test_an_entry_is_reversed_once_and_a_reversal_never(post, finance_user):
    entry = post()
    mirror = reverse_entry(entry=entry, memo="Wrong", effective_on=date(2026, 3, 1), at=NOW, by=finance_user)
    for each, code in ((entry, "already_reversed"), (mirror, "is_reversal")):
        with pytest.raises(ValidationError) as refusal:
            reverse_entry(entry=each, memo="Again", effective_on=date(2026, 3, 1), at=NOW, by=finance_user)
        assert refusal.value.code == code


def test_spending_by_month_follows_the_day_it_took_effect(post, project, finance_user):
    post("1", 100, date(2026, 1, 31))
    post("2", 200, date(2026, 2, 1))
    entry = post("3", 50, date(2026, 2, 28))
    reverse_entry(entry=entry, memo="Wrong", effective_on=date(2026, 3, 1), at=NOW, by=finance_user)
    months = LedgerEntry.objects.of_projects([project]).spend_by_month()
    assert [(each["month"], each["currency"], each["minor"]) for each in months] == [
        (date(2026, 1, 1), "EUR", 100),
        (date(2026, 2, 1), "EUR", 250),
        (date(2026, 3, 1), "EUR", -50),
    ]


def test_spending_by_category_sums_the_expense_side(post, budget):
    post("1", 100)
    post("2", 900, line=budget.lines.get(category="people"))
    assert LedgerEntry.objects.all().spend_by_category() == {"compute": 100, "people": 900}


def test_the_ledger_of_another_team_stays_hidden(post, engineer, stranger, finance_user):
    post()
    assert LedgerEntry.objects.visible_to(engineer).expenses().count() == 1
    assert JournalEntry.objects.visible_to(engineer).count() == 1
    assert JournalEntry.objects.visible_to(finance_user).count() == 1
    assert not LedgerEntry.objects.visible_to(stranger).exists()
    assert not JournalEntry.objects.visible_to(stranger).exists()
