"""What is computed: einsums with affine indices, and networks of them.

Values only; nothing here knows of files, machines or mappings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import gcd, prod
from typing import Literal

from accelsim.roles import Role
from accelsim.sparsity.zeros import Given, Structured, Uniform, Zeros

Op = Literal["mac", "alu"]


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of an index: ``coefficient * dim``."""

    dim: str
    coefficient: int = 1


@dataclass(frozen=True, slots=True)
class Rank:
    """One axis of a tensor; its index is the sum of its terms (``P*stride + R*dilation``)."""

    name: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Tensor:
    """A tensor of an einsum.

    ``role`` is what a machine's memories know it by: a spec that keeps ``Weights`` keeps every
    tensor with that role.  ``Outputs`` is the tensor that is accumulated.
    ``density`` is the fraction of values that are not zero, ``pattern`` which they are, as far as
    that is known.
    """

    name: str
    role: Role
    ranks: tuple[Rank, ...]
    bits: int = 16
    density: float = 1.0
    pattern: Structured | Given | None = None

    @property
    def zeros(self) -> Zeros:
        """Where its zeros are; anywhere, if nothing is known of them."""
        return self.pattern or Uniform(self.density)

    @cached_property
    def dims(self) -> frozenset[str]:
        """The relevant dims: those that index the tensor."""
        return frozenset(term.dim for rank in self.ranks for term in rank.terms)


@dataclass(frozen=True, slots=True)
class Resident:
    """A feature map that stays in a memory on the chip while a layer runs.

    Attributes
    ----------
    layer : str
        What writes it.
    words : int
        All that it writes.
    widths : tuple of (role, bits)
        What a value is when it is written, and where it is read.
    memory : str
        Where it stays; empty for the outermost memory that a machine can share between layers.
    tensors : tuple of str
        Those of the running layer that are the map or a part of it; none if it only lies there.
    """

    layer: str
    words: int
    widths: tuple[tuple[Role, int], ...]
    memory: str = ""
    tensors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """One einsum: every point of the box of ``dims`` is one operation.

    Attributes
    ----------
    shape : str
        The named shape it was written in (``conv``, ``gemm``, ``einsum``, ...).
    dims : tuple of (name, bound)
        In the order in which the spec names them.
    op : "mac" or "alu"
        Multiply-accumulate, or a cheap operation (comparison, addition) as in pooling.
    group : str
        The heading under which reports add layers up (``conv``, ``fc``, ``pool``, ...).
    source : str
        Where the layer is described, if not in the source of the network.
    residents : tuple of Resident
        The feature maps that stay on the chip while it runs.
    """

    name: str
    shape: str
    dims: tuple[tuple[str, int], ...]
    tensors: tuple[Tensor, ...]
    op: Op = "mac"
    group: str = ""
    assumptions: tuple[str, ...] = ()
    source: str = ""
    residents: tuple[Resident, ...] = ()

    @cached_property
    def bounds(self) -> dict[str, int]:
        return dict(self.dims)

    @cached_property
    def operations(self) -> int:
        return prod(bound for _, bound in self.dims)

    @cached_property
    def identity(self) -> tuple[object, ...]:
        """What makes two layers the same to a mapper: neither names nor who wrote what stays."""
        residents = tuple(replace(one, layer="") for one in self.residents)
        return self.dims, self.tensors, self.op, residents

    @cached_property
    def output(self) -> Tensor:
        return next(tensor for tensor in self.tensors if tensor.role == "Outputs")

    @cached_property
    def words(self) -> tuple[int, ...]:
        """Distinct words of each tensor that the layer touches."""
        return tuple(tile_words(tensor, self.bounds, self.bounds) for tensor in self.tensors)

    def tensor_words(self, tensor: Tensor) -> int:
        """Return the number of distinct words of ``tensor`` that the layer touches."""
        return self.words[self.tensors.index(tensor)]

    def extents(self, tensor: Tensor) -> tuple[int, ...]:
        """Return the length of each rank of ``tensor``, gaps included: the shape of its array."""
        return tuple(
            1 + sum(abs(term.coefficient) * (self.bounds[term.dim] - 1) for term in rank.terms)
            for rank in tensor.ranks
        )


