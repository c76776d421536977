"""Settings for tests that let a process fail at a named point: FAILPOINT=name:action, see engine/failpoint.py."""

import os

from engine import failpoint
from portal.settings import *  # noqa: F403
from portal.settings import DATA_DIR

FAILPOINT = os.environ.get("FAILPOINT", "")
FAILPOINT_MARKS = DATA_DIR / "failpoints"
if FAILPOINT:
    FAILPOINT_MARKS.mkdir(exist_ok=True)
    failpoint.arm(FAILPOINT, marks=FAILPOINT_MARKS)
