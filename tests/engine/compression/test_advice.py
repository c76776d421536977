import pytest

from engine.compression.advice import advise
from engine.compression.benchmark import Ratio

FASTER = Ratio(median=2.0, lowest=1.8, highest=2.2, share_above_one=1.0)
SLOWER = Ratio(median=0.6, lowest=0.5, highest=0.7, share_above_one=0.0)
UNSURE = Ratio(median=1.05, lowest=0.7, highest=1.4, share_above_one=0.6)


def test_a_faster_child_of_equal_quality_is_recommended():
    advice = advise(0.1, FASTER, 3.7)
    assert advice.recommended
    assert "3.7 times smaller" in advice.reason


@pytest.mark.parametrize("speed", [SLOWER, UNSURE])
def test_a_child_that_is_not_surely_faster_than_its_twin_is_never_recommended(speed):
    advice = advise(0.0, speed, 3.7)
    assert not advice.recommended
    assert advice.reason.startswith("Keep fp32")


def test_a_child_that_loses_too_much_accuracy_is_not_recommended():
    assert advise(0.3, FASTER, 3.7).recommended
    assert not advise(0.31, FASTER, 3.7).recommended
