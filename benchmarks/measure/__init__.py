"""What the page benchmarks share: one request timed, one JSON line told."""

import json
import time

from django.test import Client


def milliseconds(client: Client, path: str) -> float:
    started = time.perf_counter()
    response = client.get(path)
    elapsed = (time.perf_counter() - started) * 1000
    assert response.status_code == 200, f"{path} answered {response.status_code}"
    return elapsed


def report(name: str, ours: float, reference: float, limit: float) -> bool:
    ok = ours <= limit
    line = {
        "name": name,
        "ours": round(ours, 2),
        "reference": round(reference, 2),
        "ratio": round(ours / reference, 2),
        "floor": round(limit / reference, 2),
        "ok": ok,
    }
    print(json.dumps(line), flush=True)
    return ok
