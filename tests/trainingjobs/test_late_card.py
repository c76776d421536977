"""A rate card that comes late: its effect is shown, then posted once into the open period; charges stay."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from finance.models import JournalEntry
from finance.services.journal import reverse_entry
from finance.services.period import open_periods, set_period_status
from finance.services.rates import Usage, publish_rate_card
from people.models import AuditEntry
from portal.invariants import find_breaches
from trainingjobs.models import TrainingJob
from trainingjobs.services import submit_job
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events
from trainingjobs.services.late_card import adjust_for_card, card_effect


@pytest.fixture
def charged(project, engineer, compute_line):
    submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)
    return TrainingJob.objects.get()


@pytest.fixture
def publish(rate_card, finance_user):
    def one(cpu_core_hour_micro, valid_from, **more):
        rates = {name: getattr(rate_card, name) for name in ("gpu_hour_micro", "gib_hour_micro", "kwh_micro",
                                                             "watt_per_core", "watt_per_gpu")}  # fmt: skip
        return publish_rate_card(name=rate_card.name, currency="EUR", valid_from=valid_from, by=finance_user,
                                 cpu_core_hour_micro=cpu_core_hour_micro, **rates, **more)  # fmt: skip

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
