"""Timeloop's mappings as ours: directives for targets become blocks and spreads.

Its permutations run from inner to outer, ours from the outermost inward.  Dims that a permutation
does not name stand outside those that it does, a factor that is not stated is 1, ``P=0`` is all
that the other factors of P leave, spatial dims before ``split`` are on X, and a data-space of which
nothing is said is kept: all as Timeloop reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from accelsim.arch.records import Architecture, Fanout, Place
from accelsim.interchange.timeloop.directives import (
    KEEPING,
    OTHER,
    TEMPORAL,
    Directive,
    Factor,
    settle_order,
)
from accelsim.interchange.timeloop.making import Made
from accelsim.interchange.timeloop.sources import Sources
from accelsim.interchange.timeloop.targets import Targets
from accelsim.mapping.factors import last_turns
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import shown
from accelsim.workload.records import Layer
from accelsim.yamldoc import Node


@dataclass
class _Said:
    """What is said of one place or fanout."""

    factors: dict[str, Factor] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    split: int | None = None
    node: Node | None = None
    keep: set[str] = field(default_factory=set)
    bypass: set[str] = field(default_factory=set)
    keep_only: bool = False

    def inner_to_outer(self, dims: Sequence[str]) -> list[str]:
        """Return all dims in order; what is not named stands outside, or at the ``*``."""
        rest = [dim for dim in dims if dim not in self.order]
        if "*" not in self.order:
            return [*self.order, *rest]
        at = self.order.index("*")
        return [*self.order[:at], *rest, *self.order[at + 1 :]]


def mapping(
    sources: Sources,
    directives: Sequence[Directive],
    where: Node,
    arch: Architecture,
    layer: Layer,
) -> Node | None:
    """Return directives as a mapping; None if they are at fault."""
    build = _Build(sources, arch, layer)
    if has_rows(layer):
        what = "dims are taken by their names: P and R are rows of this layer, and the width of "
        sources.note(where, f"{what}Timeloop's own shape of convolutions")
    for directive in directives:
        build.take(directive)
    if sources.problems:
        return None
    build.fill_in_zeros()
    build.check_last_turns()
    if sources.problems:
        return None
    made = Made(where)
    levels = [build.step(node, made) for node in arch.nodes[:-1]]
    return made.mapping(
        {
            "kind": made.value("mapping"),
            "source": made.value(f"Timeloop, {', '.join(sources.files)}"),
            **({"remainders": made.value(True)} if build.remainders else {}),
            "levels": made.listed(levels),
        }
    )


def has_rows(layer: Layer) -> bool:
    """Tell whether a layer's P and R are rows that differ from its columns, Q and S."""
    if layer.shape == "einsum" or not {"P", "Q", "R", "S"} <= layer.bounds.keys():
        return False
    pairs = {"P": "Q", "R": "S"}
    factors = {
        term.dim: term.coefficient
        for tensor in layer.tensors
        for rank in tensor.ranks
        if len(rank.terms) > 1
        for term in rank.terms
    }
    return any(
        layer.bounds[row] != layer.bounds[column] or factors.get(row) != factors.get(column)
        for row, column in pairs.items()
    )


