import pytest

from trainingjobs.services import cancel_job, pause_job
from trainingjobs.services.claim import claim_job


def text(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


@pytest.fixture
def fields():
    """What a browser sends of a job as it is, with some values typed anew."""

    def make(job, **typed):
        values = {name: str(value) for name, value in job.params.items() if value is not False}
        return {**values, "recipe": job.recipe, "priority": str(job.priority), **typed}

    return make


def test_the_form_of_a_change_shows_the_job_as_it_is(sign_in, engineer, submit):
    job = submit(epochs=33, time_limit_s=5400.0)
    page = text(sign_in(engineer).get(f"{job.get_absolute_url()}change/"))
    for word in ("Change TRI-1, image classifier", 'value="33"', 'value="90"', "Reserved until now", "the same"):
        assert word in page
    assert 'name="recipe" value="quantization"' not in page
    assert f"{job.get_absolute_url()}change/" in text(sign_in(engineer).get(job.get_absolute_url()))


def test_a_change_is_priced_reserved_and_told(sign_in, engineer, submit, fields, compute_line):
    job = submit(epochs=10)
    before = job.reservation.amount_minor
    answer = sign_in(engineer).post(f"{job.get_absolute_url()}change/", fields(job, epochs="190"), follow=True)
    assert "TRI-1 is changed." in text(answer)
    job.refresh_from_db()
    job.reservation.refresh_from_db()
    compute_line.refresh_from_db()
    assert job.params["epochs"] == 190
    assert compute_line.reserved_minor == job.reservation.amount_minor > before


def test_the_price_of_a_change_follows_the_form_and_saves_nothing(sign_in, engineer, submit, fields):
    job = submit(epochs=10)
    answer = sign_in(engineer).post(f"{job.get_absolute_url()}change/price/", fields(job, epochs="190"))
    tag = answer.context["tag"]
    assert (tag.held_minor, tag.more_minor > 0) == (job.reservation.amount_minor, True)
    assert tag.queue.ahead == 0  # it does not wait behind itself
    assert "Change job" in text(answer)
    job.refresh_from_db()
    assert job.params["epochs"] == 10


def test_a_change_beyond_the_budget_is_refused_with_its_figures(sign_in, engineer, submit, fields, compute_line):
    job = submit(epochs=10)
    compute_line.refresh_from_db()
    compute_line.planned_minor = compute_line.released_minor = compute_line.reserved_minor
    compute_line.save()
    answer = sign_in(engineer).post(f"{job.get_absolute_url()}change/", fields(job, epochs="190"))
    assert answer.status_code == 422
    assert "Over budget by EUR" in text(answer)
    job.refresh_from_db()
    assert job.params["epochs"] == 10


def test_wrong_settings_and_limits_are_named_and_nothing_typed_is_lost(sign_in, engineer, submit, fields):
    job = submit()
    answer = sign_in(engineer).post(
        f"{job.get_absolute_url()}change/", fields(job, epochs="900", stop_after="soon", stop_after_unit="h")
    )
    page = text(answer)
    assert answer.status_code == 422
    assert "900 is above the limit of 200" in page
    assert "soon is not a number. Leave it empty for no limit." in page
    assert 'value="soon"' in page
    assert "2 settings to correct first" in page


def test_a_job_that_started_or_ended_is_not_changed(sign_in, engineer, submit, fields):
    job, client = submit(), sign_in(engineer)
    pause_job(job=job, by=engineer)
    assert client.get(f"{job.get_absolute_url()}change/").status_code == 200
    other = submit(epochs=3)
    claim_job(other.pk)
    ended = submit(epochs=4)
    cancel_job(job=ended, by=engineer)
    for late in (other, ended):
        answer = client.post(f"{late.get_absolute_url()}change/", fields(late, epochs="5"), follow=True)
        assert "so its settings stay as they are. Clone it to try others." in text(answer)
        late.refresh_from_db()
        assert late.params["epochs"] != 5


def test_a_race_with_a_worker_is_told_on_the_form(sign_in, engineer, submit, fields, monkeypatch):
    from trainingjobs import views_acts

    job = submit()
    monkeypatch.setattr(views_acts, "is_changeable", lambda job: True)
    claim_job(job.pk)
    answer = sign_in(engineer).post(f"{job.get_absolute_url()}change/", fields(job, epochs="5"))
    assert answer.status_code == 422
    assert "has already started" in text(answer)


def test_a_stranger_and_a_viewer_change_nothing(sign_in, stranger, viewer, client, submit):
    change = f"{submit().get_absolute_url()}change/"
    assert sign_in(stranger).get(change).status_code == 404
    assert sign_in(viewer).get(change).status_code == 403
    assert client.get(change).url.startswith("/sign-in/")


def test_a_compression_keeps_its_parent(sign_in, engineer, finish, submit, fields):
    parent = finish()
    job = submit(recipe="quantization", parent=parent.run.model_version)
    client, change = sign_in(engineer), f"{job.get_absolute_url()}change/"
    page = text(client.get(change))
    assert f"It starts from {parent.name}." in page
    assert 'name="parent"' not in page
    assert "is changed" in text(client.post(change, fields(job, rounds="9"), follow=True))
    job.refresh_from_db()
    assert (job.parent, job.params["rounds"]) == (parent.run.model_version, 9)
