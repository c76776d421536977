from datetime import timedelta

import pytest
from django.utils import timezone

from trainingjobs.models import StepTiming
from trainingjobs.services import dry_run as verbs


@pytest.fixture(autouse=True)
def broker(monkeypatch):
    class Broker:
        def send_task(self, name, args, **options):
            pass

    monkeypatch.setattr(verbs, "current_app", Broker())


def ask(client, **typed):
    return client.post("/projects/TRI/jobs/timing/", {"recipe": "image-classifier", **typed})


def measured(timing):
    StepTiming.objects.filter(pk=timing.pk).update(
        state="measured", measured_at=timezone.now(), startup_s=3.0, step_s=0.01, steps=400, timed_steps=90,
        cpu_core_seconds=3.5, gib=0.4,
    )  # fmt: skip


def test_without_history_the_price_tag_offers_to_time_a_few_steps(sign_in, engineer, compute_line):
    page = sign_in(engineer).get("/projects/TRI/jobs/new/").content.decode()
    assert "no job of this recipe has finished yet" in page
    assert "Time a few steps" in page


def test_it_asks_waits_and_then_fetches_the_new_price(sign_in, engineer, compute_line):
    client = sign_in(engineer)
    asked = ask(client).content.decode()
    timing = StepTiming.objects.get()
    address = f"/projects/TRI/jobs/timing/{timing.pk}/"
    assert f'hx-get="{address}"' in asked
    assert f'hx-get="{address}"' in client.get(address).content.decode()
    measured(timing)
    assert 'hx-post="/projects/TRI/jobs/price/"' in client.get(address).content.decode()
    tag = client.post("/projects/TRI/jobs/price/", {"recipe": "image-classifier"}).content.decode()
    assert "From a few steps that were timed" in tag
    assert "Time a few steps" not in tag


def test_a_timing_that_nobody_answers_says_so_and_can_be_asked_again(sign_in, engineer, compute_line):
    client = sign_in(engineer)
    ask(client)
    StepTiming.objects.update(asked_at=timezone.now() - timedelta(seconds=61))
    page = client.get(f"/projects/TRI/jobs/timing/{StepTiming.objects.get().pk}/").content.decode()
    assert "No worker timed the steps" in page
    assert ask(client).status_code == 200
    assert StepTiming.objects.count() == 2


def test_wrong_settings_and_a_second_timing_are_refused_in_words(sign_in, engineer, compute_line):
    client = sign_in(engineer)
    assert "Correct the settings first" in ask(client, epochs="0").content.decode()
    assert "Correct the settings first" in ask(client, recipe="unheard-of").content.decode()
    ask(client)
    assert "are being timed for you" in ask(client, epochs="3").content.decode()


def test_viewers_strangers_and_other_people_see_no_timing(sign_in, engineer, viewer, manager, compute_line):
    ask(sign_in(engineer))
    address = f"/projects/TRI/jobs/timing/{StepTiming.objects.get().pk}/"
    assert sign_in(manager).get(address).status_code == 404
    assert ask(sign_in(viewer)).status_code == 403


def test_the_same_by_rest(sign_in, engineer, manager, compute_line):
    client = sign_in(engineer)
    created = client.post("/api/v1/step-timings/", {"recipe": "image-classifier"}, content_type="application/json")
    assert (created.status_code, created.json()["state"]) == (201, "asked")
    measured(StepTiming.objects.get())
    read = client.get(created["Location"]).json()
    assert (read["state"], read["seconds"]) == ("measured", pytest.approx(3 + 4 + 0.4 * (8 + 1800 * 1.25e-4)))
    assert sign_in(manager).get(created["Location"]).status_code == 404
    wrong = client.post(
        "/api/v1/step-timings/",
        {"recipe": "image-classifier", "params": {"epochs": 0}},
        content_type="application/json",
    )
    assert wrong.status_code in (400, 422)
    assert "params.epochs" in wrong.content.decode()
