"""From claim to the first event of the trainer, cold: a fresh worker process each time. <= 2.5 s.

The reference is the trainer alone, `python -m engine run`, from its start to its first line.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
ROUNDS, LIMIT_S = 5, 2.5
PARAMS = {"epochs": 1, "limit": 100}


def trainer_alone(folder: Path) -> float:
    """Seconds from exec to the first event."""
    spec = {"recipe": "image-classifier", "params": PARAMS, "root": str(folder), "datasets": str(folder), "threads": 1}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "engine", "run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(spec) + "\n")
        process.stdin.flush()
        assert "started" in process.stdout.readline()
        elapsed = time.perf_counter() - began
        process.kill()
    return elapsed


def job_path() -> float:
    """Seconds from the claim to the first event, as the attempt's row tells."""
    from projects.models import Project
    from trainingjobs.services import submit_job

    project = Project.objects.select_related("lead").get()
    job = submit_job(project=project, recipe="image-classifier", params=PARAMS, by=project.lead)
    subprocess.run(
        [sys.executable, "manage.py", "run_queue", "--once"], check=True, cwd=ROOT, env=os.environ, capture_output=True
    )
    attempt = job.attempts.get()
    return (attempt.first_event_at - attempt.started_at).total_seconds()


def main() -> None:
    from training_overhead import prepare_portal

    data_dir = Path(tempfile.mkdtemp(prefix="throughline-bench-"))
    prepare_portal(data_dir)
    ours, reference = [], []
    for _round in range(ROUNDS):
        ours.append(job_path())
        reference.append(trainer_alone(data_dir))
    mid, alone = statistics.median(ours), statistics.median(reference)
    shutil.rmtree(data_dir, ignore_errors=True)
    ok = mid <= LIMIT_S
    print(
        json.dumps(
            {
                "name": "claim_to_first_event_s",
                "ours": round(mid, 3),
                "reference": round(alone, 3),
                "ratio": round(mid / alone, 2),
                "floor": LIMIT_S,
                "ok": ok,
                "worst": round(max(ours), 3),
            }
        )
    )
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
