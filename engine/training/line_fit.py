"""Gradient descent on a straight line, with the feature scaled so that one step length suits every data set."""

import torch
from torch import nn

from engine.data.points import Points
from engine.models.line import Line


class LineFit:
    """Weight and bias in training, from zero, on x scaled to mean 0 and standard deviation 1.

    On scaled x the curvature of the loss is 1 in both directions: the error shrinks by (1 - learning rate) a step,
    and the descent diverges above a learning rate of 2.
    """

    def __init__(self, points: Points, learning_rate: float, device: torch.device) -> None:
        self._mean, self._scale = float(points.x.mean()), float(points.x.std())
        self._x = torch.from_numpy((points.x - self._mean) / self._scale).to(device)
        self._y = torch.from_numpy(points.y).to(device)
        self._weight = torch.zeros((), dtype=torch.float64, device=device, requires_grad=True)
        self._bias = torch.zeros((), dtype=torch.float64, device=device, requires_grad=True)
        self._optimizer = torch.optim.SGD([self._weight, self._bias], lr=learning_rate)

    def step(self) -> None:
        """One step along the gradient of 1/(2N) sum (y - w x - b)^2 over all rows."""
        loss = (self._y - self._weight * self._x - self._bias).square().mean() / 2
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()

    @property
    def line(self) -> Line:
        """The line so far, back in the units of the data."""
        weight = self._weight.item() / self._scale
        return Line(weight, self._bias.item() - weight * self._mean)


def as_module(line: Line) -> nn.Linear:
    """The line as a torch layer, x [n, 1] to y [n, 1], float32."""
    layer = nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(line.weight)
        layer.bias.fill_(line.bias)
    return layer
