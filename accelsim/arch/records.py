"""What is built: memories, fanouts and compute, outermost first.

A **place** is where a mapping may put loops and keep tiles; a **memory** is a piece of hardware.
Usually they pair off.  Memories side by side (Eyeriss's three scratchpads) form one place; one
memory may appear as several consecutive places, each keeping some tensors (uneven mappings).
Likewise an **array** of processing elements may appear as several consecutive **fanouts** that
share its lanes.  Values only; nothing here knows of files, layers or mappings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from accelsim.arch.rules import Rule
from accelsim.errors import Problem
from accelsim.frozen import freeze_dicts
from accelsim.roles import ROLES, Role
from accelsim.sparsity.formats import Format

EVERY_DIM = frozenset({"*"})
"""Stands for all dims of a layer where a fanout forwards."""

MAX_PLACES = 12
MAX_FANOUTS = 8
MAX_MEMORIES = 16
MAX_PORTS = 64
"""The counter keeps tables of fixed width, more than any machine that we know of needs."""

LEGACY_MESH = "legacy_mesh"
NETWORKS = (LEGACY_MESH,)
"""Network models that a fanout may name; their hops are priced apart (rule 13 of the model)."""


PORT_ACTIONS = ("read", "drain", "fill", "update")
"""What a port may pass: reads and updates for what is inside, drains and fills for the outside."""

DENSE, LANES = PACKINGS = ("dense", "lanes")
"""How values stand in words."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port of each instance of a memory that only some movements pass.

    Attributes
    ----------
    words_per_cycle : float
    moves : mapping of action to roles
        What passes it: reads for and updates from what is inside, fills from and drains to what is
        outside.
    """

    words_per_cycle: float
    moves: Mapping[str, frozenset[Role]]


@dataclass(frozen=True)
class Memory:
    """A physical memory; every instance is alike.

    Attributes
    ----------
    component : str
        The class under which an energy table prices it (``dram``, ``buffer``, ...).
    size_bits : int or None
        Of one instance; None is unlimited.
    word_bits, block_bits : int
        A word, and the width of one physical access (a multiple of a word, or a word).
    widths : mapping of role to bits per value
        Widths in which it holds tensors; what is left out has the layer's.
    packing : str
        ``dense``: values follow each other, across words.  ``lanes``: a word is divided into lanes
        of equal width, one value in each (:func:`lane_bits`).
    formats : mapping of role to Format
        Compressed forms in which it holds tensors; what is left out is not compressed.
    densities : mapping of role to density
        Of what it holds, where that is another than the layer's.
    gating, skipping : mapping of role to roles
        Accesses to a tensor that are switched off, or left out, where an operand is zero.
    buffering : int
        Only ``floor(size / buffering)`` holds tiles (2 is double buffering).
    read_words_per_cycle, write_words_per_cycle, shared_words_per_cycle : float or None
        Port widths of one instance; None is unlimited.
    ports : tuple of Port
        Further limits of one instance, each on some movements.
    overlap : bool
        Whether its transfers hide behind compute.
    energy : mapping of action to energy per word, in the unit of the energy table
        Prices stated in the spec itself; they win over the table.
    energy_bits : int or None
        Width of the word that they are for; None: of the table's word.
    """

    name: str
    component: str
    size_bits: int | None = None
    word_bits: int = 16
    block_bits: int = 16
    widths: Mapping[Role, int] = field(default_factory=dict)
    packing: str = DENSE
    formats: Mapping[Role, Format] = field(default_factory=dict)
    densities: Mapping[Role, float] = field(default_factory=dict)
    gating: Mapping[Role, frozenset[Role]] = field(default_factory=dict)
    skipping: Mapping[Role, frozenset[Role]] = field(default_factory=dict)
    buffering: int = 1
    read_words_per_cycle: float | None = None
    write_words_per_cycle: float | None = None
    shared_words_per_cycle: float | None = None
    ports: tuple[Port, ...] = ()
    overlap: bool = True
    energy: Mapping[str, float] = field(default_factory=dict)
    energy_bits: int | None = None
    leakage_mw: float = 0.0
    gates_unused: bool = False
    area_um2: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        freeze_dicts(self)

    @property
    def usable_bits(self) -> int | None:
        return None if self.size_bits is None else self.size_bits // self.buffering


@dataclass(frozen=True, slots=True)
class Holding:
    """Which roles a memory must keep (``keep``) and may keep (``may_keep``) at a place."""

    memory: str
    keep: frozenset[str] = frozenset()
    may_keep: frozenset[str] = frozenset()

    @property
    def roles(self) -> frozenset[str]:
        return self.keep | self.may_keep


@dataclass(frozen=True)
class Place:
    """One block of temporal loops and one tile; each role is kept by at most one holding.

    ``part_of`` names the place of which this is a part (:mod:`accelsim.arch.uneven`), if any.
    """

    name: str
    holdings: tuple[Holding, ...]
    part_of: str = ""

    def holding(self, role: str) -> Holding | None:
        return self._by_role.get(role)

    @cached_property
    def _by_role(self) -> dict[str, Holding]:
        return {role: held for held in reversed(self.holdings) for role in held.roles}


@dataclass(frozen=True)
class Fanout:
    """Children per parent over two axes.

    ``array`` names the physical array: consecutive fanouts of the same array share its lanes, that
    is, the product of their loops on an axis may not exceed that axis of the mesh.
    ``multicast`` holds the roles of which one read can serve many children; ``reduces`` says
    whether partial sums are added on the way up.  ``forwards`` holds, by role, the dims along whose
    spatial loops a lane may take words from its neighbours (:data:`EVERY_DIM`: along any).

    ``network`` names the model by which words make hops, or is empty.  ``sums_return`` says whether
    sums travel back down to be added to, because what is outside cannot add in place; only hops
    depend on it.  ``fill_cycles`` and ``drain_cycles`` are the latencies of the network, once a
    layer.
    ``widths`` are those in which roles travel; what is left out has the layer's.  ``formats`` and
    ``densities`` are as those of a :class:`Memory`, on the way.
    """

    name: str
    array: str
    component: str
    mesh_x: int
    mesh_y: int = 1
    multicast: frozenset[str] = frozenset(ROLES)
    reduces: bool = True
    energy: Mapping[str, float] = field(default_factory=dict)
    words_per_cycle: float | None = None
    word_bits: int = 16
    network: str = ""
    sums_return: bool = True
    fill_cycles: int = 0
    drain_cycles: int = 0
    source: str = ""
    forwards: Mapping[str, frozenset[str]] = field(default_factory=dict)
    widths: Mapping[Role, int] = field(default_factory=dict)
    formats: Mapping[Role, Format] = field(default_factory=dict)
    densities: Mapping[Role, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze_dicts(self)

    @property
    def children(self) -> int:
        return self.mesh_x * self.mesh_y


@dataclass(frozen=True)
class Compute:
    """The innermost node: what does the operations.

    Multiplications by a zero are switched off for operands in ``gating``, and take no time for
    those in ``skipping``.
    """

    name: str
    component: str
    ops_per_cycle: int = 1
    gating: frozenset[Role] = frozenset()
    skipping: frozenset[Role] = frozenset()
    energy: Mapping[str, float] = field(default_factory=dict)
    area_um2: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        freeze_dicts(self)


Node = Place | Fanout | Compute


@dataclass(frozen=True)
class Architecture:
    """A machine: its nodes from the outermost memory to the compute, and its memories by name.

    Every mapping keeps to its ``constraints``; those that are searched to its
    ``search_constraints`` too.
    """

    name: str
    nodes: tuple[Node, ...]
    memories: tuple[Memory, ...]
    clock_hz: float = 1e9
    technology: str = ""
    source: str = ""
    parameters: tuple[tuple[str, int], ...] = ()
    constraints: tuple[Rule, ...] = ()
    search_constraints: tuple[Rule, ...] = ()
    assumptions: tuple[str, ...] = ()

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return tuple(node for node in self.nodes if isinstance(node, Place))

    @cached_property
    def fanouts(self) -> tuple[Fanout, ...]:
        return tuple(node for node in self.nodes if isinstance(node, Fanout))

    @cached_property
    def compute(self) -> Compute:
        node = self.nodes[-1]
        assert isinstance(node, Compute)
        return node

    @cached_property
    def memory(self) -> dict[str, Memory]:
        return {memory.name: memory for memory in self.memories}

    def places_of(self, memory: Memory) -> tuple[Place, ...]:
        """Return the places that a memory holds, outermost first."""
        return self._by_memory.get(memory.name, ())

    @cached_property
    def _by_memory(self) -> dict[str, tuple[Place, ...]]:
        found: dict[str, tuple[Place, ...]] = {}
        for place in self.places:
            for name in dict.fromkeys(held.memory for held in place.holdings):
                found[name] = (*found.get(name, ()), place)
        return found

    def roles_kept(self, memory: Memory) -> frozenset[str]:
        """Return the roles of the tensors that a memory keeps or may keep, in any of its places."""
        held = (held for place in self.places for held in place.holdings)
        return frozenset(role for one in held if one.memory == memory.name for role in one.roles)

    def fanouts_outside(self, node: Node) -> tuple[Fanout, ...]:
        """Return the fanouts between the outermost place and ``node``, outermost first."""
        index = self.nodes.index(node)
        return tuple(outer for outer in self.nodes[:index] if isinstance(outer, Fanout))

    @cached_property
    def latencies(self) -> dict[str, int]:
        """Cycles in which each array fills and drains, once, however many its parts."""
        return {f.array: f.fill_cycles + f.drain_cycles for f in self.fanouts}

    @cached_property
    def latency_cycles(self) -> int:
        """Cycles in which networks fill and drain."""
        return sum(self.latencies.values())

    def instances(self, node: Node) -> int:
        """Return the physical copies of ``node``: an array counts once, however many its parts."""
        arrays = {fanout.array: fanout.children for fanout in self.fanouts_outside(node)}
        copies = 1
        for children in arrays.values():
            copies *= children
        return copies

    def selected(self, selector: str) -> tuple[Node, ...]:
        """Return the nodes that a dataflow means by ``selector``.

        A selector is the name of a node, memory or array of this machine, or one of the general
        words ``backing`` (the outermost place), ``buffers`` (the places between it and the last
        array), ``array`` (every fanout), ``registers`` (the places inside the last fanout).
        """
        last_fanout = max(
            (i for i, node in enumerate(self.nodes) if isinstance(node, Fanout)), default=-1
        )
        general: dict[str, tuple[Node, ...]] = {
            "backing": self.nodes[:1],
            "buffers": tuple(n for n in self.nodes[1 : last_fanout + 1] if isinstance(n, Place)),
            "array": self.fanouts,
            "registers": tuple(n for n in self.nodes[last_fanout + 1 :] if isinstance(n, Place))
            if last_fanout >= 0
            else (),
        }
        named = tuple(node for node in self.nodes if node_answers_to(node, selector))
        return named or general.get(selector, ())


def lane_bits(bits: int, word_bits: int) -> int:
    """Return the bits that a value takes where words are divided into equal lanes.

    >>> [lane_bits(bits, 16) for bits in (3, 8, 9, 16, 24)]
    [4, 8, 16, 16, 32]
    """
    if bits > word_bits:
        return -(-bits // word_bits) * word_bits
    return next(lane for lane in range(bits, word_bits + 1) if word_bits % lane == 0)


SELECTORS = ("backing", "buffers", "array", "registers")


def node_answers_to(node: Node, name: str) -> bool:
    """Tell whether a selector names a node, or the memory or array behind it."""
    if isinstance(node, Place):
        memories = (held.memory for held in node.holdings)
        return name in (node.name, *filter(None, (node.part_of,)), *memories)
    if isinstance(node, Fanout):
        return name in (node.name, node.array)
    return name == node.name


def structural_problems(arch: Architecture) -> list[Problem]:
    """Return what is wrong with a machine as a whole; empty if it can be used."""
    problems: list[Problem] = []
    if not arch.nodes or not isinstance(arch.nodes[-1], Compute):
        last = f", not '{arch.nodes[-1].name}'" if arch.nodes else ""
        return [Problem(f"the last level must be the compute{last}")]
    if not isinstance(arch.nodes[0], Place):
        return [
            Problem(
                f"the first level must be a memory, not '{arch.nodes[0].name}'",
                hint="the outermost memory keeps every tensor",
            )
        ]
    roles = frozenset(ROLES)
    outermost = arch.places[0]
    kept = frozenset().union(*(held.keep for held in outermost.holdings))
    if kept != roles:
        missing = ", ".join(sorted(roles - kept))
        problems.append(
            Problem(
                f"the outermost memory '{outermost.name}' must keep every tensor",
                hint=f"add {missing} to its keep",
            )
        )
    names: set[str] = set()
    for at, node in enumerate(arch.nodes, start=1):
        if node.name in names:
            problems.append(Problem(f"two levels are called '{node.name}'"))
        names.add(node.name)
        if isinstance(node, Compute) and at < len(arch.nodes):
            problems.append(Problem(f"the compute '{node.name}' must be the last level"))
    for place in arch.places:
        seen: set[str] = set()
        for held in place.holdings:
            for role in sorted(held.roles & seen):
                problems.append(Problem(f"'{role}' is kept by two memories of '{place.name}'"))
            seen |= held.roles
    rooms = {
        "places": (len(arch.places), MAX_PLACES),
        "fanouts": (len(arch.fanouts), MAX_FANOUTS),
        "memories": (len(arch.memories), MAX_MEMORIES),
        "ports": (sum(len(memory.ports) for memory in arch.memories), MAX_PORTS),
    }
    for noun, (used, room) in rooms.items():
        if used > room:
            problems.append(Problem(f"the machine has {used} {noun}", expected=f"at most {room}"))
    return problems
