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
        steps: int = Field(10, ge=1, le=100_000, description="Steps of equal length that the run is made of.")
        seconds: float = Field(
            1.0,
            gt=0,
            le=86_400,
            title="Duration",
            description="Length of all steps together.",
            json_schema_extra={"unit": "s"},
        )
        megabytes: int = Field(
            0,
            ge=0,
            le=65_536,
            title="Memory",
            description="Memory to hold while it runs.",
            json_schema_extra={"unit": "MB"},
        )
        exit_mode: Literal["finish", "fail", "crash", "kill", "silent", "hang"] = Field(
            "finish",
            title="How it ends",
            description="Finish, fail with a mend, crash, be killed, be silent about its result, or hang for ever.",
        )
        exit_at: float = Field(
            1.0,
            ge=0,
            le=1,
            title="Share done before it ends",
            description="Share of the steps, 0 to 1, after which it ends in any other way than to finish.",
            json_schema_extra={"step": 0.05},
        )
        checkpoint_every: int = Field(
            1,
            ge=0,
            le=100_000,
            title="Checkpoint every",
            description="Steps from one checkpoint to the next; 0 keeps none.",
            json_schema_extra={"unit": "steps"},
        )
        cpu: bool = Field(False, title="Keep a core busy", description="Compute during the steps instead of sleeping.")
        children: int = Field(
            0,
            ge=0,
            le=8,
            title="Stray child processes",
            description="Each starts the next in a session of its own, and none ever ends by itself.",
            json_schema_extra={"advanced": True, "unit": "processes"},
        )
        ignore_term: bool = Field(
            False,
            title="Ignore requests to stop",
            description="Do not listen to SIGTERM, so that only a kill ends it early.",
            json_schema_extra={"advanced": True},
        )
        shared_megabytes: int = Field(
            0,
            ge=0,
            le=4_096,
            title="Shared memory",
            description="Shared memory to hold while it runs.",
            json_schema_extra={"advanced": True, "unit": "MB"},
        )
        temp_files: int = Field(
            0,
            ge=0,
            le=1_000,
            title="Temporary files",
            description="Temporary files to leave behind.",
            json_schema_extra={"advanced": True, "unit": "files"},
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
