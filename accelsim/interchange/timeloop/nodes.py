"""Architectures of generation 0.4: ``nodes`` with tags, each with a mesh of its own.

A container passes its attributes on to what stands inside it, that is, after it.  Nodes under
``!Parallel`` follow each other as they do in Timeloop, each keeping what it is for.
"""

from __future__ import annotations

from dataclasses import replace

from accelsim.interchange.timeloop.chain import Chain, Fan, Storage, Unit, class_kind
from accelsim.interchange.timeloop.directives import KEEPING, Directive, of_node
from accelsim.interchange.timeloop.scope import Scope, word
from accelsim.interchange.timeloop.sources import SPARSE, Sources, at
from accelsim.units import shown
from accelsim.yamldoc import Node

_KEYS = (
    "name",
    "class",
    "subclass",
    "attributes",
    "spatial",
    "constraints",
    "enabled",
    "required_actions",
    "area_share",
    SPARSE,
    "networks",
)

BRANCHES = ("!Hierarchical", "!Parallel", "!Pipelined")
LEAVES = (
    "!Component",
    "!Container",
    "!Element",
    "!Storage",
    "!Compute",
    "!Arithmetic",
    "!Network",
    "!Nothing",
)

MAX_LANES = 2**20


def read_nodes(sources: Sources, node: Node, variables: Scope) -> Chain | None:
    """Read an architecture with ``nodes``; None if it is at fault."""
    sources.unknown(node, ("version", "nodes", "name"), "this architecture")
    name = at(node, "name")
    read = _Nodes(sources, variables)
    read.chain = Chain(word(sources, name, "name") if name is not None else "", node)
    read.branch(at(node, "nodes"), parallel=False)
    return None if sources.problems else read.chain


