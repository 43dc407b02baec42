"""Architectures of generations 0.2 and 0.3: trees of ``subtree`` and ``local``, and flat ones.

A tree has one branch.  Each level has as many instances as the ranges around it say
(``PE[0..167]``); its mesh is what ``meshX`` says, and the ratio to the level outside is a fanout.
Generation 0.4's front end writes its designs in this form, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from accelsim.interchange.timeloop.chain import Chain, Fan, Storage, Unit, class_kind
from accelsim.interchange.timeloop.scope import Scope, word
from accelsim.interchange.timeloop.sources import SPARSE, Sources, at
from accelsim.units import shown
from accelsim.yamldoc import Node

_RANGED = re.compile(r"([^\[\]]*)\[\s*(\d{1,9})\s*\.\.\s*(\d{1,9})\s*\]")
_DUMMY = re.compile(r"inter_(.+)_spatial")

_TREE_KEYS = ("name", "attributes", "local", "subtree", "version", "class", "constraints")
_LEVEL_KEYS = (
    "name",
    "class",
    "subclass",
    "attributes",
    "constraints",
    "enabled",
    "required_actions",
    "area_share",
    SPARSE,
    "spatial",
)

MAX_INSTANCES = 2**40


@dataclass
class _Level:
    name: str
    class_name: str
    subclass: str
    node: Node
    values: Scope
    copies: int
    mesh: tuple[int, int] = (1, 1)


def read_tree(sources: Sources, node: Node, variables: Scope) -> Chain | None:
    """Read an architecture with a ``subtree``; None if it is at fault."""
    levels = list(_levels(sources, node, variables, 1))
    return _chained(sources, node, levels)


def read_flat(sources: Sources, node: Node, variables: Scope) -> Chain | None:
    """Read an architecture with ``storage`` (innermost first) and ``arithmetic``."""
    sources.unknown(node, ("storage", "arithmetic", "version", "name"), "this architecture")
    arithmetic, storage = at(node, "arithmetic"), at(node, "storage")
    if arithmetic is None or storage is None or not isinstance(storage.value, list):
        missing = "arithmetic" if arithmetic is None else "storage"
        sources.fault(
            node, "a flat architecture needs a list 'storage' and 'arithmetic'", f"'{missing}'"
        )
        return None
    levels = []
    for item in reversed(storage.value):
        values = Scope.of(sources, item, variables)
        name = values.word("name") or "storage"
        technology = values.word("technology")
        levels.append(
            _Level(
                name,
                "DRAM" if technology == "DRAM" else "SRAM",
                "",
                item,
                values,
                values.whole("instances", least=1) or 1,
            )
        )
    values = Scope.of(sources, arithmetic, variables)
    copies = values.whole("instances", least=1) or 1
    name = values.word("name") or "MAC"
    levels.append(_Level(name, "compute", "", arithmetic, values, copies))
    return _chained(sources, node, levels)


def _levels(sources: Sources, node: Node, outside: Scope, copies: int) -> Iterator[_Level]:
    """Yield the levels of a tree, outermost first."""
    sources.unknown(node, _TREE_KEYS, "this tree")
    inherited = Scope.of(sources, at(node, "attributes"), outside)
    local, subtree = at(node, "local"), at(node, "subtree")
    for item in _list(sources, local, "local"):
        level = _level(sources, item, inherited, copies)
        if level is not None:
            yield level
    branches = _list(sources, subtree, "subtree")
    if len(branches) > 1:
        what = f"the tree has {len(branches)} branches here"
        sources.fault(branches[1], what, "one: levels in a chain")
    for branch in branches[:1]:
        named = at(branch, "name")
        within = _ranged(sources, named, "subtree")[1] if named is not None else 1
        yield from _levels(sources, branch, inherited, copies * within)


def _list(sources: Sources, node: Node | None, name: str) -> list[Node]:
    if node is None or node.value is None:
        return []
    if not isinstance(node.value, list):
        sources.fault(node, f"'{name}' must be a list")
        return []
    wrong = [item for item in node.value if not isinstance(item.value, dict)]
    for item in wrong:
        sources.fault(item, f"an entry of '{name}' must be keys and values")
    tagged = [item for item in node.value if item.tag]
    for item in tagged:
        what = f"the tag '{item.tag}' is of generation 0.4, and '{name}' of 0.2 and 0.3"
        sources.fault(item, what, "one generation in a file")
    return [item for item in node.value if isinstance(item.value, dict)]


def _level(sources: Sources, item: Node, inherited: Scope, copies: int) -> _Level | None:
    named, kind_node = at(item, "name"), at(item, "class")
    if named is None or kind_node is None:
        sources.fault(item, f"a level has no '{'name' if named is None else 'class'}'")
        return None
    sources.unknown(item, _LEVEL_KEYS, "this level")
    sources.note_sparse(item)
    name, own = _ranged(sources, named, "level")
    enabled = Scope.of(sources, item).flag("enabled", default=True)
    class_name = word(sources, kind_node, "class")
    kind = class_kind(class_name)
    if not enabled or kind == "nothing":
        return None
    if kind not in ("storage", "compute"):
        why = "networks are those between levels" if kind else "it is neither memory nor compute"
        sources.note(kind_node, f"'{name}' of class '{class_name}' is left out: {why}")
        return None
    values = Scope.of(sources, at(item, "attributes"), inherited)
    stated = values.whole("instances", least=1) if "instances" in values.own else None
    total = stated or copies * own
    if total > MAX_INSTANCES:
        sources.fault(named, f"{total:,} instances", "at most 2^40")
        return None
    subclass = at(item, "subclass")
    said = word(sources, subclass, "subclass") if subclass is not None and subclass.value else ""
    return _Level(name, class_name, said, item, values, total)


def _ranged(sources: Sources, node: Node, what: str) -> tuple[str, int]:
    """Read ``PE[0..167]``: a name, and how many there are."""
    text = word(sources, node, "name")
    found = _RANGED.fullmatch(text.strip())
    if found is None:
        if "[" in text:
            form = "a name, or a range as PE[0..167]"
            sources.fault(node, f"'{shown(text)}' is no name of a {what}", form)
        return text.strip(), 1
    first, last = int(found[2]), int(found[3])
    if last < first:
        sources.fault(node, f"the range of '{shown(text)}' is empty", "its smaller end first")
        return found[1].strip(), 1
    return found[1].strip(), last - first + 1


def _chained(sources: Sources, node: Node, levels: list[_Level]) -> Chain | None:
    """Return levels as a chain, with fanouts where there are more of the next one."""
    chain = Chain(_named(sources, node), node)
    if sources.problems:
        return None
    outer: _Level | None = None
    taken = {level.name for level in levels}
    for level in levels:
        _give_mesh(sources, level, outer)
        x, y = level.mesh if outer is None else _ratio(sources, outer, level)
        if (x, y) != (1, 1):
            if outer is None:
                what = f"the outermost level '{level.name}' has {level.copies} instances"
                sources.fault(level.node, what, "one")
                return None
            dummy = _DUMMY.fullmatch(outer.name)
            fan = dummy[1] if dummy and dummy[1] not in taken else f"{outer.name}_fanout"
            targets = (outer.name, fan, f"inter_{fan}_spatial")
            chain.parts.append(Fan(fan, x, y, outer.node, targets, outer.values))
        if class_kind(level.class_name) == "compute":
            chain.parts.append(Unit(level.name, level.class_name, level.node, level.values))
        else:
            chain.parts.append(
                Storage(level.name, level.class_name, level.node, level.values, level.subclass)
            )
        outer = level
    return chain


def _named(sources: Sources, node: Node) -> str:
    """Return the name of an architecture: its own, or that of the tree at its top."""
    trees = at(node, "subtree")
    first = trees.value[0] if trees is not None and isinstance(trees.value, list) else None
    for named in (at(node, "name"), at(first, "name") if isinstance(first, Node) else None):
        if named is not None:
            return word(sources, named, "name").partition("[")[0].strip()
    return ""


def _give_mesh(sources: Sources, level: _Level, outer: _Level | None) -> None:
    """Lay the instances of a level on a mesh; without a word, on as many rows as outside."""
    x, y = level.values.whole("meshX", least=1), level.values.whole("meshY", least=1)
    copies = level.copies
    if x is None and y is None:
        rows = outer.mesh[1] if outer is not None and copies % outer.mesh[1] == 0 else 1
        level.mesh = (copies // rows, rows)
    elif x is None and y is not None:
        level.mesh = (max(1, copies // y), y)
    elif x is not None:
        level.mesh = (x, y if y is not None else max(1, copies // x))
    if level.mesh[0] * level.mesh[1] != copies:
        own = [level.values.own.get(key) for key in ("meshX", "meshY")]
        place = next((node for node in own if node is not None), None)
        if place is None:  # passed on from around it, where it is meant for another level
            level.mesh = (copies, 1)
            return
        across, along = level.mesh
        what = f"{copies} instances of '{level.name}' do not fill a {across} x {along} mesh"
        sources.fault(place, what, "meshX x meshY = instances")


def _ratio(sources: Sources, outer: _Level, level: _Level) -> tuple[int, int]:
    for a, b in zip(outer.mesh, level.mesh, strict=True):
        if b % a:
            (ax, ay), (bx, by) = outer.mesh, level.mesh
            what = f"the {bx} x {by} mesh of '{level.name}' does not divide over the {ax} x {ay}"
            sources.fault(level.node, f"{what} of '{outer.name}'")
            return 1, 1
    return level.mesh[0] // outer.mesh[0], level.mesh[1] // outer.mesh[1]
