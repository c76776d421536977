"""Charts are pure functions: from a dataclass to a figure, with tokens for colours and plain lists for points."""

import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from portal.boards.board import figure_json
from portal.boards.charts.bubbles import Bubble, Bubbles, bubbles
from portal.boards.charts.burn import Burn, burn
from portal.boards.charts.canvas import in_short, scale
from portal.boards.charts.decisions import DecisionBars, decision_bars
from portal.boards.charts.kpi import KpiLine, Release, kpi_line
from portal.boards.charts.labels import Spot, place
from portal.boards.charts.points import PointBars, height_of, point_bars, round_ticks
from portal.boards.charts.run import Curve, Curves, layout

ONE = Bubble("Reader", 120_000, 0.5, 30_000, stage=3)
GUESS = Bubble("Writer", -20_000, 0.2, 0, stage=1, way="−20%", is_hypothesis=True, is_off=True)
LINE = KpiLine(
    (("2026-05-01 10:00", 7.0), ("2026-06-01 10:00", 5.0)),
    (Release("2026-06-01 10:00", 5.0, "TRI-1"),),
    7.0,
    3.0,
    "%",
    "Misread",
)
BURN = Burn((("2026-01-01", 0.0), ("2026-02-01", 4e5)), (("2026-01-01", 0.0), ("2026-12-31", 1.2e6)), 1.2e6, "EUR")
DECISIONS = DecisionBars(
    ("2026-10-01", "2026-11-01"), (("Go", "good", False, (2, 0)), ("Go with conditions", "good", True, (1, 3)))
)
POINTS = PointBars((("TRI · Image classifier", 0.5, "EUR 0.5000"), ("CLM · Image classifier", 2.0, "EUR 2.00")), "EUR")
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\(", re.IGNORECASE)


@pytest.mark.parametrize(
    ("chart", "data"),
    [
        (bubbles, Bubbles((ONE, GUESS), "EUR")),
        (bubbles, Bubbles((ONE,), "EUR")),
        (bubbles, Bubbles((), "EUR")),
        (burn, BURN),
        (burn, Burn((), (), 0.0, "EUR")),
        (kpi_line, LINE),
        (decision_bars, DECISIONS),
        (point_bars, POINTS),
        (kpi_line, KpiLine((), (), 1.0, 1.0, "min", "x")),
    ],
)
def test_a_figure_has_tokens_for_colours_and_lists_for_points(chart, data):
    text = figure_json(chart, data)
    assert not COLOUR.search(text)
    assert "bdata" not in text
    assert "layout" not in json.loads(text)["layout"]["template"]


def test_equal_data_is_drawn_once():
    figure_json.cache_clear()
    figure_json(kpi_line, LINE)
    figure_json(kpi_line, KpiLine(**LINE.__dict__))
    assert figure_json.cache_info().hits == 1


def test_a_hypothesis_is_hollow_and_a_project_off_track_is_ringed():
    marker = bubbles(Bubbles((ONE, GUESS), "EUR")).data[0].marker
    assert marker.color == ("var(--stage-3)", "var(--surface)")
    assert marker.line.color[1] == "var(--bad)"


def test_the_height_of_a_bubble_is_its_probability_and_the_way_to_the_target_is_told_beside_it():
    figure = bubbles(Bubbles((ONE, GUESS), "EUR"))
    assert list(figure.data[0].y) == [0.5, 0.2]
    assert tuple(figure.data[0].customdata[1]) == ("EUR −20,000 (hypothesis)", "EUR 0", "−20%")
    assert "Probability of success" in [note.text for note in figure.layout.annotations]


def test_the_area_of_a_bubble_follows_the_money_left():
    small = Bubble("s", 1, 0.5, 10_000, 3)
    large = Bubble("l", 2, 0.5, 40_000, 3)
    sizes = bubbles(Bubbles((small, large), "EUR")).data[0].marker.size
    assert sizes[1] / sizes[0] == pytest.approx(2)


def test_the_axis_of_the_kpi_holds_baseline_and_target():
    low, high = kpi_line(LINE).layout.yaxis.range
    assert low < 3.0 < 7.0 < high


def test_a_release_is_a_diamond_with_its_model():
    release = kpi_line(LINE).data[1]
    assert release.marker.symbol == "diamond"
    assert list(release.text) == ["TRI-1"]


def test_no_dot_of_today_covers_the_diamond_of_a_release():
    assert len(kpi_line(LINE).data) == 2
    assert len(kpi_line(replace(LINE, points=(*LINE.points, ("2026-07-01 10:00", 4.0)))).data) == 3


def test_labels_of_the_kpi_do_not_lie_on_each_other():
    close = KpiLine((("2026-05-01", 7.0), ("2026-06-01", 3.01)), (), 3.02, 3.0, "%", "x")
    heights = sorted(note.y for note in kpi_line(close).layout.annotations if note.yref is None)
    span = kpi_line(close).layout.yaxis.range
    assert min(b - a for a, b in pairwise(heights)) >= (span[1] - span[0]) * 0.06


def test_words_of_a_user_are_never_markup_of_a_figure():
    assert bubbles(Bubbles((Bubble("<b>x</b>&", 1, 0, 1, 1),), "EUR")).data[0].text == ("&lt;b&gt;x&lt;/b&gt;&amp;",)


def test_spending_is_drawn_in_millions_where_it_is_millions():
    figure = burn(BURN)
    assert max(figure.data[0].y) == pytest.approx(1.2)
    assert any("Approved 1.20\u00a0M" in note.text for note in figure.layout.annotations)


def test_a_label_moves_where_it_covers_no_other_bubble():
    spots = [Spot(100, 100, 20, "first"), Spot(150, 100, 20, "second")]
    first, second = place(spots, 600, 400)
    assert first != "middle right"
    assert second == "middle right"


def test_a_label_stays_inside_the_frame():
    assert place([Spot(590, 200, 20, "a long name here")], 600, 400) == ["middle left"]


def test_outcomes_of_one_colour_are_told_apart_and_a_month_without_one_has_no_part():
    go, conditional = decision_bars(DECISIONS).data
    assert (go.marker.color, conditional.marker.color) == ("var(--good)", "var(--good/.3)")
    assert conditional.marker.line.color == "var(--good)"
    assert list(go.y) == [2, None]


def test_the_cheapest_point_stands_on_top_in_the_colour_of_the_line_with_its_price():
    bars = point_bars(POINTS).data[0]
    first_place, last_place = point_bars(POINTS).layout.yaxis.range[::-1]
    assert first_place < bars.y[0] < bars.y[1] < last_place
    assert (bars.marker.color[0], bars.text[0]) == ("var(--line)", "\u2002EUR 0.5000")


@pytest.mark.parametrize(
    ("highest", "words"),
    [
        (0.00045, ["0", "0.0001", "0.0002", "0.0003", "0.0004"]),
        (3.7, ["0", "1", "2", "3"]),
        (18_000, ["0", "5,000", "10,000", "15,000"]),
        (0.0, ["0"]),
    ],
)
def test_prices_on_the_axis_are_round_and_no_powers_of_ten(highest, words):
    assert [word for _tick, word in round_ticks(highest)] == words


def test_a_chart_of_bars_is_as_high_as_its_rows():
    assert (height_of(1), height_of(3)) == (height_of(2), "172px")


def test_the_axis_of_a_kpi_and_of_money_says_its_unit():
    assert "%" in [note.text for note in kpi_line(LINE).layout.annotations]
    assert "EUR" in [note.text for note in burn(BURN).layout.annotations]


def test_an_axis_of_money_never_reads_a_thousand_thousands():
    assert (scale([950_000]), scale([412_000]), scale([3_400])) == ((1e6, "M"), (1e3, "k"), (1.0, ""))
    assert (in_short(950_000), in_short(1_490_000), in_short(-20)) == ("950k", "1.49\u00a0M", "\u221220")


@pytest.mark.parametrize("now", [None, 9.0])
def test_the_names_of_curves_stand_behind_their_ends_and_apart(now):
    data = Curves(Curve("t", [1, 9], [0.5, 0.971]), Curve("v", [1, 9], [0.6, 0.97]), epochs=10, now=now)
    lower, upper = layout(data)["annotations"][:2]
    assert {lower["xanchor"], upper["xanchor"]} == {"left"}
    assert upper["yshift"] - lower["yshift"] >= 20


def test_a_long_label_of_a_kpi_gets_the_room_it_needs():
    few = kpi_line(LINE).layout.margin.r
    long = kpi_line(KpiLine((), (), 8.4, 5.0, "per 10,000", "x", "Before: 8.4 per 10,000", "Target")).layout.margin.r
    assert few == 104
    assert 140 < long <= 190


def test_the_axis_of_a_share_ends_at_one():
    high = layout(Curves(Curve("t", [1, 2], [0.5, 1.0]), Curve("v", [1, 2], [0.5, 0.9]), epochs=2))["yaxis"]["range"][1]
    assert 1 <= high < 1.02
