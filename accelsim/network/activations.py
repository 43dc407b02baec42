"""How long activations live, and how much of them has to be kept at once.

Layers run in the order of the workload.  What a layer writes lives from its run to that of the last
layer that reads any part of it, outputs of the network to the end; what comes from outside lives
from the beginning.  While a layer runs, all it reads and all it writes is alive as a whole: nothing
is written in the place of what is read, and no layers are interleaved.  So the greatest sum of all
that lives at one time is what a memory must hold for no activation to leave it; with less, some
activations move to the memory outside and back, as the energies of layers assume of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.workload.records import Network


@dataclass(frozen=True, slots=True)
class Lifetime:
    """One activation: who brought it, its size, and the first and last layer that it lives in.

    ``first`` and ``last`` are positions of layers in the network, both included.
    """

    name: str
    bits: int
    first: int
    last: int


@dataclass(frozen=True)
class Activations:
    """All activations of a network.

    Attributes
    ----------
    lifetimes : tuple of Lifetime
        Inputs first, then layers in their order.
    live_bits : tuple of int
        live_bits[layer]: what lives while it runs, bits.
    """

    lifetimes: tuple[Lifetime, ...]
    live_bits: tuple[int, ...]

    @property
    def peak_bits(self) -> int:
        return max(self.live_bits)

    @property
    def peak(self) -> int:
        """The position of the (first) layer during which most lives."""
        return self.live_bits.index(self.peak_bits)

    @property
    def total_bits(self) -> int:
        return sum(its.bits for its in self.lifetimes)

    def alive(self, layer: int) -> tuple[Lifetime, ...]:
        """Return what lives while the layer at a position runs."""
        return tuple(its for its in self.lifetimes if its.first <= layer <= its.last)


def brought_bits(network: Network) -> dict[str, int]:
    """Return the size of what each layer, and each input that is read, brings, in bits.

    An input is as wide as the tensor that is first read from it.
    """
    layers = {layer.name: layer for layer in network.layers}
    widths: dict[str, int] = {}
    for edge in network.edges:
        tensors = layers[edge.target].tensors
        width = next(tensor.bits for tensor in tensors if tensor.name == edge.tensor)
        widths.setdefault(edge.source, width)
    found = {name: words * widths[name] for name, words in network.inputs if name in widths}
    for layer in network.layers:
        found[layer.name] = layer.tensor_words(layer.output) * layer.output.bits
    return found


def activations(network: Network) -> Activations | None:
    """Return how long each activation lives; None if the workload does not say what feeds what."""
    if not network.edges:
        return None
    order = {layer.name: index for index, layer in enumerate(network.layers)}
    end = len(order) - 1
    last: dict[str, int] = {}
    for edge in network.edges:
        last[edge.source] = max(last.get(edge.source, 0), order[edge.target])
    leaving = network.outputs or tuple(name for name in order if name not in last)
    last |= dict.fromkeys(leaving, end)
    lifetimes = tuple(
        Lifetime(name, bits, order.get(name, 0), last.get(name, order.get(name, 0)))
        for name, bits in brought_bits(network).items()
    )
    return Activations(lifetimes, _live_bits(lifetimes, len(order)))


def _live_bits(lifetimes: tuple[Lifetime, ...], layers: int) -> tuple[int, ...]:
    changes = [0] * (layers + 1)
    for its in lifetimes:
        changes[its.first] += its.bits
        changes[its.last + 1] -= its.bits
    live, found = 0, []
    for change in changes[:layers]:
        live += change
        found.append(live)
    return tuple(found)
