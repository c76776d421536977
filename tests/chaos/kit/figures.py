"""What a scenario found out: a name, a value, the bound that was promised, and whether it was kept."""

import json
import operator
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

COMPARISONS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True)
class Figure:
    """One line of the report."""

    name: str
    value: float
    bound: str
    ok: bool
    detail: str = ""

    def line(self, **more: object) -> str:
        fields = {key: value for key, value in asdict(self).items() if value != ""}
        return json.dumps({**more, **fields})


def figure(name: str, value: float, bound: str, detail: object = "") -> Figure:
    """A figure judged by its bound: `figure("lost jobs", 0, "== 0")`."""
    sign, limit = bound.split()
    return Figure(name, round(value, 4), bound, COMPARISONS[sign](value, float(limit)), str(detail) if detail else "")


def demand(figures: Iterable[Figure]) -> None:
    """For tests: fail with every figure that broke its bound."""
    broken = [found.line() for found in figures if not found.ok]
    assert not broken, "\n".join(broken)
