"""The torch network built from a `ConvNetSpec`."""

from collections import OrderedDict

from torch import nn

from engine.models.specification import ConvNetSpec


def build_convnet(spec: ConvNetSpec) -> nn.Sequential:
    """Pictures [n, 1, s, s] with grey levels 0 to 1 in, logits [n, classes] out. Weights are torch's random start."""
    return nn.Sequential(
        OrderedDict(
            convolution=nn.Conv2d(1, spec.channels, spec.kernel),
            activation=nn.ReLU(),
            pooling=nn.MaxPool2d(spec.pool),
            flatten=nn.Flatten(),
            classifier=nn.Linear(spec.features, spec.classes),
        )
    )
