"""Networks from their definitions: MACs and weights of each layer, by the arithmetic of shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from accelsim.workload.records import Network


@dataclass
class Built:
    """A network under construction: a feature map of ``channels`` x ``side`` x ``side``."""

    channels: int = 3
    side: int = 224
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Name -> (MACs, weights)."""
    widths: dict[str, int] = field(default_factory=dict)
    """Output channels of each convolution: as many biases, or channels of batch normalisation."""

    def conv(
        self, name: str, out: int, filter_side: int, stride: int = 1, pad: int = 0, groups: int = 1
    ) -> None:
        self.side = (self.side + 2 * pad - filter_side) // stride + 1
        weights = out * (self.channels // groups) * filter_side**2
        self.layers[name] = (weights * self.side**2, weights)
        self.channels = out
        self.widths[name] = out

    def pool(self, filter_side: int, stride: int, pad: int = 0) -> None:
        self.side = (self.side + 2 * pad - filter_side) // stride + 1

    def fully_connected(self, name: str, out: int) -> None:
        weights = out * self.channels * self.side**2
        self.layers[name] = (weights, weights)
        self.channels, self.side = out, 1

    @property
    def outputs(self) -> int:
        return sum(self.widths.values())

    @property
    def macs(self) -> int:
        return sum(macs for macs, _ in self.layers.values())

    @property
    def weights(self) -> int:
        return sum(weights for _, weights in self.layers.values())


def counts(network: Network) -> Iterator[tuple[str, tuple[int, int]]]:
    for layer in network.layers:
        if layer.op == "mac":
            yield (
                layer.name,
                (
                    layer.operations,
                    sum(layer.tensor_words(t) for t in layer.tensors if t.role == "Weights"),
                ),
            )
