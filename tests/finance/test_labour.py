"""What people cost: worked time at the rate of the role, and what a late rate changes, to the last cent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.models import JournalEntry, LedgerEntry, MonthSpend, RateAdjustment, RoleRate, TimeEntry
from finance.money import labour_minor
from finance.services.exchange import record_exchange_rate
from finance.services.journal import post_actual, reverse_entry
from finance.services.labour import adjust_for_rate, rate_effect, record_role_rate, record_time
from finance.services.period import open_periods, set_period_status
from people.models import AuditEntry
from people.services import add_job_role, record_employment
from portal.invariants import find_breaches

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
FIRST = date(2026, 3, 1)


@pytest.fixture
def role(db):
    return add_job_role(code="ml-engineer", name="ML engineer", by=None)


@pytest.fixture
def person(role, department, finance_user):
    return record_employment(source="hr", external_id="E-1", name="Lena", role=role, department=department,
                             fte_percent=100, valid_from=date(2026, 1, 1), at=NOW, by=finance_user)  # fmt: skip


@pytest.fixture
def line(budget):
    return budget.lines.get(category="people")


@pytest.fixture
def set_rate(role, finance_user):
    def one(hour_minor, valid_from=FIRST, *, valid_to=None, currency="EUR", at=None):
        number = RoleRate.objects.count()
        return record_role_rate(role=role, hour_minor=hour_minor, currency=currency, valid_from=valid_from,
                                valid_to=valid_to, source="erp", external_id=f"R-{number}",
                                at=at or NOW + timedelta(minutes=number), by=finance_user)  # fmt: skip

    return one


@pytest.fixture
def work(person, line, finance_user):
    def one(minutes=480, worked_on=date(2026, 3, 10), **changes):
        facts = {"employment": person, "line": line, "source": "hr", "external_id": f"T-{TimeEntry.objects.count()}",
                 "at": NOW, "by": finance_user}  # fmt: skip
        return record_time(minutes=minutes, worked_on=worked_on, **facts | changes)

    return one


@pytest.fixture
def adjust(finance_user):
    def one(rate, on=date(2026, 6, 10), by=None):
        return adjust_for_rate(rate=rate, effective_on=on, at=NOW, by=by or finance_user)

    return one


def spent(line):
    line.refresh_from_db()
    return line.spent_minor


def test_worked_time_is_posted_at_the_rate_of_the_day(set_rate, work, line):
    old, new = set_rate(9_000), set_rate(12_000, date(2026, 4, 1))
    first, second = work(90), work(60, date(2026, 4, 1), station="training")
    assert [first.role_rate, second.role_rate] == [old, new]
    assert spent(line) == 13_500 + 12_000
    assert dict(MonthSpend.objects.values_list("month", "amount_minor")) == {FIRST: 13_500, date(2026, 4, 1): 12_000}
    assert second.journal_entry.effective_on == date(2026, 4, 1)
    assert set(second.journal_entry.entries.exclude(line=None).values_list("station", flat=True)) == {"training"}


def test_the_ledger_names_the_role_and_nobody(set_rate, work):
    set_rate(9_000)
    assert work().journal_entry.memo == "480 min of ML engineer"


def test_a_correction_takes_back_what_was_posted(set_rate, work, line):
    set_rate(9_999)
    work(95)
    work(-95)
    assert spent(line) == 0


@pytest.mark.parametrize(
    ("minutes", "hour", "minor"), [(1, 30, 0), (3, 30, 2), (1, 90, 2), (-3, 30, -2), (7, 9999, 1167)]
)
def test_half_a_unit_goes_to_the_even_one(minutes, hour, minor):
    assert labour_minor(minutes, hour) == minor


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"worked_on": date(2026, 2, 1)}, "no_role_rate"),
        ({"worked_on": date(2025, 12, 31)}, "not_employed"),
        ({"worked_on": date(2026, 6, 16)}, "in_the_future"),
        ({"minutes": 0}, "impossible_minutes"),
        ({"minutes": -1}, "impossible_minutes"),
        ({"minutes": 1441}, "impossible_minutes"),
    ],
)
def test_time_that_cannot_be_is_refused_and_costs_nothing(set_rate, work, line, changes, code):
    set_rate(9_000)
    with pytest.raises(ValidationError) as refusal:
        work(**changes)
    assert refusal.value.code == code
    assert (TimeEntry.objects.count(), JournalEntry.objects.count(), spent(line)) == (0, 0, 0)


def test_time_goes_on_a_line_for_people(set_rate, work, compute_line):
    set_rate(9_000)
    with pytest.raises(ValidationError) as refusal:
        work(line=compute_line)
    assert refusal.value.code == "not_for_people"


def test_the_same_number_of_a_source_takes_effect_once(set_rate, work, line):
    rate = set_rate(6_000)
    entry = work(60, external_id="X")
    assert work(60, external_id="X") == entry
    with pytest.raises(ValidationError) as refusal:
        work(61, external_id="X")
    assert (refusal.value.code, spent(line)) == ("already_recorded", 6_000)
    with pytest.raises(ValidationError) as refusal:
        record_role_rate(role=rate.role, hour_minor=1, currency="EUR", valid_from=FIRST, source="erp",
                         external_id="R-0", at=NOW, by=None)  # fmt: skip
    assert refusal.value.code == "already_recorded"


def test_a_number_that_the_journal_has_from_the_same_system_is_not_in_the_way(set_rate, work, line, finance_user):
    set_rate(6_000)
    post_actual(line=line, amount_minor=5, memo="x", source="hr", external_id="X", effective_on=FIRST, at=NOW,
                by=finance_user)  # fmt: skip
    entries = [work(60, external_id="X"), work(60, source="hr/X", external_id="Y" * 80)]
    assert {entry.journal_entry.source for entry in entries} == {"worked-time"}
    assert spent(line) == 5 + 12_000


def test_two_records_at_once_make_no_day_longer_than_it_is(behind, set_rate, work, line):
    set_rate(6_000)
    entry, refusal = behind(lambda: work(1_000, external_id="1"), lambda: work(1_000, external_id="2"))
    assert (entry.minutes, refusal.code) == (1_000, "impossible_minutes")
    assert TimeEntry.objects.count() == 1


def test_time_that_was_taken_back_is_not_taken_back_once_more(set_rate, work, line, finance_user):
    set_rate(6_000)
    wrong = work(600)
    reverse_entry(entry=wrong.journal_entry, memo="Wrong", effective_on=date(2026, 3, 31), at=NOW, by=finance_user)
    work(600)
    with pytest.raises(ValidationError) as refusal:
        work(-1_200)
    assert (refusal.value.code, spent(line)) == ("impossible_minutes", 60_000)
    work(840)  # what was taken back leaves room in the day


def test_a_day_is_no_longer_for_who_changed_his_role_since(set_rate, work, person, role, department, finance_user):
    set_rate(6_000)
    work(1_000)
    moved = record_employment(source="hr", external_id="E-1", name="Lena", role=role, department=department,
                              fte_percent=80, valid_from=date(2026, 3, 10), at=NOW, by=finance_user)  # fmt: skip
    assert moved.pk != person.pk
    with pytest.raises(ValidationError) as refusal:
        work(1_000, employment=moved)
    assert refusal.value.code == "impossible_minutes"


def test_time_of_a_closed_period_is_refused(set_rate, work, finance_user):
    set_rate(6_000)
    (march,) = open_periods(first=FIRST, months=1, by=finance_user)
    set_period_status(period=march, status="closed", at=NOW, by=finance_user)
    with pytest.raises(ValidationError) as refusal:
        work()
    assert refusal.value.code == "period_closed"


@pytest.mark.parametrize("change", [{"hour_minor": -1}, {"valid_to": FIRST}])
def test_a_rate_that_cannot_be_is_refused(set_rate, change):
    with pytest.raises(ValidationError):
        set_rate(**{"hour_minor": 1, **change})
    assert not RoleRate.objects.exists()


def test_a_late_rate_shows_what_it_changes_before_anything_moves(set_rate, work, line):
    set_rate(6_000)
    work(60)
    work(120, date(2026, 4, 2))
    late = set_rate(6_600, date(2026, 3, 5))
    effect = rate_effect(late)
    assert [(row.period, row.project_key, row.minutes, row.posted_minor, row.due_minor) for row in effect.rows] == [
        ("2026-03", "TRI", 60, 6_000, 6_600),
        ("2026-04", "TRI", 120, 12_000, 13_200),
    ]
    assert (effect.entries, effect.differences, spent(line)) == (2, {"EUR": 1_800}, 18_000)


def test_closed_periods_do_not_move_and_the_open_one_says_so(set_rate, work, adjust, line, finance_user):
    set_rate(6_000)
    work(60)
    march, *_rest = open_periods(first=FIRST, months=4, by=finance_user)
    set_period_status(period=march, status="closed", at=NOW, by=finance_user)
    late = set_rate(6_600, date(2026, 3, 5))
    assert [row.is_closed for row in rate_effect(late).rows] == [True]
    (entry,) = adjust(late)
    assert (entry.kind, entry.effective_on) == ("adjustment", date(2026, 6, 10))
    assert dict(MonthSpend.objects.values_list("month", "amount_minor")) == {FIRST: 6_000, date(2026, 6, 1): 600}
    with pytest.raises(ValidationError) as refusal:
        adjust(late, on=date(2026, 3, 20))
    assert refusal.value.code == "period_closed"


def test_a_late_rate_is_posted_once(set_rate, work, adjust, line):
    set_rate(6_000)
    work(60)
    late = set_rate(6_600, date(2026, 3, 5))
    assert len(adjust(late)) == 1
    assert adjust(late) == []
    assert spent(line) == 6_600
    assert AuditEntry.objects.filter(verb="adjust_for_rate").count() == 1


def test_a_rate_that_a_later_one_overtook_adjusts_nothing(set_rate, work, adjust, line):
    set_rate(6_000)
    work(60)
    second = set_rate(7_000)
    third = set_rate(8_000)
    assert adjust(second) == []
    adjust(third)
    assert spent(line) == 8_000


def test_a_rate_counts_only_until_it_ends(set_rate, work, adjust, line):
    set_rate(6_000)
    work(60)
    work(60, date(2026, 3, 20))
    adjust(set_rate(9_000, date(2026, 3, 5), valid_to=date(2026, 3, 20)))
    assert spent(line) == 9_000 + 6_000


def test_time_whose_posting_was_taken_back_is_not_adjusted(set_rate, work, adjust, line, finance_user):
    set_rate(6_000)
    entry = work(60)
    reverse_entry(
        entry=entry.journal_entry, memo="Wrong person", effective_on=date(2026, 3, 31), at=NOW, by=finance_user
    )
    assert adjust(set_rate(9_000, date(2026, 3, 5))) == []
    assert spent(line) == 0


def test_an_adjustment_that_was_taken_back_counts_for_nothing(set_rate, work, adjust, line, finance_user):
    set_rate(6_000)
    work(60)
    (posted,) = adjust(set_rate(7_000))
    reverse_entry(entry=posted, memo="Not agreed", effective_on=date(2026, 6, 12), at=NOW, by=finance_user)
    adjust(set_rate(8_000))
    assert spent(line) == 8_000


def test_time_of_another_role_is_left_alone(set_rate, work, role, person, adjust, line, department, finance_user):
    set_rate(6_000)
    work(60)
    other = add_job_role(code="analyst", name="Analyst", by=None)
    record_employment(source="hr", external_id="E-1", name="Lena", role=other, department=department,
                      fte_percent=100, valid_from=date(2026, 3, 15), at=NOW, by=finance_user)  # fmt: skip
    late = record_role_rate(role=other, hour_minor=9_000, currency="EUR", valid_from=FIRST, source="erp",
                            external_id="R-analyst", at=NOW, by=finance_user)  # fmt: skip
    assert rate_effect(late).rows == ()
    adjust(set_rate(7_000))
    assert spent(line) == 7_000


def test_a_rate_in_another_currency_is_converted_at_the_spot_rate_of_the_day(
    set_rate, work, adjust, line, finance_user
):
    usd = set_rate(10_000, currency="USD")
    with pytest.raises(ValidationError) as refusal:
        work(60)
    assert refusal.value.code == "no_exchange_rate"
    record_exchange_rate(base="USD", quote="EUR", kind="spot", valid_on=FIRST, rate=Decimal("0.9"), source="ecb",
                         at=NOW, by=finance_user)  # fmt: skip
    entry = work(60)
    assert (entry.role_rate, entry.journal_entry.transaction_minor, spent(line)) == (usd, 10_000, 9_000)
    adjust(set_rate(11_000, currency="USD"))
    assert spent(line) == 9_900


def parts(line):
    """Expense and exchange rate variance of the line."""
    sums = line.ledger_entries.values_list("account").annotate(minor=Sum("amount_minor")).order_by()
    return {account: minor for account, minor in sums if minor}


def test_a_late_rate_in_another_currency_is_parted_as_the_time_was(set_rate, work, adjust, line, finance_user):
    for kind, rate in (("spot", "0.9"), ("budget", "0.8")):
        record_exchange_rate(base="USD", quote="EUR", kind=kind, valid_on=FIRST, rate=Decimal(rate), source="ecb",
                             at=NOW, by=finance_user)  # fmt: skip
    set_rate(10_000, currency="USD")
    work(60)
    work(30)
    assert parts(line) == {"expense": 12_000, "fx_variance": 1_500}
    (entry,) = adjust(set_rate(12_000, currency="USD"))
    assert (parts(line), entry.budget_rate.kind) == ({"expense": 14_400, "fx_variance": 1_800}, "budget")
    adjust(set_rate(9_000))
    assert parts(line) == {"expense": 13_500}
    reverse_entry(entry=JournalEntry.objects.filter(source="role-rate").latest("pk"), memo="Not agreed",
                  effective_on=date(2026, 6, 11), at=NOW, by=finance_user)  # fmt: skip
    assert parts(line) == {"expense": 14_400, "fx_variance": 1_800}
    assert find_breaches() == []


def test_an_adjustment_that_was_taken_back_may_be_posted_again(set_rate, work, adjust, line, finance_user):
    set_rate(10_000)
    work(60)
    late = set_rate(12_000)
    (entry,) = adjust(late)
    reverse_entry(entry=entry, memo="wrong day", effective_on=date(2026, 6, 11), at=NOW, by=finance_user)
    assert spent(line) == 10_000
    adjust(late)
    assert spent(line) == 12_000
    assert adjust(late) == []
    assert find_breaches() == []


def test_time_of_before_the_budget_rate_was_known_is_parted_once_it_is(set_rate, work, adjust, line, finance_user):
    def know(kind, rate):
        record_exchange_rate(base="USD", quote="EUR", kind=kind, valid_on=FIRST, rate=Decimal(rate), source="ecb",
                             at=NOW, by=finance_user)  # fmt: skip

    know("spot", "0.9")
    set_rate(10_000, currency="USD")
    work(60)
    assert parts(line) == {"expense": 9_000}
    know("budget", "0.8")
    adjust(set_rate(12_000, currency="USD"))
    assert parts(line) == {"expense": 9_600, "fx_variance": 1_200}
    know("budget", "0.7")
    work(60)
    posted = adjust(set_rate(13_000, currency="USD"))
    assert [entry.budget_rate.rate_nano for entry in posted] == [700_000_000]
    assert parts(line) == {"expense": 18_200, "fx_variance": 5_200}
    adjust(set_rate(9_000))
    assert parts(line) == {"expense": 18_000}
    assert find_breaches() == []


@pytest.mark.parametrize("model", [TimeEntry, RoleRate, RateAdjustment])
def test_the_database_refuses_to_change_what_was_recorded(set_rate, work, adjust, model):
    set_rate(6_000)
    work(60)
    adjust(set_rate(7_000))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(id=model.objects.first().pk)


DAYS = st.integers(0, 40).map(lambda number: FIRST + timedelta(days=number))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rate"), DAYS, st.integers(0, 20_000), st.none() | st.integers(1, 30)),
        st.tuples(st.just("work"), DAYS, st.integers(1, 150), st.none()),
        st.tuples(st.just("adjust"), st.none(), st.integers(0, 10), st.none()),
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(steps=STEPS)
def test_posted_and_adjusted_is_always_minutes_at_the_newest_rate(steps, set_rate, work, adjust, line, role):
    with transaction.atomic():
        set_rate(7_777, FIRST)
        for kind, day, number, length in steps:
            if kind == "rate":
                set_rate(number, day, valid_to=day + timedelta(days=length) if length else None)
            elif kind == "work":
                work(number, day)
            else:
                adjust(RoleRate.objects.order_by("pk")[min(number, RoleRate.objects.count() - 1)])
        adjusted_before = RateAdjustment.objects.count()
        effects = [rate_effect(rate) for rate in RoleRate.objects.all()]
        for rate in RoleRate.objects.all():
            adjust(rate)
        due = sum(
            labour_minor(entry.minutes, RoleRate.objects.in_force(role, entry.worked_on).hour_minor)
            for entry in TimeEntry.objects.all()
        )
        assert spent(line) == due
        assert sum(effect.entries for effect in effects) == RateAdjustment.objects.count() - adjusted_before
        assert not any(rate_effect(rate).rows for rate in RoleRate.objects.all())
        ledger = LedgerEntry.objects.expenses().filter(line=line).aggregate(total=Sum("amount_minor", default=0))
        assert ledger["total"] == due
        transaction.set_rollback(True)
