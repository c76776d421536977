"""Whether this machine has what the GPU queue needs. Asked once, when a worker starts, of torch itself."""

import subprocess
import sys

from django.conf import settings
from django.utils.translation import gettext as _

from trainingjobs.models import Resource
from trainingjobs.supervisor.child import environment

COMMAND = (sys.executable, "-P", "-c", "import torch; torch.zeros((), device='cuda')")
PATIENCE_S = 120.0


def refusal() -> str:
    """Why this worker must not start: it would serve the GPU queue and has no GPU; empty when all is well."""
    if Resource.GPU not in settings.WORKER_RESOURCES:
        return ""
    cause = _fault()
    if not cause:
        return ""
    return _(
        "WORKER_RESOURCES names the GPU queue, and trainers here cannot use a GPU: %(cause)s. "
        "Set WORKER_RESOURCES=cpu, or start the worker where torch sees a GPU."
    ) % {"cause": cause}


def _fault() -> str:
    """What torch says, in a process with the environment of a trainer; a device that woke here would not fork."""
    try:
        asked = subprocess.run(
            COMMAND,
            env=environment({}, 1),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if not asked.returncode else (asked.stderr.strip().splitlines() or [_("torch does not start")])[-1]
