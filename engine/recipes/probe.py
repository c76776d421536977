"""Recipe probe: the declaration only; the work is in engine/operations/probe.py."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from engine import recipe
from engine.events import Event


class Probe(recipe.Recipe):
    """Trains nothing: it takes time, memory, files and processes as told, and ends as told.

    With it you see whether a worker meters, stops, resumes and cleans up as it should. It takes steps of equal length,
    keeps a checkpoint, resumes exactly where it was, and leaves no model.
    """

    slug = "probe"
    title = "Probe"
    summary = "Try out a worker: take time, memory and processes as told, and end as told. Makes no model."
    icon = "dial"
    family = "operations"
    objective = recipe.Objective("steps_run", "higher", "Steps run")
    memory_gib = 0.1
    needs = ()

    class Params(recipe.Params):
        steps: int = Field(10, ge=1, le=100_000, description="Steps of equal length.")
        seconds: float = Field(
            1.0, gt=0, le=86_400, description="Length of the whole run.", json_schema_extra={"unit": "s"}
        )
        megabytes: int = Field(0, ge=0, le=65_536, description="Memory to hold.", json_schema_extra={"unit": "MB"})
        exit_mode: Literal["finish", "fail", "crash", "kill", "silent", "hang"] = Field(
            "finish",
            description="Finish, fail with a mend, crash, be killed, end without a result, or hang and not be asked.",
        )
        exit_at: float = Field(
            1.0,
            ge=0,
            le=1,
            description="Share of the steps after which it fails, crashes, is killed, falls silent or hangs.",
            json_schema_extra={"step": 0.05},
        )
        checkpoint_every: int = Field(
            1,
            ge=0,
            le=100_000,
            description="Steps between checkpoints; 0 keeps none.",
            json_schema_extra={"unit": "steps"},
        )
        cpu: bool = Field(False, description="Keep a core busy instead of sleeping.")
        children: int = Field(
            0,
            ge=0,
            le=8,
            description="Generations of child processes, each in a session of its own, that never end by themselves.",
            json_schema_extra={"advanced": True},
        )
        ignore_term: bool = Field(
            False, description="Do not listen when asked to stop.", json_schema_extra={"advanced": True}
        )
        shared_megabytes: int = Field(
            0,
            ge=0,
            le=4_096,
            description="Shared memory to hold.",
            json_schema_extra={"advanced": True, "unit": "MB"},
        )
        temp_files: int = Field(
            0, ge=0, le=1_000, description="Temporary files to leave.", json_schema_extra={"advanced": True}
        )
        seed: int = Field(
            0,
            ge=0,
            le=2**31 - 1,
            description="Start of the numbers it reports.",
            json_schema_extra={"advanced": True},
        )

    def forecast_seconds(self, params: Params) -> float:
        return 0.5 + params.seconds

    def work(self, params: Params) -> float:
        """In seconds of the run: the one recipe whose work is time."""
        return params.seconds

    def run(self, params: Params, workspace: recipe.Workspace) -> Iterator[Event]:
        from engine.operations.probe import probe

        yield from probe(params, workspace)
