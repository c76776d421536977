"""Every voice is answered once at a time, and a falling mean opens one improvement demand."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from experiments.models import ModelVersion
from outcomes.models import FeedbackTriage
from outcomes.services import triage_feedback, watch_feedback
from outcomes.services.triage import VOICES, WINDOW, hear
from people import outbox
from people.models import AuditEntry, Notice, OutboxMessage
from projects.models import Demand
from projects.services import decide_demand, open_project, record_feedback

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)


@pytest.fixture
def say(project, engineer):
    def voices(*scores, at=AT, of=None, model=None):
        return [
            record_feedback(project=of or project, score=score, text="Words", source="Depot", received_at=at,
                            model_version=model, by=engineer)
            for score in scores
        ]  # fmt: skip

    return voices


def code_of(refusal, field):
    return refusal.value.error_dict[field][0].code


def test_an_answer_is_kept_audited_and_replaced_by_a_later_one(say, engineer, manager):
    voice = say(4)[0]
    triage_feedback(feedback=voice, status="answered", at=AT, by=engineer, note=" Thanks ")
    later = triage_feedback(feedback=voice, status="accepted", at=AT, by=manager)
    assert (FeedbackTriage.objects.count(), later.status, later.by, later.note) == (1, "accepted", manager, "")
    told = AuditEntry.objects.filter(verb="triage_feedback").order_by("pk").values_list("detail", flat=True)
    assert [(detail["from"], detail["to"], detail["note"]) for detail in told] == [
        (None, "answered", "Thanks"), ("answered", "accepted", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("note", ["", "  "])
def test_who_declines_says_why(say, engineer, note):
    voice = say(4)[0]
    with pytest.raises(ValidationError) as refusal:
        triage_feedback(feedback=voice, status="declined", at=AT, by=engineer, note=note)
    assert code_of(refusal, "note") == "note_missing"
    assert not FeedbackTriage.objects.exists()
    assert triage_feedback(feedback=voice, status="declined", at=AT, by=engineer, note="Not ours").pk


def test_an_answer_is_one_of_the_known_ones(say, engineer):
    with pytest.raises(ValidationError) as refusal:
        triage_feedback(feedback=say(4)[0], status="ignored", at=AT, by=engineer)
    assert code_of(refusal, "status") == "invalid_choice"


def test_a_voice_is_about_a_model_of_its_own_project(say, engineer, make_run, project, department, manager):
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=engineer,
                         started_on=project.started_on, by=manager)  # fmt: skip
    own, foreign = (
        ModelVersion.objects.create(run=make_run(seed=seed, project=of), kind="onnx", path=f"{seed}/m",
                                    digest="ab" * 32, size_bytes=1, created_at=AT)
        for seed, of in enumerate((project, other), 1)
    )  # fmt: skip
    voice = say(4)[0]
    with pytest.raises(ValidationError) as refusal:
        triage_feedback(feedback=voice, status="accepted", at=AT, by=engineer, model_version=foreign)
    assert code_of(refusal, "model_version") == "wrong_project"
    assert (
        triage_feedback(feedback=voice, status="accepted", at=AT, by=engineer, model_version=own).model_version == own
    )


def test_few_voices_and_a_fair_mean_prove_nothing(say, project):
    say(*[1] * (VOICES - 1))
    assert watch_feedback(project=project, at=AT) is None
    say(5, 5, 5, 5)
    say(1, 1, 1, 1, at=AT - WINDOW)  # too long ago
    say(1, 1, 1, 1, at=AT + timedelta(seconds=1))  # not yet
    assert watch_feedback(project=project, at=AT) is None


def test_a_mean_that_is_just_good_enough_asks_for_nothing(say, project):
    say(3, 3, 3, 3, 3)
    assert watch_feedback(project=project, at=AT) is None


def test_a_poor_mean_opens_one_demand_with_its_evidence(say, project, engineer):
    voices = say(1, 2, 3, 4, 2)
    demand = watch_feedback(project=project, at=AT)
    assert (demand.reference, demand.origin, demand.improves, demand.status) == (
        "feedback:TRI", "feedback", project, "submitted",
    )  # fmt: skip
    assert (demand.evidence["mean"], demand.evidence["voices"], demand.evidence["lowest"][0]) == (2.4, 5, voices[0].pk)
    assert (Notice.objects.get().user, Notice.objects.get().url) == (engineer, demand.get_absolute_url())
    say(1)
    assert watch_feedback(project=project, at=AT) is None
    assert Demand.objects.count() == 1


@pytest.fixture
def models(make_run):
    return [
        ModelVersion.objects.create(run=make_run(seed=seed), kind="onnx", path=f"{seed}/m", digest="ab" * 32,
                                    size_bytes=1, created_at=AT)
        for seed in (1, 2)
    ]  # fmt: skip


def test_the_demand_names_the_model_that_all_voices_are_about(say, project, models, engineer):
    say(1, 2, 3, 2, model=models[0])
    late = say(4)[0]
    triage_feedback(feedback=late, status="accepted", at=AT, by=engineer, model_version=models[0])
    demand = Demand.objects.get()
    assert demand.problem.endswith(f"All of them are about the model {models[0].run.name}.")
    assert demand.evidence["model"] == models[0].run.name


@pytest.mark.parametrize("other", [1, None])
def test_the_demand_names_no_model_where_one_voice_is_about_another_or_none(say, project, models, other):
    say(1, 2, 3, 2, model=models[0])
    say(1, model=None if other is None else models[other])
    demand = watch_feedback(project=project, at=AT)
    assert "about the model" not in demand.problem
    assert "model" not in demand.evidence


def test_after_a_decision_only_new_voices_count(say, project, manager):
    say(1, 1, 1, 1, 1)
    first = watch_feedback(project=project, at=AT)
    decided = AT + timedelta(days=1)
    decide_demand(demand=first, status="rejected", note="Retrained already", at=decided, by=manager)
    say(1, 1, 1, 1, at=decided + timedelta(hours=1))
    later = decided + timedelta(days=1)
    assert watch_feedback(project=project, at=later) is None
    say(2, at=decided + timedelta(hours=2))
    second = watch_feedback(project=project, at=later)
    assert (second.reference, second.evidence["voices"]) == ("feedback:TRI:2", 5)


def test_answering_a_voice_looks_at_the_mean_as_well(say, engineer):
    voices = say(1, 1, 1, 1, 1)
    triage_feedback(feedback=voices[0], status="accepted", at=AT, by=engineer)
    assert Demand.objects.get().origin == "feedback"


def test_recorded_feedback_is_heard_shortly_after_and_twice_does_no_harm(say, project):
    now = timezone.now()
    say(1, 1, 1, 1, at=now)
    outbox.deliver()
    assert not Demand.objects.exists()
    last = say(2, at=now)[0]
    assert not Demand.objects.exists()  # whoever records does not wait for it
    outbox.deliver()
    hear({"feedback": last.pk})
    assert Demand.objects.get().reference == "feedback:TRI"
    assert not OutboxMessage.objects.filter(topic="feedback_recorded", delivered_at=None).exists()
