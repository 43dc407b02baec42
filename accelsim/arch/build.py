"""Levels of an architecture spec, one after the other -> the nodes and memories of a machine.

A memory of size 0 keeps nothing: its place stays, with a holding that has no roles, so that rules
which name it still mean something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from accelsim.arch.records import PORT_ACTIONS, Compute, Fanout, Holding, Memory, Node, Place, Port
from accelsim.arch.schema import (
    ComputeSpec,
    FanoutSpec,
    HardwareSpec,
    LevelModel,
    MemorySpec,
    PlaceSpec,
    PrivateMemorySpec,
    SideBySideSpec,
)
from accelsim.errors import Problem
from accelsim.recent import Firsts, Recent
from accelsim.roles import Role
from accelsim.specs.join import SpecModel
from accelsim.units import Quantity, size_text
from accelsim.yamldoc import Document, Keys

MAX_SIZE_BITS = 2**60

Part = TypeVar("Part", Memory, Place, Fanout, Compute)

_parts = Firsts[tuple[type, str], "Memory | Node"](room=256, each=16)
"""Parts of machines by kind and name: those of a sweep differ in few of them."""


def one_of_equals(part: Part) -> Part:
    """Return the part that equals this one and was built before, if there is one."""
    first = _parts.first((type(part), part.name), part)
    assert isinstance(first, type(part))
    return first


@dataclass(frozen=True, slots=True)
class BuiltLevel:
    """What a level without problems adds to a :class:`Build`."""

    nodes: tuple[Node, ...]
    memories: tuple[Memory, ...]
    assumptions: tuple[str, ...]
    names: tuple[tuple[str, Keys], ...]


_built_levels = Recent[tuple[int, Keys, int], tuple[LevelModel, BuiltLevel]](256)
"""By the identity of a level, which is kept with it, where it stands, and the word."""


@dataclass
class Build:
    """An architecture on its way; problems are collected as it grows."""

    document: Document
    word_bits: int
    problems: list[Problem]
    nodes: list[Node] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    names: dict[str, Keys] = field(default_factory=dict)

    def fault(self, keys: Keys, what: str, expected: str = "", hint: str = "") -> None:
        where = self.document.where(keys)
        self.problems.append(Problem(what, where, expected=expected, hint=hint))

    def name(self, keys: Keys, name: str) -> None:
        """Note a name; a second one like it is a fault."""
        if name not in self.names:
            self.names[name] = keys
            return
        line = self.document.where(self.names[name]).line
        self.fault(
            keys, f"the name '{name}' is already taken" + (f" in line {line}" if line else "")
        )

    def level(self, keys: Keys, level: LevelModel) -> None:
        """Build a level; one that was built before is taken as it was."""
        key = id(level), keys, self.word_bits
        known = _built_levels.get(key)
        if known is not None:
            self._add(known[1])
            return
        nodes, memories = len(self.nodes), len(self.memories)
        assumptions, names = len(self.assumptions), len(self.names)
        problems = len(self.problems)
        self._level(keys, level)
        if len(self.problems) == problems:
            built = BuiltLevel(
                nodes=tuple(self.nodes[nodes:]),
                memories=tuple(self.memories[memories:]),
                assumptions=tuple(self.assumptions[assumptions:]),
                names=tuple(self.names.items())[names:],
            )
            _built_levels.put(key, (level, built))

    def _add(self, built: BuiltLevel) -> None:
        for name, keys in built.names:
            self.name(keys, name)
        self.nodes += built.nodes
        self.memories += built.memories
        self.assumptions += built.assumptions

    def _level(self, keys: Keys, level: LevelModel) -> None:
        if isinstance(level, MemorySpec):
            self.assume(level.memory, level.assumed)
            self.memory_level(keys, level)
        elif isinstance(level, SideBySideSpec):
            self.assume(level.side_by_side, level.assumed)
            self.side_by_side(keys, level)
        elif isinstance(level, FanoutSpec):
            self.assume(level.fanout, level.assumed)
            self.fanout(keys, level)
        elif isinstance(level, ComputeSpec):
            self.assume(level.compute, level.assumed)
            self.compute(keys, level)

    def assume(self, name: str, reason: str | None) -> None:
        if reason:
            self.assumptions.append(f"{name}: {reason}")

    # --- memories ---------------------------------------------------------------------------------

    def memory_level(self, keys: Keys, spec: MemorySpec) -> None:
        self.name((*keys, "memory"), spec.memory)
        memory = self.memory(keys, spec, spec.memory)
        if spec.places is None:
            holding = self.holding(keys, spec, memory)
            self.nodes.append(one_of_equals(Place(spec.memory, (holding,))))
            return
        for key in ("keep", "may_keep"):
            if getattr(spec, key):
                self.fault((*keys, key), f"memory '{spec.memory}' says what it keeps in its places")
        for index, place in enumerate(spec.places):
            inner = (*keys, "places", index)
            if place.place != spec.memory or index:
                self.name((*inner, "place"), place.place)
            built = Place(place.place, (self.holding(inner, place, memory),))
            self.nodes.append(one_of_equals(built))

    def side_by_side(self, keys: Keys, spec: SideBySideSpec) -> None:
        self.name((*keys, "side_by_side"), spec.side_by_side)
        holdings: list[Holding] = []
        keeper: dict[str, str] = {}
        for index, private in enumerate(spec.memories):
            inner = (*keys, "memories", index)
            self.name((*inner, "memory"), private.memory)
            self.assume(private.memory, private.assumed)
            memory = self.memory(inner, private, private.memory)
            for key in ("keep", "may_keep"):
                for position, role in enumerate(getattr(private, key)):
                    other = keeper.setdefault(role, private.memory)
                    if other != private.memory:
                        self.fault(
                            (*inner, key, position),
                            f"{role} is kept by '{other}' beside '{private.memory}'",
                            "at most one of the memories side by side to keep a tensor",
                        )
            holdings.append(self.holding(inner, private, memory))
        self.nodes.append(one_of_equals(Place(spec.side_by_side, tuple(holdings))))

    def memory(self, keys: Keys, spec: MemorySpec | PrivateMemorySpec, name: str) -> Memory:
        word = int(spec.word.worth()) if spec.word else self.word_bits
        if word < 1:
            self.fault((*keys, "word"), f"the word of memory '{name}' has 0 bits", "at least 1 b")
            word = 1
        built = Memory(
            name=name,
            component=spec.component,
            size_bits=self.size_bits(keys, spec, name, word),
            word_bits=word,
            block_bits=self.block_bits(keys, spec, name, word),
            widths=spec.widths,
            packing=spec.packing,
            formats=spec.format,
            densities=spec.densities,
            gating=self.followers((*keys, "gating"), spec.gating),
            skipping=self.followers((*keys, "skipping"), spec.skipping),
            buffering=spec.buffering,
            read_words_per_cycle=self.port(keys, "read_bandwidth", spec.read_bandwidth, word),
            write_words_per_cycle=self.port(keys, "write_bandwidth", spec.write_bandwidth, word),
            shared_words_per_cycle=self.port(keys, "shared_bandwidth", spec.shared_bandwidth, word),
            ports=self.ports(keys, spec, word),
            overlap=spec.overlap,
            energy=_stated(spec.energy),
            energy_bits=self.energy_bits(keys, spec),
            leakage_mw=float(spec.leakage.worth()) if spec.leakage else 0.0,
            gates_unused=spec.gates_unused,
            area_um2=float(spec.area.worth()) if spec.area else None,
            source=spec.source or "",
        )
        memory = one_of_equals(built)
        self.memories.append(memory)
        return memory

    def size_bits(self, keys: Keys, spec: HardwareSpec, name: str, word: int) -> int | None:
        if spec.size is None:
            return None
        # A size need not be whole bits ("334.3 KiB"): what is less than a bit holds nothing.
        exact = spec.size.worth(word)
        bits = int(exact)
        if bits > MAX_SIZE_BITS:
            self.fault((*keys, "size"), f"memory '{name}' is too large", "at most 2^60 b")
        elif exact > 0 and bits // spec.buffering < word:
            part = f" / buffering {spec.buffering}" if spec.buffering > 1 else ""
            self.fault(
                (*keys, "size"),
                f"memory '{name}' is smaller than a word: {size_text(bits)}{part} < {word} b",
                hint="0 B if the memory is absent",
            )
        return bits

    def block_bits(self, keys: Keys, spec: HardwareSpec, name: str, word: int) -> int:
        if spec.block is None:
            return word
        block = int(spec.block.worth())
        if block < 1 or block % word:
            self.fault(
                (*keys, "block"),
                f"the block of memory '{name}' is {block} b",
                f"a multiple of its word, {word} b",
            )
        return block

    def energy_bits(self, keys: Keys, spec: HardwareSpec) -> int | None:
        if spec.energy is None or spec.energy.width is None:
            return None
        bits = int(spec.energy.width.worth())
        if bits < 1:
            self.fault((*keys, "energy", "width"), "energies for a word of 0 bits", "at least 1 b")
        return bits

    def port(self, keys: Keys, key: str, width: Quantity | None, word: int) -> float | None:
        if width is None:
            return None
        words = width.worth(word) / word
        if words == 0:
            self.fault((*keys, key), f"'{key}' is 0", "more than 0 words/cycle")
        return float(words)

    def ports(self, keys: Keys, spec: HardwareSpec, word: int) -> tuple[Port, ...]:
        """Return the ports that only some movements pass; one that nothing passes is a fault."""
        found = []
        for index, port in enumerate(spec.ports):
            inner = (*keys, "ports", index)
            moves = {action: frozenset(getattr(port, action)) for action in PORT_ACTIONS}
            if not any(moves.values()):
                self.fault(inner, "nothing passes this port", "read, drain, fill or update")
            words = self.port(inner, "bandwidth", port.bandwidth, word)
            assert words is not None
            found.append(Port(words, {key: roles for key, roles in moves.items() if roles}))
        return tuple(found)

    def holding(
        self,
        keys: Keys,
        spec: MemorySpec | PrivateMemorySpec | PlaceSpec,
        memory: Memory,
    ) -> Holding:
        for position, role in enumerate(spec.may_keep):
            if role in spec.keep:
                self.fault((*keys, "may_keep", position), f"{role} is in keep and in may_keep")
        if memory.size_bits == 0:
            return Holding(memory.name)
        if not (spec.keep or spec.may_keep):
            self.fault(keys, f"memory '{memory.name}' keeps nothing", "keep or may_keep")
        return Holding(memory.name, frozenset(spec.keep), frozenset(spec.may_keep))

    # --- the rest ---------------------------------------------------------------------------------

    def fanout(self, keys: Keys, spec: FanoutSpec) -> None:
        self.name((*keys, "fanout"), spec.fanout)
        whole = Fanout(
            name=spec.fanout,
            array=spec.fanout,
            component=spec.component,
            mesh_x=spec.mesh_x,
            mesh_y=spec.mesh_y,
            multicast=frozenset(spec.multicast),
            reduces=spec.reduces,
            forwards=_forwards(spec.forwards),
            energy=_stated(spec.energy),
            words_per_cycle=self.port(keys, "bandwidth", spec.bandwidth, self.word_bits),
            word_bits=self.word_bits,
            network=spec.network or "",
            sums_return=spec.sums_return,
            fill_cycles=spec.fill_cycles,
            drain_cycles=spec.drain_cycles,
            source=spec.source or "",
            widths=spec.widths,
            formats=spec.format,
            densities=spec.densities,
        )
        if spec.parts is None:
            self.nodes.append(one_of_equals(whole))
            return
        if spec.network:
            what = f"array '{spec.fanout}' has a `network` and `parts`"
            self.fault((*keys, "network"), what, "one of the two")
        for index, part in enumerate(spec.parts):
            inner = (*keys, "parts", index)
            if part.fanout != spec.fanout or index:
                self.name((*inner, "fanout"), part.fanout)
            self.assume(part.fanout, part.assumed)
            port = self.port(inner, "bandwidth", part.bandwidth, self.word_bits)
            built = Fanout(
                name=part.fanout,
                array=spec.fanout,
                component=part.component or whole.component,
                mesh_x=whole.mesh_x,
                mesh_y=whole.mesh_y,
                multicast=whole.multicast if part.multicast is None else frozenset(part.multicast),
                reduces=whole.reduces if part.reduces is None else part.reduces,
                forwards=whole.forwards if part.forwards is None else _forwards(part.forwards),
                energy=whole.energy if part.energy is None else _stated(part.energy),
                words_per_cycle=whole.words_per_cycle if port is None else port,
                word_bits=whole.word_bits,
                fill_cycles=whole.fill_cycles,
                drain_cycles=whole.drain_cycles,
                source=part.source or whole.source,
                widths=whole.widths,
                formats=whole.formats,
                densities=whole.densities,
            )
            self.nodes.append(one_of_equals(built))

    def compute(self, keys: Keys, spec: ComputeSpec) -> None:
        self.name((*keys, "compute"), spec.compute)
        built = Compute(
            name=spec.compute,
            component=spec.component,
            ops_per_cycle=spec.ops_per_cycle,
            gating=self.operands((*keys, "gating"), spec.gating),
            skipping=self.operands((*keys, "skipping"), spec.skipping),
            energy=_stated(spec.energy),
            area_um2=float(spec.area.worth()) if spec.area else None,
            source=spec.source or "",
        )
        self.nodes.append(one_of_equals(built))

    # --- zeros ------------------------------------------------------------------------------------

    def followers(
        self, keys: Keys, named: Mapping[Role, Sequence[Role]]
    ) -> dict[Role, frozenset[Role]]:
        """Return what zeros of which operands spare; an empty list spares nothing."""
        found = {role: self.operands((*keys, role), its) for role, its in named.items()}
        return {role: operands for role, operands in found.items() if operands}

    def operands(self, keys: Keys, named: Sequence[Role]) -> frozenset[Role]:
        for position, operand in enumerate(named):
            if operand in named[:position]:
                self.fault((*keys, position), f"{operand} is listed twice", "each operand once")
        return frozenset(named)


def _forwards(named: Mapping[Role, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {str(role): dims for role, dims in named.items()}


def _stated(energy: SpecModel | None) -> dict[str, float]:
    return energy.model_dump(exclude_none=True, exclude={"width"}) if energy else {}
