import pytest

from trainingjobs.models import Approval, TrainingJob
from trainingjobs.services import approve_job, change_job


def text(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


@pytest.fixture
def threshold(project):
    """Every job needs a manager's approval."""
    project.approval_threshold_minor = 0
    project.save()


@pytest.fixture
def second_manager(make_user):
    return make_user("max.mann", "manager")


def test_a_job_that_awaits_approval_says_who_asks_for_how_much_and_why(sign_in, engineer, submit, threshold):
    job = submit()
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    price = f"EUR {job.reservation.amount_minor / 100:.2f}"
    assert f"Lena Hoffmann asks to run it for up to {price}; in TRI a manager decides on every job." in page
    assert "A manager decides; until then it holds its reservation" in page
    assert "Awaiting approval" in page
    assert "/approve/" not in page
    assert "data-live" in page


def test_a_manager_approves_with_a_reason_and_the_page_remembers(sign_in, manager, submit, threshold):
    job, client = submit(), sign_in(manager)
    page = client.get(job.get_absolute_url())
    assert "Approve TRI-1 for up to EUR" in text(page)
    answer = client.post(
        f"{job.get_absolute_url()}approve/",
        {"reason": "Good <b>value</b>", "seen": page.context["digest"]},
        follow=True,
    )
    told = text(answer)
    assert "TRI-1 is approved and in the queue." in told
    assert "1 decision on its price" in told
    assert "Good &lt;b&gt;value&lt;/b&gt;" in told
    assert "Katrin Vogel" in told
    job.refresh_from_db()
    assert job.state == "queued"


def test_a_price_that_changed_under_the_managers_eyes_is_not_approved(sign_in, engineer, manager, submit, threshold):
    job, client = submit(), sign_in(manager)
    seen = client.get(job.get_absolute_url()).context["digest"]
    change_job(job=job, by=engineer, params={**job.params, "epochs": 150})
    answer = client.post(f"{job.get_absolute_url()}approve/", {"seen": seen}, follow=True)
    assert "was changed while you looked at it" in text(answer)
    job.refresh_from_db()
    assert job.state == "awaiting"


def test_a_decline_needs_a_reason_and_ends_the_job(sign_in, manager, submit, threshold, compute_line):
    job, client = submit(), sign_in(manager)
    decline = f"{job.get_absolute_url()}decline/"
    assert "Say why, so that the next attempt can be better." in text(
        client.post(decline, {"reason": " "}, follow=True)
    )
    told = text(client.post(decline, {"reason": "Too dear"}, follow=True))
    assert "TRI-1 is declined; its reservation went back to the budget." in told
    assert "Katrin Vogel declined its price: Too dear" in told
    assert "/retry/" in told
    compute_line.refresh_from_db()
    assert compute_line.reserved_minor == 0
    assert "awaits no approval any more" in text(client.post(decline, {"reason": "Again"}, follow=True))


def test_nobody_approves_his_own_job(sign_in, manager, second_manager, submit, threshold):
    job = submit(by=manager)
    client = sign_in(manager)
    page = text(client.get(job.get_absolute_url()))
    assert "You submitted it yourself, so another manager decides." in page
    assert "/approve/" not in page
    assert "Ask another manager" in text(client.post(f"{job.get_absolute_url()}approve/", follow=True))
    other = sign_in(second_manager)
    assert "is approved" in text(other.post(f"{job.get_absolute_url()}approve/", follow=True))


def test_an_engineer_does_not_approve(sign_in, engineer, submit, threshold):
    job, client = submit(), sign_in(engineer)
    for address in ("approve/", "decline/"):
        answer = client.post(job.get_absolute_url() + address, {"reason": "x"}, follow=True)
        assert "Only managers approve the price of a job." in text(answer) or "submitted himself" in text(answer)
    assert not Approval.objects.exists()


def test_a_change_says_that_it_voids_the_approval_and_does(sign_in, engineer, manager, submit, threshold):
    job = submit()
    approve_job(job=job, by=manager)
    client, change = sign_in(engineer), f"{job.get_absolute_url()}change/"
    page = client.get(change)
    assert "The approval of Katrin Vogel is void with other settings." in text(page)
    assert "Change it and ask for approval" in text(page)
    form = {**{name: str(value) for name, value in page.context["form"].raw.items()}, "epochs": "77"}
    told = text(client.post(change, form, follow=True))
    assert "TRI-1 is changed; a manager decides on its price." in told
    assert "Void" in told
    job.refresh_from_db()
    assert (job.state, job.params["epochs"]) == ("awaiting", 77)


def test_another_priority_keeps_the_approval(sign_in, engineer, manager, submit, threshold):
    job = submit()
    approve_job(job=job, by=manager)
    client, change = sign_in(engineer), f"{job.get_absolute_url()}change/"
    raw = client.get(change).context["form"].raw
    client.post(change, {**{name: str(value) for name, value in raw.items()}, "priority": "-1"})
    job.refresh_from_db()
    assert (job.state, job.priority) == ("queued", -1)
    assert not job.approvals.exclude(voided_at=None).exists()


def test_the_form_asks_for_approval_where_the_price_needs_one(sign_in, engineer, manager, threshold, compute_line):
    page = text(sign_in(engineer).get("/projects/TRI/jobs/new/"))
    assert "Ask for approval" in page
    assert "TRI asks for every job. The managers are told" in page
    assert "Another manager is told" in text(sign_in(manager).get("/projects/TRI/jobs/new/"))
    assert not TrainingJob.objects.exists()


def test_below_the_threshold_the_tag_says_up_to_where(sign_in, engineer, project, compute_line):
    project.approval_threshold_minor = 40_000
    project.save()
    page = text(sign_in(engineer).get("/projects/TRI/jobs/new/"))
    assert "no approval needed up to EUR 400.00" in page
    assert "Submit job" in page
