import pytest
from django.utils import timezone

from engine.events import Metrics, Started
from experiments.models import Dataset, Run
from experiments.services import append_points, describe_run, finish_run, remember_tracking, start_run


@pytest.fixture
def run(project):
    return start_run(
        project=project,
        name="TRI-1",
        recipe="linear-regression",
        params={"epochs": 2},
        parent=None,
        started_at=timezone.now(),
    )


def started(digest="d" * 64):
    return Started(
        steps=4,
        epochs=2,
        dataset={"name": "digits", "version": "1", "digest": digest, "rows": 9, "splits": {"train": 8, "test": 1}},
        parameter_count=11,
        device="cpu",
        threads=1,
        versions={"python": "3.11"},
    )


def test_a_run_learns_its_data_and_its_model_when_it_begins(run):
    describe_run(run_id=run.pk, started=started())
    run.refresh_from_db()
    assert (run.dataset.name, run.dataset.splits["train"], run.parameter_count, run.epochs) == ("digits", 8, 11, 2)


def test_the_same_data_is_one_data_set(run):
    for digest in ("a" * 64, "a" * 64, "b" * 64):
        describe_run(run_id=run.pk, started=started(digest))
    assert Dataset.objects.count() == 2


def test_points_of_many_events_are_written_with_two_queries_a_curve(run, django_assert_max_num_queries):
    events = [
        Metrics(step=step, epoch=step / 2, values={"train_loss": 1 / step, "train_accuracy": 0.5})
        for step in range(1, 300)
    ]
    with django_assert_max_num_queries(6):
        append_points(run_id=run.pk, metrics=events)
    assert [(series.name, series.count) for series in run.series.all()] == [
        ("train_accuracy", 299),
        ("train_loss", 299),
    ]


def test_two_reports_of_one_step_are_one_point(run):
    append_points(
        run_id=run.pk,
        metrics=[Metrics(step=3, epoch=1, values={"a": 1.0}), Metrics(step=3, epoch=1, values={"a": 2.0})],
    )
    assert (run.series.get().count, run.series.get().last) == (1, 2.0)


def test_a_run_that_failed_keeps_the_last_point_of_every_curve(run):
    append_points(run_id=run.pk, metrics=[Metrics(step=1, epoch=1, values={"train_loss": 0.7})])
    finish_run(run=run, status=Run.Status.FAILED, at=timezone.now(), metrics=None, report=None)
    run.refresh_from_db()
    assert (run.status, run.metrics) == ("failed", {"train_loss": 0.7})


def test_the_first_id_in_mlflow_wins(run):
    remember_tracking(run_id=run.pk, mlflow_run_id="first")
    remember_tracking(run_id=run.pk, mlflow_run_id="second")
    run.refresh_from_db()
    assert run.mlflow_run_id == "first"
