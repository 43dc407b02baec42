"""Mappings as YAML, both ways.

A file lists the machine's places and fanouts in their order.  One that is left out has no loops,
and keeps what the machine says must be kept there; so does a place without ``keep:``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TypeVar

from accelsim import yamldoc
from accelsim.arch.records import Architecture, Fanout, Holding, Place
from accelsim.arch.uneven import form_with
from accelsim.errors import Problem
from accelsim.mapping.factors import (
    factors_text,
    nearest_factors,
    needed_factors,
    reaching_factors,
)
from accelsim.mapping.homes import holding_of
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.mapping.schema import BlockSpec, MappingSpec, SpreadSpec, step_tag
from accelsim.specs.fields import one_of, suggestion
from accelsim.specs.join import Faults, SpecModel, check_kind, validate, validate_part
from accelsim.workload.records import Layer, Tensor
from accelsim.yamldoc import Document, Keys

Named = TypeVar("Named", Place, Fanout)

STEP_MODELS: dict[str, type[SpecModel]] = {model.tag: model for model in (BlockSpec, SpreadSpec)}


def read_mapping(path: str | Path, arch: Architecture, layer: Layer) -> Mapping:
    """Read a mapping of ``layer`` onto ``arch``.

    Raises
    ------
    SpecError
        With every problem of the file: unknown places, fanouts, dims and tensors; tensors that a
        place cannot keep or must keep; factors that do not multiply to a bound, with the nearest
        that do; with ``remainders: true``, factors that do not reach it, and loops with turns in
        which nothing is below it.
    """
    return mapping_of(yamldoc.load(path), arch, layer)


def parse_mapping(text: str, arch: Architecture, layer: Layer, file: str = "<text>") -> Mapping:
    """Read a mapping from a text; ``file`` is what messages call it.

    Raises
    ------
    SpecError
        As :func:`read_mapping`.
    """
    return mapping_of(yamldoc.parse(text, file), arch, layer)


def mapping_of(document: Document, arch: Architecture, layer: Layer) -> Mapping:
    """Return the mapping of a document.

    Raises
    ------
    SpecError
        As :func:`read_mapping`.
    """
    check_kind(document, "mapping")
    faults = Faults(document)
    spec = validate(MappingSpec, faults)
    named = _places_named(document)
    arch = form_with(arch, named)
    build = _Build(document, arch, layer, faults.problems)
    for index, node in faults.intact_items("levels"):
        keys: Keys = ("levels", index)
        tag = step_tag(node.plain())
        step: object = spec.levels[index] if spec else None
        if step is None and tag:
            step = validate_part(STEP_MODELS[tag], document, keys)
        if isinstance(step, BlockSpec):
            build.block(keys, step)
        elif isinstance(step, SpreadSpec):
            build.spread(keys, step)
    build.parts(named)
    if spec and not faults:
        build.products(spec.remainders)
    if spec is None or faults:
        raise faults.error()
    return build.mapping(spec.remainders)


def _places_named(document: Document) -> list[str]:
    """Return the names of places, outermost first, whatever else is wrong with the file."""
    levels = document.data.get("levels")
    steps = levels if isinstance(levels, list) else []
    named = [step.get("place") for step in steps if isinstance(step, dict)]
    return [name for name in named if isinstance(name, str)]


@dataclass
class _Build:
    """A mapping on its way; problems are collected as it grows."""

    document: Document
    arch: Architecture
    layer: Layer
    problems: list[Problem]
    steps: dict[str, Block | Spread] = field(default_factory=dict)
    loops_at: dict[str, list[Keys]] = field(default_factory=dict)
    """Dim -> where its loops are written, outermost first."""
    last: int = -1

    def fault(self, keys: Keys, what: str, expected: str = "", hint: str = "") -> None:
        where = self.document.where(keys)
        self.problems.append(Problem(what, where, expected=expected, hint=hint))

    def block(self, keys: Keys, spec: BlockSpec) -> None:
        place = self.named(keys, "place", spec.place, self.arch.places)
        if place is None:
            return
        loops = self.loops((*keys, "loops"), spec.loops)
        keep = self.kept(keys, spec, place)
        self.steps[place.name] = Block(place.name, loops, keep)

    def spread(self, keys: Keys, spec: SpreadSpec) -> None:
        fanout = self.named(keys, "fanout", spec.fanout, self.arch.fanouts)
        if fanout is None:
            return
        y = self.loops((*keys, "y"), spec.y)
        x = self.loops((*keys, "x"), spec.x)
        self.steps[fanout.name] = Spread(fanout.name, x=x, y=y)

    def named(self, keys: Keys, key: str, name: str, known: tuple[Named, ...]) -> Named | None:
        """Find a node by name; its order and number of occurrences are checked on the way."""
        nodes = list(self.arch.nodes)
        names = [node.name for node in known]
        if name not in names:
            self.fault(
                (*keys, key),
                f"{self.arch.name} has no {key} '{name}'",
                one_of(names) if names else "",
                suggestion(name, names),
            )
            return None
        node = known[names.index(name)]
        if name in self.steps:
            self.fault((*keys, key), f"{key} '{name}' occurs twice")
            return None
        if nodes.index(node) < self.last:
            order = [outer.name for outer in nodes[:-1]]
            self.fault(
                (*keys, key),
                f"{key} '{name}' stands too far in",
                f"the machine's order: {', '.join(order)}",
            )
        self.last = max(self.last, nodes.index(node))
        return node

    def parts(self, named: list[str]) -> None:
        """Refuse a memory divided by role of which a part is not named: it has no place."""
        of: dict[str, list[str]] = {}
        for place in self.arch.places:
            if place.part_of:
                of.setdefault(place.part_of, []).append(place.name)
        for whole, parts in of.items():
            missing = [part for part in parts if part not in named]
            if missing:
                lacking = ", ".join(missing)
                self.problems.append(
                    Problem(
                        f"'{whole}' is divided by tensor, and its part {lacking} is missing",
                        self.document.where_key(("levels",)),
                        expected=f"{', '.join(parts)}, in the order in which they stand",
                    )
                )

    def loops(self, keys: Keys, written: list[Loop]) -> tuple[Loop, ...]:
        dims = [dim for dim, _ in self.layer.dims]
        for index, loop in enumerate(written):
            if loop.dim not in dims:
                self.fault(
                    (*keys, index),
                    f"layer '{self.layer.name}' has no dim '{loop.dim}'",
                    one_of(dims),
                    suggestion(loop.dim, dims),
                )
            else:
                self.loops_at.setdefault(loop.dim, []).append((*keys, index))
        return tuple(written)

    def kept(self, keys: Keys, spec: BlockSpec, place: Place) -> frozenset[str]:
        names = [tensor.name for tensor in self.layer.tensors]
        must = frozenset(self.must_keep(place))
        if spec.keep is None:
            return must
        for index, name in enumerate(spec.keep):
            inner = (*keys, "keep", index)
            if name not in names:
                self.fault(
                    inner,
                    f"unknown tensor '{name}' in keep",
                    one_of(names),
                    suggestion(name, names),
                )
                continue
            able = [t.name for t in self.layer.tensors if self.holding(place, t)]
            if name not in able:
                expected = one_of(able) if able else "no tensor"
                self.fault(inner, f"'{place.name}' cannot keep {name}", expected)
        for name in names:
            if name in must and name not in spec.keep:
                self.fault((*keys, "keep"), f"'{place.name}' must keep {name}")
        return frozenset(spec.keep)

    def products(self, remainders: bool) -> None:
        """Refuse factors that do not multiply to the bounds, or reach them in needless turns."""
        factors: dict[str, list[int]] = {dim: [] for dim, _ in self.layer.dims}
        for node in self.arch.nodes:
            step = self.steps.get(node.name)
            for loop in _loops(step) if step else ():
                factors[loop.dim].append(loop.bound)
        for dim, bound in self.layer.dims:
            product = prod(factors[dim])
            if remainders and product > bound:
                self.needless(dim, factors[dim], bound)
            elif product != bound:
                self.product(dim, factors[dim], bound, remainders)

    def needless(self, dim: str, factors: list[int], bound: int) -> None:
        """Refuse turns of loops in which every position is at or beyond the bound."""
        needed = needed_factors(factors, bound)
        for index, factor in enumerate(factors):
            if factor > needed[index]:
                keys = self.loops_at[dim][index]
                reached = factors_text((needed[index], prod(needed[index + 1 :])))
                self.fault(
                    keys,
                    f"loop '{dim} {factor}' has turns without any position",
                    f"'{dim} {needed[index]}'",
                    f"{reached} reaches {bound}, the bound of {dim} in '{self.layer.name}'",
                )

    def product(self, dim: str, factors: list[int], bound: int, remainders: bool) -> None:
        """Refuse factors that multiply to another number than they should."""
        product = prod(factors)
        expected = f"{bound}, its bound in '{self.layer.name}'"
        if not factors:
            where = self.document.where_key(("levels",))
            self.problems.append(Problem(f"no loop over {dim}", where, "1", expected))
            return
        what = f"the factors of {dim} multiply to {factors_text(factors)}"
        what += f" = {product}" if len(factors) > 1 else ""
        near = (reaching_factors if remainders else nearest_factors)(factors, bound)
        hint = f"nearest that do: {' or '.join(map(factors_text, near))}" if near else ""
        needed = needed_factors(factors, bound)
        if product > bound and prod(needed) > bound:
            hint += f"; {factors_text(needed)} does with 'remainders: true'"
        at_least = "at least " if remainders else ""
        self.problems.append(
            Problem(
                what,
                self.document.where(self.loops_at[dim][0]),
                str(product),
                at_least + expected,
                hint.removeprefix("; "),
            )
        )

    def holding(self, place: Place, tensor: Tensor) -> Holding | None:
        return holding_of(self.arch, self.layer, place, tensor)

    def must_keep(self, place: Place) -> Iterator[str]:
        """Yield the tensors that a place must keep, by name."""
        for tensor in self.layer.tensors:
            holding = self.holding(place, tensor)
            if holding is not None and tensor.role in holding.keep:
                yield tensor.name

    def mapping(self, remainders: bool) -> Mapping:
        """Return the mapping, with what was left out filled in."""
        steps: list[Block | Spread] = []
        for node in self.arch.nodes:
            if isinstance(node, Place):
                must = frozenset(self.must_keep(node))
                steps.append(self.steps.get(node.name) or Block(node.name, (), must))
            elif isinstance(node, Fanout):
                steps.append(self.steps.get(node.name) or Spread(node.name))
        return Mapping(tuple(steps), remainders)


def _loops(step: Block | Spread) -> tuple[Loop, ...]:
    return step.loops if isinstance(step, Block) else (*step.y, *step.x)


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """The machine and the layer that a mapping is for, as words of a call; empty if unknown."""

    architecture: str = ""
    layer: str = ""
    overrides: tuple[str, ...] = ()


def read_made_from(path: str | Path) -> MadeFrom:
    """Read what a mapping file says it is for; what is not said, or not in words, is left empty.

    Raises
    ------
    SpecError
        If the file cannot be read.
    """
    data = yamldoc.load(path).data
    machine, layer = (data.get(key) for key in ("architecture", "layer"))
    overrides = data.get("overrides")
    return MadeFrom(
        machine if isinstance(machine, str) else "",
        layer if isinstance(layer, str) else "",
        tuple(map(str, overrides)) if isinstance(overrides, list) else (),
    )


def mapping_yaml(
    mapping: Mapping, arch: Architecture, layer: Layer, made_from: MadeFrom | None = None
) -> str:
    """Write a mapping as YAML that :func:`read_mapping` reads back to the same record.

    The text begins with ``kind: mapping``; places, fanouts and loops stand outermost first.
    ``made_from`` says what the machine and the layer are read from; by default, shipped specs of
    their names.
    """
    made_from = made_from or MadeFrom(arch.name, layer.name)
    order = [tensor.name for tensor in layer.tensors].index
    lines = ["kind: mapping"]
    for key, word, name in (
        ("architecture", made_from.architecture, arch.name),
        ("layer", made_from.layer, layer.name),
    ):
        record = f"# {key}: {' '.join(name.split())}, which was not read from a file"
        lines.append(f"{key}: {_word(word)}" if word else record)
    if made_from.overrides:
        lines.append(f"overrides: {_list(made_from.overrides)}")
    if mapping.remainders:
        lines.append("remainders: true")
    lines.append("levels:")
    for step in mapping.steps:
        if isinstance(step, Block):
            lines.append(f"- place: {_word(step.place)}")
            lines.append(f"  loops: {_list(map(str, step.loops))}")
            lines.append(f"  keep: {_list(sorted(step.keep, key=order))}")
        else:
            lines.append(f"- fanout: {_word(step.fanout)}")
            lines.append(f"  y: {_list(map(str, step.y))}")
            lines.append(f"  x: {_list(map(str, step.x))}")
    return "\n".join(lines) + "\n"


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(map(_word, items)) + "]"


def _word(text: str) -> str:
    """Quote a text unless it is plain text to any YAML reader."""
    plain = re.fullmatch(r"[A-Za-z_][\w ./-]*", text) and yamldoc.scalar(text) == text
    yaml11 = text.lower() in ("y", "n", "yes", "no", "on", "off", "null", "true", "false")
    if plain and not yaml11 and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)
