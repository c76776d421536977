"""The large portfolio holds something of everything, and whatever must hold of rows that verbs leave holds of it."""

from datetime import date

import pytest
from django.core.management import call_command

from finance.models import Commitment
from outcomes.models import FeedbackTriage, GateDecision, KeyResult
from people.chain import seal
from portal.invariants import find_breaches
from projects.models import Project
from trainingjobs.models import TrainingJob

TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.slow


@pytest.fixture
def grown(db, settings):
    settings.DEMO = True
    call_command("seed_demo", today=TODAY, projects=12, months=4, verbosity=0)
    return Project.objects.filter(title__startswith="Scale project")


def test_the_large_portfolio_is_whole(grown, sign_in, django_user_model):
    while seal():
        pass
    assert find_breaches() == []
    assert grown.count() == 12
    jobs = TrainingJob.objects.filter(project__in=grown)
    assert jobs.filter(state="succeeded").count() == 36
    assert Commitment.objects.filter(line__budget__project__in=grown).count() == 12
    assert GateDecision.objects.filter(review__project__in=grown).count() == 30
    assert KeyResult.objects.filter(kpi__project__in=grown).exists()
    assert FeedbackTriage.objects.filter(feedback__project__in=grown).count() == 120
    client = sign_in(django_user_model.objects.get(username="katrin.vogel"))
    project, decision = grown.order_by("-pk")[0], GateDecision.objects.order_by("-pk")[0]
    for address in (
        project.get_absolute_url(),
        decision.review.get_absolute_url(),
        "/jobs/",
        "/objectives/",
        "/gates/",
    ):
        assert client.get(address).status_code == 200
    assert client.get(project.get_absolute_url(), {"as_of": "2026-10-20"}).status_code == 200
