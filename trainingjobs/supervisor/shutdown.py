"""One byte that a worker shares with its pool: set when the worker was asked to end."""

import mmap

_flag = mmap.mmap(-1, 1)  # anonymous and shared: children forked later see what the parent writes


def request() -> None:
    _flag[0] = 1


def requested() -> bool:
    return _flag[0] == 1


def withdraw() -> None:
    """Forget the request; for processes that go on, such as tests."""
    _flag[0] = 0
