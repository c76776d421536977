"""The state of a classifier in training: network, optimiser, place in the data; steps it, saves it, restores it."""

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.data.images import Split
from engine.models.convnet import build_convnet
from engine.models.specification import ConvNetSpec
from engine.training.checkpoints import Checkpoint

_EVALUATION_BATCH = 256


@dataclass(frozen=True)
class Totals:
    """Sums over rows; their quotients are the metrics."""

    loss: float = 0.0
    correct: float = 0.0
    rows: int = 0

    def since(self, earlier: "Totals") -> "Totals":
        return Totals(self.loss - earlier.loss, self.correct - earlier.correct, self.rows - earlier.rows)

    def means(self, prefix: str) -> dict[str, float]:
        """Loss per row and share of correct rows, as `<prefix>_loss` and `<prefix>_accuracy`."""
        return {f"{prefix}_loss": self.loss / self.rows, f"{prefix}_accuracy": self.correct / self.rows}


class ClassifierFit:
    """A classifier in training by Adam on cross-entropy. Everything that a resumed run needs is in `checkpoint()`."""

    def __init__(
        self, spec: ConvNetSpec, train: Split, *, batch_size: int, learning_rate: float, seed: int, device: torch.device
    ) -> None:
        self.device = device
        self.model = build_convnet(spec).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=learning_rate)
        self.epoch, self.batch, self.step = 0, 0, 0
        self._batch_size = batch_size
        # A slice of one tensor costs a third of what DataLoader does for a set that fits in memory.
        self._images = torch.from_numpy(train.images).unsqueeze(1).to(device)
        self._labels = torch.from_numpy(train.labels).long().to(device)
        self._shuffler = torch.Generator().manual_seed(seed)
        self._epoch_start = self._shuffler.get_state()
        self._loss, self._correct, self._rows = self._zero(), self._zero(), 0

    @property
    def batches_per_epoch(self) -> int:
        return math.ceil(len(self._labels) / self._batch_size)

    @property
    def epochs_done(self) -> float:
        return self.epoch + self.batch / self.batches_per_epoch

    @property
    def totals(self) -> Totals:
        """What the steps of the epoch under way sum up to; waits for the device."""
        return Totals(self._loss.item(), self._correct.item(), self._rows)

    def remaining_batches(self) -> Iterator[torch.Tensor]:
        """Row numbers of each batch that the epoch under way still has to see."""
        self._shuffler.set_state(self._epoch_start)
        order = torch.randperm(len(self._labels), generator=self._shuffler).to(self.device)
        yield from order.split(self._batch_size)[self.batch :]

    def learn(self, rows: torch.Tensor) -> None:
        """One step of the optimiser on these rows."""
        self.model.train()
        labels = self._labels[rows]
        logits = self.model(grey_levels(self._images[rows]))
        loss = functional.cross_entropy(logits, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self._loss += loss.detach() * len(rows)
        self._correct += (logits.detach().argmax(1) == labels).sum()
        self._rows += len(rows)
        self.batch += 1
        self.step += 1

    def end_epoch(self) -> None:
        """Close the epoch: sums begin anew, the next shuffle follows this one."""
        self.epoch, self.batch = self.epoch + 1, 0
        self._epoch_start = self._shuffler.get_state()
        self._loss, self._correct, self._rows = self._zero(), self._zero(), 0

    def checkpoint(self, identity: dict[str, Any], history: list[dict[str, float]]) -> Checkpoint:
        """All state, on the CPU. `identity` says which run it belongs to, `history` what its epochs measured."""
        tensors = {f"model.{name}": tensor.cpu() for name, tensor in self.model.state_dict().items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{index}.{name}": tensor.cpu() for name, tensor in slots.items()}
        counters = {
            "identity": identity,
            "history": history,
            "place": [self.epoch, self.batch, self.step],
            "sums": [self._loss.item(), self._correct.item(), self._rows],
            "shuffler": base64.b64encode(self._epoch_start.numpy().tobytes()).decode(),
        }
        return Checkpoint(tensors, counters)

    def restore(self, saved: Checkpoint) -> None:
        """Take over the state of `checkpoint()`: from here on the run is the one that was interrupted."""
        weights = {n.removeprefix("model."): t for n, t in saved.tensors.items() if n.startswith("model.")}
        self.model.load_state_dict(weights)
        slots: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in saved.tensors.items():
            if name.startswith("adam."):
                _, index, slot = name.split(".")
                slots.setdefault(int(index), {})[slot] = tensor
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})
        self.epoch, self.batch, self.step = saved.counters["place"]
        loss, correct, self._rows = saved.counters["sums"]
        self._loss, self._correct = self._zero() + loss, self._zero() + correct
        state = bytearray(base64.b64decode(saved.counters["shuffler"]))
        self._epoch_start = torch.frombuffer(state, dtype=torch.uint8)

    def _zero(self) -> torch.Tensor:
        return torch.zeros((), dtype=torch.float64, device=self.device)


def grey_levels(images: torch.Tensor) -> torch.Tensor:
    """Bytes 0 to 255 as float32 from 0 (background) to 1 (ink)."""
    return images.float().div_(255)


def evaluate(model: nn.Module, split: Split, device: torch.device) -> tuple[Totals, torch.Tensor]:
    """Totals over a split, and the predicted class [n] of each of its rows."""
    images = torch.from_numpy(split.images).unsqueeze(1).split(_EVALUATION_BATCH)
    labels = torch.from_numpy(split.labels).long()
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(grey_levels(batch.to(device))).cpu() for batch in images])
    predictions = logits.argmax(1)
    loss = functional.cross_entropy(logits, labels, reduction="sum").item()
    return Totals(loss, float((predictions == labels).sum()), len(split)), predictions
