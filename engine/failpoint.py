"""Fail points: named places at which a harness lets this process die, fail or be slow. Unarmed they do nothing.

One may be armed at a time, in words: "checkpoint.before_rename:kill:once". This module reads no environment; whoever
wants a fail point has to say so in code, and a trainer only believes its spec.
"""

import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

GRAMMAR = "NAME:ACTION or NAME:ACTION:once; ACTION is kill, raise or sleep=2.5; NAME is like claim.after_commit)"
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")


class FailPointReached(RuntimeError):
    """What the action `raise` raises."""


@dataclass(frozen=True)
class FailPoint:
    """An armed point. `marks` is the folder of the files that say which points have already acted."""

    spec: str
    name: str
    action: str
    seconds: float
    once: bool
    marks: Path

    def act(self) -> None:
        """Kill this process, raise or sleep; or nothing when it is for once and some process was here before."""
        if self.once and not self._is_first():
            return
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.action == "raise":
            raise FailPointReached(f"The fail point {self.name} was reached.")
        time.sleep(self.seconds)

    def _is_first(self) -> bool:
        self.marks.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(self.marks / self.name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        return True


_armed: FailPoint | None = None


def arm(spec: str, marks: Path) -> None:
    """Arm the point that `spec` names, in place of any other; raises ValueError that says the grammar."""
    global _armed
    _armed = parse(spec, marks.absolute())


def disarm() -> None:
    global _armed
    _armed = None


def handed_on() -> dict[str, str] | None:
    """What a process started by this one needs to arm the same point, or None."""
    return {"spec": _armed.spec, "marks": str(_armed.marks)} if _armed else None


def reach(name: str) -> None:
    """Act when the point of that name is armed."""
    if _armed is not None and _armed.name == name:
        _armed.act()


def parse(spec: str, marks: Path) -> FailPoint:
    """The point that `spec` describes; raises ValueError that says the mend."""
    name, _, rest = spec.partition(":")
    action, colon, how_often = rest.partition(":")
    action, equals, number = action.partition("=")
    if not _NAME.fullmatch(name):
        raise _mistake(spec, f"{name!r} is not the name of a point")
    if action not in ("kill", "raise", "sleep") or bool(equals) != (action == "sleep"):
        raise _mistake(spec, f"{rest!r} is not an action")
    if colon and how_often != "once":
        raise _mistake(spec, f"{how_often!r} is not 'once'")
    try:
        seconds = float(number) if equals else 0.0
    except ValueError:
        raise _mistake(spec, f"{number!r} is not a number of seconds") from None
    if not 0 <= seconds <= 3600:
        raise _mistake(spec, f"{number!r} is not between 0 and 3600 seconds")
    return FailPoint(spec, name, action, seconds, bool(colon), marks)


def _mistake(spec: str, cause: str) -> ValueError:
    return ValueError(f"The fail point {spec!r} cannot be armed: {cause}. Write {GRAMMAR}.")
