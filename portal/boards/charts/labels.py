"""Where the name of a bubble goes: beside it, where it covers neither another bubble nor another name."""

from collections.abc import Sequence
from dataclasses import dataclass

LETTER_PX, LINE_PX, GAP_PX = 6.0, 14.0, 4.0
PLACES = ("middle right", "middle left", "top center", "bottom center")


@dataclass(frozen=True)
class Spot:
    """A bubble in pixels of the plot, with the words that belong to it."""

    x: float
    y: float
    radius: float
    text: str


Box = tuple[float, float, float, float]


def place(spots: Sequence[Spot], width: float, height: float) -> list[str]:
    """A text position for each spot, the larger bubbles first; the first free place, or the right side when none is."""
    discs = [(spot.x - spot.radius, spot.y - spot.radius, spot.x + spot.radius, spot.y + spot.radius) for spot in spots]
    taken: list[Box] = []
    chosen = [PLACES[0]] * len(spots)
    for index in sorted(range(len(spots)), key=lambda each: -spots[each].radius):
        others = [disc for number, disc in enumerate(discs) if number != index] + taken
        boxes = {position: _box(spots[index], position) for position in PLACES}
        free = [
            position
            for position, box in boxes.items()
            if _inside(box, width, height) and not any(_overlap(box, other) for other in others)
        ]
        inside = [position for position, box in boxes.items() if _inside(box, width, height)]
        chosen[index] = (free or inside or list(PLACES))[0]
        taken.append(boxes[chosen[index]])
    return chosen


def _box(spot: Spot, position: str) -> Box:
    wide, away = len(spot.text) * LETTER_PX, spot.radius + GAP_PX
    if position == "middle right":
        return (spot.x + away, spot.y - LINE_PX / 2, spot.x + away + wide, spot.y + LINE_PX / 2)
    if position == "middle left":
        return (spot.x - away - wide, spot.y - LINE_PX / 2, spot.x - away, spot.y + LINE_PX / 2)
    if position == "top center":
        return (spot.x - wide / 2, spot.y - away - LINE_PX, spot.x + wide / 2, spot.y - away)
    return (spot.x - wide / 2, spot.y + away, spot.x + wide / 2, spot.y + away + LINE_PX)


def _inside(box: Box, width: float, height: float) -> bool:
    return box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= height


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
