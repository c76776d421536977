"""The newest checkpoint is damaged: the next attempt goes on at the one before."""

from kit.figures import Figure, figure
from kit.site import Site

from scenarios.kills import broken_invariants


def damaged_checkpoint(site: Site, *, steps: int = 40, seconds: float = 4) -> list[Figure]:
    """Kill everything in the middle of a job, tear its newest checkpoint, and go on."""
    site.start()
    job = site.submit(1, steps=steps, seconds=seconds)[0]
    site.wait_steps(job, steps // 2)
    site.destroy()
    newest = max(site.root.glob(f"jobs/{job}/attempt-1/checkpoints/step-*"))
    (newest / "state.json").write_text("{")
    site.start(**site.settings)
    row = site.wait_ended([job], 60)[0]
    return [
        figure("jobs that did not succeed", int(row["state"] != "succeeded"), "== 0", row["error"]),
        figure("steps run again", site.steps_done(job) - steps, "<= 2", newest.name),
        broken_invariants(site),
    ]
