"""Curves, packed: append points, read what is new, and thin a curve for a chart without losing its peaks."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypedDict

from experiments.models import MetricSeries, Run

_RECORD = struct.Struct("<Ifd")  # step, epoch, value


class Point(NamedTuple):
    step: int
    epoch: float
    value: float


# One curve's new points. Functional form, because "from" is a word of Python.
Delta = TypedDict("Delta", {"from": int, "step": list[int], "epoch": list[float], "value": list[float]})


def pack(points: Iterable[Point]) -> bytes:
    return b"".join(_RECORD.pack(*point) for point in points)


def unpack(packed: bytes, start: int = 0) -> list[Point]:
    """The points from index `start` on."""
    return [Point(*record) for record in _RECORD.iter_unpack(memoryview(packed)[start * _RECORD.size :])]


def extend(series: MetricSeries, points: Sequence[Point]) -> None:
    """Add points to a series and bring its summary up to date; the caller saves it.

    A run that resumed from a checkpoint repeats steps: the curve then goes on from the first step that comes again.
    """
    packed = bytes(series.points)
    keep = _count_before(packed, points[0].step)
    if keep < len(packed) // _RECORD.size:
        packed = packed[: keep * _RECORD.size]
        known = [point.value for point in unpack(packed)]
        series.minimum, series.maximum = (min(known), max(known)) if known else (None, None)
    values = [point.value for point in points]
    series.points = packed + pack(points)
    series.count = keep + len(points)
    series.last = values[-1]
    series.minimum = min(values) if series.minimum is None else min(series.minimum, *values)
    series.maximum = max(values) if series.maximum is None else max(series.maximum, *values)


def _count_before(packed: bytes, step: int) -> int:
    """How many points from the start lie before that step; steps only grow, so look from the end."""
    count = len(packed) // _RECORD.size
    while count and _RECORD.unpack_from(packed, (count - 1) * _RECORD.size)[0] >= step:
        count -= 1
    return count


def points_since(run: Run, since: Mapping[str, int]) -> dict[str, Delta]:
    """What a page that has `since` points of each curve lacks: {name: {"from", "step", "epoch", "value"}}.

    A curve that has become shorter (a worker was lost and the run resumed) is sent again from its start.
    """
    deltas: dict[str, Delta] = {}
    for series in run.series.all():
        start = since.get(series.name, 0)
        start = start if 0 <= start <= series.count else 0
        points = unpack(bytes(series.points), start)
        deltas[series.name] = {
            "from": start,
            "step": [point.step for point in points],
            "epoch": [point.epoch for point in points],
            "value": [point.value for point in points],
        }
    return deltas


def sampled(series: MetricSeries, at_most: int = 500) -> tuple[list[float], list[float]]:
    """Epochs and values of a curve, thinned to its ends and the lowest and highest point of every stretch."""
    points = unpack(bytes(series.points))
    if len(points) > at_most:
        points = [points[index] for index in _landmarks([point.value for point in points], at_most)]
    return [point.epoch for point in points], [point.value for point in points]


def _landmarks(values: Sequence[float], at_most: int) -> list[int]:
    stretches = max(1, (at_most - 2) // 2)
    kept = {0, len(values) - 1}
    for number in range(stretches):
        stretch = range(number * len(values) // stretches, (number + 1) * len(values) // stretches)
        kept |= {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
    return sorted(kept)
