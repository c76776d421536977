"""The columns of budget lines, one line's or many together: planned, released, reserved, committed and spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

COLUMNS = ("planned", "released", "reserved", "committed", "spent")


@dataclass(frozen=True, slots=True)
class Sums:
    """All in minor units of one currency."""

    planned: int = 0
    released: int = 0
    reserved: int = 0
    committed: int = 0
    spent: int = 0

    @classmethod
    def together(cls, parts: Iterable[Sums]) -> Sums:
        parts = list(parts)
        return cls(*(sum(getattr(part, column) for part in parts) for column in COLUMNS))

    @property
    def available(self) -> int:
        """Available to commit: released less reservations, commitments and actuals."""
        return self.released - self.used

    @property
    def used(self) -> int:
        return self.reserved + self.committed + self.spent

    @property
    def held(self) -> int:
        """Approved and not released yet: it waits behind gates."""
        return self.planned - self.released

    @property
    def used_share(self) -> float | None:
        return self.used / self.released if self.released else None
