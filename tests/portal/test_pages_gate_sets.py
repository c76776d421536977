"""What gates ask: the page that shows it, and the form by which managers change it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from outcomes.forms_gate_set import MOST_CRITERIA
from outcomes.gate_sets import check
from outcomes.models import Gate, GateCriterion
from outcomes.services.gate import ask_review, define_gate, lay_gates
from people.models import AuditEntry

FORM = reverse("gate-set", args=["core", "data"])
CHECK = {"title": "Privacy is cleared", "kind": "must_meet", "fact": "check", "comparison": "at_least", "weight": "1"}
MODEL = {"title": "It is good", "kind": "should_meet", "fact": "model_metric", "metric": "test_accuracy",
         "comparison": "at_least", "threshold": "0.9", "weight": "3"}  # fmt: skip


def typed(*criteria, **changes):
    rows = {f"criteria-{place}-{name}": value for place, row in enumerate(criteria) for name, value in row.items()}
    return {"title": "Is it worth it?", "pass_percent": "50", "criteria-TOTAL_FORMS": str(len(criteria)),
            "criteria-INITIAL_FORMS": "0", **rows, **changes}  # fmt: skip


def error_beside(page, name):
    found = re.search(rf'<p class="help" id="id_{name}_error">.*?</svg>(.*?)</p>', page, re.DOTALL)
    return found[1] if found else ""


@pytest.fixture
def gate(manager):
    return define_gate(horizon="core", station="data", title="Old?", criteria=[check("Old")], by=manager)


def test_a_manager_defines_what_a_gate_asks(sign_in, manager):
    answer = sign_in(manager).post(FORM, typed(CHECK, MODEL))
    assert answer.url == f"{reverse('gate-sets')}#core"
    gate = Gate.objects.get()
    assert (gate.horizon, gate.station, gate.title, gate.pass_percent) == ("core", "data", "Is it worth it?", 50)
    first, second = gate.criteria.all()
    assert (first.title, first.fact, first.threshold) == ("Privacy is cleared", "check", None)
    assert (second.kind, second.metric, second.threshold, second.weight) == ("should_meet", "test_accuracy", 0.9, 3)
    assert AuditEntry.objects.get(verb="define_gate").actor == manager


def test_the_form_begins_from_what_is_in_force(gate, sign_in, manager):
    page = sign_in(manager).get(FORM).content.decode()
    assert 'value="Old?"' in page
    assert 'value="Old"' in page
    assert page.count("Leave it out") == 2  # one criterion, and an empty one


def test_a_gate_that_nobody_defined_begins_from_the_usual_set(sign_in, manager):
    page = sign_in(manager).get(FORM).content.decode()
    assert "Is the demand worth its data?" in page
    assert 'value="50000"' in page
    assert not Gate.objects.exists()


def test_a_criterion_is_left_out_by_its_box_or_by_staying_empty(gate, sign_in, manager):
    empty = {"title": "", "kind": "must_meet", "fact": "", "comparison": "at_least", "weight": "1"}
    rows = typed({**CHECK, "DELETE": "on"}, MODEL, empty, **{"criteria-INITIAL_FORMS": "1"})
    assert sign_in(manager).post(FORM, rows).status_code == 302
    assert [each.title for each in gate.criteria.all()] == ["It is good"]


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"title": ""}, "title", "Missing"),
        ({"fact": ""}, "fact", "Missing"),
        ({"metric": ""}, "metric", "Name it, for example test_accuracy"),
        ({"threshold": ""}, "threshold", "a check list has no threshold, everything else has one"),
        ({"threshold": "nine"}, "threshold", "This is not a number"),
        ({"threshold": "nan"}, "threshold", "This is not a number"),
        ({"fact": "check"}, "threshold", "a check list has no threshold"),
        ({"weight": "0"}, "weight", "greater than or equal to 1"),
        ({"weight": "99999999"}, "weight", "less than or equal to 100"),
        ({"kind": "may_meet"}, "kind", "may_meet"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(change, field, why, gate, sign_in, manager):
    answer = sign_in(manager).post(FORM, typed(CHECK, MODEL | change))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert why in error_beside(page, f"criteria-1-{field}")
    assert f'href="#id_criteria-1-{field}"' in page
    assert [each.title for each in gate.criteria.all()] == ["Old"]


def test_the_question_and_the_share_are_checked_as_well(sign_in, manager):
    page = sign_in(manager).post(FORM, typed(CHECK, title=" ", pass_percent="101")).content.decode()
    assert "Missing" in error_beside(page, "title")
    assert "100" in error_beside(page, "pass_percent")
    assert "Name one criterion at least." in sign_in(manager).post(FORM, typed()).content.decode()
    assert not Gate.objects.exists()


def test_more_criteria_are_offered_without_a_script_and_keep_what_was_typed(sign_in, manager):
    answer = sign_in(manager).post(FORM, typed(CHECK, more="1"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Privacy is cleared" in page
    assert 'name="criteria-3-title"' in page
    assert "Correct this first" not in page
    assert not Gate.objects.exists()


@pytest.mark.parametrize("count", ["", "-1", "x", "9" * 30, "²"])
def test_a_form_whose_count_is_nonsense_breaks_nothing(count, sign_in, manager):
    client = sign_in(manager)
    assert client.post(FORM, typed(CHECK, **{"criteria-TOTAL_FORMS": count})).status_code in {302, 422}
    assert client.post(FORM, typed(CHECK, more="1", **{"criteria-TOTAL_FORMS": count})).status_code == 200


def test_while_a_review_waits_nobody_moves_the_posts(project, gate, sign_in, manager, engineer):
    ask_review(project=project, gate=gate, at=timezone.now(), by=engineer)
    client, why = sign_in(manager), "1 review waits before this gate. Decide or withdraw it"
    assert why in client.get(FORM).content.decode()
    answer = client.post(FORM, typed(CHECK))
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert "1 review waits" in client.get(reverse("gate-sets")).content.decode()
    assert [each.title for each in gate.criteria.all()] == ["Old"]


def test_only_managers_change_what_everybody_may_read(gate, sign_in, engineer, finance_user, viewer, manager):
    for person in (engineer, finance_user, viewer):
        client = sign_in(person)
        page = client.get(reverse("gate-sets")).content.decode()
        assert "Old?" in page
        assert FORM not in page
        assert client.get(FORM).status_code == client.post(FORM, typed(CHECK)).status_code == 403
    client = sign_in(manager)
    assert FORM in client.get(reverse("gate-sets")).content.decode()
    assert reverse("gate-sets") in client.get(reverse("gates")).content.decode()
    assert [each.title for each in gate.criteria.all()] == ["Old"]


@pytest.mark.parametrize(("horizon", "station"), [("core", "demand"), ("core", "nowhere"), ("other", "data")])
def test_there_is_no_gate_elsewhere(horizon, station, sign_in, manager):
    assert sign_in(manager).get(reverse("gate-set", args=[horizon, station])).status_code == 404


def test_a_gate_of_more_criteria_than_the_form_holds_is_left_to_the_api(gate, sign_in, manager):
    many = [GateCriterion(gate=gate, position=place, title="x", kind="must_meet", fact="check")
            for place in range(2, MOST_CRITERIA + 2)]  # fmt: skip
    GateCriterion.objects.bulk_create(many)
    client = sign_in(manager)
    assert client.get(FORM).url == reverse("gate-sets")
    assert "Set them by the API" in client.get(reverse("gate-sets")).content.decode()


def test_the_page_asks_as_often_for_all_gates_as_for_none(sign_in, manager):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("gate-sets"))
        return len(asked)

    client = sign_in(manager)
    client.get(reverse("gate-sets"))
    page = client.get(reverse("gate-sets")).content.decode()
    assert page.count("Nobody has defined this gate") == 15
    none = queries()
    lay_gates(by=None)
    assert queries() <= none + 1  # their criteria, at once
