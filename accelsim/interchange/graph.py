"""A graph of tensor operators with shapes: what front ends make of a model, and lowering reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor that nodes write and read.

    Attributes
    ----------
    shape : tuple of int, or None
        None if the model does not tell.
    bits : int or None
        Of quantised values; None where the type says nothing of what an accelerator would hold.
    constant : bool
        Whether the file gives its values.
    """

    shape: tuple[int, ...] | None
    bits: int | None = None
    constant: bool = False

    @property
    def words(self) -> int | None:
        return None if self.shape is None else prod(self.shape)


@dataclass(frozen=True, slots=True)
class Node:
    """One operator.

    Attributes
    ----------
    op : str
        As ONNX names it; of another domain, ``domain.Name``.
    inputs, outputs : tuple of str
        Names of values; empty for one that is left out.
    inside : int
        Nodes of the graphs that it holds (control flow).
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    inside: int = 0


@dataclass(frozen=True)
class Graph:
    """A model: nodes in an order in which they can run, and every value that is known."""

    name: str
    source: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    values: Mapping[str, Value]
    remarks: tuple[str, ...] = ()
    """What the front end has to say to whoever reads results."""
