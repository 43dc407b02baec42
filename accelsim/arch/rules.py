"""Rules: what restricts the mappings of a machine, its own or a dataflow's.

Values only; :mod:`accelsim.arch.rule_spec` reads them, :mod:`accelsim.mapspace.space` says what
they mean and applies them to a machine and a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Axis = Literal["temporal", "spatial", "spatial_x", "spatial_y"]


@dataclass(frozen=True, slots=True)
class Limit:
    """What the loops of one dim may be; ``Limit()`` restricts nothing.

    ``whole`` means that nothing of the dim is left outside; where ``exact`` is more than the bound,
    the bound is meant.
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
        A group ``("*",)`` is all dims of the layer that no other group lists.
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


OTHER_DIMS = "*"
"""In an order: the dims of the layer that it does not name."""


def whole_order(order: Sequence[tuple[str, ...]], dims: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the groups of an order with the dims of a layer that it means by ``*``.

    >>> whole_order([("*",), ("P",)], ["M", "P", "R"])
    [('M', 'R'), ('P',)]
    """
    named = {dim for group in order for dim in group}
    rest = tuple(dim for dim in dims if dim not in named)
    return [rest if group == (OTHER_DIMS,) else group for group in order]
