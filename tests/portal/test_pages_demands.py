"""Pages of demands: a list that answers filters, one page with proofs and decisions, forms that keep what was typed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from projects.models import Demand, Project
from projects.services import open_improvement, propose_demand, submit_demand

GIVEN = {"title": "Fewer misreads", "problem": "Seven in a hundred go astray", "horizon": "core", "impact": "4"}


@pytest.fixture
def demand(department, engineer):
    def one(title="Fewer misreads", by=engineer, submitted=True):
        row = propose_demand(title=title, problem="Many", department=department, at=timezone.now(), by=by)
        return submit_demand(demand=row, at=timezone.now(), by=by) if submitted else row

    return one


def test_a_demand_is_written_submitted_and_found(sign_in, engineer, department):
    client = sign_in(engineer)
    page = client.post(reverse("demand-new"), GIVEN | {"department": department.pk, "submit": "1"}, follow=True)
    assert "Submitted" in page.content.decode()
    listed = client.get(reverse("demands"), {"q": "misreads", "status": "waiting"}).content.decode()
    assert "Fewer misreads" in listed
    assert "No demand fits" in client.get(reverse("demands"), {"status": "shelved"}).content.decode()


def test_a_form_keeps_what_was_typed_and_says_the_mend(sign_in, engineer):
    page = sign_in(engineer).post(reverse("demand-new"), GIVEN | {"title": ""})
    assert page.status_code == 422
    assert "Seven in a hundred" in page.content.decode()
    assert not Demand.objects.exists()


def test_a_draft_is_hidden_from_others_and_changed_by_its_proposer(sign_in, demand, engineer, stranger, department):
    draft = demand(submitted=False)
    assert sign_in(stranger).get(draft.get_absolute_url()).status_code == 404
    changed = GIVEN | {"title": "Better", "department": department.pk}
    sign_in(engineer).post(reverse("demand-edit", args=[draft.pk]), changed)
    draft.refresh_from_db()
    assert draft.title == "Better"


def test_a_rejection_without_a_reason_comes_back_with_the_mend(sign_in, demand, manager):
    row = demand()
    page = sign_in(manager).post(reverse("demand-decide", args=[row.pk]), {"status": "rejected", "note": ""})
    assert page.status_code == 422
    assert "Say why" in page.content.decode()
    sign_in(manager).post(reverse("demand-decide", args=[row.pk]), {"status": "rejected", "note": "Too dear"})
    assert "Too dear" in sign_in(manager).get(row.get_absolute_url()).content.decode()


def test_only_other_managers_decide(sign_in, demand, manager, engineer):
    own, other = demand(by=manager), demand()
    assert sign_in(engineer).post(reverse("demand-decide", args=[other.pk])).status_code == 403
    assert sign_in(manager).post(reverse("demand-decide", args=[own.pk]), {"status": "shelved"}).status_code == 403
    assert "another manager decides" in sign_in(manager).get(own.get_absolute_url()).content.decode()


def test_accepting_opens_the_project_prefilled(sign_in, demand, manager, engineer, project):
    row, client = demand(), sign_in(manager)
    assert 'value="Fewer misreads"' in client.get(reverse("demand-accept", args=[row.pk])).content.decode()
    given = {"key": "FMR", "title": "Reader", "portfolio": project.portfolio_id, "sponsor": project.sponsor_id,
             "lead": engineer.pk, "started_on": "2026-03-01"}  # fmt: skip
    assert client.post(reverse("demand-accept", args=[row.pk]), given | {"key": "TRI"}).status_code == 422
    answer = client.post(reverse("demand-accept", args=[row.pk]), given)
    assert answer.url == reverse("project-plan", args=["FMR"])
    assert Project.objects.get(key="FMR").source_demand == row


def test_an_improvement_shows_its_proofs_only_to_its_team(sign_in, project, department, viewer, stranger):
    row = open_improvement(title="Short", problem="It fell short", department=department, improves=project,
                           origin="benefit", reference="benefit:1", evidence={"realised": 4_000, "short": True},
                           at=timezone.now())  # fmt: skip
    page = sign_in(viewer).get(row.get_absolute_url()).content.decode()
    assert "4,000" in page
    assert "TRI Parcel digit reader" in page
    assert sign_in(stranger).get(row.get_absolute_url()).status_code == 404


def test_proofs_are_told_in_money_and_percent_and_never_by_the_number_of_a_row(
    sign_in, project, department, manager
):  # fmt: skip
    evidence = {"benefit": 4711, "contract": 4712, "currency": "EUR", "planned_minor": 90_000, "tolerance_percent": 20}
    row = open_improvement(title="Short", problem="It fell short", department=department, improves=project,
                           origin="benefit", reference="benefit:1", evidence=evidence, at=timezone.now())  # fmt: skip
    page = sign_in(manager).get(row.get_absolute_url()).content.decode()
    assert "<dt>planned</dt><dd>EUR\u00a0900.00</dd>" in page
    assert "<dt>tolerance</dt><dd>20%</dd>" in page
    assert "4,71" not in page


def test_the_menu_counts_what_waits_for_this_manager(sign_in, demand, manager, engineer):
    demand()
    demand(by=manager)
    assert "<span data-due>1</span>" in sign_in(manager).get(reverse("demands")).content.decode()
    assert "data-due" not in sign_in(engineer).get(reverse("demands")).content.decode()


def test_the_export_holds_the_filtered_rows_and_no_live_formula(sign_in, demand, engineer):
    demand(title="=1+1")
    demand(title="Other")
    text = sign_in(engineer).get(reverse("demands-export"), {"q": "1+1"}).content.decode()
    assert "'=1+1" in text
    assert "Other" not in text


def test_the_list_asks_no_more_for_more_demands(sign_in, demand, engineer, django_assert_max_num_queries):
    client = sign_in(engineer)
    for number in range(30):
        demand(title=f"Demand {number}")
    with django_assert_max_num_queries(18):
        page = client.get(reverse("demands"), {"sort": "title"}).content.decode()
    assert "Page 1 of 2" in page
