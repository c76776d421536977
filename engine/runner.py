"""Run one recipe and report: the part that the job path and the human path share."""

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.artifact import load_artifact
from engine.durable import as_disk_full
from engine.events import Event, Failed
from engine.recipe import RecipeError, Stopped, Workspace
from engine.recipes import get_recipe

FINISHED, CRASHED, FAILED, ORPHANED, STOPPED = 0, 1, 2, 3, 143
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def perform(slug: str, values: Mapping[str, Any], workspace: Workspace, emit: Callable[[Event], None]) -> int:
    """Validate, run, and hand every event to `emit`; returns the exit code and emits `Failed` for codes 1 and 2."""
    try:
        recipe = get_recipe(slug)
        params = recipe.parse(values)
        recipe.check_parent(load_artifact(workspace.parent).kind if workspace.parent else None)
        reason = recipe.unavailable_reason()
        if reason:
            raise RecipeError("unavailable", reason, "Install requirements.txt.")
        for event in _running(recipe.run(params, workspace), workspace):
            emit(event)
    except Stopped:
        return STOPPED
    except RecipeError as error:
        emit(Failed(code=error.code, message=error.message, mend=error.mend))
        return FAILED
    except BrokenPipeError:  # nobody listens any more
        return ORPHANED
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        emit(Failed(code="crash", message=f"{type(error).__name__}: {error}", mend="Look at the log of the run."))
        return CRASHED
    return FINISHED


def _running(events: Iterator[Event], workspace: Workspace) -> Iterator[Event]:
    """The events; a disk that fills up anywhere in the work, also under a library's temporary file, is told as such."""
    try:
        yield from events
    except OSError as error:
        raise as_disk_full(error, workspace.root) from error
