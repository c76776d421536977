"""What a KPI says of itself can be corrected; its figures, by which all was judged, stay."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from outcomes.models import Gate, GateCriterion
from outcomes.services import change_kpi, define_kpi
from people.models import AuditEntry


@pytest.fixture
def typed(kpi):
    return {"name": "Parcels read wrongly", "definition": "Of all parcels", "owner": kpi.owner_id, "source": "sorter"}


def test_only_what_is_named_changes_and_the_audit_trail_says_from_what(kpi, manager):
    change_kpi(kpi=kpi, name="Parcels read wrongly", definition="", by=manager)
    kpi.refresh_from_db()
    assert (kpi.name, kpi.source, kpi.baseline, kpi.target) == ("Parcels read wrongly", "sorter log", 7.1, 3.0)
    changed = AuditEntry.objects.get(verb="change_kpi").detail["changed"]
    assert changed == {"name": ["Parcels misread", "Parcels read wrongly"]}


def test_what_changes_nothing_leaves_no_trace(kpi, manager):
    change_kpi(kpi=kpi, name=kpi.name, owner=kpi.owner, by=manager)
    assert not AuditEntry.objects.filter(verb="change_kpi").exists()


def test_figures_are_no_words_and_stay(kpi, manager):
    change_kpi(kpi=kpi, target=1.0, unit="parcels", by=manager)
    kpi.refresh_from_db()
    assert (kpi.target, kpi.unit) == (3.0, "%")


def test_a_name_of_another_kpi_is_refused_at_its_field(kpi, project, engineer):
    other = define_kpi(project=project, name="Late parcels", unit="%", direction="lower", baseline=2, target=1,
                       owner=engineer, by=engineer)  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        change_kpi(kpi=other, name=kpi.name, by=engineer)
    assert refusal.value.message_dict["name"] == ["TRI has a KPI of this name. Choose another name."]


def test_a_name_that_a_gate_asks_for_stays(kpi, project, engineer):
    gate = Gate.objects.filter(horizon=project.horizon).first() or Gate.objects.create(
        horizon=project.horizon, station="data", title="Pilot", pass_percent=50
    )
    GateCriterion.objects.create(gate=gate, position=99, title="It moved", kind="must_meet", fact="kpi_reached",
                                 comparison="at_least", threshold=50, metric=kpi.name)  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        change_kpi(kpi=kpi, name="Another", by=engineer)
    assert "The criterion “It moved” of a gate asks for a KPI" in refusal.value.message_dict["name"][0]
    change_kpi(kpi=kpi, source="another", by=engineer)


def test_the_page_shows_what_is_and_saves_what_is_typed(sign_in, engineer, kpi, typed):
    client, address = sign_in(engineer), reverse("kpi-edit", args=[kpi.pk])
    assert address in client.get(kpi.get_absolute_url()).content.decode()
    assert "Parcels misread" in client.get(address).content.decode()
    for _twice in range(2):
        assert client.post(address, typed).url == kpi.get_absolute_url()
    kpi.refresh_from_db()
    assert (kpi.name, kpi.definition) == ("Parcels read wrongly", "Of all parcels")
    assert AuditEntry.objects.filter(verb="change_kpi").count() == 1


def test_an_empty_name_is_said_and_the_rest_kept(sign_in, engineer, kpi, typed):
    answer = sign_in(engineer).post(reverse("kpi-edit", args=[kpi.pk]), typed | {"name": ""})
    assert (answer.status_code, "Of all parcels" in answer.content.decode()) == (422, True)
    kpi.refresh_from_db()
    assert kpi.definition == ""


def test_who_only_looks_is_told_so_and_who_sees_nothing_finds_nothing(sign_in, viewer, stranger, kpi, typed):
    client, address = sign_in(viewer), reverse("kpi-edit", args=[kpi.pk])
    assert client.post(address, typed).status_code == 403
    assert address not in client.get(kpi.get_absolute_url()).content.decode()
    assert sign_in(stranger).post(address, typed).status_code == 404


@pytest.mark.parametrize(
    ("address", "body", "message"),
    [
        ("/projects/TRI/kpis/new/",
         {"name": "Parcels misread", "unit": "%", "direction": "lower", "aggregation": "last", "baseline": "9",
          "target": "3"},
         "TRI has a KPI of this name. Choose another name."),
        ("/kpis/{kpi}/targets/",
         {"starts_on": "2026-12-01", "ends_on": "2026-12-01", "value": "4", "amber": "5", "red": "6"},
         "It would end before it begins. Choose a later day."),
    ],
)  # fmt: skip
def test_no_form_tells_the_name_of_a_constraint(sign_in, engineer, kpi, address, body, message):
    answer = sign_in(engineer).post(address.format(kpi=kpi.pk), body | {"owner": engineer.pk})
    page = answer.content.decode()
    assert (answer.status_code, message in page, "data-bad" in page) == (422, True, True)
    assert "Constraint" not in page
    assert "already exists" not in page
