"""Judge how an attempt ended, from its last events and its exit code."""

import signal
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from engine.artifact import GRAPH, load_artifact
from engine.events import Failed, Finished
from engine.recipe import RecipeError
from trainingjobs.logs import tail_of
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.services.finish import Ending, SealedModel

LAST_LINES = 12


def judge_result(finished: Finished, folder: Path) -> Ending:
    """A success, when the artifact is whole: every file is read and compared with its checksum.

    A recipe that makes no model names no artifact.
    """
    try:
        model = sealed_model(finished, folder) if finished.artifact else None
    except RecipeError as error:
        return Ending(JobState.FAILED, error_code=error.code, error_message=error.message, error_mend=error.mend)
    return Ending(JobState.SUCCEEDED, metrics=finished.metrics, report=finished.report, model=model)


def sealed_model(finished: Finished, folder: Path) -> SealedModel:
    path = (folder / finished.artifact).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise RecipeError(
            "corrupt_artifact",
            "The trainer named an artifact outside its own folder.",
            "Tell the author of the recipe.",
        )
    artifact = load_artifact(path)
    graph_bytes = artifact.manifest["files"].get(GRAPH, {}).get("bytes", 0)
    return SealedModel(
        path=path.relative_to(Path(settings.JOBS_DIR).resolve()),
        manifest=dict(artifact.manifest),
        digest=artifact.digest,
        size_bytes=int(finished.metrics.get("size_bytes", graph_bytes)),
    )


def judge_failure(failed: Failed, folder: Path) -> Ending:
    """A failure that the trainer told of itself; after a crash the end of the log says where."""
    message = f"{failed.message}\n{last_lines(folder)}".strip() if failed.code == "crash" else failed.message
    return Ending(JobState.FAILED, error_code=failed.code[:60], error_message=message, error_mend=failed.mend)


def judge_silence(folder: Path) -> Ending:
    """It ended well and handed nothing over: a fault of the recipe that no repetition would cure."""
    message = _("The trainer ended without a result.")
    return Ending(
        JobState.FAILED,
        error_code="crash",
        error_message=f"{message}\n{last_lines(folder)}".strip(),
        error_mend=_("Look at the log of the job and tell the author of the recipe."),
    )


def judge_poison(deaths: int, exit_code: int, folder: Path) -> Ending:
    """It died again and again without getting further."""
    message = _("The trainer died %(count)s times in a row without a new checkpoint, the last time by %(cause)s.")
    text = message % {"count": deaths, "cause": cause_of(exit_code)}
    return Ending(
        JobState.FAILED,
        error_code="poison",
        error_message=f"{text}\n{last_lines(folder)}".strip(),
        error_mend=_("If it was killed, memory may be too small: submit it with a smaller batch or less data."),
    )


def cause_of(exit_code: int) -> str:
    """SIGKILL, or exit code 7."""
    if exit_code < 0:
        try:
            return signal.Signals(-exit_code).name
        except ValueError:
            return _("signal %(number)s") % {"number": -exit_code}
    return _("exit code %(number)s") % {"number": exit_code}


def last_lines(folder: Path) -> str:
    return "\n".join(tail_of(folder, 8192).splitlines()[-LAST_LINES:])


def judge_deadline(job: TrainingJob) -> Ending:
    """It ran longer than its submitter allowed."""
    text = _("It reached its time limit of %(seconds)s s at step %(step)s of %(steps)s.")
    return Ending(
        JobState.FAILED,
        error_code="deadline",
        error_message=text % {"seconds": f"{job.time_limit_s:g}", "step": job.step, "steps": job.steps},
        error_mend=_("Clone it with a longer limit, or with less work."),
    )
