"""The board of feedback: the mean over time, the voices without an answer first, and the answers."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from experiments.models import ModelVersion, Run
from outcomes.models import FeedbackTriage, Measurement
from outcomes.querysets import day_ends
from outcomes.services import define_kpi, triage_feedback
from outcomes.then import voices_then
from portal.boards.feedback import feedback_facts, feedback_question, known
from portal.boards.project import named_in
from portal.demo.first_figures import enter_first_figures
from portal.demo.voices import enter_voices
from portal.wording import day
from projects.models import Feedback
from projects.services import record_feedback
from trainingjobs.models import TrainingJob


@pytest.fixture
def say(project, engineer):
    def one(score=4, text="It reads well", days_ago=1, of=project, **about):
        at = timezone.now() - timedelta(days=days_ago)
        return record_feedback(project=of, score=score, text=text, source="Maria, billing", received_at=at,
                               by=engineer, **about)  # fmt: skip

    return one


def test_the_board_says_the_mean_and_who_waits(sign_in, manager, say):
    for score in (4, 5, 3, 4, 5):
        say(score)
    page = sign_in(manager).get(reverse("feedback-board")).content.decode()
    assert ">4.2</a> of 5 over 90 days (5 voices). Five voices wait for an answer." in page


def test_an_empty_board_says_what_would_be_there(sign_in, manager):
    assert "Nobody has said anything yet" in sign_in(manager).get(reverse("feedback-board")).content.decode()


def test_of_answered_voices_the_newest_answer_stands_first(sign_in, engineer, say):
    now = timezone.now()
    for days in (3, 1, 2):
        voice = say(text=f"Answered {days} days ago", days_ago=9)
        triage_feedback(feedback=voice, status="accepted", at=now - timedelta(days=days), by=engineer)
    page = sign_in(engineer).get(reverse("feedback-board")).content.decode()
    assert sorted((1, 2, 3), key=lambda days: page.index(f"Answered {days} days ago")) == [1, 2, 3]


def test_a_voice_without_an_answer_stands_first_even_if_older(sign_in, engineer, say):
    client, old = sign_in(engineer), say(text="Old and unanswered", days_ago=50)
    new = say(text="New and answered")
    address = reverse("feedback-triage", args=[new.pk])
    assert client.post(address, {"status": "accepted", "note": "Planned"}).status_code == 302
    page = client.get(reverse("feedback-board")).content.decode()
    assert page.index("Old and unanswered") < page.index("New and answered")
    assert "Planned" in page
    only_open = client.get(reverse("feedback-board"), {"status": "open"}).content.decode()
    assert "New and answered" not in only_open
    assert old.text in only_open


def test_a_refusal_without_a_note_comes_back_open_with_the_mend(sign_in, engineer, say):
    voice = say()
    page = sign_in(engineer).post(reverse("feedback-triage", args=[voice.pk]), {"status": "declined", "note": ""})
    assert page.status_code == 422
    assert "Say why it is declined" in page.content.decode()
    assert not FeedbackTriage.objects.exists()


def test_an_answer_names_the_model_it_is_about(sign_in, engineer, told):
    model, voice = ModelVersion.objects.get(), told.feedback.first()
    typed = {"status": "accepted", "model_version": str(model.pk)}
    client = sign_in(engineer)
    assert client.post(reverse("feedback-triage", args=[voice.pk]), typed).status_code == 302
    assert FeedbackTriage.objects.get().model_version == model
    page = client.get(reverse("feedback-board")).content.decode()
    assert f'value="{model.pk}" selected' in page


def test_a_model_of_nobody_is_refused(sign_in, engineer, say):
    typed = {"status": "accepted", "model_version": "999"}
    assert sign_in(engineer).post(reverse("feedback-triage", args=[say().pk]), typed).status_code == 422


@pytest.mark.parametrize("address", ["https://evil.example/feedback/", "//evil.example", "/admin/", ""])
def test_an_answer_leads_nowhere_but_back(sign_in, engineer, say, address):
    typed = {"status": "answered", "next": address}
    answer = sign_in(engineer).post(reverse("feedback-triage", args=[say().pk]), typed)
    assert answer.url == reverse("feedback-board")


@pytest.fixture
def model(tell):
    return tell("OTH").runs.get().model_version


@pytest.fixture
def about(model):
    return {"of": model.run.project, "model_version": model}


def test_a_row_leads_to_the_model_and_names_the_request(sign_in, manager, say, model, about):
    say(text="Read a seven as a one", **about, request_id="req-<7f3a>")
    page = sign_in(manager).get(reverse("feedback-board")).content.decode()
    assert f'Model <a class="text-link" href="{reverse("job", args=["OTH", 1])}">{model.run.name}</a>' in page
    assert 'Request <code class="ltr">req-&lt;7f3a&gt;</code>' in page


def test_a_model_without_a_job_of_ours_leads_to_the_list_of_models(sign_in, manager, say, model, about):
    say(**about)
    TrainingJob.objects.update(run=None)
    page = sign_in(manager).get(reverse("feedback-board")).content.decode()
    assert f'href="{reverse("models")}?q={model.run.name}"' in page


def test_voices_are_found_by_the_model_that_they_or_their_answers_name(sign_in, manager, engineer, say, model, about):
    say(text="Named at once", **about)
    say(text="About nothing")
    later = say(text="Named later", of=about["of"])
    triage_feedback(feedback=later, status="accepted", model_version=model, at=timezone.now(), by=engineer)
    client = sign_in(manager)
    page = client.get(reverse("feedback-board"), {"model_version": model.run.name.lower()}).content.decode()
    assert [text in page for text in ("Named at once", "Named later", "About nothing")] == [True, True, False]
    assert "No voice fits" in client.get(reverse("feedback-board"), {"model_version": "TRI-999"}).content.decode()
    asked = {"model_version": model.run.name}
    explained = client.get(reverse("explain-feedback"), asked).content.decode()
    assert f"/feedback/?model_version={model.run.name}" in explained


def test_voices_are_found_by_the_words_of_their_request(sign_in, manager, say):
    say(text="The one", request_id="call-0042")
    say(text="Another")
    page = sign_in(manager).get(reverse("feedback-board"), {"q": "0042"}).content.decode()
    assert "The one" in page
    assert "Another" not in page


def test_the_answer_begins_with_the_model_that_the_voice_names(sign_in, engineer, say, model, about):
    say(**about)
    assert f'value="{model.pk}" selected' in sign_in(engineer).get(reverse("feedback-board")).content.decode()


def test_the_list_takes_the_model_and_the_request_along(sign_in, manager, say, model, about):
    say(text="Taken along", **about, request_id="=call-1")
    rows = list(csv.DictReader(io.StringIO(sign_in(manager).get(reverse("feedback-export")).content.decode())))
    taken = next(row for row in rows if row["What they say"] == "Taken along")
    assert (taken["Model named"], taken["Request"], taken["About the model"]) == (model.run.name, "'=call-1", "")


def test_strangers_see_and_answer_nothing_and_viewers_only_look(sign_in, stranger, viewer, say):
    voice = say()
    address = reverse("feedback-triage", args=[voice.pk])
    assert voice.text not in sign_in(stranger).get(reverse("feedback-board")).content.decode()
    assert sign_in(stranger).post(address, {"status": "answered"}).status_code == 404
    assert voice.text in sign_in(viewer).get(reverse("feedback-board")).content.decode()
    assert sign_in(viewer).post(address, {"status": "answered"}).status_code == 403


@pytest.mark.parametrize("query", [{"score": "6"}, {"score": "x"}, {"status": "lost"}, {"project": "NOT"}])
def test_a_filter_that_fits_nothing_says_so(sign_in, manager, say, query):
    say()
    assert "No voice fits" in sign_in(manager).get(reverse("feedback-board"), query).content.decode()


def test_few_voices_draw_no_line_and_the_mean_counts_90_days(say):
    for days_ago in (1, 2, 3, 100):
        say(5, days_ago=days_ago)
    facts = feedback_facts(known(Feedback.objects.all(), None), timezone.now())
    assert (facts.now.voices, facts.voices, facts.now.mean) == (3, 4, 5.0)
    assert feedback_question(facts).data is None
    for _ in range(2):
        say(1)
    facts = feedback_facts(known(Feedback.objects.all(), None), timezone.now())
    assert feedback_question(facts).data.points[-1][1] == 3.4


def test_the_list_as_csv_is_harmless(sign_in, manager, say):
    say(text="=HYPERLINK(1)")
    text = sign_in(manager).get(reverse("feedback-export")).content.decode()
    assert "'=HYPERLINK(1)" in text


def test_the_board_asks_no_more_questions_with_more_voices(
    sign_in, engineer, say, about, django_assert_max_num_queries
):
    for _ in range(8):
        say(**about)
    client = sign_in(engineer)
    with django_assert_max_num_queries(26):
        client.get(reverse("feedback-board"))


def test_the_demo_ends_with_voices_about_the_models_that_it_made(sign_in, manager, model):
    project, at = model.run.project, timezone.now()
    run = Run.objects.create(project=project, name="OTH-2", recipe="quantization", status="finished", params={},
                             started_at=at, finished_at=at)  # fmt: skip
    small = ModelVersion.objects.create(
        run=run, kind=model.kind, path="y", digest="n" * 64, size_bytes=40_000, created_at=at
    )
    enter_voices(project=project, at=at)
    assert [each.voices.count() for each in (model, small)] == [1, 5]
    board = sign_in(manager).get(reverse("feedback-board"), {"model_version": "OTH-2"})
    assert ">4.2</a> of 5 over 90 days (5 voices)" in board.content.decode()
    assert board.context["answer"].figure  # five voices make a trend


def test_where_no_model_was_made_nobody_speaks_of_one(project):
    enter_voices(project=project, at=timezone.now())
    assert not Feedback.objects.exists()


def test_a_model_that_only_voices_name_stands_at_the_deployment_with_its_first_day(sign_in, engineer, say, project):
    at = timezone.now()
    run = Run.objects.create(project=project, name="TRI-7", recipe="quantization", status="finished", params={},
                             started_at=at, finished_at=at)  # fmt: skip
    small = ModelVersion.objects.create(run=run, kind="onnx", path="y", digest="n" * 64, size_bytes=40_000,
                                        created_at=at)  # fmt: skip
    say(days_ago=9, model_version=small)
    say(days_ago=2, model_version=small)
    say(days_ago=1)
    stops = sign_in(engineer).get(project.get_absolute_url()).context["stops"]
    deployment = next(stop for stop in stops if stop.station == "deployment")
    first = day(timezone.localdate() - timedelta(days=9))
    assert (deployment.number, deployment.when) == ("TRI-7", f"since {first}")
    assert f"2 voices name it, since {first}" in [fact.text for fact in deployment.explanation.facts]
    assert named_in(voices_then(project.feedback.all(), day_ends(timezone.localdate() - timedelta(days=1)))) is None


def test_the_demo_measures_with_the_model_that_it_made(sign_in, engineer, model):
    project = model.run.project
    kpi = define_kpi(project=project, name="Parcels misread", unit="%", direction="lower", baseline=7.1, target=3.0,
                     owner=engineer, by=engineer)  # fmt: skip
    enter_first_figures(project=project, at=timezone.now())
    (measured,) = kpi.measurements.all()
    assert (measured.model_version, measured.value) == (model, 4.4)
    page = sign_in(engineer).get(kpi.get_absolute_url()).content.decode()
    assert "Diamonds mark the model that came into use" in page


def test_where_no_model_was_made_nothing_is_measured_with_one(project, engineer):
    define_kpi(project=project, name="Parcels misread", unit="%", direction="lower", baseline=7.1, target=3.0,
               owner=engineer, by=engineer)  # fmt: skip
    enter_first_figures(project=project, at=timezone.now())
    assert not Measurement.objects.exists()
