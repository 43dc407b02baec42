"""What a case costs and how long it takes, added up event by event in exact fractions.

Written from ``docs/model.md``, section 5, and from nothing of ``accelsim.evaluation``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, prod

from accelsim.arch.records import Architecture, Compute, Fanout, Memory
from accelsim.roles import ROLES
from accelsim.technology.records import COMPUTE_ACTIONS
from accelsim.workload.records import Tensor
from tests.evaluation.cases import PricedCase
from tests.naive.nest import held_bits

READ_PORT = ("read", "drain")
WRITE_PORT = ("update", "fill")


@dataclass
class Bill:
    energy: dict[tuple[str, str, str], Fraction] = field(default_factory=dict)
    """``[level, tensor or "compute", action]``, leakage excluded."""
    words: dict[tuple[str, str, str], int] = field(default_factory=dict)
    leakage: Fraction = Fraction(0)
    compute_cycles: int = 0
    port_cycles: dict[str, int] = field(default_factory=dict)
    """Of memories and fanouts with a limited width."""
    cycles: int = 0
    bound: frozenset[str] = frozenset()
    """The names that may be given: ports that take equally long are equally the bound."""
    utilization: Fraction = Fraction(0)
    instances: dict[str, tuple[int, int]] = field(default_factory=dict)
    tile_words: dict[tuple[str, str], int] = field(default_factory=dict)
    capacity_bits: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    area_mm2: Fraction | None = None

    @property
    def energy_total(self) -> Fraction:
        return sum(self.energy.values(), Fraction(0)) + self.leakage


def bill(priced: PricedCase) -> Bill:
    """Add everything up."""
    layer, arch, moved = priced.case.layer, priced.case.architecture, priced.traffic
    tensors = {tensor.name: tensor for tensor in layer.tensors}
    found = Bill()
    parts: dict[str, Memory | Fanout] = {part.name: part for part in arch.memories}
    parts |= {fanout.name: fanout for fanout in arch.fanouts}

    for event in moved.events:
        key = (event.level, event.tensor, event.action)
        each = _access_energy(priced, parts[event.level], event.action, tensors[event.tensor])
        found.energy[key] = found.energy.get(key, Fraction(0)) + event.accesses * each
        found.words[key] = found.words.get(key, 0) + event.words
        if _needs_address(priced, parts[event.level], event.action, tensors[event.tensor]):
            address = (event.level, event.tensor, "address")
            its = _address_energy(priced, parts[event.level], tensors[event.tensor])
            found.energy[address] = found.energy.get(address, Fraction(0)) + event.words * its
    operation = (arch.compute.name, "compute", layer.op)
    found.energy[operation] = layer.operations * _operation_energy(priced)
    found.words[operation] = layer.operations

    found.compute_cycles = ceil(Fraction(moved.steps, arch.compute.ops_per_cycle))
    hidden, waited = found.compute_cycles, 0
    for name, part in parts.items():
        cycles = _port_cycles(priced, part)
        if cycles is None:
            continue
        found.port_cycles[name] = cycles
        if isinstance(part, Memory) and not part.overlap:
            waited += cycles
        else:
            hidden = max(hidden, cycles)
    found.cycles = hidden + waited
    slowest = max(found.port_cycles.values(), default=0)
    found.bound = (
        frozenset(name for name, cycles in found.port_cycles.items() if cycles == slowest)
        if slowest > found.compute_cycles
        else frozenset({"compute"})
    )

    built = {memory.name: _built(arch, memory.name) for memory in arch.memories}
    built[arch.compute.name] = _built(arch, arch.compute.name)
    found.instances = {name: (moved.in_use[name], n) for name, n in built.items()}
    # Nothing leaks while networks fill and drain.
    working = found.cycles
    latencies = {n.array: n.fill_cycles + n.drain_cycles for n in arch.fanouts}
    found.cycles += sum(latencies.values())
    machine_wide = built[arch.compute.name] * arch.compute.ops_per_cycle
    found.utilization = Fraction(layer.operations, machine_wide * found.cycles)
    for memory in arch.memories:
        copies = found.instances[memory.name][0 if memory.gates_unused else 1]
        milliwatts = 0 if memory.size_bits == 0 else Fraction(memory.leakage_mw)
        # 1 mW over 1 s is 10^9 pJ.
        seconds = Fraction(working) / Fraction(arch.clock_hz)
        found.leakage += milliwatts * 10**9 * seconds * copies
    found.tile_words = dict(moved.tile_words)
    for memory in arch.memories:
        bits = sum(
            words * held_bits(memory, tensors[tensor])
            for (name, tensor), words in moved.tile_words.items()
            if name == memory.name
        )
        usable = None if memory.size_bits is None else memory.size_bits // memory.buffering
        found.capacity_bits[memory.name] = (bits, usable)
    found.area_mm2 = _area(arch, built)
    return found


def _needs_address(priced: PricedCase, part: Memory | Fanout, action: str, tensor: Tensor) -> bool:
    """Tell whether the words of an action need addresses: all that move, but a sum's old value."""
    if not isinstance(part, Memory) or action == "first_read":
        return False
    if action == "read" and tensor.role == "Outputs":
        return False
    return _weight(priced, part.component, action, tensor.role) != 0


