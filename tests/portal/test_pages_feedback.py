"""The board of feedback: the mean over time, the voices without an answer first, and the answers."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from experiments.models import ModelVersion
from outcomes.models import FeedbackTriage
from portal.boards.feedback import feedback_facts, feedback_question, known
from projects.models import Feedback
from projects.services import record_feedback


@pytest.fixture
def say(project, engineer):
    def one(score=4, text="It reads well", days_ago=1):
        at = timezone.now() - timedelta(days=days_ago)
        return record_feedback(project=project, score=score, text=text, source="Maria, billing", received_at=at,
                               by=engineer)  # fmt: skip

    return one


def test_the_board_says_the_mean_and_who_waits(sign_in, manager, say):
    for score in (4, 5, 3, 4, 5):
        say(score)
    page = sign_in(manager).get(reverse("feedback-board")).content.decode()
    assert ">4.2</a> of 5 over 90 days (5 voices). Five voices wait for an answer." in page


def test_an_empty_board_says_what_would_be_there(sign_in, manager):
    assert "Nobody has said anything yet" in sign_in(manager).get(reverse("feedback-board")).content.decode()


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


def test_the_board_asks_no_more_questions_with_more_voices(sign_in, engineer, say, django_assert_max_num_queries):
    for _ in range(8):
        say()
    client = sign_in(engineer)
    with django_assert_max_num_queries(26):
        client.get(reverse("feedback-board"))
