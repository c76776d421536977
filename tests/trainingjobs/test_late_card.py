"""A rate card that comes late: its effect is shown, then posted once into the open period; charges stay."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from finance.models import JournalEntry
from finance.services.journal import reverse_entry
from finance.services.period import open_periods, set_period_status
from finance.services.rates import Usage, publish_rate_card
from outcomes.explain import explain
from people.models import AuditEntry
from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import submit_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events
from trainingjobs.services.late_card import adjust_for_card, card_effect


@pytest.fixture
def charge(project, engineer, compute_line):
    def one(**params):
        job = submit_job(project=project, recipe="linear-regression", params=params, by=engineer)
        claim = claim_job()
        fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
        finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)
        return TrainingJob.objects.get(pk=job.pk)

    return one


@pytest.fixture
def charged(charge):
    return charge()


@pytest.fixture
def publish(rate_card, finance_user):
    def one(cpu_core_hour_micro, valid_from, **more):
        rates = {name: getattr(rate_card, name) for name in ("gpu_hour_micro", "gib_hour_micro", "kwh_micro",
                                                             "watt_per_core", "watt_per_gpu")}  # fmt: skip
        return publish_rate_card(name=rate_card.name, currency="EUR", valid_from=valid_from, by=finance_user,
                                 cpu_core_hour_micro=cpu_core_hour_micro, **(rates | more))  # fmt: skip

    return one


def spent(line):
    line.refresh_from_db()
    return line.spent_minor


def test_a_late_card_shows_its_effect_and_is_posted_once(charged, publish, compute_line, finance_user):
    today = timezone.localdate()
    before = spent(compute_line)
    card = publish(charged.rate_card.cpu_core_hour_micro + 1_000_000, today)
    assert card.recorded_at is not None
    (row,) = card_effect(card).rows
    assert (row.entries, row.posted_minor, row.difference_minor) == (1, before, 100)
    assert spent(compute_line) == before
    (entry,) = adjust_for_card(card=card, effective_on=today, at=timezone.now(), by=finance_user)
    assert (entry.kind, entry.rate_card, spent(compute_line)) == ("adjustment", card, before + 100)
    charged.refresh_from_db()
    assert charged.charge.entries.get(account="expense").amount_minor == before
    assert adjust_for_card(card=card, effective_on=today, at=timezone.now(), by=finance_user) == []
    assert AuditEntry.objects.get(verb="adjust_for_card").actor == finance_user
    next_card = publish(charged.rate_card.cpu_core_hour_micro + 3_000_000, today)
    (row,) = card_effect(next_card).rows
    assert (row.posted_minor, row.difference_minor) == (before + 100, 200)
    reverse_entry(entry=entry, memo="x", effective_on=today, at=timezone.now(), by=finance_user)
    (row,) = card_effect(next_card).rows
    assert (row.posted_minor, row.difference_minor) == (before, 300)
    assert find_breaches() == []


def test_a_card_changes_only_what_was_submitted_on_its_days(charged, publish):
    today = timezone.localdate()
    dear = charged.rate_card.cpu_core_hour_micro + 1_000_000
    assert card_effect(publish(dear, today + timedelta(days=1))).rows == ()
    assert card_effect(publish(dear, today - timedelta(days=9), valid_to=today)).rows == ()
    late = publish(dear, today)
    publish(dear + 1, today)
    assert card_effect(late).rows == ()


def test_closed_periods_do_not_move(charged, publish, finance_user):
    today = timezone.localdate()
    (period,) = open_periods(first=today.replace(day=1), months=1, by=None)
    card = publish(charged.rate_card.cpu_core_hour_micro + 1_000_000, today)
    for status in ("soft_closed", "closed"):
        set_period_status(period=period, status=status, at=timezone.now(), by=finance_user)
    assert card_effect(card).touches_closed
    with pytest.raises(ValidationError):
        adjust_for_card(card=card, effective_on=today, at=timezone.now(), by=finance_user)
    assert not JournalEntry.objects.filter(source="rate-card").exists()


def test_the_page_of_a_card_shows_the_effect_and_posts_it(charged, publish, sign_in, manager, finance_user):
    card = publish(charged.rate_card.cpu_core_hour_micro + 1_000_000, timezone.localdate())
    address = reverse("rate-card", args=[card.pk])
    assert "1.00" in sign_in(manager).get(address).content.decode()
    typed = {"effective_on": timezone.localdate().isoformat()}
    assert sign_in(manager).post(address, typed).status_code == 403
    assert sign_in(finance_user).post(address, typed).status_code == 302
    assert "It changes nothing that is posted" in sign_in(finance_user).get(address).content.decode()


@pytest.fixture
def adjusted(charged, publish, finance_user):
    """The entry that made the job one euro dearer."""
    card = publish(charged.rate_card.cpu_core_hour_micro + 1_000_000, timezone.localdate())
    (entry,) = adjust_for_card(card=card, effective_on=timezone.localdate(), at=timezone.now(), by=finance_user)
    return entry


def test_jobs_of_a_line_are_adjusted_by_one_entry_that_parts_among_them(charged, charge, publish, finance_user):
    charge(epochs=3)
    card = publish(charged.rate_card.cpu_core_hour_micro + 1_000_000, timezone.localdate())
    (entry,) = adjust_for_card(card=card, effective_on=timezone.localdate(), at=timezone.now(), by=finance_user)
    assert [each.amount_minor for each in entry.card_adjustments.all()] == [100, 100]
    assert entry.entries.get(account="expense").amount_minor == 200
    assert find_breaches() == []


def test_an_adjustment_that_was_taken_back_may_be_posted_again(adjusted, finance_user):
    today, at = timezone.localdate(), timezone.now()
    reverse_entry(entry=adjusted, memo="wrong day", effective_on=today, at=at, by=finance_user)
    assert card_effect(adjusted.rate_card).difference_minor == 100
    (again,) = adjust_for_card(card=adjusted.rate_card, effective_on=today, at=at, by=finance_user)
    assert again.pk != adjusted.pk
    assert card_effect(adjusted.rate_card).rows == ()
    assert find_breaches() == []


def test_jobs_that_were_free_are_charged_by_a_late_card(charge, publish, compute_line, finance_user):
    today = timezone.localdate()
    free = publish(0, today, gib_hour_micro=0, kwh_micro=0)
    job = charge()
    assert (job.rate_card, job.charge) == (free, None)
    card = publish(5_000_000, today, gib_hour_micro=0, kwh_micro=0)
    (row,) = card_effect(card).rows
    assert (row.entries, row.posted_minor, row.due_minor) == (1, 0, 500)
    adjust_for_card(card=card, effective_on=today, at=timezone.now(), by=finance_user)
    assert spent(compute_line) == 500
    assert find_breaches() == []


def test_the_page_of_a_job_says_that_a_late_card_adjusted_it(charged, adjusted, sign_in, engineer, finance_user):
    client, told = sign_in(engineer), f"adjusted by +EUR\u00a01.00 on {date_format(adjusted.effective_on, 'j M Y')}"
    assert f"{told}, late rate card</a>" in client.get(charged.get_absolute_url()).content.decode()
    reverse_entry(entry=adjusted, memo="x", effective_on=adjusted.effective_on, at=timezone.now(), by=finance_user)
    assert "late rate card" not in client.get(charged.get_absolute_url()).content.decode()


def test_the_explanation_of_the_cost_ends_with_what_the_project_paid(charged, adjusted, engineer):
    charge, late, paid = explain("job-cost", str(charged.pk), engineer).terms[-3:]
    cents = charged.charge.entries.get(account="expense").amount_minor
    assert (late.sign, late.label) == ("+", f"Late rate card {adjusted.rate_card}")
    assert late.amount == "EUR\u00a01.00"
    assert f"no. {adjusted.pk}" in late.source
    assert (charge.amount, paid.amount) == tuple(f"EUR\u00a0{minor / 100:.2f}" for minor in (cents, cents + 100))


def test_the_export_of_jobs_tells_it(charged, adjusted, sign_in, engineer):
    submit_job(project=charged.project, recipe="linear-regression", params={"epochs": 3}, by=engineer)
    sent = b"".join(sign_in(engineer).get("/jobs.csv?sort=job")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sent)))
    assert [row["Adjusted by late rate cards"] for row in rows] == ["1.00", ""]


def test_rest_tells_it_with_as_many_questions_for_many_jobs(
    charged, charge, publish, finance_user, sign_in, engineer, django_assert_num_queries
):
    def jobs():
        return sign_in(engineer).get("/api/v1/jobs/?page_size=10").json()["results"]

    def adjust(more):
        card = publish(charged.rate_card.cpu_core_hour_micro + more, timezone.localdate())
        return adjust_for_card(card=card, effective_on=timezone.localdate(), at=timezone.now(), by=finance_user)

    (entry,) = adjust(1_000_000)
    with CaptureQueriesContext(connection) as one:
        (row,) = jobs()
    day = entry.effective_on.isoformat()
    told = {
        "entry": entry.pk,
        "amount": "1.00",
        "currency": "EUR",
        "effective_on": day,
        "rate_card": entry.rate_card_id,
    }
    assert row["adjustments"] == [told]
    charge(epochs=3)
    adjust(3_000_000)
    with django_assert_num_queries(len(one)):
        rows = jobs()
    assert [[each["amount"] for each in row["adjustments"]] for row in rows] == [["2.00"], ["1.00", "2.00"]]
