"""What a check of the invariants finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """One thing that is not as it must be."""

    invariant: str
    subject: str
    fact: str
