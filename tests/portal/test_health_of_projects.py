"""Health is computed from money, KPI and dates; the gravest truth wins."""

from datetime import date

import pytest

from portal.boards.health import health_of
from projects.models import Station

TODAY = date(2026, 11, 21)
FINE = {
    "planned": 100,
    "used": 40,
    "reached": 0.6,
    "due_on": date(2027, 1, 1),
    "station": Station.TRAINING,
    "today": TODAY,
}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, "On track"),
        ({"used": 101}, "Over budget"),
        ({"planned": 0, "used": 5}, "Over budget"),
        ({"used": 101, "due_on": date(2026, 1, 1)}, "Over budget"),
        ({"due_on": date(2026, 11, 20)}, "Overdue"),
        ({"due_on": date(2026, 11, 20), "reached": 1.0}, "On track"),
        ({"due_on": date(2026, 11, 21)}, "On track"),
        ({"reached": -0.1}, "KPI behind"),
        ({"reached": -0.1, "station": Station.DEMAND}, "On track"),
        ({"reached": 0.4, "station": Station.FEEDBACK}, "KPI behind"),
        ({"reached": 0.4}, "On track"),
        ({"used": 90}, "Budget nearly used"),
        ({"used": 90, "reached": 1.2}, "On track"),
        ({"planned": 0, "used": 0, "reached": None}, "No plan yet"),
        ({"reached": None, "due_on": None}, "On track"),
    ],
)
def test_the_gravest_truth_wins(change, word):
    assert health_of(**FINE | change).word == word
