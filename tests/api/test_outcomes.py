"""Targets, batches of measurements, benefits, cases, objectives and scores over HTTP."""

import pytest

from outcomes.models import Benefit, Kpi, Measurement
from outcomes.services import add_key_result
from projects.models import Demand

pytestmark = pytest.mark.django_db


def test_a_batch_of_measurements_is_recorded_whole(world, engineer, api):
    rows = [{"kpi": world.kpi.pk, "value": n, "measured_at": f"2026-03-0{n}T08:00:00Z"} for n in (1, 2)]
    answer = api(engineer).post("/api/v1/measurements/", {"measurements": rows})
    assert answer.status_code == 201
    assert answer.json()["recorded"] == 2 == len(answer.json()["ids"])


def test_one_fault_in_a_batch_records_nothing_and_is_named_by_its_place(world, engineer, api):
    good = {"kpi": world.kpi.pk, "value": 1, "measured_at": "2026-03-01T08:00:00Z"}
    before = Measurement.objects.count()
    for bad, field in (
        (good | {"kpi": 999_999}, "kpi"),
        (good | {"measured_at": "2199-01-01T00:00:00Z"}, "measured_at"),
        (good | {"value": 1.7e308}, "value"),
    ):
        answer = api(engineer).post("/api/v1/measurements/", {"measurements": [good, bad]})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == f"measurements.1.{field}"
    assert Measurement.objects.count() == before


def test_the_largest_values_that_are_taken_break_no_answer(world, engineer, manager, api):
    Kpi.objects.filter(pk=world.kpi.pk).update(aggregation="sum")
    path = f"/api/v1/kpis/{world.kpi.pk}"
    for _twice in range(2):
        answer = api(engineer).post(f"{path}/measurements/", {"value": 1.7e308})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "value")
        assert api(engineer).post(f"{path}/measurements/", {"value": 1e12}).status_code == 201
    add_key_result(objective=world.objective, kpi=world.kpi, by=manager)
    assert api(manager).get("/api/v1/objectives/").status_code == 200
    assert api(manager).post(f"{path}/sensitivity/", {"metric": "test_accuracy"}).status_code == 200


def test_a_batch_sent_twice_with_its_key_is_recorded_once(world, engineer, api):
    rows = {"measurements": [{"kpi": world.kpi.pk, "value": 1, "measured_at": "2026-03-01T08:00:00Z"}]}
    first, second = (
        api(engineer).post("/api/v1/measurements/", rows, headers={"Idempotency-Key": "batch-1"}) for _try in range(2)
    )
    assert first.json() == second.json()
    assert Measurement.objects.filter(value=1).count() == 1


def test_a_shortfall_over_http_opens_an_improvement_demand(world, engineer, api):
    path = f"/api/v1/benefits/{world.benefit.pk}/realise/"
    answer = api(engineer).post(path, {"month": "2026-01-01", "actual": "12.50", "attributed_percent": 50})
    assert answer.json()["realisations"][0]["actual"] == "12.50"
    assert Demand.objects.get(reference=f"benefit:{world.benefit.pk}").evidence["realised_minor"] == 625