class _Nodes:
    """Nodes on their way into a chain; ``around`` is what containers pass on so far."""

    chain: Chain

    def __init__(self, sources: Sources, variables: Scope) -> None:
        self.sources, self.variables, self.around = sources, variables, variables
        self.names: dict[str, Node] = {}

    def branch(self, node: Node | None, *, parallel: bool) -> list[Storage]:
        """Read a list of nodes; return the storages that stand in it."""
        if node is None or not isinstance(node.value, list):
            place = self.chain.node if node is None else node
            self.sources.fault(place, "'nodes' must be a list")
            return []
        found = []
        for item in node.value:
            if item.tag in BRANCHES:
                inner = self.branch(at(item, "nodes"), parallel=item.tag == "!Parallel")
                if item.tag == "!Parallel":
                    self.beside(inner)
                found += inner
            elif item.tag in LEAVES:
                found += self.leaf(item, parallel=parallel)
            else:
                what = "this node has no tag"
                self.sources.fault(item, what, "!Component, !Container, !Hierarchical or !Parallel")
        return found

    def leaf(self, node: Node, *, parallel: bool) -> list[Storage]:
        sources = self.sources
        if not isinstance(node.value, dict):
            if node.tag != "!Nothing":
                sources.fault(node, "a node must be keys and values")
            return []
        named = at(node, "name")
        if node.tag == "!Nothing" or not Scope.of(sources, node).flag("enabled", default=True):
            return []
        if named is None:
            sources.fault(node, "this node has no 'name'")
            return []
        sources.unknown(node, _KEYS, f"this {node.tag[1:].lower()}")
        sources.note_sparse(node)
        name = word(sources, named, "name")
        if name in self.names:
            what = f"two nodes are called '{name}'"
            sources.fault(named, what, hint=f"the other: {sources.where(self.names[name])}")
        self.names[name] = named
        values = Scope.of(sources, at(node, "attributes"), self.around)
        self.copies(name, named, values)
        if node.tag == "!Container":
            self.container(node, name, values, parallel=parallel)
            return []
        return self.component(node, name, values, parallel=parallel)

    def copies(self, name: str, named: Node, values: Scope) -> None:
        """Refuse copies that are stated as in generations 0.2 and 0.3."""
        form = "`spatial: {meshX: ..., meshY: ...}`"
        if "[" in name:
            what = f"the range in the name '{shown(name)}' is of generations 0.2 and 0.3"
            self.sources.fault(named, what, form)
        for key in ("meshX", "meshY", "instances"):
            said = values.own.get(key)
            if said is not None and said.value != 1:
                what = f"'{key}' among the attributes of '{name}' is of generations 0.2 and 0.3"
                self.sources.fault(said, what, form)

    def container(self, node: Node, name: str, values: Scope, *, parallel: bool) -> None:
        if parallel:
            self.sources.fault(node, f"the container '{name}' stands under !Parallel")
        if at(node, "class") is not None:
            self.sources.fault(node, f"the container '{name}' has a class", "!Component")
        self.around = values
        if not self.chain.name and not self.chain.parts:
            self.chain.name = name
        self.fan(node, name, values, f"inter_{name}_spatial")
        for said in of_node(self.sources, at(node, "constraints"), name, values):
            if said.kind == KEEPING or said.kind == "temporal":
                self.sources.note(said.node, f"a container has no {said.type}: left out")
            else:
                self.chain.constraints.append(said)

    def component(self, node: Node, name: str, values: Scope, *, parallel: bool) -> list[Storage]:
        sources = self.sources
        class_node = at(node, "class")
        if class_node is None:
            sources.fault(node, f"the component '{name}' has no 'class'")
            return []
        class_name = word(sources, class_node, "class")
        kind = class_kind(class_name)
        if kind not in ("storage", "compute"):
            why = "networks are those between levels"
            if kind != "network":
                why = "it is neither memory nor compute"
            if kind != "nothing":
                sources.note(class_node, f"'{name}' of class '{class_name}' is left out: {why}")
            self.fan(node, name, values, f"inter_{name}_spatial")
            return []
        dummy = f"inter_{name}_spatial"
        has_fan = self.fan(node, dummy, values, dummy)
        if has_fan and parallel:
            sources.fault(node, f"'{name}' under !Parallel has a fanout", "a container around")
        for said in of_node(sources, at(node, "constraints"), name, values):
            target = dummy if said.kind not in (KEEPING, "temporal") and has_fan else name
            self.chain.constraints.append(replace(said, target=target))
        if kind == "compute":
            self.chain.parts.append(Unit(name, class_name, node, values))
            return []
        subclass = at(node, "subclass")
        said_so = subclass is not None and subclass.value is not None
        more = word(sources, subclass, "subclass") if subclass is not None and said_so else ""
        storage = Storage(name, class_name, node, values, more)
        self.chain.parts.append(storage)
        return [storage]

    def fan(self, node: Node, name: str, values: Scope, dummy: str) -> bool:
        """Add the fanout that a node's ``spatial`` makes, if any."""
        spatial = at(node, "spatial")
        if spatial is None or not spatial.value:
            return False
        self.sources.unknown(spatial, ("meshX", "meshY"), "this spatial")
        said = Scope.of(self.sources, spatial, values)
        x = said.whole("meshX", least=1) if "meshX" in said.own else 1
        y = said.whole("meshY", least=1) if "meshY" in said.own else 1
        if x is None or y is None or (x, y) == (1, 1):
            return False
        if x > MAX_LANES or y > MAX_LANES:
            self.sources.fault(spatial, f"a mesh of {x} x {y}", "at most 2^20 along each axis")
            return False
        if not self.chain.storages:
            self.sources.fault(spatial, "the outermost storage has a fanout around it", "none")
            return False
        self.chain.parts.append(Fan(name, x, y, spatial, (name, dummy), values))
        return True

    def beside(self, storages: list[Storage]) -> None:
        """Let each of some storages side by side bypass what others of them are for."""
        said = {
            storage.name: {
                name
                for directive in self.chain.constraints
                if directive.kind == KEEPING and directive.target == storage.name
                for name, _ in directive.keep
            }
            for storage in storages
        }
        for storage in storages:
            others = set().union(*(said[one.name] for one in storages if one is not storage))
            passing = sorted(others - said[storage.name])
            if passing:
                bypass = [(name, storage.node) for name in passing]
                made = Directive(KEEPING, "dataspace", storage.name, storage.node, bypass=bypass)
                self.chain.constraints.append(made)
