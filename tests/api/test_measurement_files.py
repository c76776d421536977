"""Files of measurements by REST: all rows or none, and every fault with its line and column."""

import pytest

from outcomes.models import Measurement

GOOD = "kpi,measured_at,value\nMisread parcels,2026-03-01,3.5\nMisread parcels,2026-03-02,3.4\n"


@pytest.fixture
def send(kpi, engineer, api):
    client = api(engineer)

    def of(content, **headers):
        return client.post(f"/api/v1/kpis/{kpi.pk}/import/", content, content_type="text/csv", headers=headers)

    return of


def test_a_file_is_recorded_once_however_often_it_comes(send):
    assert send(GOOD).json() == {"recorded": 2, "repeated": []}
    assert send(GOOD).json() == {"recorded": 0, "repeated": [2, 3]}
    assert Measurement.objects.count() == 2


def test_the_same_key_with_another_file_is_refused(send):
    first, again = send(GOOD, **{"Idempotency-Key": "k"}), send(GOOD, **{"Idempotency-Key": "k"})
    assert (first.json(), again["Idempotent-Replayed"]) == (again.json(), "true")
    assert send(GOOD.replace("3.5", "3.6"), **{"Idempotency-Key": "k"}).json()["code"] == "idempotency_key_used"


def test_with_one_fault_nothing_is_recorded_and_every_fault_is_named(send):
    answer = send(GOOD + "Nobody's,2026-03-03,1\nMisread parcels,soon,many\n")
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [
        "lines.4.kpi",
        "lines.5.value",
        "lines.5.measured_at",
    ]
    assert not Measurement.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "first line must name the columns"),
        ("a,b\n1,2\n", "first line must name the columns"),
        ("kpi,measured_at,value\n", "no rows"),
        (b"kpi,measured_at,value\n\xff\xfe,2026-03-01,1\n", "not UTF-8"),
        ("x" * 2_000_001, "larger than 2 MB"),
    ],
)
def test_a_file_that_cannot_be_read_says_the_mend(content, words, send):
    answer = send(content)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lines.1")
    assert words in answer.json()["detail"]


def test_a_file_brings_only_the_kpis_of_its_project(send, api, stranger, kpi):
    assert api(stranger).post(f"/api/v1/kpis/{kpi.pk}/import/", GOOD, content_type="text/csv").status_code == 404
    assert send(GOOD.replace("Misread parcels", "OTH/Misread parcels")).status_code == 422


def test_another_format_is_refused_by_name(kpi, engineer, api):
    answer = api(engineer).post(f"/api/v1/kpis/{kpi.pk}/import/", {"rows": []})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
