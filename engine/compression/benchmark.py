"""Fair timing: the arms take turns in every round, so that a busy moment of the machine hits all of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Arms = Mapping[str, Callable[[], object]]
_TURN_SECONDS = 0.03  # long enough to drown the clock, short enough to keep the arms close in time


@dataclass(frozen=True)
class Ratio:
    """How one arm compares with another, round by round."""

    median: float
    lowest: float
    highest: float
    share_above_one: float


def calls_per_turn(arms: Arms) -> dict[str, int]:
    """Warm every arm up, and find how many calls of it fill a turn."""
    calls = {}
    for name, call in arms.items():
        call()
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < _TURN_SECONDS:
            call()
            done += 1
        calls[name] = done
    return calls


def one_round(arms: Arms, calls: Mapping[str, int], *, backwards: bool) -> dict[str, float]:
    """Seconds per call of each arm, each having had one turn; odd rounds go backwards to cancel drift."""
    seconds = {}
    for name in reversed(list(arms)) if backwards else arms:
        began = time.perf_counter()
        for _ in range(calls[name]):
            arms[name]()
        seconds[name] = (time.perf_counter() - began) / calls[name]
    return seconds


def column(rounds: list[dict[str, float]], name: str) -> list[float]:
    """The seconds of one arm over the rounds."""
    return [seconds[name] for seconds in rounds]


def speedup(rounds: list[dict[str, float]], of: str, over: str) -> Ratio:
    """Seconds of `over` divided by seconds of `of`: above 1 means that `of` is faster."""
    ratios = [seconds[over] / seconds[of] for seconds in rounds]
    return Ratio(median(ratios), min(ratios), max(ratios), sum(ratio > 1 for ratio in ratios) / len(ratios))
