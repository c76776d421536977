"""How a run learns that it should end: signals set a flag, and loops ask for it at their step boundaries."""

import signal


class StopFlag:
    """Remembers that one of the signals came. Make it in the main thread."""

    def __init__(self, *signals: signal.Signals) -> None:
        self._set = False
        for number in signals:
            signal.signal(number, self._remember)

    def is_set(self) -> bool:
        return self._set

    def _remember(self, *_: object) -> None:
        self._set = True
