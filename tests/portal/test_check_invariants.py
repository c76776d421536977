"""Every invariant has a breach that it finds. What constraints and triggers already refuse is not tried here."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from experiments.models import ModelVersion, Run
from finance.models import (
    BudgetLine,
    Commitment,
    FiscalPeriod,
    JournalEntry,
    LedgerEntry,
    MonthSpend,
    PlanLine,
    Reservation,
)
from finance.services.budget import reserve
from finance.services.commitment import cancel_commitment, commit
from finance.services.exchange import record_exchange_rate
from finance.services.journal import post_actual, reverse_entry
from finance.services.period import open_periods, set_period_status
from finance.services.plan import PlannedAmount, approve_version, draft_version, plan_tranches, release_tranche
from finance.services.rates import Usage
from people.models import AuditEntry, OutboxMessage
from people.services import record_audit
from portal.invariants import INVARIANTS, find_breaches
from trainingjobs.models import Approval, Attempt, TrainingJob
from trainingjobs.services import pause_job, submit_job
from trainingjobs.services.approval import digest_of
from trainingjobs.services.claim import claim_job
from trainingjobs.services.finish import Ending, finish_job
from trainingjobs.services.fold import fold_events


@pytest.fixture
def finished(project, engineer, compute_line):
    submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    claim = claim_job()
    fold_events(claim=claim, events=[], usage=Usage(cpu_core_seconds=3600))
    finish_job(claim=claim, ending=Ending("succeeded", metrics={}, report={}), exit_code=0)
    return TrainingJob.objects.get()


@pytest.fixture
def running(project, engineer, compute_line):
    submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    return claim_job().job


def broken():
    return {breach.invariant for breach in find_breaches()}


def test_a_portal_that_just_works_has_no_breach(finished, capsys):
    call_command("check_invariants", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["breaches"], len(report["checked"])) == (True, [], len(INVARIANTS))


def test_a_breach_is_named_and_the_exit_code_is_one(finished, capsys):
    BudgetLine.objects.update(spent_minor=F("spent_minor") + 1)
    with pytest.raises(SystemExit) as end:
        call_command("check_invariants", "--json")
    assert end.value.code == 1
    breach = json.loads(capsys.readouterr().out)["breaches"][0]
    assert (breach["invariant"], breach["fact"]) == ("lines_equal_recomputed", "spent 50, recomputed 49")


def test_an_entry_with_one_side_is_found(finished):
    entry = JournalEntry.objects.get()
    LedgerEntry.objects.create(journal_entry=entry, account="clearing", amount_minor=7)
    assert broken() == {"ledger_balances"}


def test_an_entry_without_sides_is_found(finished):
    entry = JournalEntry.objects.get()
    JournalEntry.objects.create(
        posted_at=entry.posted_at,
        effective_on=entry.effective_on,
        currency="EUR",
        memo="x",
        source="test",
        external_id="1",
    )
    assert broken() == {"ledger_balances"}


def test_a_reservation_that_the_line_forgot_is_found(running):
    BudgetLine.objects.update(reserved_minor=0)
    assert broken() == {"lines_equal_recomputed"}


def test_a_reservation_left_open_by_a_job_that_ended_is_found(finished):
    Reservation.objects.update(status="open", ended_at=None)
    assert broken() == {"jobs_settle_once", "lines_equal_recomputed"}


def test_a_charge_that_is_not_the_metered_use_is_found(finished):
    TrainingJob.objects.update(cpu_core_seconds=7200)
    assert broken() == {"jobs_settle_once", "attempts_add_up"}


def test_a_running_job_whose_attempt_ended_is_found(running):
    Attempt.objects.update(ended_at=timezone.now(), outcome="lost")
    assert broken() == {"running_jobs_have_a_lease"}


def test_a_job_that_two_attempts_completed_is_found(finished):
    now = timezone.now()
    Attempt.objects.create(job=finished, fence=2, worker="w", started_at=now, ended_at=now, outcome="finished")
    assert broken() == {"jobs_complete_once"}


def test_a_model_without_its_files_is_found(finished):
    ModelVersion.objects.create(
        run=finished.run, kind="line", path="nowhere", digest="d", size_bytes=1, created_at=timezone.now()
    )
    assert broken() == {"models_are_whole"}


def test_a_model_of_a_job_that_did_not_succeed_is_found(running, tmp_path):
    ModelVersion.objects.create(
        run=running.run, kind="line", path="nowhere", digest="d", size_bytes=1, created_at=timezone.now()
    )
    assert broken() == {"models_are_whole", "jobs_complete_once"}


def test_a_message_that_is_stuck_is_found(finished):
    OutboxMessage.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert broken() == {"outbox_flows"}


def test_a_submission_with_two_traces_is_found(finished):
    # append-only: a trace cannot be taken away, so one is added
    AuditEntry.objects.create(
        at=timezone.now(), verb="submit_job", subject_type="trainingjobs.trainingjob", subject_id=str(finished.pk)
    )
    assert broken() == {"audit_is_complete"}


def entry_like(entry, external_id, **changed):
    """One more journal entry, as somebody with the database at hand would write it."""
    fields = {"effective_on": entry.effective_on, "currency": "EUR", "memo": "x", "source": "test"} | changed
    return JournalEntry.objects.create(posted_at=entry.posted_at, external_id=external_id, **fields)


def sides(entry, amount_minor, line):
    LedgerEntry.objects.create(journal_entry=entry, account="expense", line=line, amount_minor=amount_minor)
    LedgerEntry.objects.create(journal_entry=entry, account="clearing", amount_minor=-amount_minor)
    months = MonthSpend.objects.filter(line=line, month=entry.effective_on.replace(day=1))
    months.update(amount_minor=F("amount_minor") + amount_minor)


def test_an_entry_in_another_currency_than_its_budget_is_found(finished, compute_line):
    sides(entry_like(JournalEntry.objects.get(), "1", currency="USD"), 5, compute_line)
    BudgetLine.objects.update(spent_minor=F("spent_minor") + 5)
    assert broken() == {"entries_touch_own_currency", "lines_equal_recomputed"}


def test_a_reversal_that_takes_back_less_is_found(finished, compute_line):
    entry = JournalEntry.objects.get()
    sides(entry_like(entry, "1", reverses=entry), -1, compute_line)
    BudgetLine.objects.filter(pk=compute_line.pk).update(spent_minor=F("spent_minor") - 1)
    assert broken() == {"reversals_mirror"}


def test_a_true_reversal_is_no_breach(finished, compute_line, finance_user):
    entry = post_actual(line=compute_line, amount_minor=5, memo="x", source="erp", external_id="1",
                        effective_on=finished.finished_at.date(), at=timezone.now(), by=finance_user)  # fmt: skip
    reverse_entry(entry=entry, memo="y", effective_on=entry.effective_on, at=timezone.now(), by=finance_user)
    assert broken() == set()


def test_a_charge_of_no_job_is_found(finished, compute_line):
    sides(entry_like(JournalEntry.objects.get(), "nobody", source="job"), 5, compute_line)
    BudgetLine.objects.filter(pk=compute_line.pk).update(spent_minor=F("spent_minor") + 5)
    assert broken() == {"money_of_jobs_has_its_job"}


def test_a_reservation_of_no_job_is_found(finished, compute_line, engineer):
    reserve(line=compute_line, amount_minor=5, reference="job:nobody", at=timezone.now(), by=engineer)
    assert broken() == {"money_of_jobs_has_its_job"}


@pytest.mark.parametrize("change", [{"cost_micro": 1}, {"charge": None}, {"gpu_seconds": 3600}, {"gib_seconds": 9e9}])
def test_a_cost_that_was_turned_is_found(finished, change):
    TrainingJob.objects.update(**change)
    assert broken() == {"jobs_settle_once"}


def test_a_job_that_points_to_the_charge_of_another_is_found(finished, compute_line):
    other = entry_like(JournalEntry.objects.get(), "other")
    sides(other, 49, compute_line)
    BudgetLine.objects.filter(pk=compute_line.pk).update(spent_minor=F("spent_minor") + 49)
    TrainingJob.objects.update(charge=other)
    assert broken() == {"jobs_settle_once"}


def test_a_job_whose_state_was_turned_is_found(finished):
    TrainingJob.objects.update(state="failed")
    assert broken() == {"jobs_complete_once", "audit_is_complete"}


def test_a_run_whose_status_was_turned_is_found(finished):
    Run.objects.update(status="failed")
    assert broken() == {"jobs_complete_once"}


def test_a_reserved_amount_that_was_turned_is_found(running):
    Reservation.objects.update(amount_minor=F("amount_minor") + 1)
    assert broken() == {"lines_equal_recomputed"}


def test_a_model_whose_file_was_turned_is_found(finished, settings):
    from engine.artifact import Description, write_artifact

    folder = settings.JOBS_DIR / "model"
    settings.JOBS_DIR.mkdir(parents=True, exist_ok=True)
    digest = write_artifact(
        folder, Description("linear-regression", "linear-regression", {}, {}, {}, {}, {}, 2), {"model.onnx": b"graph"}
    ).digest
    ModelVersion.objects.create(
        run=finished.run, kind="line", path="model", digest=digest, size_bytes=1, created_at=timezone.now()
    )
    assert broken() == set()
    (folder / "model.onnx").write_bytes(b"grapH")
    assert broken() == {"models_are_whole"}


def test_a_decision_on_ones_own_job_is_found(running):
    decide(running, running.submitted_by)
    assert "decisions_are_of_others" in broken()


def test_a_decision_on_money_that_one_asked_for_is_found(running, manager):
    record_audit(verb="resume_job", subject=running, by=manager, detail={"asked_minor": 200})
    decide(running, manager)
    assert "decisions_are_of_others" in broken()


def test_two_decisions_in_force_are_found(running, manager):
    decide(running, manager)
    decide(running, manager)
    assert "decisions_are_of_others" in broken()


def test_a_paused_job_that_was_to_be_cancelled_is_found(project, engineer, compute_line):
    job = submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    pause_job(job=job, by=engineer)
    TrainingJob.objects.filter(pk=job.pk).update(cancel_requested_at=timezone.now())
    assert broken() == {"requests_are_heeded"}


def decide(job, by):
    Approval.objects.create(
        job=job, decision="approved", by=by, at=timezone.now(), digest=digest_of(job), reserved_minor=1
    )


def test_a_released_sum_that_was_turned_is_found(finished, compute_line):
    BudgetLine.objects.filter(pk=compute_line.pk).update(released_minor=F("released_minor") + 1)
    assert broken() == {"released_is_granted"}


def test_a_month_that_was_turned_or_forgotten_is_found(finished):
    MonthSpend.objects.update(amount_minor=F("amount_minor") + 1)
    assert broken() == {"months_equal_ledger"}
    MonthSpend.objects.all().delete()
    assert broken() == {"months_equal_ledger"}


@pytest.fixture
def order(finished, compute_line, finance_user):
    return commit(line=compute_line, amount_minor=100, supplier="x", memo="x", source="erp", external_id="1",
                  at=timezone.now(), by=finance_user)  # fmt: skip


def test_what_is_open_of_an_order_is_checked(order, compute_line, finance_user):
    post_actual(line=compute_line, amount_minor=40, memo="x", source="erp", external_id="1", commitment=order,
                effective_on=timezone.localdate(), at=timezone.now(), by=finance_user)  # fmt: skip
    assert broken() == set()
    Commitment.objects.update(open_minor=50)
    assert broken() == {"commitments_equal_relief", "lines_equal_recomputed"}
    Commitment.objects.update(open_minor=60)
    cancel_commitment(commitment=order, at=timezone.now(), by=finance_user)
    assert broken() == set()


def test_an_order_that_the_line_forgot_is_found(order):
    BudgetLine.objects.update(committed_minor=0)
    assert broken() == {"lines_equal_recomputed"}


def test_an_entry_posted_into_a_closed_period_is_found(finished, finance_user):
    today = timezone.localdate()
    [period] = open_periods(first=today, months=1, by=finance_user)
    set_period_status(period=period, status="closed", at=timezone.now(), by=finance_user)
    assert broken() == set()
    FiscalPeriod.objects.update(closed_at=timezone.now() - timedelta(days=40))
    assert broken() == {"closed_periods_stand"}


def test_a_plan_that_does_not_control_is_found(finished, budget, manager):
    periods = open_periods(first=timezone.localdate(), months=1, by=manager)
    lines = [PlannedAmount(periods[0], category, "data", 10_000) for category in ("compute", "people")]
    now = timezone.now()
    version = draft_version(budget=budget, lines=lines, reason="", at=now, by=manager)
    approve_version(version=version, at=now, by=manager)
    assert broken() == set()
    PlanLine.objects.filter(category="people").update(amount_minor=9_999)
    assert broken() == {"plans_control"}
    PlanLine.objects.filter(category="people").update(amount_minor=10_000)
    budget.versions.update(status="superseded")
    assert broken() == {"plans_control"}


def test_a_tranche_that_was_never_released_is_found(project, budget, manager):
    [tranche] = plan_tranches(budget=budget, tranches={"data": {"compute": 100}}, by=manager)
    release_tranche(tranche=tranche, reference="x", at=timezone.now(), by=manager)
    assert broken() == set()
    tranche.lines.update(amount_minor=99)
    assert broken() == {"released_is_granted"}


@pytest.fixture
def foreign(compute_line, finance_user):
    """An order and an actual in dollars, at a budget rate and a spot rate, and a third of the order paid."""
    at, on = timezone.now(), timezone.localdate()
    for kind, rate in (("spot", "0.9"), ("budget", "0.8")):
        record_exchange_rate(base="USD", quote="EUR", kind=kind, valid_on=on, rate=Decimal(rate), source="bank", at=at,
                             by=finance_user)  # fmt: skip
    facts = {"line": compute_line, "amount_minor": None, "memo": "x", "source": "erp", "at": at, "by": finance_user,
             "transaction_currency": "USD"}  # fmt: skip
    order = commit(**facts, supplier="x", external_id="PO", transaction_minor=10_001)
    facts |= {"effective_on": on}
    post_actual(**facts, external_id="INV", commitment=order, transaction_minor=3_333)
    post_actual(**facts, external_id="REST", commitment=order, transaction_minor=6_668)
    post_actual(**facts, external_id="LATE", commitment=order, transaction_minor=100)
    return post_actual(**facts, external_id="CARD", transaction_minor=777)


def test_a_foreign_entry_that_is_parted_wrongly_is_found(foreign, finance_user):
    reverse_entry(entry=foreign, memo="x", effective_on=timezone.localdate(), at=timezone.now(), by=finance_user)
    assert find_breaches() == []
    line = foreign.entries.exclude(line=None).first().line
    for account, minor in (("expense", 5), ("fx_variance", -5)):
        LedgerEntry.objects.create(journal_entry=foreign, account=account, line=line, amount_minor=minor)
    assert "rates_part_the_whole" in broken()


def test_an_order_that_is_not_its_document_at_the_budget_rate_is_found(foreign):
    Commitment.objects.update(budgeted_minor=F("budgeted_minor") + 1)
    assert broken() == {"rates_part_the_whole"}
