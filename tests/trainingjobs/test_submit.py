import shutil
import uuid
from datetime import date
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from experiments.models import ModelVersion, Run
from finance.models import Reservation
from finance.services.budget import approve_budget
from people.models import AuditEntry
from trainingjobs.models import TrainingJob
from trainingjobs.services import cancel_job, submit_job


def refusal(submit, **options):
    with pytest.raises(ValidationError) as error:
        submit(**options)
    assert not TrainingJob.objects.exists()
    assert not Reservation.objects.exists()
    return error.value


@pytest.fixture
def a_model(project):
    def make(kind="image-classifier"):
        run = Run.objects.create(project=project, name="TRI-9", recipe=kind, started_at=timezone.now())
        return ModelVersion.objects.create(
            run=run, kind=kind, path="x", digest="d", size_bytes=1, created_at=timezone.now()
        )

    return make


def test_a_job_is_queued_with_its_price_and_its_reservation(submit, compute_line, rate_card, engineer):
    job = submit(epochs=500)
    compute_line.refresh_from_db()
    assert (job.state, job.name, job.params["epochs"], job.rate_card) == ("queued", "TRI-1", 500, rate_card)
    assert job.forecast_micro_low < job.forecast_micro_mid < job.forecast_micro_high
    assert job.reservation.amount_minor == compute_line.reserved_minor >= 1
    assert AuditEntry.objects.get(verb="submit_job").actor == engineer


def test_the_reservation_covers_the_upper_price_of_the_forecast(submit):
    job = submit("image-classifier", epochs=200, batch_size=1)
    assert job.reservation.amount_minor * 10_000 >= job.forecast_micro_high


def test_a_time_limit_keeps_price_and_reservation_below_what_the_job_would_take(project, engineer, compute_line):
    def priced(time_limit_s):
        return submit_job(
            project=project,
            recipe="image-classifier",
            params={"epochs": 200, "batch_size": 1},
            by=engineer,
            time_limit_s=time_limit_s,
        )

    free, limited = priced(None), priced(3)
    assert (limited.forecast_seconds_high, limited.stop_at_limit) == (3, "probable")
    assert limited.forecast_micro_high < free.forecast_micro_low
    assert limited.reservation.amount_minor < free.reservation.amount_minor
    assert free.stop_at_limit is None


def test_a_time_limit_keeps_a_dear_job_below_the_threshold_of_approval(project, engineer, compute_line, threshold):
    threshold(1)
    states = [
        submit_job(
            project=project,
            recipe="image-classifier",
            params={"epochs": 200, "batch_size": 1},
            by=engineer,
            time_limit_s=limit,
        ).state
        for limit in (None, 3)
    ]
    assert states == ["awaiting", "queued"]


def test_jobs_of_a_project_are_numbered_one_after_another(submit):
    assert [submit().number for _ in range(3)] == [1, 2, 3]


