"""The deadline of a trainer: a thread that only sends signals, so no write that waits for a lock can hold it up."""

import math
import threading
import time

from trainingjobs.supervisor.trainer import Trainer


class Deadline:
    """Asks a trainer to end at a moment of the monotonic clock, and kills it when it takes too long over that."""

    def __init__(self, trainer: Trainer, at: float, patience_s: float) -> None:
        self._trainer, self._at, self._patience_s = trainer, at, patience_s
        self._is_over = threading.Event()
        self.has_passed = False  # while the trainer still ran
        if math.isfinite(at):
            threading.Thread(target=self._watch, name="deadline", daemon=True).start()

    def close(self) -> None:
        """The trainer has ended: its pid may be another's from now on."""
        self._is_over.set()

    def _watch(self) -> None:
        if self._is_over.wait(max(0.0, self._at - time.monotonic())):
            return
        self.has_passed = True
        self._trainer.terminate()
        if not self._is_over.wait(self._patience_s):
            self._trainer.kill()
