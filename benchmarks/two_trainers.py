"""Two trainers side by side, one thread each, against the same two in turn with both cores: throughput >= 0.9.

Threads = cores / slots, so that slots share the machine instead of fighting for it. Both sides run in turns in one run.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, FLOOR, TRAINERS = 3, 0.9, 2
OPTIONS = ("--dataset", "digits", "--epochs", "6", "--json")


def start(folder: Path, threads: int, seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "engine", "image-classifier", *OPTIONS, "--seed", str(seed)]
    command += ["--threads", str(threads), "--out", str(folder / f"{threads}-{seed}-{time.monotonic_ns()}")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def side_by_side(folder: Path, cores: int) -> float:
    began = time.perf_counter()
    trainers = [start(folder, max(1, cores // TRAINERS), seed) for seed in range(TRAINERS)]
    assert [trainer.wait() for trainer in trainers] == [0] * TRAINERS
    return time.perf_counter() - began


def in_turn(folder: Path, cores: int) -> float:
    began = time.perf_counter()
    for seed in range(TRAINERS):
        assert start(folder, cores, seed).wait() == 0
    return time.perf_counter() - began


def main() -> None:
    cores = min(TRAINERS, os.cpu_count() or 1)
    together, apart = [], []
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder:
        for _round in range(ROUNDS):
            together.append(side_by_side(Path(folder), cores))
            apart.append(in_turn(Path(folder), cores))
    ours, reference = TRAINERS / statistics.median(together), TRAINERS / statistics.median(apart)
    print(
        json.dumps(
            {
                "name": "throughput of two trainers side by side against in turn (jobs/s)",
                "ours": round(ours, 4),
                "reference": round(reference, 4),
                "ratio": round(ours / reference, 3),
                "floor": FLOOR,
                "ok": ours / reference >= FLOOR,
            }
        )
    )


if __name__ == "__main__":
    main()
