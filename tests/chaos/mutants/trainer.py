"""The engine with one of its guards removed: `trainer.py MUTANT engine run`."""

import sys
from typing import Any


def no_death_signal() -> None:
    """Nobody tells the trainer that its supervisor has died."""
    from engine import job

    job.die_with_parent = lambda: None


def no_checkpoint_fallback() -> None:
    """Only the newest checkpoint counts, whole or not."""
    from engine import checkpoint

    all_of: Any = checkpoint._newest_first
    checkpoint._newest_first = lambda folder: all_of(folder)[:1]


if __name__ == "__main__":
    from engine.__main__ import main

    globals()[sys.argv[1]]()
    sys.argv[1:] = sys.argv[3:]
    sys.exit(main())
