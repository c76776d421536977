"""Wait for a state, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TooLate(AssertionError):
    """What was waited for did not come."""


def wait_for(what: str, ask: Callable[[], T], timeout_s: float = 30, every_s: float = 0.05) -> T:
    """The first true answer within the time."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TooLate(f"not within {timeout_s:g} s: {what}; last answer {answer!r}")
        time.sleep(every_s)