def test_a_worker_is_told_after_commit_and_not_before(submit, hints, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = submit()
        assert hints == []
    assert hints == [str(job.pk)]


def test_a_broker_that_is_away_refuses_no_job(submit, monkeypatch, caplog, django_capture_on_commit_callbacks):
    from trainingjobs.services import hint

    def away(*args, **options):
        raise ConnectionError("nobody listens")

    monkeypatch.setattr(hint, "current_app", SimpleNamespace(send_task=away))
    with django_capture_on_commit_callbacks(execute=True):
        job = submit()
    assert TrainingJob.objects.get(pk=job.pk).state == "queued"
    assert "the sweep will hint again" in caplog.text


def test_a_form_sent_twice_is_one_job(project, engineer, compute_line):
    token = uuid.uuid4()
    first, second = (
        submit_job(project=project, recipe="linear-regression", params={}, by=engineer, submission=token)
        for _ in range(2)
    )
    assert first == second
    assert TrainingJob.objects.count() == Reservation.objects.count() == 1


def test_an_unknown_recipe_is_told_the_known_ones(submit):
    error = refusal(submit, recipe="image-clasifier")
    assert error.code == "unknown_recipe"
    assert "image-classifier" in error.message


def test_wrong_settings_are_told_by_name(submit):
    error = refusal(submit, epochs=0, learning_rate="fast")
    assert set(error.message_dict) == {"epochs", "learning_rate"}


def test_a_recipe_that_works_on_a_model_needs_one(submit):
    error = refusal(submit, recipe="quantization")
    assert error.code == "wrong_parent"
    assert "image-classifier" in error.message


def test_a_model_of_the_wrong_kind_is_refused(submit, a_model):
    error = refusal(submit, recipe="quantization", parent=a_model("linear-regression"))
    assert error.code == "wrong_parent"
    assert "linear-regression" in error.message


def test_a_model_where_none_belongs_is_refused(submit, a_model):
    assert refusal(submit, parent=a_model()).code == "wrong_parent"


def test_a_model_of_another_team_is_refused_as_if_it_were_not_there(
    submit, a_model, make_user, department, manager, budget
):
    from projects.models import Portfolio
    from projects.services import open_project

    model = a_model()
    other = make_user("omar.haddad")
    project = open_project(
        key="OTH",
        title="Other",
        portfolio=Portfolio.objects.get(),
        sponsor=department,
        lead=other,
        started_on=date(2026, 1, 1),
        by=manager,
    )
    with pytest.raises(ValidationError, match="does not exist"):
        submit_job(project=project, recipe="quantization", params={}, by=other, parent=model)


def test_a_model_of_the_right_kind_becomes_the_parent(submit, a_model):
    model = a_model()
    assert submit("quantization", parent=model).parent == model


def test_a_viewer_and_a_stranger_may_not_submit(submit, viewer, stranger):
    assert refusal(submit, by=viewer).code == "not_allowed"
    assert refusal(submit, by=stranger).code == "not_allowed"


def test_without_a_compute_line_nothing_can_be_reserved(project, engineer, rate_card):
    with pytest.raises(ValidationError) as error:
        submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    assert error.value.code == "no_budget"


def test_without_a_rate_card_nothing_can_be_priced(project, engineer):
    with pytest.raises(ValidationError) as error:
        submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    assert error.value.code == "no_rate_card"


def test_a_budget_in_another_currency_than_the_prices_is_refused(project, manager, engineer, rate_card):
    approve_budget(
        project=project, name="USD", currency="USD", lines={"compute": 1000}, on=date(2026, 9, 1), by=manager
    )
    with pytest.raises(ValidationError) as error:
        submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    assert error.value.code == "other_currency"


def test_the_newest_budget_pays(submit, project, manager):
    newest = approve_budget(
        project=project, name="2027", currency="EUR", lines={"compute": 7}, on=date(2026, 11, 1), by=manager
    )
    assert submit().reservation.line.budget == newest


def test_over_budget_is_refused_with_every_figure(submit, compute_line):
    compute_line.planned_minor = compute_line.released_minor = 100
    compute_line.spent_minor = 99
    compute_line.save()
    first = submit()
    with pytest.raises(ValidationError) as error:
        submit()
    assert error.value.code == "over_budget"
    figures = {name: str(error.value.params[name]) for name in ("planned", "reserved", "spent", "asked", "short")}
    assert figures == {"planned": "1.00", "reserved": "0.01", "spent": "0.99", "asked": "0.01", "short": "0.01"}
    assert list(TrainingJob.objects.all()) == [first]


def test_a_disk_without_room_is_refused(submit, monkeypatch, settings):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10 * 2**20))
    error = refusal(submit)
    assert error.code == "disk_full"
    assert "10 MB are free" in str(error.messages)


def test_a_budget_for_five_admits_five_of_twenty_at_once(in_threads, project, engineer, compute_line):
    compute_line.planned_minor = compute_line.released_minor = 5
    compute_line.save()
    outcomes = in_threads(
        20, lambda number: submit_job(project=project, recipe="linear-regression", params={}, by=engineer)
    )
    admitted = [outcome for outcome in outcomes if isinstance(outcome, TrainingJob)]
    refused = [outcome.code for outcome in outcomes if isinstance(outcome, ValidationError)]
    assert (sorted(job.number for job in admitted), refused) == ([1, 2, 3, 4, 5], ["over_budget"] * 15)


def test_cancelling_frees_the_money_for_the_next(submit, compute_line, engineer):
    compute_line.planned_minor = compute_line.released_minor = 1
    compute_line.save()
    cancel_job(job=submit(), by=engineer)
    assert submit().number == 2


def test_a_token_of_somebody_else_is_refused_and_tells_nothing(project, engineer, manager, compute_line, hints):
    told = {"project": project, "recipe": "linear-regression", "params": {}, "submission": uuid.uuid4()}
    submit_job(**told, by=manager)
    with pytest.raises(ValidationError) as refusal:
        submit_job(**told, by=engineer)
    assert refusal.value.code == "token_used"
    assert TrainingJob.objects.count() == 1
