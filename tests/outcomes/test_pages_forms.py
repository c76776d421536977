"""The forms of KPIs, measurements and value contracts, and the signature of finance."""

import re
from datetime import date

import pytest
from django.urls import reverse

from outcomes.explain import explain
from outcomes.models import Kpi, Measurement, ValueContract
from outcomes.value import net_minor


def kpi_form(owner, **change):
    return {
        "name": "Calls lost",
        "definition": "",
        "unit": "%",
        "direction": "lower",
        "aggregation": "last",
        "baseline": "12.9",
        "target": "4",
        "owner": owner.pk,
        "source": "",
    } | change


def contract_form(owner, **change):
    return {
        "metric": "test_accuracy",
        "metric_baseline": "0.871",
        "sensitivity": "-100",
        "sensitivity_sd": "",
        "units_per_year": "4380000",
        "units_label": "parcels",
        "currency": "EUR",
        "worth": "0.01458",
        "upkeep": "31400.00",
        "valid_from": "2026-01-01",
        "owner": owner.pk,
        "basis": "",
    } | change


def test_a_kpi_is_defined_and_opens(sign_in, engineer, project):
    response = sign_in(engineer).post("/projects/TRI/kpis/new/", kpi_form(engineer))
    assert response.url == Kpi.objects.get().get_absolute_url()


@pytest.mark.parametrize("how", ["last", "mean", "sum"])
def test_a_kpi_says_what_a_period_counts_by(sign_in, engineer, project, how):
    page = sign_in(engineer).post("/projects/TRI/kpis/new/", kpi_form(engineer, aggregation=how), follow=True)
    assert Kpi.objects.get().aggregation == how
    assert Kpi.objects.get().get_aggregation_display().lower() in page.content.decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"baseline": "lots"}, "This is not a number"),
        ({"baseline": "nan"}, "This is not a number"),
        ({"target": "20"}, "is not better than the baseline"),
        ({"name": ""}, "Missing. Fill it in."),
        ({"direction": "sideways"}, "sideways"),
        ({"aggregation": "most"}, "most"),
    ],
)
def test_a_wrong_kpi_is_refused_where_it_is_wrong(sign_in, engineer, project, change, message):
    response = sign_in(engineer).post("/projects/TRI/kpis/new/", kpi_form(engineer, **change))
    assert response.status_code == 422
    page = response.content.decode()
    assert message in page
    assert "data-bad" in page
    assert not Kpi.objects.exists()


def test_what_was_typed_wrong_is_shown_back(sign_in, engineer, project):
    page = sign_in(engineer).post("/projects/TRI/kpis/new/", kpi_form(engineer, baseline="twelve")).content.decode()
    assert 'value="twelve"' in page


def test_a_measurement_is_recorded(sign_in, engineer, kpi):
    response = sign_in(engineer).post(
        f"/kpis/{kpi.pk}/measurements/new/", {"value": "6.4", "measured_at": "2026-03-01T10:00"}
    )
    assert response.url == kpi.get_absolute_url()
    assert Measurement.objects.get().value == 6.4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measured_at": "2099-01-01T10:00"}, "in the future"),
        ({"value": "inf"}, "number"),
        ({"value": ""}, "Missing"),
        ({"model_version": "00000000-0000-0000-0000-000000000000"}, "With model"),
    ],
)
def test_a_wrong_measurement_is_refused(sign_in, engineer, kpi, change, message):
    response = sign_in(engineer).post(
        f"/kpis/{kpi.pk}/measurements/new/", {"value": "6.4", "measured_at": "2026-03-01T10:00"} | change
    )
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Measurement.objects.exists()


def test_a_contract_is_drafted_with_money_as_integers(sign_in, engineer, kpi):
    response = sign_in(engineer).post(f"/kpis/{kpi.pk}/contracts/new/", contract_form(engineer))
    contract = ValueContract.objects.get()
    assert response.url == kpi.get_absolute_url()
    assert (contract.worth_micro, contract.upkeep_minor, contract.status) == (14_580, 3_140_000, "draft")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"upkeep": "1.001"}, "more digits"),
        ({"upkeep": "cheap"}, "is not an amount"),
        ({"upkeep": "-5"}, "This cannot be less than zero."),
        ({"worth": "free"}, "Worth of one KPI unit"),
        ({"currency": "euro"}, "three capital letters"),
        ({"valid_to": "2025-12-31"}, "It would end before it begins."),
        ({"units_per_year": "-1"}, "This is below the limit of 0."),
        ({"sensitivity": "1e300"}, "not a usable figure"),
        ({"metric": "luck"}, "luck"),
    ],
)
def test_a_wrong_contract_is_refused(sign_in, engineer, kpi, change, message):
    response = sign_in(engineer).post(f"/kpis/{kpi.pk}/contracts/new/", contract_form(engineer, **change))
    assert response.status_code == 422
    assert message in response.content.decode()
    assert "data-bad" in response.content.decode(), "the fault stands at its field"
    assert not ValueContract.objects.exists()


