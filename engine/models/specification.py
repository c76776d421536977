"""What a network looks like, as plain numbers: stored in model.json, and enough to build it again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ConvNetSpec:
    """One convolution, ReLU, max-pooling and one linear layer, for square one-channel pictures."""

    image_size: int = 28
    channels: int = 32
    kernel: int = 3
    pool: int = 2
    classes: int = 10

    @property
    def features(self) -> int:
        """Numbers that enter the linear layer: 5 408 for the default."""
        side = (self.image_size - self.kernel + 1) // self.pool
        return self.channels * side**2

    @property
    def parameter_count(self) -> int:
        """Weights and biases of both layers: 54 410 for the default."""
        return self.channels * (self.kernel**2 + 1) + self.classes * (self.features + 1)
