"""Dataflows as data: rules that restrict what a mapper may choose.

Values only; :mod:`accelsim.mapspace.spec` reads them, :mod:`accelsim.mapspace.space` applies them
to a machine and a layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Axis = Literal["temporal", "spatial", "spatial_x", "spatial_y"]


@dataclass(frozen=True, slots=True)
class Limit:
    """What the loops of one dim may be; ``Limit()`` restricts nothing.

    ``whole`` means that nothing of the dim is left outside; ``exact`` is 1 where the bound is 1.
    """

    exact: int | None = None
    at_most: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One restriction on the nodes that ``at`` selects.

    Attributes
    ----------
    at : str
        A selector of :meth:`accelsim.arch.records.Architecture.selected`.
    axis : the loops that ``limits`` and ``others_free`` speak of, if any
    limits : tuple of (dim, limit)
    others_free : bool
        False: dims not listed have no loops here.
    order : groups of dims, outermost first; dims not listed are free
    keep, may_keep : frozenset of roles, or None for no restriction
        What must be kept; exactly what may be kept.
    tile : tuple of (role, most words)
    required : bool or None
        Whether a machine without such a node is an error; else the rule is void there, which is as
        meant for False, and worth a remark for None, unless ``at`` is a general selector.
    because : str
        The sentence of the source that this follows.
    source : str
        Where that is written, if not in the source of the dataflow.
    """

    at: str
    axis: Axis | None = None
    limits: tuple[tuple[str, Limit], ...] = ()
    others_free: bool = True
    order: tuple[tuple[str, ...], ...] = ()
    keep: frozenset[str] | None = None
    may_keep: frozenset[str] | None = None
    tile: tuple[tuple[str, int], ...] = ()
    required: bool | None = None
    because: str = ""
    source: str = ""


@dataclass(frozen=True)
class Dataflow:
    """A named set of rules that a user can copy and change."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    source: str = ""
    assumptions: tuple[str, ...] = ()