def test_a_new_version_begins_from_the_newest_one(sign_in, engineer, kpi, contract):
    page = sign_in(engineer).get(f"/kpis/{kpi.pk}/contracts/new/").content.decode()
    assert 'value="4380000"' in page
    assert 'value="0.01458"' in page
    assert 'value="31400.00"' in page


def test_a_new_version_keeps_the_currency_and_the_end_of_the_newest_one(sign_in, engineer, kpi, draft):
    draft(currency="JPY", worth_micro=10_000_000, upkeep_minor=300, valid_to=date(2199, 1, 1))
    client, address = sign_in(engineer), f"/kpis/{kpi.pk}/contracts/new/"
    shown = client.get(address).context["form"].initial
    assert (shown["currency"], shown["worth"], str(shown["upkeep"])) == ("JPY", "10", "300")
    assert shown["valid_to"] == date(2199, 1, 1)
    shown |= {"owner": engineer.pk, "valid_from": "2026-01-01", "valid_to": "2199-01-01"}
    client.post(address, {name: value for name, value in shown.items() if value is not None})
    newest = ValueContract.objects.get(version=2)
    assert (newest.currency, newest.worth_micro, newest.upkeep_minor) == ("JPY", 10_000_000, 300)
    assert newest.valid_to == date(2199, 1, 1)


@pytest.mark.parametrize(("direction", "sign"), [("lower", -1), ("higher", 1)])
def test_the_printed_formula_gives_the_number_of_the_product(sign_in, engineer, kpi, draft, make_run, direction, sign):
    Kpi.objects.filter(pk=kpi.pk).update(direction=direction)
    kpi.refresh_from_db()
    contract = draft()
    page = sign_in(engineer).get(f"/kpis/{kpi.pk}/contracts/new/").content.decode()
    printed = re.search(r"Money a year = ([^<.]*)", page)[1]
    told = {fact.label: fact.text for fact in explain("value", str(contract.pk), engineer).facts}["Formula"]
    product = net_minor(contract, 0.941)
    for formula in (printed, told.partition(": ")[2]):
        for words, figure in (
            ("metric before", contract.metric_baseline), ("before", contract.metric_baseline), ("metric", 0.941),
            ("sensitivity", contract.sensitivity), ("units a year", contract.units_per_year),
            ("worth", contract.worth_micro / 1e6), ("upkeep", contract.upkeep_minor / 100),
        ):  # fmt: skip
            formula = formula.replace(words, f"({figure!r})")
        spelled = formula.replace("\u2212", "-").replace("\u2013", "-").replace("×", "*")
        assert eval(spelled) == pytest.approx(product / 100, abs=0.01)  # noqa: S307
    assert (product + contract.upkeep_minor > 0) == (sign < 0)


def test_finance_reads_the_figure_and_signs(sign_in, finance_user, contract, make_run):
    make_run()
    client = sign_in(finance_user)
    address = reverse("contract-sign", args=[contract.pk])
    assert "Sign this contract" in client.get(address).content.decode()
    assert client.post(address).url == "/projects/TRI/"
    contract.refresh_from_db()
    assert contract.status == "signed"
    assert "Not open" in client.get(address).content.decode()


def test_signing_twice_is_refused_in_words(sign_in, finance_user, contract):
    client = sign_in(finance_user)
    address = reverse("contract-sign", args=[contract.pk])
    client.post(address)
    response = client.post(address)
    assert response.status_code == 422
    assert "is signed already" in response.content.decode()


@pytest.mark.parametrize("name", ["engineer", "viewer", "manager"])
def test_nobody_but_finance_signs(request, sign_in, contract, name):
    response = sign_in(request.getfixturevalue(name)).post(reverse("contract-sign", args=[contract.pk]))
    assert response.status_code == 403
    assert "Only finance signs" in response.content.decode()
    contract.refresh_from_db()
    assert contract.status == "draft"


def test_a_signature_needs_the_token_of_the_form(finance_user, contract):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(finance_user)
    assert client.post(reverse("contract-sign", args=[contract.pk])).status_code == 403
