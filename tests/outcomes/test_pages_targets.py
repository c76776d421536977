"""Pages around a KPI: targets by period with their light, a file read dry first, an estimate on the form."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from experiments.models import ModelVersion
from outcomes.models import KpiTarget, Measurement, ValueContract
from outcomes.services import record_measurement

GOOD = "kpi,measured_at,value,source\nParcels misread,2026-03-01,5.5,log\nParcels misread,2026-03-02,5.25,log\n"


@pytest.fixture
def period():
    first = timezone.localdate() - timedelta(days=10)
    return {"starts_on": first.isoformat(), "ends_on": (first + timedelta(days=30)).isoformat(), "value": "3",
            "amber": "4", "red": "5"}  # fmt: skip


def csv(text):
    return {"file": SimpleUploadedFile("kpi.csv", text.encode(), "text/csv")}


@pytest.mark.parametrize(("value", "word"), [(3.0, "On target"), (4.5, "Amber"), (5.5, "Red"), (None, "Not measured")])
def test_the_light_of_a_period_is_said_in_words(sign_in, engineer, kpi, period, value, word):
    client = sign_in(engineer)
    assert client.post(reverse("kpi-targets", args=[kpi.pk]), period).status_code == 302
    if value is not None:
        record_measurement(kpi=kpi, value=value, measured_at=timezone.now() - timedelta(days=1), by=engineer)
    page = client.get(kpi.get_absolute_url()).content.decode()
    assert word in page[page.index('id="targets"') :]


def test_limits_out_of_order_come_back_with_the_mend(sign_in, engineer, kpi, period):
    page = sign_in(engineer).post(reverse("kpi-targets", args=[kpi.pk]), period | {"amber": "1"})
    assert page.status_code == 422
    assert "the order is target, amber, red" in page.content.decode()
    assert not KpiTarget.objects.exists()


def test_the_next_period_begins_where_the_last_one_ends(sign_in, engineer, kpi, period):
    client = sign_in(engineer)
    client.post(reverse("kpi-targets", args=[kpi.pk]), period)
    assert f'value="{period["ends_on"]}"' in client.get(reverse("kpi-targets", args=[kpi.pk])).content.decode()


def test_a_file_is_read_dry_first_and_recorded_when_confirmed(sign_in, engineer, kpi):
    client, address = sign_in(engineer), reverse("measurements-import", args=[kpi.pk])
    page = client.post(address, csv(GOOD))
    assert "2 measurements can be recorded" in page.content.decode()
    assert not Measurement.objects.exists()
    kept = page.context["form"].initial["text"]
    assert client.post(address, {"text": kept, "record": "1"}).status_code == 302
    assert list(Measurement.objects.values_list("value", flat=True)) == [5.5, 5.25]
    again = client.post(address, csv(GOOD)).content.decode()
    assert "2 lines are known already" in again
    assert "Record them all" not in again


def test_faults_are_named_by_line_and_nothing_is_recorded(sign_in, engineer, kpi):
    client, address = sign_in(engineer), reverse("measurements-import", args=[kpi.pk])
    broken = GOOD + "Nothing like it,2026-03-03,x,log\n"
    page = client.post(address, csv(broken))
    assert page.status_code == 422
    assert "<td>4</td>" in page.content.decode()
    assert client.post(address, {"text": broken, "record": "1"}).status_code == 422
    assert not Measurement.objects.exists()


@pytest.mark.parametrize(
    ("content", "mend"), [(b"\xff\xfe\x00", "not UTF-8"), (b"kpi,value\n", "must name the columns"), (b"", "empty")]
)
def test_a_file_that_is_none_is_refused_with_the_mend(sign_in, engineer, kpi, content, mend):
    sent = {"file": SimpleUploadedFile("kpi.csv", content)}
    page = sign_in(engineer).post(reverse("measurements-import", args=[kpi.pk]), sent)
    assert page.status_code == 422
    assert mend in page.content.decode()


def test_without_a_file_the_page_asks_for_one(sign_in, engineer, kpi):
    page = sign_in(engineer).post(reverse("measurements-import", args=[kpi.pk]), {"record": "1"})
    assert page.status_code == 422
    assert "Choose a file" in page.content.decode()


def test_the_template_names_the_kpis_and_nobody_else_reads_it(sign_in, engineer, stranger, kpi):
    address = reverse("measurements-template", args=[kpi.pk])
    assert "Parcels misread" in sign_in(engineer).get(address).content.decode()
    assert sign_in(stranger).get(address).status_code == 404


@pytest.fixture
def measured(kpi, engineer, make_run):
    """Four models, each better by a hundredth and the KPI lower by one point."""
    for step in range(4):
        run = make_run(0.90 + step / 100, seed=step + 1)
        model = ModelVersion.objects.create(
            run=run, kind="trained", digest=f"{step:064d}", size_bytes=1, created_at=timezone.now()
        )
        at = timezone.now() - timedelta(days=9 - step)
        record_measurement(kpi=kpi, value=7.0 - step, measured_at=at, model_version=model, by=engineer)


def formula(engineer, **changes):
    return {"metric": "test_accuracy", "metric_baseline": "0.871", "units_per_year": "1000", "units_label": "Parcels",
            "currency": "EUR", "worth": "0.01", "upkeep": "", "valid_from": "2026-01-01", "owner": engineer.pk,
            "basis": "", "sensitivity": "", "sensitivity_sd": "", **changes}  # fmt: skip


def test_the_measurements_fill_the_sensitivity_and_say_how_sure_they_are(sign_in, engineer, kpi, measured):
    client, address = sign_in(engineer), reverse("contract-new", args=[kpi.pk])
    page = client.post(address, formula(engineer, estimate="1"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "4 models, r² 1.00" in text
    assert page.context["form"].initial["sensitivity"] == "-100"
    assert not ValueContract.objects.exists()
    answer = client.post(address, formula(engineer, sensitivity="-100", method="regression"))
    assert answer.status_code == 302
    contract = ValueContract.objects.get()
    assert contract.method == "regression"
    assert contract.sensitivity == pytest.approx(-100)
    assert contract.estimate["n"] == 4


def test_too_few_measurements_say_what_is_missing_and_keep_what_was_typed(sign_in, engineer, kpi):
    typed = formula(engineer, estimate="1", basis="Six weeks")
    page = sign_in(engineer).post(reverse("contract-new", args=[kpi.pk]), typed).content.decode()
    assert "a line needs at least 4" in page
    assert "Six weeks" in page


def test_an_agreed_sensitivity_must_be_typed(sign_in, engineer, kpi):
    page = sign_in(engineer).post(reverse("contract-new", args=[kpi.pk]), formula(engineer))
    assert page.status_code == 422
    assert "Missing. Fill it in." in page.content.decode()
