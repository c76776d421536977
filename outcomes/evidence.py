"""Evidence that can be checked by anybody: canonical JSON, its digest, and the signature of a decision.

Canonical form: JSON with the keys of every object sorted, no white space between tokens, UTF-8 without escapes of
other characters than JSON asks for. Figures are text, so that no program writes them otherwise; times are ISO 8601 in
UTC. The digest is the SHA-256 of these bytes, in hexadecimal.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

FORMAT = 1


def canonical(facts: Any) -> str:
    """The one way to write the facts down."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(facts: Any) -> str:
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def moment(at: datetime) -> str:
    """A time as evidence writes it, to the microsecond: 2026-11-21T10:00:00.000000+00:00."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def figure(value: float | None) -> str | None:
    """A figure as evidence writes it: the shortest text that means the same number."""
    return None if value is None else repr(float(value))


def signed_form(
    *, digest: str, outcome: str, reasons: str, conditions: str, decided_by: int, decided_at: datetime
) -> dict[str, Any]:
    """What a signature is over: the evidence, the decision on it, who took it and when."""
    return {
        "conditions": conditions,
        "decided_at": moment(decided_at),
        "decided_by": decided_by,
        "digest": digest,
        "outcome": outcome,
        "reasons": reasons,
    }


def signed_form_of(decision: Any) -> dict[str, Any]:
    """The same of a decision that was taken, so that anybody can check its signature."""
    return signed_form(
        digest=decision.snapshot.digest,
        outcome=decision.outcome,
        reasons=decision.reasons,
        conditions=decision.conditions,
        decided_by=decision.decided_by_id,
        decided_at=decision.decided_at,
    )
