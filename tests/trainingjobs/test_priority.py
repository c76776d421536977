from people.models import AuditEntry
from trainingjobs.models import TrainingJob
from trainingjobs.services import cancel_job, set_priority, submit_job
from trainingjobs.services.claim import claim_job


def test_a_job_put_first_starts_first_and_one_put_last_starts_last(submit, engineer):
    last, middle, first = submit(), submit(), submit()
    set_priority(job=last, priority=-1, by=engineer)
    set_priority(job=first, priority=1, by=engineer)  # the lead of the project
    assert [claim_job().job.pk for _slot in range(3)] == [first.pk, middle.pk, last.pk]
    assert AuditEntry.objects.filter(verb="set_priority", actor=engineer).count() == 2


def test_high_priority_is_refused_to_a_plain_engineer(submit, project, make_user, refused):
    plain = make_user("olaf.plain")
    project.memberships.create(user=plain)
    job = submit()
    assert refused(set_priority, job=job, priority=1, by=plain) == "priority_not_allowed"
    work = {"project": project, "recipe": "linear-regression", "params": {}, "by": plain}
    assert refused(submit_job, **work, priority=1) == "priority_not_allowed"
    assert set_priority(job=job, priority=-1, by=plain).priority == -1


def test_a_manager_gives_high_priority_and_finance_does_not(submit, manager, finance_user, refused):
    job = submit()
    assert set_priority(job=job, priority=1, by=manager).priority == 1
    assert refused(set_priority, job=job, priority=1, by=finance_user) == "priority_not_allowed"


def test_there_are_three_priorities(submit, engineer, refused):
    job = submit()
    for priority in (-2, 2):
        assert refused(set_priority, job=job, priority=priority, by=engineer) == "no_such_priority"


def test_what_has_ended_is_put_nowhere(submit, engineer, refused):
    job = cancel_job(job=submit(), by=engineer)
    assert refused(set_priority, job=job, priority=-1, by=engineer) == "already_ended"


def test_a_viewer_and_a_stranger_put_nothing_first(submit, viewer, stranger, refused):
    job = submit()
    for user in (viewer, stranger):
        assert refused(set_priority, job=job, priority=0, by=user) == "not_allowed"
    assert TrainingJob.objects.get().priority == 0
