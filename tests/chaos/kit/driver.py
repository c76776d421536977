"""The product's own verbs, called line by line: one process that a test asks instead of starting one a question."""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[0] = str(ROOT)
sys.path.append(str(ROOT / "tests" / "chaos"))


def main() -> None:
    import django

    django.setup()
    from django.core.exceptions import ValidationError
    from django.db import connections

    from kit import verbs

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the product prints is no answer
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"value": getattr(verbs, question["verb"])(**question["arguments"])}
        except ValidationError as error:
            answer = {"refused": getattr(error, "code", None) or "invalid", "message": "; ".join(error.messages)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        finally:
            connections.close_all()  # the server may be killed before the next question
        print(json.dumps(answer, default=str), file=answers, flush=True)


if __name__ == "__main__":
    main()
