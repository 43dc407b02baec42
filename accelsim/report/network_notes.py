"""What is said of a whole network: its activations, and what stands for its energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accelsim.arch.records import Architecture
from accelsim.network.activations import activations
from accelsim.network.proxies import Proxies
from accelsim.report.quantities import binary_size
from accelsim.workload.records import Network

FIRST_FEW = 3
"""Activations that are named of those that live at once."""


def activations_note(network: Network, arch: Architecture | None = None) -> list[str]:
    """Say how much of a network's activations lives at once, and what could hold it.

    Empty if the workload does not say what feeds what.
    """
    its = activations(network)
    if its is None:
        return []
    alive = sorted(its.alive(its.peak), key=lambda one: -one.bits)
    parts = [f"{one.name} {binary_size(one.bits)}" for one in alive[:FIRST_FEW]]
    if len(alive) > FIRST_FEW:
        parts.append(f"{len(alive) - FIRST_FEW} more")
    said = (
        f"Activations: at most {binary_size(its.peak_bits)} live at once, while "
        f"{network.layers[its.peak].name} runs ({', '.join(parts)}); "
        f"{binary_size(its.total_bits)} in all"
    )
    sizes = [] if arch is None else [m for m in arch.memories[1:] if m.size_bits is not None]
    if sizes:
        largest = max(sizes, key=lambda memory: memory.size_bits or 0)
        said += f"; {largest.name} holds {binary_size(largest.size_bits or 0)}"
    return [f"{said}."]


def activations_data(network: Network) -> dict[str, Any] | None:
    """Return how long activations live; None if the workload does not say what feeds what."""
    its = activations(network)
    if its is None:
        return None
    names = [layer.name for layer in network.layers]
    return {
        "peak_bits": its.peak_bits,
        "peak_layer": names[its.peak],
        "total_bits": its.total_bits,
        "live_bits": dict(zip(names, its.live_bits, strict=True)),
        "lifetimes": [
            {"name": one.name, "bits": one.bits, "from": names[one.first], "until": names[one.last]}
            for one in its.lifetimes
        ],
    }


def proxies_note(its: Proxies) -> str:
    """Say how far MACs and weights order layers or networks as energy does."""
    sides = (("MACs", its.macs), ("weights", its.weights))
    said = ", ".join(
        f"{name} {f'none ({its.why_none})' if value is None else f'{value:.2f}'}"
        for name, value in sides
    )
    return f"{its.label}: rank correlation with energy over {len(its.points)} {its.what}: {said}."


def proxies_data(its: Proxies) -> dict[str, Any]:
    """Return the same as data, with every point."""
    return {
        "row": its.label,
        "over": its.what,
        "n": len(its.points),
        "rank_correlation": {"macs": its.macs, "weights": its.weights},
        "points": [
            {"name": p.name, "macs": p.macs, "weights": p.weights, "energy": p.energy}
            for p in its.points
        ],
    }


@dataclass(frozen=True)
class ProxiesShown:
    """How well MACs and weights stand for energy, as it is shown."""

    proxies: tuple[Proxies, ...]

    def text(self) -> str:
        """Return a line for each."""
        return "".join(f"{proxies_note(its)}\n" for its in self.proxies)

    def data(self) -> dict[str, Any]:
        """Return ``proxies``, each with every point."""
        return {"proxies": [proxies_data(its) for its in self.proxies]}
