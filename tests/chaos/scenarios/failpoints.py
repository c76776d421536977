"""A kill at every named point of the code, once each: the job still ends once, with one charge."""

from pathlib import Path

from kit.figures import Figure, figure
from kit.site import Site
from kit.waiting import wait_for

from scenarios.kills import broken_invariants, patiently

SUBMIT = ("submit.before_commit", "submit.after_commit")
PORTAL = (
    "claim.before_commit",
    "claim.after_commit",
    "fold.before_commit",
    "fold.after_commit",
    "finish.before_commit",
    "finish.after_commit",
    "outbox.before_send",
    "outbox.after_send",
)
REQUEUE = ("requeue.before_commit",)  # reached only when a trainer dies first
TRAINER = (
    "trainer.started",
    "checkpoint.before_rename",
    "checkpoint.after_rename",
    "finished.before_emit",
)
ARTIFACT = ("artifact.before_rename", "artifact.after_rename")  # a probe has none
EVERY = (*SUBMIT, *PORTAL, *REQUEUE, *TRAINER, *ARTIFACT)


def killed_at(site: Site, points: tuple[str, ...]) -> list[Figure]:
    """One job a point, one kill a job."""
    ids, missed = [], []
    for point in points:
        job = _job_killed_at(site, point)
        ids += [job] if job else []
        if not (site.root / "failpoints" / point).exists():
            missed.append(point)
    site.start(**site.settings)
    rows = site.wait_ended(ids, 60)
    bad = [f"{row['id']} {row['state']} {row['error']}" for row in rows if row["state"] != "succeeded"]
    uncharged = [f"{row['id']} {row['charges']}" for row in rows if row["charges"] != 1]
    wait_for("all that was decided is told", lambda: site.ask("undelivered") == 0, 180, 0.5)
    known = {job: site.mlflow_status(job) for job in ids}
    told = {job: statuses for job, statuses in known.items() if statuses != ["FINISHED"]}
    leftovers = patiently(lambda: site.leftovers(ids))
    return [
        figure("fail points where nothing was killed", len(missed), "== 0", missed),
        figure("jobs that did not succeed after a kill at a fail point", len(bad), "== 0", bad),
        figure("jobs not charged once", len(uncharged), "== 0", uncharged),
        figure("jobs that MLflow does not know as finished once", len(told), "== 0", told),
        figure("leftovers in /dev/shm and temp", len(leftovers), "== 0", leftovers[:5]),
        broken_invariants(site),
    ]


def _job_killed_at(site: Site, point: str) -> str | None:
    armed = {"DJANGO_SETTINGS_MODULE": "portal.test_settings", "FAILPOINT": f"{point}:kill:once"}
    if point in SUBMIT:
        return _submitted_by_a_dying_process(site, armed)
    site.start(**armed)
    how = {"exit_mode": "kill", "exit_at": 0.5} if point in REQUEUE else {}
    job = _artifact_job(site) if point in ARTIFACT else site.submit(1, steps=10, seconds=1, **how)[0]
    mark = Path(site.root / "failpoints" / point)

    def over() -> bool:
        if site.worker and site.worker.poll() is not None:
            site.start_worker()
        return mark.exists() and site.all_ended([job])

    if point in REQUEUE:
        wait_for(f"the kill at {point}", mark.exists, 60, 0.2)
        site.ask("act", verb="cancel", job=job)
        site.wait_ended([job], 60)
        return None
    wait_for(f"the job of {point} has ended", over, 150, 0.2)
    return job


def _submitted_by_a_dying_process(site: Site, armed: dict[str, str]) -> str | None:
    """The web process dies while it submits: the job is there whole, or not at all."""
    before = {row["id"] for row in site.ask("rows")}
    site.ask_and_die("submit", armed, params={"steps": 5, "seconds": 0.5})
    made = [row["id"] for row in site.ask("rows") if row["id"] not in before]
    site.start()
    return str(made[0]) if made else None


def _artifact_job(site: Site) -> str:
    return str(site.ask("submit", params={"epochs": 50}, recipe="linear-regression")[0]["id"])
