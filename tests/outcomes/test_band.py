"""A KPI that should stay within a band: its way, its light, its key results, and the money that it cannot carry."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from outcomes.band import outside, share_of_way
from outcomes.explain import explain
from outcomes.gate_facts import facts_of, read
from outcomes.kpi_status import State, judge_band, reached_share
from outcomes.models import GateCriterion, Kpi
from outcomes.progress import objective_progress
from outcomes.sensitivity import estimate_sensitivity
from outcomes.services import add_key_result, define_kpi, open_objective, record_measurement, set_target
from outcomes.then import targets_then
from portal.boards.charts.kpi import kpi_line
from portal.boards.kpi import kpi_facts, kpi_question

HERE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 12, tzinfo=HERE)


@pytest.fixture
def warmth(project, engineer):
    return define_kpi(project=project, name="Warmth", unit="°C", direction="within", baseline=31, target=18,
                      target_high=24, owner=engineer, by=engineer)  # fmt: skip


@pytest.fixture
def measure(warmth, engineer):
    def at(value, moment=NOW):
        return record_measurement(kpi=warmth, value=value, measured_at=moment, recorded_at=moment, by=engineer)

    return at


def quarter(kpi, by, **changes):
    limits = {"value": 18.0, "value_high": 24.0, "amber": 1.0, "red": 3.0} | changes
    return set_target(kpi=kpi, starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), at=NOW, by=by, **limits)


@pytest.mark.parametrize(("value", "away"), [(17, 1), (18, 0), (21, 0), (24, 0), (26.5, 2.5)])
def test_only_outside_of_the_band_there_is_a_distance(value, away):
    assert outside(value, 18, 24) == away


@pytest.mark.parametrize(("value", "share"), [(31, 0), (27.5, 0.5), (24, 1), (20, 1), (14.5, 0.5), (38, -1)])
def test_the_way_ends_inside_the_band_and_counts_from_both_sides(warmth, value, share):
    assert reached_share(warmth, value) == pytest.approx(share)
    assert share_of_way(20, 19, 18, 24) is None


@pytest.mark.parametrize(
    ("value", "state", "limit"),
    [(18, State.GREEN, None), (25, State.GREEN, None), (25.5, State.AMBER, 1), (16, State.AMBER, 1),
     (27.5, State.RED, 3), (14.9, State.RED, 3), (None, State.UNKNOWN, None)],
)  # fmt: skip
def test_the_light_follows_the_distance_from_the_band(value, state, limit):
    found = judge_band(value, low=18, high=24, amber=1, red=3)
    assert (found.state, found.limit, found.value) == (state, limit, value)
    assert (found.target, found.target_high) == (18, 24)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target_high": None}, "target_high"),
        ({"target_high": 18}, "target_high"),
        ({"target_high": float("nan")}, "target_high"),
        ({"direction": "lower"}, "target_high"),
        ({"baseline": 20}, "baseline"),
    ],
)
def test_a_band_has_two_ends_and_a_baseline_outside(project, engineer, changes, field):
    given = {"direction": "within", "baseline": 31, "target": 18, "target_high": 24} | changes
    with pytest.raises(ValidationError) as caught:
        define_kpi(project=project, name="Cold", unit="°C", owner=engineer, by=engineer, **given)
    assert list(caught.value.error_dict) == [field]
    assert not Kpi.objects.filter(name="Cold").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"value_high": None}, "value_high"), ({"value_high": 17.0}, "value_high"), ({"amber": -1.0}, "amber"),
     ({"red": 0.5}, "red")],
)  # fmt: skip
def test_limits_of_a_band_are_distances_in_their_order(warmth, engineer, changes, field):
    with pytest.raises(ValidationError) as caught:
        quarter(warmth, engineer, **changes)
    assert list(caught.value.error_dict) == [field]


def test_other_targets_have_no_upper_end(kpi, engineer):
    with pytest.raises(ValidationError, match="has no band"):
        set_target(kpi=kpi, starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), value=4, value_high=5, amber=5,
                   red=6, at=NOW, by=engineer)  # fmt: skip


def test_a_band_that_was_changed_since_stands_as_it_was(warmth, engineer):
    target = quarter(warmth, engineer)
    before = datetime.now(HERE)
    quarter(warmth, engineer, value_high=22.0)
    assert [row.value_high for row in targets_then(type(target).objects.all(), before)] == [24.0]


def test_a_key_result_takes_the_band_of_its_kpi(warmth, project, manager, measure):
    now, quarter_year = timezone.now(), timedelta(days=90)
    goal = open_objective(portfolio=project.portfolio, title="Cool", owner=manager, by=manager,
                          starts_on=now.date() - quarter_year, ends_on=now.date() + quarter_year)  # fmt: skip
    with pytest.raises(ValidationError, match="is a band"):
        add_key_result(objective=goal, kpi=warmth, target=20, by=manager)
    with pytest.raises(ValidationError, match="no way to go"):
        add_key_result(objective=goal, kpi=warmth, baseline=19, by=manager)
    result = add_key_result(objective=goal, kpi=warmth, by=manager)
    measure(27.5, now)
    (found,) = objective_progress([goal], timezone.localdate(now))
    assert found.progress.raw == pytest.approx(0.5)
    assert [term.amount for term in explain("key-result", str(result.pk), manager).terms][-1] == "50%"


def test_a_gate_reads_the_way_into_the_band(warmth, project, measure):
    measure(26.1)
    criterion = GateCriterion(fact="kpi_reached", metric="Warmth", threshold=70, kind="must_meet")
    reading = read(criterion, facts_of([project.pk], NOW)[project.pk], {})
    assert (reading.value, reading.is_met) == (70.0, True)


def test_the_chart_draws_both_ends_and_the_page_says_how_far_it_is_outside(warmth, measure):
    measure(26)
    finding = kpi_question(kpi_facts(warmth))
    assert finding.title == "Warmth fell from 31\u00a0°C to 26\u00a0°C; 2\u00a0°C short of the target"
    assert finding.data.target_label == "Target 18 to 24\u00a0°C"
    assert [shape.y0 for shape in kpi_line(finding.data).layout.shapes] == [31, 18, 24]


def test_no_money_hangs_on_a_band(warmth, draft):
    with pytest.raises(ValidationError, match="within a band"):
        draft(of=warmth)
    assert estimate_sensitivity(warmth, "test_accuracy").reason.startswith("A KPI that should stay within a band")


def test_the_forms_take_a_band_and_say_why_it_is_worth_no_money(sign_in, engineer, project):
    client = sign_in(engineer)
    form = {"name": "Warmth", "unit": "°C", "direction": "within", "aggregation": "last", "owner": engineer.pk,
            "baseline": "31", "target": "18", "target_high": "24"}  # fmt: skip
    assert client.post(reverse("kpi-new", args=[project.key]), form).status_code == 302
    warmth = Kpi.objects.get(name="Warmth")
    body = client.get(reverse("kpi-targets", args=[warmth.pk])).content.decode()
    assert "Red when outside by more than" in body
    limits = {
        "starts_on": "2026-10-01",
        "ends_on": "2099-01-01",
        "value": "18",
        "value_high": "24",
        "amber": "1",
        "red": "3",
    }
    assert client.post(reverse("kpi-targets", args=[warmth.pk]), limits).status_code == 302
    body = client.get(warmth.get_absolute_url()).content.decode()
    assert "18 to 24\u00a0°C" in body
