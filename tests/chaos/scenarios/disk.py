"""The disk of the jobs folder fills up: clean failures, refusals with the mend, and nobody else harmed."""

import subprocess
from pathlib import Path

from kit.figures import Figure, figure
from kit.site import Refused, Site

from scenarios.kills import broken_invariants

SIZE_MB = 200


class Small:
    """The jobs folder on a small file system of its own, while the block lasts."""

    def __init__(self, site: Site) -> None:
        self.folder = site.root / "jobs"

    def __enter__(self) -> Path:
        self.folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)
        return self.folder

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def may_mount(folder: Path) -> bool:
    """Mounting needs a privilege that a test may lack."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    allowed = subprocess.run(command, capture_output=True).returncode == 0
    if allowed:
        subprocess.run(["umount", str(folder)], check=True)
    return allowed


def full_disk(site: Site) -> list[Figure]:
    """Fill it under two running jobs, one of which keeps checkpoints; then make room again."""
    site.stop()
    with Small(site) as folder:
        site.start()
        keeps, needs_none = site.submit(1, steps=100, seconds=10)[0], ""
        needs_none = site.submit(1, steps=60, seconds=6, checkpoint_every=0)[0]
        for job in (keeps, needs_none):
            site.wait_steps(job, 5)
        ballast = folder / "ballast"
        with ballast.open("wb") as file:
            file.write(b"x" * (SIZE_MB - 20) * 2**20)
        refusal = _refusal(site)
        failed, went_on = site.wait_ended([keeps], 60)[0], site.wait_ended([needs_none], 60)[0]
        ballast.unlink()
        again = site.wait_ended(site.submit(1, steps=3, seconds=0.3), 60)[0]
        figures = [
            figure("failed as disk_full", int((failed["state"], failed["error"]) == ("failed", "disk_full")), "== 1",
                   f"{failed['state']} {failed['error']} {failed['message'][:100]}"),
            figure("says what would help", int(bool(failed["mend"])), "== 1"),
            figure("new jobs refused with the mend", int(refusal.startswith("disk_full:")), "== 1", refusal),
            figure("others that were harmed", int(went_on["state"] != "succeeded"), "== 0", went_on["error"]),
            figure("works again", int(again["state"] == "succeeded"), "== 1", again["error"]),
            broken_invariants(site),
        ]  # fmt: skip
        site.stop()
    return figures


def _refusal(site: Site) -> str:
    try:
        site.submit(1, steps=1, seconds=0.1)
    except Refused as no:
        return str(no)
    return ""