def test_who_does_not_own_a_benefit_does_not_realise_it(world, make_user, api):
    other = make_user("otto.member")
    world.project.memberships.create(user=other)
    answer = api(other).post(f"/api/v1/benefits/{world.benefit.pk}/realise/", {"month": "2026-01-01", "actual": "1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_an_owner_outside_of_the_team_realises_his_benefit_and_sees_no_project(world, stranger, api):
    path = f"/api/v1/benefits/{world.benefit.pk}/"
    sent = {"month": "2026-01-01", "actual": "100.00"}
    assert api(stranger).post(f"{path}realise/", sent).status_code == 404
    Benefit.objects.update(owner=stranger)
    assert api(stranger).get(path).json()["name"] == "Hand sorting saved"
    assert api(stranger).post(f"{path}realise/", sent).status_code == 200
    assert api(stranger).get("/api/v1/projects/TRI/").status_code == 404


def test_a_viewer_realises_nothing_not_even_of_what_he_owns(world, viewer, api):
    Benefit.objects.update(owner=viewer)
    path = f"/api/v1/benefits/{world.benefit.pk}/realise/"
    assert api(viewer).post(path, {"month": "2026-01-01", "actual": "1.00"}).status_code == 403


@pytest.mark.parametrize(
    ("month", "actual", "field", "code"),
    [("9999-12-01", "1.00", "month", "month_out_of_reach"), ("2026-01-01", "1.00", "actual", "wrong_sign")],
)
def test_a_realisation_that_cannot_be_is_told_at_its_field(world, engineer, api, month, actual, field, code):
    Benefit.objects.update(kind="disbenefit")
    answer = api(engineer).post(f"/api/v1/benefits/{world.benefit.pk}/realise/", {"month": month, "actual": actual})
    assert answer.status_code == 422
    assert (answer.json()["errors"][0]["field"], answer.json()["errors"][0]["code"]) == (field, code)


def test_a_plan_names_each_month_once(world, engineer, api):
    month = {"month": "2026-02-01", "planned": "1.00"}
    answer = api(engineer).post(f"/api/v1/benefits/{world.benefit.pk}/plan/", {"plan": [month, month]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "plan.1.month"


def test_a_case_carries_its_figures_or_their_reasons(world, engineer, api):
    figures = api(engineer).get(f"/api/v1/business-cases/{world.case.pk}/").json()["figures"]
    assert figures["npv"] == {"value": "0.00", "reason": ""}
    assert figures["rnpv"]["value"] == "-10.00"
    assert figures["irr"]["value"] == 0.1
    sunk = {"project": "TRI", "currency": "EUR", "discount_rate_bp": 800,
            "flows": [{"year": 0, "cost": "1", "benefit": "0"}]}  # fmt: skip
    figures = api(engineer).post("/api/v1/business-cases/", sunk).json()["figures"]
    assert figures["irr"]["value"] is None
    assert figures["irr"]["reason"]


def test_an_objective_tells_its_progress(world, manager, api):
    add_key_result(objective=world.objective, kpi=world.kpi, by=manager)  # from 4.0 to 1.0, measured 3.9
    told = api(manager).get(f"/api/v1/objectives/{world.objective.pk}/").json()
    assert told["progress"]["shown"] == pytest.approx(0.1 / 3)
    assert told["key_results"][0]["current"] == 3.9


def test_the_sensitivity_is_shown_before_it_is_drafted(world, engineer, api):
    told = api(engineer).post(f"/api/v1/kpis/{world.kpi.pk}/sensitivity/", {"metric": "test_accuracy"}).json()
    assert told["line"] is None
    assert "at least 4" in told["reason"]


def test_a_contract_by_regression_without_measurements_is_refused(world, engineer, api):
    body = {"kpi": world.kpi.pk, "metric": "test_accuracy", "metric_baseline": 0.9, "method": "regression",
            "units_per_year": 1000, "units_label": "parcels", "currency": "EUR", "worth": "0.0125",
            "valid_from": "2026-01-01", "owner": engineer.username}  # fmt: skip
    answer = api(engineer).post("/api/v1/contracts/", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "no_estimate"


def test_each_person_reads_his_own_score_only(world, engineer, manager, api, viewer):
    for month in ("2026-01-01", "2026-02-01"):
        api(engineer).post(f"/api/v1/benefits/{world.benefit.pk}/realise/", {"month": month, "actual": "80"})
    assert [row["user"] for row in api(manager).get("/api/v1/forecaster-scores/").json()["results"]] == [
        engineer.username
    ]
    assert api(viewer).get("/api/v1/forecaster-scores/").json()["results"] == []


def test_a_manager_chooses_the_kpi_that_earns(world, manager, engineer, api):
    client, address = api(manager), "/api/v1/projects/TRI/earning-kpi/"
    assert client.get(address).json() == {"project": "TRI", "kpi": None}
    assert api(engineer).post(address, {"kpi": world.kpi.pk}).status_code == 403
    assert client.post(address, {"kpi": world.kpi.pk}).json() == {"project": "TRI", "kpi": world.kpi.pk}
    assert client.get(address).json()["kpi"] == world.kpi.pk
    assert client.post(address, {"kpi": 10**6}).status_code == 422
    assert client.post(address, {"kpi": None}).json()["kpi"] is None
