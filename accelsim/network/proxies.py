"""How well MACs and weights stand for energy: rank correlations over layers or networks.

Fewer operations or parameters need not mean less energy: movement decides.  Spearman's rank
correlation says how far the order by one is the order by the other: 1 is the same order, -1 the
reverse, around 0 neither says anything of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt, sqrt

import numpy as np

from accelsim.network.records import NetworkResult
from accelsim.workload.records import Layer

FEWEST = 3
"""Points of which a correlation says anything: of two it is 1 or -1."""


@dataclass(frozen=True, slots=True)
class Point:
    """A layer or a network: what it computes, what it holds in weights, what it takes."""

    name: str
    macs: int
    weights: int
    energy: float


@dataclass(frozen=True)
class Proxies:
    """Points of one machine: the layers of a network, or networks.

    Attributes
    ----------
    label : str
        The row that they come from.
    what : str
        ``layers`` or ``networks``.
    unit : str
        Of energies.
    """

    label: str
    what: str
    points: tuple[Point, ...]
    unit: str

    @cached_property
    def macs(self) -> float | None:
        """Spearman's rank correlation of MACs with energy; None of too few, or of equals."""
        return rank_correlation([p.macs for p in self.points], [p.energy for p in self.points])

    @cached_property
    def weights(self) -> float | None:
        """The same of words of weights with energy."""
        return rank_correlation([p.weights for p in self.points], [p.energy for p in self.points])

    @property
    def why_none(self) -> str:
        """Why a correlation is None."""
        if len(self.points) < FEWEST:
            return f"needs at least {FEWEST} {self.what}"
        return "they or the energies are all equal"


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation; equal values share the mean of their ranks.

    It is Pearson's correlation of the ranks (Spearman, "The Proof and Measurement of Association
    between Two Things", 1904), computed in whole numbers up to the last division.  None of fewer
    than three points, or where one side is all equal.

    >>> rank_correlation([1, 2, 3, 4], [10, 20, 40, 30])
    0.8
    """
    if len(xs) < FEWEST:
        return None
    first, second = _centred_ranks(xs), _centred_ranks(ys)
    both = sum(a * b for a, b in zip(first, second, strict=True))
    squares = sum(a * a for a in first) * sum(b * b for b in second)
    if squares == 0:
        return None
    root = isqrt(squares)
    return both / (root if root * root == squares else sqrt(squares))


def _centred_ranks(values: Sequence[float]) -> list[int]:
    """Return twice the ranks, less their mean: whole numbers, ties included."""
    _, inverse, counts = np.unique(
        np.array(values, dtype=np.float64), return_inverse=True, return_counts=True
    )
    ends = np.cumsum(counts)
    twice = 2 * ends - counts + 1  # of the ranks end - count + 1 ... end, the ends' sum
    return [int(rank) - (len(values) + 1) for rank in twice[inverse.reshape(-1)]]


def layer_proxies(row: NetworkResult) -> Proxies:
    """Return the layers of a network that multiply and have a mapping."""
    points = tuple(
        Point(its.layer.name, its.operations, _weights(its.layer), its.energy_total)
        for its in (entry.evaluation for entry in row.layers)
        if its is not None and its.layer.op == "mac"
    )
    return Proxies(row.label, "layers", points, row.energy.unit)


def network_proxies(rows: Iterable[NetworkResult]) -> tuple[Proxies, ...]:
    """Return networks, those of each row's label on each machine apart.

    Networks that lack a layer are left out.
    """
    series: dict[tuple[str, str], list[NetworkResult]] = {}
    for row in rows:
        if row.complete:
            series.setdefault((row.arch.name, row.label), []).append(row)
    return tuple(
        Proxies(
            label if label == arch else f"{arch} {label}",
            "networks",
            tuple(
                Point(its.network.name, its.total.macs, its.network.weights, its.total.energy_total)
                for its in those
            ),
            those[0].energy.unit,
        )
        for (arch, label), those in series.items()
    )


def _weights(layer: Layer) -> int:
    return sum(layer.tensor_words(t) for t in layer.tensors if t.role == "Weights")
