"""What mappings and constraints say of a target: factors, order, split, what is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from accelsim.interchange.timeloop.arithmetic import evaluate
from accelsim.interchange.timeloop.scope import Scope, word, words
from accelsim.interchange.timeloop.sources import Sources, at, plain_key
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import ValueProblemError, shown
from accelsim.yamldoc import Node

TEMPORAL, SPATIAL, KEEPING, LINKS, REUSE, OTHER = (
    "temporal",
    "spatial",
    "keeping",
    "links",
    "reuse",
    "other",
)

TYPES = {
    "temporal": TEMPORAL,
    "spatial": SPATIAL,
    "datatype": KEEPING,
    "dataspace": KEEPING,
    "bypass": KEEPING,
    "bypassing": KEEPING,
    "no_link_transfer": LINKS,
    "no_multicast": REUSE,
    "no_reduction": REUSE,
    "no_multicast_no_reduction": REUSE,
    "utilization": OTHER,
    "parallelism": OTHER,
    "max_overbooked_proportion": OTHER,
    "skew": OTHER,
}

NO_TEMPORAL_REUSE = "a value that stays in place is not fetched again here, and is in Timeloop"

_NO_LINKS = ("no_link_transfer",)
_NO_REUSE = ("no_reuse", "no_multicast_no_reduction", "no_multicast", "no_reduction")
_LEFT_OUT = {
    "no_temporal_reuse": NO_TEMPORAL_REUSE,
    "rmw_first_update": "the first update of a sum reads nothing",
    "rmw_on_first_writeback": "the first update of a sum reads nothing",
    "passthrough": "what bypasses a level passes it at no cost",
    "no_coalesce": "accesses are coalesced",
    "default_max_factor": "only dims that are named are limited",
    "default_min_factor": "only dims that are named are limited",
    "remainders": "",
    "maximize_dims": "the search finds what is best",
    "maximize_dims_capacity": "",
}

_MACROS = ("factors_only", "no_iteration_over_dataspaces", "must_iterate_over_dataspaces")

_KEYS = (
    "target",
    "name",
    "type",
    "attributes",
    "factors",
    "permutation",
    "split",
    "keep",
    "keep_only",
    "bypass",
    "bypass_only",
    *_MACROS,
    *_NO_LINKS,
    *_NO_REUSE,
    *_LEFT_OUT,
    "min",
    "proportion",
    "modulo",
    "terms",
)

_FACTOR = re.compile(r"([A-Za-z_]\w*?)\s*(<=|>=|==|=)\s*([^,=<>\s]+)(?:,(\d+))?")
_TIGHT = re.compile(r"([A-Za-z_]+)(\d+)(?:,(\d+))?")


@dataclass(frozen=True, slots=True)
class Factor:
    """``dim = value``, or another relation; the last turn has ``last`` where it is shorter."""

    dim: str
    relation: str
    value: int
    last: int | None
    node: Node


@dataclass
class Directive:
    """What is said of one target."""

    kind: str
    type: str
    target: str | int
    node: Node
    factors: list[Factor] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """Inner to outer, as Timeloop writes it; ``*`` stands for all other dims."""
    order_node: Node | None = None
    order_text: str = ""
    """A permutation written as a text, which only the dims of a problem tell into words."""
    split: int | None = None
    keep: list[tuple[str, Node]] = field(default_factory=list)
    bypass: list[tuple[str, Node]] = field(default_factory=list)
    keep_only: bool = False
    bypass_only: bool = False
    factors_only: bool = False
    still: list[tuple[str, Node]] = field(default_factory=list)
    """Data-spaces over whose dims there is no loop."""
    moving: list[tuple[str, Node]] = field(default_factory=list)
    """Data-spaces over whose dims alone there are loops."""
    no_links: list[tuple[str, Node]] = field(default_factory=list)
    no_reuse: list[tuple[str, Node]] = field(default_factory=list)

    @property
    def limits_loops(self) -> bool:
        return bool(self.factors or self.order or self.still or self.moving)


def read_directives(sources: Sources, node: Node | None, variables: Scope) -> list[Directive]:
    """Read a list of directives, or what holds one under ``targets:`` or ``constraints:``."""
    if node is None or node.value is None:
        return []
    if isinstance(node.value, dict):
        listed = at(node, "targets", "constraints", "mapping")
        known = ["targets", "constraints", "mapping", "version", "template", "mapspace"]
        chosen = at(node, "constraints")
        if chosen is not None and isinstance(chosen.value, str):
            named = [key for key in node.value if key.startswith("constraints_")]
            known, listed = [*known, *named], at(node, f"constraints_{plain_key(chosen.value)}")
            if listed is None:
                what = f"no constraints are called '{shown(chosen.value)}'"
                names = [key.removeprefix("constraints_") for key in named]
                sources.fault(chosen, what, one_of(names), suggestion(chosen.value, names))
                return []
        if listed is not None and isinstance(listed.value, list | dict):
            sources.unknown(node, known, "these constraints")
            return read_directives(sources, listed, variables)
        if listed is None:
            if set(node.value) - {"version", "template"}:
                sources.fault(node, "these directives must be a list", "`targets:` with a list")
            return []
    if not isinstance(node.value, list):
        sources.fault(node, "these directives must be a list")
        return []
    found: list[Directive] = []
    for item in node.value:
        inner = at(item, "constraints")
        if inner is not None and isinstance(inner.value, list):
            target = at(item, "target", "name")
            for one in inner.value:
                found += _one(sources, one, variables, target)
        else:
            found += _one(sources, item, variables, at(item, "target", "name"))
    return found


def of_node(
    sources: Sources, node: Node | None, target: str, variables: Scope
) -> Iterator[Directive]:
    """Yield what a node of an architecture says under its own ``constraints:``."""
    if node is None or node.value is None:
        return
    if not isinstance(node.value, dict):
        sources.fault(node, "constraints of a node must be keys and values")
        return
    for name, inside in node.value.items():
        kind = TYPES.get(name)
        if kind is None:
            sources.fault(
                node.keys[name],
                f"unknown constraint '{name}'",
                one_of(TYPES),
                suggestion(name, TYPES),
            )
        elif isinstance(inside.value, dict):
            directive = Directive(kind, name, target, inside)
            _fill(sources, directive, inside, variables)
            yield directive
        elif inside.value:
            sources.fault(inside, f"'{name}' must be keys and values")


def _one(
    sources: Sources, node: Node, variables: Scope, target_node: Node | None
) -> list[Directive]:
    if not isinstance(node.value, dict):
        sources.fault(node, "a directive must be keys and values")
        return []
    type_node = at(node, "type")
    if type_node is None or target_node is None:
        missing = "type" if type_node is None else "target"
        sources.fault(node, f"a directive has no '{missing}'")
        return []
    type_name = word(sources, type_node, "type").replace("-", "_")
    kind = TYPES.get(type_name)
    if kind is None:
        known = [name for name, it in TYPES.items() if it != OTHER]
        hint = suggestion(type_name, known)
        sources.fault(type_node, f"unknown type '{shown(type_name)}'", one_of(known), hint)
        return []
    raw = target_node.value
    target = raw if type(raw) is int else word(sources, target_node, "target")
    directive = Directive(kind, type_name, target, target_node)
    attributes = at(node, "attributes")
    for part in (node, attributes):
        if part is not None:
            _fill(sources, directive, part, variables)
    return [directive]


def _fill(sources: Sources, it: Directive, node: Node, variables: Scope) -> None:
    sources.unknown(node, _KEYS, f"this {it.type} directive")
    for name, why in _LEFT_OUT.items():
        left = at(node, name)
        if left is not None and left.value and why:
            sources.note(left, f"'{name}' is left out: {why}")
    if it.kind == OTHER:
        sources.note(node, f"'{it.type}' is left out: there is no such rule here")
        return
    factors, order, split = at(node, "factors"), at(node, "permutation"), at(node, "split")
    if factors is not None:
        it.factors += _factors(sources, factors, variables)
    only = at(node, "factors_only")
    if only is not None:
        it.factors += _factors(sources, only, variables)
        it.factors_only = True
    for name, into in zip(_MACROS[1:], (it.still, it.moving), strict=True):
        listed = at(node, name)
        if listed is not None:
            into.extend(words(sources, listed, name))
    if order is not None:
        it.order_node = order
        if isinstance(order.value, list):
            it.order = [word(sources, item, "permutation") for item in order.value]
        elif order.value is not None:
            it.order_text = word(sources, order, "permutation").partition("#")[0]
            it.order = dims_in(it.order_text)
    if split is not None:
        it.split = Scope.of(sources, node, variables).whole("split")
    for name in ("keep", "keep_only", "bypass", "bypass_only"):
        listed = at(node, name)
        if listed is not None:
            said = words(sources, listed, name)
            (it.bypass if name.startswith("bypass") else it.keep).extend(said)
            it.keep_only |= name == "keep_only"
            it.bypass_only |= name == "bypass_only"
    for name, place in it.bypass:
        if name in [kept for kept, _ in it.keep]:
            sources.fault(place, f"'{shown(name)}' is both kept and bypassed at {it.target}")
    for names, named in ((_NO_LINKS, it.no_links), (_NO_REUSE, it.no_reuse)):
        for name in names:
            listed = at(node, name)
            if listed is None or listed.value is False:
                continue
            if name == "no_reuse" and it.kind == TEMPORAL:
                if listed.value:
                    sources.note(listed, f"'no_reuse' is left out: {NO_TEMPORAL_REUSE}")
            else:
                every = listed.value is True
                named.extend([("*", listed)] if every else words(sources, listed, name))
    if it.kind in (LINKS, REUSE):
        whole = at(node, "keep", "bypass")
        if whole is None and not (it.no_links or it.no_reuse):
            sources.fault(node, f"'{it.type}' names no data-space")


def dims_in(text: str, dims: Collection[str] = ()) -> list[str]:
    """Return the dims in a text: letters, or words of ``dims``; blanks and commas mean nothing.

    >>> dims_in("NM K"), dims_in("Ky, K"), dims_in("KyK N", ["Ky", "K", "N"])
    (['N', 'M', 'K'], ['Ky', 'K'], ['KyK', 'N'])
    >>> dims_in("NM K", ["N", "M", "K"])
    ['N', 'M', 'K']
    """
    apart = "," in text and not dims
    found: list[str] = []
    for piece in text.split(","):
        words = piece.split()
        for said in words:
            letters = all(len(dim) == 1 for dim in dims) or {*said} <= {*dims, "*"}
            is_word = said in dims or (apart and len(words) == 1) or not letters
            found += [said] if is_word else said
    return found


def settle_order(sources: Sources, it: Directive, dims: Collection[str]) -> None:
    """Read a permutation as dims of a problem, if those are known; one that is twice is a fault."""
    if it.order_text:
        it.order = dims_in(it.order_text, dims)
    for dim, times in Counter(it.order).items():
        if times > 1:
            node = it.order_node if it.order_node is not None else it.node
            sources.fault(node, f"dim '{shown(dim)}' is twice in 'permutation'")
            it.order = []
            return


def _factors(sources: Sources, node: Node, variables: Scope) -> list[Factor]:
    """Read factors: a text as ``R=3 P<=16``, or a list of such."""
    items = node.value if isinstance(node.value, list) else [node]
    found: list[Factor] = []
    for item in items:
        if isinstance(item.value, dict):
            for dim, value in item.value.items():
                found += _written(sources, f"{dim}={value.text}", value, variables)
        elif item.value is not None:
            found += _written(sources, word(sources, item, "factors"), item, variables)
    counted = Counter((one.dim, one.relation) for one in found)
    for one in found:
        if counted[one.dim, one.relation] > 1:
            sources.fault(one.node, f"dim '{one.dim}' has two factors here")
            return []
    return found


def _written(sources: Sources, text: str, node: Node, variables: Scope) -> Iterator[Factor]:
    """Yield the factors in a text, whatever stands between them."""
    rest = text.partition("#")[0].strip().strip(",").strip()
    while rest:
        found = _FACTOR.match(rest) or _TIGHT.match(rest)
        if found is None:
            form = "as 'R=3 P=16', or a list as [R=3, P=16]"
            sources.fault(node, f"'{shown(rest)}' is not a factor", form)
            return
        if found.re is _FACTOR:
            dim, relation, said, last = found.groups()
        else:
            dim, said, last = found.groups()
            relation = "="
        value = _value(sources, said, node, variables)
        if value is not None:
            end = None if last is None else int(last)
            yield Factor(dim, "=" if relation == "==" else relation, value, end, node)
        rest = rest[found.end() :].lstrip(" ,")


def _value(sources: Sources, text: str, node: Node, variables: Scope) -> int | None:
    try:
        value = evaluate(text, lambda name: variables.number(name), variables.names())
    except ValueProblemError as fault:
        sources.fault(node, fault.problem.what, fault.problem.expected, fault.problem.hint)
        return None
    if value != int(value) or value < 0 or value > 2**40:
        sources.fault(node, f"the factor {value:g}", "a whole number from 0 to 2^40")
        return None
    return int(value)
