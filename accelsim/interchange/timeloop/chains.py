"""The architecture of Timeloop's files as a chain, whichever generation they are of."""

from __future__ import annotations

from collections.abc import Sequence

from accelsim.interchange.timeloop.chain import Chain, Fan, Part, Storage, Unit
from accelsim.interchange.timeloop.directives import Directive
from accelsim.interchange.timeloop.making import native_name
from accelsim.interchange.timeloop.nodes import read_nodes
from accelsim.interchange.timeloop.scope import Scope
from accelsim.interchange.timeloop.sources import Sources, at
from accelsim.interchange.timeloop.trees import read_flat, read_tree
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import shown
from accelsim.yamldoc import Node

VERSIONS = ("0.1", "0.2", "0.3", "0.4")


def read_chain(sources: Sources, variables: Scope) -> Chain | None:
    """Read the architecture of some files, whichever generation it is of."""
    node = sources.one("architecture")
    if node is None:
        return None
    if not isinstance(node.value, dict):
        sources.fault(node, "an architecture must be keys and values")
        return None
    said = at(node, "version")
    version = str(said.text) if said is not None else ""
    if said is not None and version not in VERSIONS:
        what = f"an architecture of generation '{shown(version)}'"
        sources.fault(said, what, one_of(VERSIONS))
        return None
    forms = [key for key in ("nodes", "subtree", "storage") if at(node, key) is not None]
    if len(forms) != 1:
        has = " and ".join(forms) or "no levels"
        form = "one of nodes (0.4), subtree (0.2, 0.3), storage (flat)"
        sources.fault(node, f"the architecture has {has}", form)
        return None
    if forms == ["nodes"] and version not in ("", "0.4"):
        what = f"'nodes' in an architecture of generation {version}"
        sources.fault(_key(node, "nodes"), what, "'subtree', or `version: 0.4`")
        return None
    readers = {"nodes": read_nodes, "subtree": read_tree, "storage": read_flat}
    chain = readers[forms[0]](sources, node, variables)
    if chain is not None:
        _structure(sources, chain)
    return None if sources.problems else chain


def _key(node: Node, key: str) -> Node:
    return Node(None, node.keys.get(key, node.mark))


def _structure(sources: Sources, chain: Chain) -> None:
    if not chain.parts or not isinstance(chain.parts[0], Storage):
        sources.fault(chain.node, "the architecture has no storage at its top")
        return
    units = [part for part in chain.parts if isinstance(part, Unit)]
    if not units:
        sources.fault(chain.node, "the architecture has no compute", "a class as intmac or compute")
    for unit in units[1:]:
        sources.fault(unit.node, f"a second compute, '{unit.name}'", "one")
    if units and chain.parts[-1] is not units[0]:
        last = chain.parts[-1]
        what = f"'{last.name}' stands further in than the compute '{units[0].name}'"
        sources.fault(last.node, what)
    names: dict[str, str] = {}
    for part in chain.parts:
        plain = native_name(part.name)
        if plain in names:
            sources.fault(part.node, f"two levels are called '{part.name}'")
        names[plain] = part.name
    _latencies(chain)


def _latencies(chain: Chain) -> None:
    """Put a fanout of one below storages whose network takes its time and has no other."""
    parts: list[Part] = []
    for part, inner in zip(chain.parts, [*chain.parts[1:], None], strict=True):
        parts.append(part)
        if isinstance(part, Storage) and not isinstance(inner, Fan):
            own = ("network_fill_latency", "network_drain_latency")
            if any(key in part.values.own for key in own):
                name = f"{part.name}_fanout"
                targets = (name, f"inter_{name}_spatial")
                parts.append(Fan(name, 1, 1, part.node, targets, part.values))
    chain.parts = parts


def unknown_targets(sources: Sources, chain: Chain, directives: Sequence[Directive]) -> None:
    """Refuse directives at what the machine does not have."""
    for one in directives:
        found = chain.storage(one.target) or chain.fan(one.target)
        if found is None:
            known = [part.name for part in chain.parts if not isinstance(part, Unit)]
            hint = suggestion(str(one.target), known)
            what = f"no level '{shown(str(one.target))}'"
            sources.fault(one.node, what, one_of(known), hint)
