"""What the job path costs a training loop: events, checkpoints, supervisor, database and MLflow.

The reference is a bare PyTorch loop over the same pictures with the same network, in the same run, taking turns.
Overhead <= 3 % at steps of 20 ms and more. Every round lasts seconds, so the quietest round of each arm is compared.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
ROUNDS, WARM_UP = 9, 10
LIMIT, LONG_STEP_MS = 1.03, 20.0
PARAMS = {"dataset": "pictures", "epochs": 3, "batch_size": 128, "validation_share": 0.1}
ROWS = 12_000


def write_pictures(folder: Path) -> None:
    """Four MNIST files made of scikit-learn's digits over and over, so that an epoch lasts as long as a real one."""
    import numpy as np

    from engine.data.images import load_images

    digits = load_images("digits", folder, validation_share=0.1, limit=0, seed=0).train
    folder.mkdir(parents=True)
    for part, rows in (("train", ROWS), ("t10k", 1_000)):
        picked = np.arange(rows) % len(digits)
        images, labels = digits.images[picked], digits.labels[picked]
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, rows, 28, 28) + images.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, rows) + labels.tobytes())


def bare_loop(datasets: str) -> float:
    """Seconds a step of the loop that anyone would write, validation after each epoch included."""
    import torch
    from torch.nn import functional

    from engine.data.images import load_images
    from engine.models.convnet import build_convnet
    from engine.models.specification import ConvNetSpec

    torch.set_num_threads(1)
    torch.manual_seed(0)
    data = load_images("pictures", Path(datasets), validation_share=PARAMS["validation_share"], limit=0, seed=0)
    images = torch.from_numpy(data.train.images).unsqueeze(1)
    labels = torch.from_numpy(data.train.labels).long()
    held_images = torch.from_numpy(data.validation.images).unsqueeze(1)
    held_labels = torch.from_numpy(data.validation.labels).long()
    model = build_convnet(ConvNetSpec())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    steps, began = 0, 0.0
    for _epoch in range(PARAMS["epochs"]):
        model.train()
        for rows in torch.randperm(len(labels)).split(PARAMS["batch_size"]):
            loss = functional.cross_entropy(model(images[rows].float().div_(255)), labels[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            steps += 1
            if steps == WARM_UP:
                began = time.perf_counter()
        model.eval()
        with torch.no_grad():
            correct = sum(
                (model(part.float().div_(255)).argmax(1) == truth).sum()
                for part, truth in zip(held_images.split(256), held_labels.split(256), strict=True)
            )
        assert int(correct) > 0
    return (time.perf_counter() - began) / (steps - WARM_UP)


def prepare_portal(data_dir: Path) -> None:
    os.environ |= {"DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "portal.settings", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from django.core.management import call_command

    from finance.services.budget import approve_budget
    from finance.services.rates import publish_rate_card
    from people.models import Department, User
    from projects.models import Portfolio
    from projects.services import open_project

    call_command("migrate", verbosity=0)
    call_command("prepare_tracking")
    desk = Department.objects.create(code="lab", name="Lab")
    lead = User.objects.create_user("lead", role="manager", department=desk)
    project = open_project(
        key="BEN",
        title="Bench",
        portfolio=Portfolio.objects.create(name="Bench"),
        sponsor=desk,
        lead=lead,
        started_on=date(2026, 1, 1),
        by=lead,
    )
    publish_rate_card(
        name="Compute",
        currency="EUR",
        valid_from=date(2026, 1, 1),
        by=lead,
        cpu_core_hour_micro=480_000,
        gpu_hour_micro=0,
        gib_hour_micro=12_000,
        kwh_micro=290_000,
        watt_per_core=Decimal("11.5"),
        watt_per_gpu=Decimal("0"),
    )
    approve_budget(
        project=project, name="2026", currency="EUR", lines={"compute": 1_000_000}, on=date(2026, 1, 1), by=lead
    )


def job_path() -> float:
    """Seconds a step of the same training as a job: from one report of progress to the last, by the trainer's clock."""
    from engine.events import Progress
    from projects.models import Project
    from trainingjobs.services import run_one, submit_job
    from trainingjobs.supervisor import loop

    seen: list[Progress] = []
    fold = loop.fold_events

    def watch(**options: object) -> object:
        seen.extend(event for event in options["events"] if isinstance(event, Progress))  # type: ignore[attr-defined]
        return fold(**options)  # type: ignore[arg-type]

    loop.fold_events = watch  # type: ignore[assignment]
    try:
        project = Project.objects.select_related("lead").get()
        job = submit_job(project=project, recipe="image-classifier", params=PARAMS, by=project.lead)
        run_one(job.pk)
    finally:
        loop.fold_events = fold
    job.refresh_from_db()
    assert job.state == "succeeded", job.error_message
    first = next(event for event in seen if event.step >= WARM_UP)
    return (seen[-1].at - first.at) / (seen[-1].step - first.step)


def main() -> None:
    data_dir = Path(tempfile.mkdtemp(prefix="throughline-bench-"))
    write_pictures(data_dir / "datasets" / "pictures")
    prepare_portal(data_dir)
    ours, reference = [], []
    for _round in range(ROUNDS):
        ours.append(job_path())
        command = [sys.executable, __file__, "bare", str(data_dir / "datasets")]
        bare = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        reference.append(float(bare.stdout))
    ratio = min(ours) / min(reference)
    shutil.rmtree(data_dir, ignore_errors=True)
    ok = ratio <= LIMIT and min(reference) * 1000 >= LONG_STEP_MS
    print(
        json.dumps(
            {
                "name": "training_step_ms",
                "ours": round(min(ours) * 1000, 2),
                "reference": round(min(reference) * 1000, 2),
                "ratio": round(ratio, 4),
                "floor": LIMIT,
                "ok": ok,
                "rounds": [round(a / b, 3) for a, b in zip(ours, reference, strict=True)],
            }
        )
    )
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["bare"]:
        print(bare_loop(sys.argv[2]))
    else:
        main()