def _address_energy(priced: PricedCase, part: Memory | Fanout, tensor: Tensor) -> Fraction:
    price = Fraction(part.energy.get("address", 0))
    return price * _weight(priced, part.component, "address", tensor.role)


def _access_energy(
    priced: PricedCase, part: Memory | Fanout, action: str, tensor: Tensor
) -> Fraction:
    """Return the energy of one physical access: of a word, or of a whole block, however full."""
    bits = held_bits(part, tensor)
    if isinstance(part, Memory) and part.block_bits > part.word_bits:
        bits = ceil(Fraction(bits, part.block_bits)) * part.block_bits
    price = _price(priced, part, action) * _weight(priced, part.component, action, tensor.role)
    return price * Fraction(bits, priced.table.word_bits)


def _price(priced: PricedCase, part: Memory | Fanout | Compute, action: str) -> Fraction:
    general = "access" if action in ("read", "update", "fill", "drain") else action
    table = {
        name: price.energy for name, price in priced.table.prices.get(part.component, {}).items()
    }
    for prices in (part.energy, table):
        for name in (action, general):
            if name in prices:
                return Fraction(prices[name])
    # An absent memory does nothing; the first read of a sum is free unless priced.
    absent = isinstance(part, Memory) and part.size_bits == 0
    assert absent or action == "first_read", f"no price for {action} of {part.name}"
    return Fraction(0)


def _weight(priced: PricedCase, component: str, action: str, role: str) -> Fraction:
    weights = priced.accounting.weights.get(component, {})
    return Fraction(weights.get(f"{action}.{role}", weights.get(action, 1)))


def _operation_energy(priced: PricedCase) -> Fraction:
    """Rule 14: products of bits for a MAC, the widest operand for a cheap operation."""
    layer, compute = priced.case.layer, priced.case.architecture.compute
    assert layer.op in COMPUTE_ACTIONS
    price = _price(priced, compute, layer.op) * _weight(priced, compute.component, layer.op, "")
    widths = [
        Fraction(tensor.bits, priced.table.word_bits)
        for tensor in layer.tensors
        if tensor is not layer.output
    ]
    if layer.op == "alu":
        return price * max(widths)
    if len(widths) == 2:
        return price * widths[0] * widths[1]
    mean = float(prod(widths)) ** (1 / len(widths))
    return price * Fraction(mean * mean)


def _port_cycles(priced: PricedCase, part: Memory | Fanout) -> int | None:
    """Return the cycles of the busiest instance's slowest port; None where all are unlimited."""
    bits = {tensor.name: held_bits(part, tensor) for tensor in priced.case.layer.tensors}
    if isinstance(part, Memory):
        widths = {
            READ_PORT: part.read_words_per_cycle,
            WRITE_PORT: part.write_words_per_cycle,
            READ_PORT + WRITE_PORT: part.shared_words_per_cycle,
        }
    else:
        widths = {("deliver", "collect"): part.words_per_cycle}
    limits = [({(a, role) for a in its for role in ROLES}, w) for its, w in widths.items() if w]
    for port in part.ports if isinstance(part, Memory) else ():
        passing = {(action, role) for action, roles in port.moves.items() for role in roles}
        limits.append((passing, port.words_per_cycle))
    role_of = {tensor.name: tensor.role for tensor in priced.case.layer.tensors}
    slowest: int | None = None
    for passing, width in limits:
        through: defaultdict[object, int] = defaultdict(int)
        for event in priced.traffic.events:
            if event.level == part.name and (event.action, role_of[event.tensor]) in passing:
                through[event.instance] += event.words * bits[event.tensor]
        # A width is the decimal number that a spec states.
        per_cycle = Fraction(str(width)) * part.word_bits
        cycles = ceil(max(through.values(), default=0) / per_cycle)
        slowest = max(slowest or 0, cycles)
    return slowest


def _built(arch: Architecture, name: str) -> int:
    """Return the copies of a memory (at its outermost place) or of the compute."""
    arrays: dict[str, int] = {}
    for node in arch.nodes:
        if isinstance(node, Fanout):
            arrays[node.array] = node.mesh_x * node.mesh_y
        elif isinstance(node, Compute) or name in {held.memory for held in node.holdings}:
            break
    return prod(arrays.values())


def _area(arch: Architecture, built: dict[str, int]) -> Fraction | None:
    outermost = {held.memory for held in arch.places[0].holdings}
    parts = [
        (memory.area_um2, built[memory.name])
        for memory in arch.memories
        if memory.name not in outermost and memory.size_bits != 0
    ]
    parts.append((arch.compute.area_um2, built[arch.compute.name]))
    total = Fraction(0)
    for area, copies in parts:
        if area is None:
            return None
        total += Fraction(area) * copies
    return total / 10**6
