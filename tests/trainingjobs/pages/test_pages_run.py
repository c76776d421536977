import json
import re

import pytest
from django.test import Client
from django.utils import timezone

from trainingjobs.folders import attempt_folder
from trainingjobs.models import Attempt, TrainingJob

REPORT = {
    "recommended": True,
    "reason": "Use int8: 3.9 times smaller.",
    "rounds": 7,
    "threads": 1,
    "cpu": {"machine": "x86_64"},
}
COMPRESSED = {
    "size_ratio": 3.9,
    "size_bytes": 59_000,
    "parent_size_bytes": 219_000,
    "latency_ms": 0.05,
    "parent_onnx_latency_ms": 0.07,
    "parent_eager_latency_ms": 0.3,
    "parent_test_accuracy": 0.98,
    "accuracy_loss_points": 0.1,
    "speedup_vs_onnx": 1.3,
    "throughput": 40_000,
    "parent_onnx_throughput": 30_000,
    "parent_eager_throughput": 3_000,
}


def text(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def series(client, job, **since):
    return client.get(f"{job.get_absolute_url()}series/", {"since": json.dumps(since)}).json()


def test_a_running_job_shows_progress_cost_and_curves_on_the_first_paint(sign_in, engineer, run):
    job = run().job
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    for word in (
        "Running",
        "Epoch 4 of 10, step 30 of 100",
        "Cost so far",
        "Price tag said",
        "Cancel job",
        "Clone and edit",
    ):
        assert word in page
    assert '"meta":{"series":"validation_accuracy"}' in page
    assert "data-live" in page
    assert f'hx-get="{job.get_absolute_url()}live/" hx-trigger="every 1s, visibilitychange from:document"' in page


def test_deltas_carry_only_the_points_that_the_page_lacks(sign_in, engineer, run, tell_epochs):
    claim = run(epochs_told=3)
    client, job = sign_in(engineer), claim.job
    assert series(client, job)["series"]["train_loss"]["epoch"] == [1.0, 2.0, 3.0]
    assert series(client, job, train_loss=3)["series"]["train_loss"] == {
        "from": 3,
        "step": [],
        "epoch": [],
        "value": [],
    }
    tell_epochs(claim, 4, 5)
    news = series(client, job, train_loss=3, validation_loss=5)
    assert news["series"]["train_loss"] == {"from": 3, "step": [40, 50], "epoch": [4.0, 5.0], "value": [0.25, 0.2]}
    assert news["series"]["validation_loss"]["value"] == []
    assert news["ended"] is False


def test_the_first_paint_and_the_deltas_join_without_gap(sign_in, engineer, run, tell_epochs):
    claim = run(epochs_told=3)
    client = sign_in(engineer)
    since = json.loads(client.get(claim.job.get_absolute_url()).context["since"])
    assert set(since.values()) == {3}
    tell_epochs(claim, 4, 4)
    assert {delta["from"] for delta in series(client, claim.job, **since)["series"].values()} == {3}


@pytest.mark.parametrize(
    "since", ["", "[]", "null", "{", '{"train_loss": "x"}', '{"train_loss": -5}', '{"train_loss": 1e9}']
)
def test_nonsense_in_since_means_the_whole_curve(sign_in, engineer, run, since):
    job = run().job
    answer = sign_in(engineer).get(f"{job.get_absolute_url()}series/", {"since": since})
    assert answer.status_code == 200
    assert len(answer.json()["series"]["train_loss"]["value"]) == 3


def test_the_live_part_ends_the_polling_once_the_job_has_ended(sign_in, engineer, run, finish):
    claim = run()
    client, live = sign_in(engineer), f"{claim.job.get_absolute_url()}live/"
    assert client.get(live).status_code == 200
    finish(claim=claim)
    answer = client.get(live)
    assert answer.status_code == 286
    assert json.loads(answer["HX-Trigger"]) == {"job-ended": {}}
    assert "Finished" in text(answer)


def test_the_log_is_text_and_never_markup(sign_in, engineer, run):
    job = run().job
    folder = attempt_folder(job.pk, 1)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("info: <script>alert(1)</script>\n12:00:01 warning: half & half\n")
    client = sign_in(engineer)
    for address in ("", "live/", "log/"):
        page = client.get(job.get_absolute_url() + address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert '<span class="warn">warning: half &amp; half</span>' in page
    plain = client.get(f"{job.get_absolute_url()}log/?plain=1")
    assert plain["Content-Type"].startswith("text/plain")
    assert "attachment" in plain["Content-Disposition"]


def test_the_log_of_an_earlier_attempt_can_be_opened(sign_in, engineer, run):
    job = run().job
    TrainingJob.objects.filter(pk=job.pk).update(fence=2)
    Attempt.objects.create(job=job, fence=2, worker="host:2", started_at=timezone.now())
    for fence, words in ((1, "it crashed here"), (2, "all is well")):
        folder = attempt_folder(job.pk, fence)
        folder.mkdir(parents=True)
        (folder / "log.txt").write_text(words)
    client, address = sign_in(engineer), f"{job.get_absolute_url()}log/"
    for query, words in (("", "all is well"), ("?attempt=1", "it crashed here"), ("?attempt=99", "all is well")):
        assert words in client.get(address + query).content.decode()
    assert 'href="?attempt=1"' in client.get(address).content.decode()
    assert client.get(f"{address}?plain=1&attempt=1").content == b"it crashed here"


def test_a_queued_job_says_why_it_waits(sign_in, engineer, run, submit, worker):
    running = run().job
    first, second = submit(epochs=2), submit(epochs=3)
    client = sign_in(engineer)
    assert f"Next in line: it starts when {running.name} ends." in text(client.get(first.get_absolute_url()))
    page = text(client.get(second.get_absolute_url()))
    assert "1 job of the same project starts before it." in page
    assert "Its turn comes in about" in page
    assert "at once" not in page


def test_a_queued_job_without_a_worker_says_which_one_to_start(sign_in, engineer, submit):
    page = text(sign_in(engineer).get(submit().get_absolute_url()))
    assert "No worker serves the CPU queue now. Start one with WORKER_RESOURCES=cpu." in page
    assert "<dd>no worker</dd>" in page
    assert "at once" not in page


def test_a_job_that_overruns_its_forecast_still_holds_its_slot(sign_in, engineer, run, submit, worker):
    running = run().job
    TrainingJob.objects.filter(pk=running.pk).update(forecast_seconds_mid=0.001)
    page = text(sign_in(engineer).get(submit(epochs=3).get_absolute_url()))
    assert f"Next in line: it starts when {running.name} ends." in page


def test_a_failed_job_shows_cause_and_mend_as_text(sign_in, engineer, fail):
    job = fail()
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    assert "Failed: missing dataset" in page
    assert "There is no data set &lt;b&gt;x&lt;/b&gt;." in page
    assert "Put it there." in page
    assert "exit code 2" in page
    assert "data-live" not in page


def test_a_finished_classifier_shows_its_model_its_mistakes_and_what_may_follow(sign_in, engineer, finish):
    job = finish(report={"confusion_matrix": [[9, 1], [3, 7]], "test_accuracy_interval": [0.7, 0.9]})
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    assert "Most often 1 is taken for 0: 3 of 10" in page
    assert "16 of 20 test pictures told right, 80.0% (95% interval 70.0% to 90.0%)" in page
    assert f"recipe=quantization&amp;parent={job.run.model_version.pk}" in page
    for word in ("model.onnx", "b" * 64, "f" * 32, "Quantise this model", "the first run of this recipe"):
        assert word in page


def test_a_better_run_is_measured_against_the_best_before(sign_in, engineer, finish):
    finish(accuracy=0.95)
    best = finish(accuracy=0.97, epochs=11)
    job = finish(accuracy=0.98, epochs=12)
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    assert f"Test accuracy 0.9800, 0.0100 above the best run before, {best.name}." in page
    assert sign_in(engineer).get(f"{job.get_absolute_url()}worth/").status_code == 200


def test_settings_that_differ_from_the_job_before_say_what_they_were(sign_in, engineer, submit):
    submit(learning_rate=0.01)
    job = submit(learning_rate=0.02)
    assert "was 0.01" in text(sign_in(engineer).get(job.get_absolute_url()))


def test_a_compression_shows_parent_and_child_side_by_side_with_the_advice(sign_in, engineer, finish):
    parent = finish()
    job = finish(
        recipe="quantization",
        parent=parent.run.model_version,
        kind="image-classifier-int8",
        report=REPORT,
        metrics=COMPRESSED,
    )
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    from_parent = f'from <a href="{parent.get_absolute_url()}">'
    variants = ("Parent, fp32, PyTorch", "Parent, fp32, ONNX", "Child, int8, ONNX")
    for word in (*variants, "Recommended", REPORT["reason"], "59.0 kB", "0.070", "40,000", from_parent):
        assert word in page


def test_the_parent_in_pytorch_shows_its_own_weights_and_accuracy(sign_in, engineer, finish, settings):
    parent = finish(accuracy=0.9612)
    model = parent.run.model_version
    (settings.JOBS_DIR / model.path / "model.json").write_text(
        '{"files": {"model.safetensors": {"bytes": 217640, "sha256": "%s"}}}' % ("a" * 64)
    )
    job = finish(recipe="quantization", parent=model, kind="image-classifier-int8", report=REPORT, metrics=COMPRESSED)
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    row = re.search(r"Parent, fp32, PyTorch.*?</tr>", page, flags=re.DOTALL)[0]
    assert "218 kB" in row
    assert "0.9612" in row


def test_a_parent_whose_folder_is_gone_leaves_its_size_open(sign_in, engineer, finish, settings):
    parent = finish()
    (settings.JOBS_DIR / parent.run.model_version.path / "model.json").unlink()
    job = finish(
        recipe="quantization",
        parent=parent.run.model_version,
        kind="image-classifier-int8",
        report=REPORT,
        metrics=COMPRESSED,
    )
    row = re.search(
        r"Parent, fp32, PyTorch.*?</tr>", text(sign_in(engineer).get(job.get_absolute_url())), flags=re.DOTALL
    )[0]
    assert "–" in row


def test_a_job_whose_recipe_left_the_catalogue_still_has_a_page(sign_in, engineer, submit):
    job = submit()
    TrainingJob.objects.update(recipe="old-recipe", params={"depth": 3})
    page = text(sign_in(engineer).get(job.get_absolute_url()))
    assert "old-recipe" in page
    assert "depth" in page


def test_cancel_needs_a_post_with_its_token_and_a_contributor(sign_in, engineer, viewer, stranger, submit):
    job = submit()
    cancel = f"{job.get_absolute_url()}cancel/"
    assert sign_in(engineer).get(cancel).status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(engineer)
    assert careful.post(cancel).status_code == 403
    refusal = sign_in(viewer).post(cancel)
    assert refusal.status_code == 403
    assert "not stop it" in text(refusal)
    assert sign_in(stranger).post(cancel).status_code == 404
    job.refresh_from_db()
    assert job.state == "queued"


def test_a_queued_job_is_cancelled_and_an_ended_one_says_so(sign_in, engineer, submit):
    job, client = submit(), sign_in(engineer)
    cancel = f"{job.get_absolute_url()}cancel/"
    assert f"{job.name} is cancelled." in text(client.post(cancel, follow=True))
    assert "has already ended" in text(client.post(cancel, follow=True))


def test_a_running_job_is_asked_to_stop(sign_in, engineer, run):
    job = run().job
    page = text(sign_in(engineer).post(f"{job.get_absolute_url()}cancel/", follow=True))
    assert "stops at its next step" in page
    assert "Stopping" in page


def test_a_viewer_looks_but_finds_no_way_to_act(sign_in, viewer, run):
    job = run().job
    page = text(sign_in(viewer).get(job.get_absolute_url()))
    assert "You may look at this job, but not submit or cancel" in page
    assert 'aria-disabled="true" aria-describedby="only-looks"' in page
    assert "Clone and edit" not in page


@pytest.mark.parametrize("address", ["", "live/", "series/", "log/", "worth/", "clone/"])
def test_a_stranger_finds_nothing_and_a_visitor_signs_in(sign_in, stranger, client, submit, address):
    url = submit().get_absolute_url() + address
    assert sign_in(stranger).get(url).status_code == 404
    assert client.get(url).url.startswith("/sign-in/")


def test_only_listed_files_of_a_visible_model_can_be_had(sign_in, engineer, stranger, finish):
    model = finish().run.model_version
    client = sign_in(engineer)
    answer = client.get(f"/models/{model.pk}/files/model.onnx")
    assert b"".join(answer.streaming_content) == b"graph"
    assert "attachment" in answer["Content-Disposition"]
    for name in ("secret.txt", "..%2Fsecret.txt", "%2e%2e", "model.pkl"):
        assert client.get(f"/models/{model.pk}/files/{name}").status_code == 404
    assert sign_in(stranger).get(f"/models/{model.pk}/files/model.onnx").status_code == 404


def test_a_page_of_a_long_curve_stays_small(sign_in, engineer, run):
    from engine.events import Metrics
    from finance.services.rates import Usage
    from trainingjobs.services.fold import fold_events

    claim = run(epochs_told=1)
    many = [Metrics(step=10 + step, epoch=1 + step / 1000, values={"train_loss": 1 / step}) for step in range(1, 5000)]
    fold_events(claim=claim, events=many, usage=Usage())
    answer = sign_in(engineer).get(claim.job.get_absolute_url())
    card = next(card for card in answer.context["cards"] if card.slug == "loss")
    assert len(card.data.training.values) <= 502
    assert json.loads(answer.context["since"])["train_loss"] == 5000
    assert len(answer.content) < 150_000


def test_a_finished_run_is_worth_what_its_contract_says_and_the_figure_explains_itself(
    sign_in, engineer, manager, project, finish
):
    from datetime import date

    from outcomes.services import define_kpi, draft_contract

    people = {"owner": manager, "by": manager}
    kpi = define_kpi(project=project, name="Misread", unit="%", direction="lower", baseline=8, target=3, **people)
    formula = {"metric": "test_accuracy", "metric_baseline": 0.9, "sensitivity": -100, "units_per_year": 1000}
    money = {"units_label": "parcels", "worth_micro": 2_000_000, "currency": "EUR", "valid_from": date(2026, 1, 1)}
    draft_contract(kpi=kpi, **formula, **money, **people)
    first = finish(accuracy=0.95)
    told = text(sign_in(engineer).get(f"{first.get_absolute_url()}worth/"))
    assert "It is 0.0500 above today&#x27;s way of working (0.9)." in told
    job = finish(accuracy=0.97, epochs=11)
    page = text(sign_in(engineer).get(f"{job.get_absolute_url()}worth/"))
    assert "way of working" not in page
    for word in ("/explain/run-value/", "EUR 14k", "EUR 4,000 a year more than before", "Hypothesis"):
        assert word in page
