"""A machine as Timeloop sees it: a chain of storages and fanouts down to the compute."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from accelsim.interchange.timeloop.directives import Directive
from accelsim.interchange.timeloop.scope import Scope
from accelsim.yamldoc import Node

STORAGE_CLASSES = ("dram", "sram", "regfile", "smartbuffer", "storage")
COMPUTE_CLASSES = ("mac", "compute")
NETWORK_CLASSES = ("xy_noc", "legacy", "reductiontree", "simplemulticast", "network", "wire")


@dataclass
class Storage:
    """A memory; ``is_void`` if it holds nothing and only stands for a fanout."""

    name: str
    class_name: str
    node: Node
    values: Scope
    subclass: str = ""

    @property
    def is_dram(self) -> bool:
        technology = self.values.node("technology")
        named = technology is not None and technology.value == "DRAM"
        return named or "dram" in self.class_name.lower()

    @property
    def is_void(self) -> bool:
        if "dummy" in self.class_name.lower() or re.fullmatch(r"inter_.+_spatial", self.name):
            return True
        stated = [self.values.own.get(key) for key in ("entries", "depth", "memory_depth")]
        return any(node is not None and node.value == 0 for node in stated)


@dataclass
class Fan:
    """Children per parent; ``targets`` are the names by which directives mean it."""

    name: str
    x: int
    y: int
    node: Node
    targets: tuple[str, ...]
    values: Scope


@dataclass
class Unit:
    """The compute."""

    name: str
    class_name: str
    node: Node
    values: Scope


Part = Storage | Fan | Unit


@dataclass
class Chain:
    """Parts from the outermost storage to the compute, and what is said of them."""

    name: str
    node: Node
    parts: list[Part] = field(default_factory=list)
    constraints: list[Directive] = field(default_factory=list)

    @property
    def storages(self) -> list[Storage]:
        return [part for part in self.parts if isinstance(part, Storage)]

    @property
    def fans(self) -> list[Fan]:
        return [part for part in self.parts if isinstance(part, Fan)]

    def storage(self, target: str | int) -> Storage | None:
        """Return the storage that a directive means: a name, or a number from the innermost."""
        storages = self.storages
        if isinstance(target, int):
            inner = [*reversed(storages)]
            return inner[target] if 0 <= target < len(inner) else None
        return next((one for one in storages if one.name == target), None)

    def fan(self, target: str | int) -> Fan | None:
        """Return the fanout that a directive means: its own names, or the one inside a storage."""
        named = next((fan for fan in self.fans if target in fan.targets), None)
        if named is not None:
            return named
        outer = self.storage(target)
        if outer is None:
            return None
        inside = self.parts[self.parts.index(outer) + 1]
        return inside if isinstance(inside, Fan) else None


def class_kind(class_name: str) -> str:
    """Tell what a class is: ``storage``, ``compute``, ``network``, ``nothing``, or empty."""
    lower = class_name.lower()
    for kind, parts in (
        ("storage", STORAGE_CLASSES),
        ("network", NETWORK_CLASSES),
        ("compute", COMPUTE_CLASSES),
        ("nothing", ("nothing",)),
    ):
        if any(part in lower for part in parts):
            return kind
    return ""