class _Build:
    def __init__(self, sources: Sources, arch: Architecture, layer: Layer) -> None:
        self.sources, self.arch, self.layer = sources, arch, layer
        self.targets = Targets(arch)
        self.said: dict[str, _Said] = {}
        self.dims = [dim for dim, _ in layer.dims]
        self.tensors = [tensor.name for tensor in layer.tensors]
        self.values: dict[tuple[str, str], int] = {}
        """(place or fanout, dim) -> bound"""

    # --- directives -------------------------------------------------------------------------------

    def take(self, it: Directive) -> None:
        if it.kind == OTHER:
            return
        node = self.targets.fan(it.target) if it.kind not in (TEMPORAL, KEEPING) else None
        if node is None and it.kind not in (TEMPORAL, KEEPING) and self.does_nothing(it):
            return
        place = self.targets.storage(it.target)
        if node is None and (place is None or it.kind not in (TEMPORAL, KEEPING)):
            # A level that only stands for a fanout has no place here, and needs none.
            if (
                it.kind in (TEMPORAL, KEEPING)
                and self.targets.fan(it.target)
                and self.does_nothing(it)
            ):
                return
            self.no_target(it, place)
            return
        name = node.name if node is not None else place.name if place else ""
        said = self.said.setdefault(name, _Said())
        said.node = it.node
        for one in it.factors:
            self.factor(said, one)
        settle_order(self.sources, it, self.dims)
        if it.order:
            if said.order:
                self.sources.fault(it.node, f"a second permutation for '{it.target}'")
            said.order = it.order
            self.known_dims(it)
        said.split = it.split if it.split is not None else said.split
        said.keep |= self.known_tensors(it.keep)
        said.bypass |= self.known_tensors(it.bypass)
        said.keep_only |= it.keep_only
        if node is not None:
            self.links(it, node)

    def does_nothing(self, it: Directive) -> bool:
        return all(one.value == 1 for one in it.factors) and not (it.no_links or it.no_reuse)

    def no_target(self, it: Directive, place: Place | None) -> None:
        target = shown(str(it.target))
        if place is not None:
            what = f"'{target}' has no fanout inside it"
            names = [fanout.name for fanout in self.arch.fanouts]
            expected = one_of(names) if names else "a machine with fanouts"
            self.sources.fault(it.node, what, expected)
            return
        names = [node.name for node in self.arch.nodes[:-1]]
        hint = suggestion(str(it.target), names)
        what = f"{self.arch.name} has no level '{target}'"
        self.sources.fault(it.node, what, one_of(names), hint)

    def factor(self, said: _Said, one: Factor) -> None:
        if one.dim not in self.dims:
            what = f"layer '{self.layer.name}' has no dim '{shown(one.dim)}'"
            hint = suggestion(one.dim, self.dims)
            self.sources.fault(one.node, what, one_of(self.dims), hint)
        elif one.relation != "=":
            what = f"'{one.dim}{one.relation}{one.value}' in a mapping"
            self.sources.fault(one.node, what, f"'{one.dim}={one.value}': one choice")
        elif one.dim in said.factors:
            self.sources.fault(one.node, f"dim '{one.dim}' has a second factor here")
        else:
            said.factors[one.dim] = one

    def known_dims(self, it: Directive) -> None:
        for dim in it.order:
            if dim != "*" and dim not in self.dims:
                what = f"layer '{self.layer.name}' has no dim '{shown(dim)}'"
                place = it.order_node if it.order_node is not None else it.node
                hint = suggestion(dim, self.dims)
                self.sources.fault(place, what, one_of(self.dims), hint)

    def known_tensors(self, names: Sequence[tuple[str, Node]]) -> set[str]:
        for name, node in names:
            if name not in (*self.tensors, "*"):
                hint = suggestion(name, self.tensors)
                what = f"unknown data-space '{shown(name)}'"
                self.sources.fault(node, what, one_of(self.tensors), hint)
        said = {name for name, _ in names}
        return {*self.tensors} if "*" in said else said

    def links(self, it: Directive, fanout: Fanout) -> None:
        """Refuse what a machine, and not a mapping, says here, unless the machine says it."""
        roles = {tensor.name: tensor.role for tensor in self.layer.tensors}
        hint = "say so in the constraints of the architecture, or import the files together"
        for names, able, what in (
            (it.no_links, frozenset(fanout.forwards), "is passed on between neighbours"),
            (it.no_reuse, fanout.multicast, "is multicast"),
        ):
            self.known_tensors(names)
            for name, node in names:
                if roles.get(name) in able or (name == "*" and able):
                    self.sources.fault(node, f"'{name}' {what} in '{fanout.name}'", hint=hint)

    # --- factors ----------------------------------------------------------------------------------

    def factors_of(self, dim: str) -> Iterator[tuple[str, Factor]]:
        """Yield the factors of a dim with where they stand, outermost first."""
        for node in self.arch.nodes:
            said = self.said.get(node.name)
            if said and dim in said.factors:
                yield node.name, said.factors[dim]

    def fill_in_zeros(self) -> None:
        """Give a factor of 0 what the others of its dim leave."""
        for dim, bound in self.layer.dims:
            stated = [*self.factors_of(dim)]
            open_ones = [(name, one) for name, one in stated if one.value == 0]
            others = prod(one.value for _, one in stated if one.value)
            for _, one in open_ones[1:]:
                what = f"a second factor '{dim}=0': what the others leave is for one of them"
                self.sources.fault(one.node, what)
            for name, one in stated:
                if one.value or bound % others == 0:
                    self.values[name, dim] = one.value or bound // others
                else:
                    what = f"'{dim}=0' leaves {bound}/{others}, which is not whole"
                    self.sources.fault(one.node, what)

    @property
    def remainders(self) -> bool:
        return any(self.short(one) for dim in self.dims for _, one in self.factors_of(dim))

    @staticmethod
    def short(one: Factor) -> bool:
        return one.last is not None and one.last < one.value

    def check_last_turns(self) -> None:
        """Refuse last turns that are not those in which a dim ends."""
        for dim, bound in self.layer.dims:
            stated = [*self.factors_of(dim)]
            if not any(self.short(one) for _, one in stated):
                continue
            values = [self.values[name, dim] for name, _ in stated]
            if prod(values) < bound:
                continue  # the reader of mappings says so
            for (_, one), needed in zip(stated, last_turns(values, bound), strict=True):
                said = one.value if one.last is None else one.last
                if said != needed:
                    what = f"the last turns of '{dim}={one.value},{said}'"
                    self.sources.fault(one.node, what, f"{needed}, as {dim} is {bound}")

    # --- steps ------------------------------------------------------------------------------------

    def step(self, node: Place | Fanout | object, whole: Made) -> Node:
        assert isinstance(node, Place | Fanout)
        said = self.said.get(node.name, _Said())
        made = Made(said.node) if said.node is not None else whole
        order = said.inner_to_outer(self.dims)
        loops = {
            dim: self.loop(node.name, dim)
            for dim in order
            if dim in said.factors and self.values[node.name, dim] > 1
        }
        outermost_first = [dim for dim in reversed(order) if dim in loops]
        if isinstance(node, Place):
            return made.mapping(
                {
                    "place": made.value(node.name),
                    "loops": made.listed([loops[dim] for dim in outermost_first]),
                    "keep": made.words(self.kept(node, said)),
                }
            )
        on_x = order if said.split is None else order[: said.split]
        return made.mapping(
            {
                "fanout": made.value(node.name),
                "y": made.listed([loops[dim] for dim in outermost_first if dim not in on_x]),
                "x": made.listed([loops[dim] for dim in outermost_first if dim in on_x]),
            }
        )

    def loop(self, name: str, dim: str) -> Node:
        return Made(self.said[name].factors[dim].node).value(f"{dim} {self.values[name, dim]}")

    def kept(self, place: Place, said: _Said) -> list[str]:
        """Return the tensors kept: all that the place can hold, unless something else is said."""
        kept = []
        for tensor in self.layer.tensors:
            holding = place.holding(tensor.role)
            must = holding is not None and tensor.role in holding.keep
            stated = tensor.name in said.keep
            if said.keep_only and not stated and not must:
                continue
            if stated or (holding is not None and tensor.name not in said.bypass):
                kept.append(tensor.name)
        return kept
