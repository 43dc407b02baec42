"""What is done of all that a loop nest says, where zeros gate or skip it: expected shares.

A multiplication whose product is zero changes no sum: a machine may **gate** it, which saves its
energy, or **skip** it, which saves its time too; and likewise the accesses that serve it.  The
zeros of different tensors are independent of each other, but for patterns that are given, of which
it is counted what meets what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture, Memory
from accelsim.sparsity.zeros import Given
from accelsim.workload.records import Layer, Rank, Tensor


@dataclass(frozen=True, slots=True)
class Shares:
    """Of all operations, or of accesses of one kind: shares that add up to 1."""

    done: float = 1.0
    gated: float = 0.0
    skipped: float = 0.0

    @property
    def timed(self) -> float:
        """The share that takes time: what is gated does."""
        return self.done + self.gated


ALL_DONE = Shares()

OPERAND_ACTIONS = ("read",)
SUM_ACTIONS = ("read", "first_read", "update")
"""What a memory does for an operation next to it."""


def operation_shares(arch: Architecture, layer: Layer) -> Shares:
    """Return the shares of operations; those that do not multiply are all done."""
    compute = arch.compute
    return _shares(layer, compute.gating, compute.skipping, None)


def access_shares(memory: Memory, action: str, tensor: Tensor, layer: Layer) -> Shares:
    """Return the shares of the accesses of one kind that serve operations directly."""
    if action not in (SUM_ACTIONS if tensor.role == "Outputs" else OPERAND_ACTIONS):
        return ALL_DONE
    gating = memory.gating.get(tensor.role, frozenset())
    return _shares(layer, gating, memory.skipping.get(tensor.role, frozenset()), tensor)


def _shares(
    layer: Layer, gating: Collection[str], skipping: Collection[str], follower: Tensor | None
) -> Shares:
    if layer.op != "mac" or not (gating or skipping):
        return ALL_DONE
    timed = nonzero_share(layer, leaders(layer, skipping, follower))
    done = nonzero_share(layer, leaders(layer, {*gating, *skipping}, follower))
    return Shares(done, timed - done, 1.0 - timed)


def leaders(layer: Layer, roles: Collection[str], follower: Tensor | None) -> list[Tensor]:
    """Return the operands of some roles, but for the one that follows them."""
    output = layer.output
    return [t for t in layer.tensors if t.role in roles and t is not output and t != follower]


def nonzero_share(layer: Layer, operands: Iterable[Tensor]) -> float:
    """Return the expected share of operations in which all ``operands`` are other than zero."""
    share = 1.0
    known: list[Tensor] = []
    for tensor in operands:
        if isinstance(tensor.pattern, Given):
            known.append(tensor)
        else:
            share *= tensor.density
    return share * _counted_share(layer, known) if known else share


def _counted_share(layer: Layer, operands: list[Tensor]) -> float:
    """Return the share of operations in which the given patterns of ``operands`` all have a value.

    Dims that one operand alone has are summed first.
    """
    names = [dim for dim, bound in layer.dims if bound > 1]
    involved = [dim for dim in names if any(dim in tensor.dims for tensor in operands)]
    terms: list[object] = []
    for tensor in operands:
        seen, dims = seen_by_operations(layer, tensor)
        others = {dim for other in operands if other is not tensor for dim in other.dims}
        private = tuple(i for i, dim in enumerate(dims) if dim not in others)
        terms.append(seen.sum(axis=private, dtype=np.float64))
        terms.append([names.index(dim) for dim in dims if dim in others])
    together = float(np.einsum(*terms, [], optimize="greedy"))  # type: ignore[call-overload]
    return together / prod(layer.bounds[dim] for dim in involved)


def seen_by_operations(layer: Layer, tensor: Tensor) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Return the given pattern of a tensor by the dims of the operations that meet its words.

    Returns
    -------
    nonzero : bool[dim, ...]
        One axis for each of ``dims``; a view.
    dims : those of a bound above 1 that index the tensor
    """
    assert isinstance(tensor.pattern, Given)
    array = tensor.pattern.nonzero
    start, strides, sizes, dims = 0, [], [], []
    for axis, rank in enumerate(tensor.ranks):
        start += _lowest(layer, rank) * array.strides[axis]
        for term in rank.terms:
            if layer.bounds[term.dim] > 1:
                strides.append(term.coefficient * array.strides[axis])
                sizes.append(layer.bounds[term.dim])
                dims.append(term.dim)
    flat = array.ravel()[start:]
    return np.lib.stride_tricks.as_strided(flat, sizes, strides, writeable=False), dims


def _lowest(layer: Layer, rank: Rank) -> int:
    """Return how far below its first index a rank goes, where coefficients are negative."""
    return sum(max(0, -t.coefficient) * (layer.bounds[t.dim] - 1) for t in rank.terms)
