import pytest
from django.core.exceptions import ValidationError

from people.models import AuditEntry, Notice
from portal.invariants import find_breaches
from trainingjobs.models import Approval, TrainingJob
from trainingjobs.services import approve_job, cancel_job, change_job, decline_job, set_priority, submit_job
from trainingjobs.services.approval import is_approved
from trainingjobs.services.claim import claim_job


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("user__username", flat=True))


def test_a_job_above_the_threshold_waits_for_a_manager_with_its_money_reserved(
    awaiting, compute_line, manager, finance_user, hints, django_capture_on_commit_callbacks
):
    compute_line.refresh_from_db()
    assert (awaiting.state, awaiting.needs_approval, awaiting.queued_at) == ("awaiting", True, None)
    assert compute_line.reserved_minor == awaiting.reservation.amount_minor
    assert told("approval_asked") == {manager.username}
    assert hints == []
    assert claim_job() is None


def test_a_price_at_the_threshold_is_not_above_it(submit, threshold):
    threshold(submit().reservation.amount_minor)
    assert submit().state == "queued"


def test_an_approved_job_is_queued_and_hinted_and_its_submitter_told(
    awaiting, manager, engineer, hints, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = approve_job(job=awaiting, by=manager, reason=" Worth it. ")
    decision = Approval.objects.get()
    assert (job.state, decision.decision, decision.by, decision.reason) == ("queued", "approved", manager, "Worth it.")
    assert decision.reserved_minor == job.reservation.amount_minor
    assert hints == [str(job.pk)]
    assert told("approval_decided") == {engineer.username}
    assert AuditEntry.objects.get(verb="approve_job").actor == manager
    assert find_breaches() == []


def test_nobody_approves_a_job_of_his_own(submit, threshold, manager, make_user, refused):
    threshold()
    boss = make_user("ada.quist", "manager", is_superuser=True)
    for person in (manager, boss):
        own = submit(by=person)
        assert refused(approve_job, job=own, by=person) == "not_allowed"
        assert refused(decline_job, job=own, by=person, reason="Mine.") == "not_allowed"
        assert not Notice.objects.filter(user=person, subject_id=str(own.pk)).exists()
    assert not Approval.objects.exists()


def test_only_managers_decide(awaiting, project, viewer, stranger, finance_user, refused):
    for user in (viewer, stranger, finance_user):
        assert refused(approve_job, job=awaiting, by=user) == "not_allowed"
        assert refused(decline_job, job=awaiting, by=user, reason="No.") == "not_allowed"
    assert TrainingJob.objects.get().state == "awaiting"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_declining_needs_a_reason(awaiting, manager, reason):
    with pytest.raises(ValidationError) as refusal:
        decline_job(job=awaiting, by=manager, reason=reason)
    assert list(refusal.value.error_dict) == ["reason"]
    assert TrainingJob.objects.get().state == "awaiting"
    assert not Approval.objects.exists()


def test_a_declined_job_ends_with_the_reason_and_its_money_is_free(awaiting, manager, engineer, compute_line):
    job = decline_job(job=awaiting, by=manager, reason="Too dear.")
    compute_line.refresh_from_db()
    assert (job.state, job.error_code, job.reservation.status) == ("cancelled", "declined", "released")
    assert "Too dear." in job.error_message
    assert compute_line.reserved_minor == 0
    assert told("approval_decided") == {engineer.username}
    assert "Too dear." in Notice.objects.get(kind="approval_decided").text
    assert not Notice.objects.filter(kind="job_ended").exists()
    assert find_breaches() == []


def test_what_was_decided_is_decided(awaiting, manager, refused):
    approve_job(job=awaiting, by=manager)
    assert refused(approve_job, job=awaiting, by=manager) == "not_awaiting"
    assert refused(decline_job, job=awaiting, by=manager, reason="No.") == "not_awaiting"
    assert Approval.objects.count() == 1


def test_a_change_voids_the_approval_and_asks_again(awaiting, manager, engineer):
    approve_job(job=awaiting, by=manager)
    changed = change_job(job=awaiting, by=engineer, params={"epochs": 900})
    assert changed.state == "awaiting"
    assert Approval.objects.get().voided_at is not None
    assert Notice.objects.filter(kind="approval_asked", user=manager).count() == 2
    assert claim_job() is None
    assert approve_job(job=changed, by=manager).state == "queued"
    assert Approval.objects.filter(voided_at=None).count() == 1


def test_another_time_limit_voids_the_approval_too(awaiting, manager, engineer):
    approve_job(job=awaiting, by=manager)
    assert change_job(job=awaiting, by=engineer, params=awaiting.params, time_limit_s=60).state == "awaiting"


def test_a_job_that_awaits_can_be_cancelled(awaiting, engineer, compute_line, manager, refused):
    job = cancel_job(job=awaiting, by=engineer)
    compute_line.refresh_from_db()
    assert (job.state, job.reservation.status, compute_line.reserved_minor) == ("cancelled", "released", 0)
    assert refused(approve_job, job=job, by=manager) == "not_awaiting"


def test_approve_and_cancel_at_once_leave_one_ending(in_threads, awaiting, manager, engineer):
    def act(number):
        if number % 2:
            return approve_job(job=TrainingJob.objects.get(), by=manager).state
        return cancel_job(job=TrainingJob.objects.get(), by=engineer).state

    outcomes = in_threads(6, act)
    job = TrainingJob.objects.get()
    refusals = sorted({outcome.code for outcome in outcomes if isinstance(outcome, ValidationError)})
    assert outcomes.count("cancelled") == 1
    assert (job.state, job.reservation.status) == ("cancelled", "released")
    assert refusals in (["already_ended"], ["already_ended", "not_awaiting"])
    assert AuditEntry.objects.filter(verb="job_cancelled").count() == 1
    assert find_breaches() == []


def test_approve_and_decline_at_once_are_one_decision(in_threads, awaiting, manager, make_user):
    other = make_user("uta.berg", "manager")

    def act(number):
        if number % 2:
            return approve_job(job=TrainingJob.objects.get(), by=manager).state
        return decline_job(job=TrainingJob.objects.get(), by=other, reason="No.").state

    outcomes = in_threads(6, act)
    decision, job = Approval.objects.get(), TrainingJob.objects.get()
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert (decision.decision, job.state) in {("approved", "queued"), ("declined", "cancelled")}
    assert find_breaches() == []


def test_what_nobody_could_approve_is_refused_at_once_and_reserves_nothing(
    project, manager, threshold, compute_line, hints
):
    threshold(0)
    with pytest.raises(ValidationError, match="nobody but you could") as refusal:
        submit_job(project=project, recipe="linear-regression", params={}, by=manager)
    assert refusal.value.code == "no_approver"
    compute_line.refresh_from_db()
    assert (TrainingJob.objects.count(), compute_line.reserved_minor) == (0, 0)


def test_an_admin_may_approve_and_is_told(project, manager, threshold, compute_line, hints, make_user):
    threshold(0)
    admin = make_user("ada.root", "engineer", is_superuser=True)
    job = submit_job(project=project, recipe="linear-regression", params={}, by=manager)
    assert told("approval_asked") == {admin.username}
    assert approve_job(job=job, by=admin).state == "queued"


def test_who_changed_a_job_does_not_approve_it(awaiting, manager, make_user, hints, refused):
    other = make_user("amir.haddad", "manager")
    change_job(job=awaiting, by=manager, params={"epochs": 321})
    assert refused(approve_job, job=awaiting, by=manager) == "not_allowed"
    assert refused(decline_job, job=awaiting, by=manager, reason="no") == "not_allowed"
    assert approve_job(job=awaiting, by=other).state == "queued"


def test_a_change_that_nobody_else_could_approve_is_refused(awaiting, manager, refused):
    assert refused(change_job, job=awaiting, by=manager, params={"epochs": 321}) == "no_approver"
    awaiting.refresh_from_db()
    assert awaiting.params["epochs"] != 321


@pytest.mark.parametrize("reason", ["too dear\0", "x" * 2001])
def test_a_reason_that_cannot_be_kept_is_refused_by_name(awaiting, manager, reason):
    for verb in (approve_job, decline_job):
        with pytest.raises(ValidationError) as refusal:
            verb(job=awaiting, by=manager, reason=reason)
        assert list(refusal.value.error_dict) == ["reason"]
    awaiting.refresh_from_db()
    assert awaiting.state == "awaiting"


def test_another_priority_costs_nothing_and_leaves_the_approval(awaiting, manager):
    approve_job(job=awaiting, by=manager)
    set_priority(job=awaiting, priority=1, by=manager)
    awaiting.refresh_from_db()
    assert awaiting.state == "queued"
    assert is_approved(awaiting)
