"""How often a loop speaks: often enough to watch, rarely enough to cost nothing."""

import time
from collections.abc import Callable

STEP_REPORTS = 0.25  # seconds; two events each time
EPOCH_REPORTS = 0.2  # seconds; only toy epochs are shorter, and then some pass without a report
CHECKPOINTS = 30.0  # seconds; what a killed run repeats at most when its epochs are longer
SLOWS_AFTER = 2000  # reports; from there on each waits for a 2000th of the time so far, so that curves stay small


class Pace:
    """Says when the next report is due; the first is due at once, so that a chart begins early."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._next = self._began = clock()

    def due(self) -> bool:
        """True at most once per period, and more rarely the longer the run lasts."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + max(self._seconds, (now - self._began) / SLOWS_AFTER)
        return True