@dataclass(frozen=True, slots=True)
class Edge:
    """A layer's reading of what another one, or an input of the network, brought.

    ``tensor`` is the tensor of ``target`` that is read, or that a part of is.
    """

    source: str
    target: str
    tensor: str


@dataclass(frozen=True)
class Network:
    """Layers in the order in which they run, with what the totals do not include.

    Attributes
    ----------
    edges : tuple of Edge
        What feeds what, as far as the workload says; sources run before targets.
    inputs : tuple of (name, words)
        What comes from outside and is read along edges.
    outputs : tuple of str
        Layers whose outputs leave the network.
    """

    name: str
    layers: tuple[Layer, ...]
    source: str = ""
    parameters: tuple[tuple[str, int], ...] = ()
    assumptions: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    inputs: tuple[tuple[str, int], ...] = ()
    outputs: tuple[str, ...] = ()

    @cached_property
    def macs(self) -> int:
        return sum(layer.operations for layer in self.layers if layer.op == "mac")

    @cached_property
    def weights(self) -> int:
        """Words of all tensors with the role ``Weights``, biases excluded."""
        return sum(
            layer.tensor_words(tensor)
            for layer in self.layers
            for tensor in layer.tensors
            if tensor.role == "Weights"
        )


def without_graph(network: Network, layers: tuple[Layer, ...]) -> Network:
    """Return a network of some of its layers; what feeds what is known of the whole only."""
    return replace(network, layers=layers, edges=(), inputs=(), outputs=())


def distinct_words(u: int, v: int, a: int, b: int) -> int:
    """Count the distinct values of ``u*i + v*j`` for ``0 <= i < a``, ``0 <= j < b``.

    ``u`` and ``v`` must have no common divisor.  Two index pairs collide exactly when they differ
    by a multiple of ``(v, -u)``, so each value is counted once by its pair with the largest ``i``.

    >>> distinct_words(1, 1, 4, 3)
    6
    >>> distinct_words(2, 1, 4, 1)  # stride 2 under a 1-wide filter: no gaps counted
    4
    """
    return a * b - max(0, a - v) * max(0, b - u)


def window_divisor(rank: Rank, bounds: dict[str, int]) -> int:
    """Return the common divisor of the coefficients that matter; 1 if none does."""
    matter = (term.coefficient for term in rank.terms if bounds[term.dim] > 1)
    return gcd(*matter) or 1


def window_terms(rank: Rank, bounds: dict[str, int]) -> tuple[Term, ...]:
    """Return the terms that matter: bound above 1, coefficients positive and coprime."""
    terms = [term for term in rank.terms if bounds[term.dim] > 1 and term.coefficient != 0]
    divisor = window_divisor(rank, bounds)
    return tuple(Term(term.dim, abs(term.coefficient) // divisor) for term in terms)


def tile_words(tensor: Tensor, tile: dict[str, int], bounds: dict[str, int]) -> int:
    """Return the distinct words of ``tensor`` in a tile with extents ``tile[dim]``."""
    words = 1
    for rank in tensor.ranks:
        terms = window_terms(rank, bounds)
        if len(terms) == 1:
            words *= tile[terms[0].dim]
        elif len(terms) == 2:
            first, second = terms
            words *= distinct_words(
                first.coefficient, second.coefficient, tile[first.dim], tile[second.dim]
            )
    return words


def box_words(tensor: Tensor, tile: dict[str, int], bounds: dict[str, int]) -> int:
    """Return the words of the box around such a tile, gaps included (rule 5 of the model page).

    The positions of an output are its words, so that what a rank's coefficients have in common
    makes no gaps in it.
    """
    words = 1
    for rank in tensor.ranks:
        scale = 1 if tensor.role == "Outputs" else window_divisor(rank, bounds)
        steps = (term.coefficient * (tile[term.dim] - 1) for term in window_terms(rank, bounds))
        words *= scale * sum(steps) + 1
    return words
