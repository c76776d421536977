"""The checks of people find a broken chain and money that is not what its rates say."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from finance.models import RateAdjustment, TimeEntry
from finance.services.journal import post_actual
from finance.services.labour import adjust_for_rate, record_role_rate, record_time
from people.chain import seal
from people.models import AuditEntry, AuditLink
from people.services import add_job_role, record_employment
from portal.invariants.people import adjustments_are_posted, audit_is_chained, time_costs_its_rate

MARCH = date(2026, 3, 2)


@pytest.fixture
def adjusted(department, budget, finance_user):
    """An hour worked and a late rate made good."""
    now, by = timezone.now(), finance_user
    role, line = add_job_role(code="ml-engineer", name="ML engineer", by=by), budget.lines.get(category="people")
    person = record_employment(source="hr", external_id="E-1", name="Lena", role=role, department=department,
                               fte_percent=100, valid_from=date(2026, 1, 1), at=now, by=by)  # fmt: skip
    rates = [record_role_rate(role=role, hour_minor=9_000, currency="EUR", valid_from=MARCH, source="erp",
                              external_id="R-1", at=now, by=by)]  # fmt: skip
    entry = record_time(employment=person, line=line, worked_on=MARCH, minutes=60, source="hr", external_id="T-1",
                        at=now, by=by)  # fmt: skip
    rates.append(record_role_rate(role=role, hour_minor=9_900, currency="EUR", valid_from=MARCH, source="erp",
                                  external_id="R-2", at=now + timedelta(seconds=1), by=by))  # fmt: skip
    (posted,) = adjust_for_rate(rate=rates[1], effective_on=date(2026, 4, 1), at=now, by=by)
    return entry, rates, posted


def test_what_the_verbs_did_is_in_order(adjusted):
    seal()
    assert [*audit_is_chained(), *time_costs_its_rate(), *adjustments_are_posted()] == []


def test_a_link_with_a_wrong_digest_is_found(adjusted):
    AuditLink.objects.create(pk=1, entry=AuditEntry.objects.order_by("pk").first(), digest="0" * 64)
    (breach,) = audit_is_chained()
    assert breach.fact.startswith("place 1")


def test_an_entry_that_waits_for_its_link_is_found(engineer):
    AuditEntry.objects.create(at=timezone.now() - timedelta(hours=1), actor=engineer, verb="look", subject_type="x",
                              subject_id="1")  # fmt: skip
    (breach,) = audit_is_chained()
    assert breach.fact.startswith("1 entries have waited")


def test_time_that_was_posted_at_another_price_is_found(adjusted, finance_user):
    entry, rates, _posted = adjusted
    odd = post_actual(line=entry.line, amount_minor=1, memo="Odd", source="hr", external_id="T-2", effective_on=MARCH,
                      at=timezone.now(), by=finance_user)  # fmt: skip
    TimeEntry.objects.create(employment=entry.employment, line=entry.line, worked_on=MARCH, minutes=60,
                             journal_entry=odd, role_rate=rates[0], source="hr", external_id="T-2",
                             recorded_at=timezone.now())  # fmt: skip
    (breach,) = time_costs_its_rate()
    assert breach.fact == "posted 1, its minutes cost 9000"


def test_an_adjustment_that_was_not_posted_is_found(adjusted):
    entry, rates, _posted = adjusted
    RateAdjustment.objects.create(
        time_entry=entry, role_rate=rates[0], journal_entry=entry.journal_entry, amount_minor=5
    )
    (breach,) = adjustments_are_posted()
    assert breach.fact == "posted 0, of it 0 variance; kept 5, of it 0"
