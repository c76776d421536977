"""The embedded broker: kombu's folder of messages, mended so that nobody ever sees half a message.

kombu writes a message under its final name and reads without a lock; a reader that comes in between ends the worker.
Here a message appears under its name in one step, is taken by one step, and a broken one is dropped: it is only a hint.
"""

import contextlib
import fcntl
import logging
import os
from pathlib import Path
from queue import Empty
from time import monotonic_ns, time
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

LEFT_S = 60.0  # a message is written, or read, in far less
logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Messages are files `<time>_<uuid>.<queue>.msg`; names that begin with a dot are not messages yet, or no more."""

    def _put(self, queue: str, payload: Any, **options: Any) -> None:  # type: ignore[override]  # kombu's own differ
        folder = Path(self.data_folder_out)
        name = f"{monotonic_ns():020d}_{uuid4()}.{queue}.msg"
        try:
            (folder / f".{name}").write_text(dumps(payload), encoding="utf-8")
            (folder / f".{name}").rename(folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                (folder / f".{name}").unlink(missing_ok=True)
            raise ChannelError(f"Cannot write a message into {folder}") from error

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Add a binding to the exchange's table; who reads it meanwhile sees the old one or the new one."""
        file, binding = self._exchange_file(exchange), filesystem.exchange_queue_t(routing_key, pattern or "", queue)
        with (file.parent / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = self.get_table(exchange)
            if binding not in table:
                written = file.with_name(f".{file.name}.{uuid4()}")
                written.write_text(dumps([binding, *table]), encoding="utf-8")
                written.rename(file)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        try:
            names = sorted(os.listdir(folder))
        except OSError:  # the folder is away: there is nothing to hear, and no reason for a worker to end
            raise Empty from None
        for name in names:
            if name.startswith(".") or name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f".{name}.taken"
            try:
                (folder / name).rename(taken)
                text = taken.read_text(encoding="utf-8")
                taken.unlink()
                return loads(text)
            except FileNotFoundError:  # another worker was first
                continue
            except ValueError:
                logger.warning("A broken message was dropped: %s", name)
        _forget_leavings(folder, names)
        raise Empty


def _forget_leavings(folder: Path, names: list[str]) -> None:
    """Remove what a process that was killed was just writing, or had just taken."""
    for name in names:
        if name.startswith(".") and name.endswith((".msg", ".taken")):
            with contextlib.suppress(OSError):
                if time() - (folder / name).stat().st_mtime > LEFT_S:
                    (folder / name).unlink()


class Transport(filesystem.Transport):
    Channel = Channel
