"""What takes the time of one mapping: each limit's share, what would lift it, and the roofline.

A **limit** is one port of a memory (read, write, shared, or one of its ``ports``), the network of a
fanout, the compute, or the start-up and drain of an array.  Rates are of the whole machine: all
instances in use, at the traffic of the busiest one.  They count the operations that take time:
what is skipped is not done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

from accelsim.arch.records import Memory
from accelsim.evaluation.effectual import operation_shares
from accelsim.evaluation.records import Evaluation

COMPUTE = "compute"

LATENCY = "start-up"
"""The port of an array that fills and drains."""

FARTHEST = 100.0
"""The largest factor that is advice: beyond it, what would come next takes hardly any time."""


TOLD = 0.01
"""By which what is saved falls short of what the factor promises, where it is said."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit on the time of a mapping.

    Attributes
    ----------
    level, port : str
        The level, and which of its ports: ``read``, ``write``, ``shared``, ``port 1`` and so on
        of its ``ports``, ``network``, :data:`LATENCY`; none for the compute.
    cycles : float
        That it is busy, at least (before rounding up to whole cycles).
    busy : float
        Share of all cycles.
    slack_cycles : float
        By which it could take longer before the whole did.
    overlaps : bool
        Whether its time hides behind that of others.
    """

    level: str
    port: str
    cycles: float
    busy: float
    slack_cycles: float
    overlaps: bool = True

    @property
    def name(self) -> str:
        if not self.port:
            return self.level
        if self.port == LATENCY:
            return f"start-up and drain of {self.level}"
        return f"{self.level} {'bandwidth' if self.port == 'network' else f'{self.port} bandwidth'}"


@dataclass(frozen=True, slots=True)
class Lift:
    """What sets the time, and how much more of it would make something else do so.

    Attributes
    ----------
    factor : float or None
        None where nothing else would: no other limit, or time that does not hide behind others.
    gain : float or None
        Share of all cycles that so much more would save; less than ``1 - 1 / factor`` where
        transfers do not overlap, or arrays fill and drain.
    """

    limit: Limit
    factor: float | None
    then: Limit | None
    gain: float | None = None

    @property
    def text(self) -> str:
        """Put it into words, as "dram read bandwidth; 1.6x more would make it compute-bound"."""
        if self.limit.port == LATENCY:
            return f"{self.limit.name}, {_percent(self.limit.busy)} of the cycles"
        if not self.limit.overlaps:
            return f"{self.limit.name}, whose transfers do not hide behind others"
        if self.factor is None or self.then is None:
            return self.limit.name
        after = "compute-bound" if self.then.level == COMPUTE else f"bound by {self.then.name}"
        if self.factor == 1.0:
            return f"{self.limit.name}, as much as by {self.then.name}"
        if self.factor > FARTHEST:
            return f"{self.limit.name}; nothing else takes 1 % of that time"
        said = f"{self.limit.name}; {_times(self.factor)}x more would make it {after}"
        if self.gain is not None and self.gain < (1.0 - 1.0 / self.factor) * (1.0 - TOLD):
            return f"{said} and save {_percent(self.gain)} of the cycles"
        return said


@dataclass(frozen=True, slots=True)
class RooflinePoint:
    """One memory of the roofline.

    Attributes
    ----------
    operations_per_byte : float
        Operational intensity against what moves through the memory's ports; infinite if nothing.
    bytes_per_cycle : float or None
        Bandwidth at this mix of reads and writes; None if unlimited.
    operations_per_cycle : float
        The rate that it allows, the compute's at most.
    """

    level: str
    operations_per_byte: float
    bytes_per_cycle: float | None
    operations_per_cycle: float


@dataclass(frozen=True, slots=True)
class Roofline:
    """Rates in operations per cycle: of all that is built, as reached, as each level allows."""

    peak: float
    reached: float
    points: tuple[RooflinePoint, ...]


def limits(evaluation: Evaluation) -> tuple[Limit, ...]:
    """Return everything that limits the time, by level from the outermost, the compute last."""
    found = [*_limits(evaluation)]
    hidden = max(cycles for _, _, cycles, overlaps in found if overlaps)
    whole = evaluation.cycles
    return tuple(
        Limit(level, port, cycles, cycles / whole, max(0.0, hidden - cycles) if overlaps else 0.0,
              overlaps)
        for level, port, cycles, overlaps in found
    )  # fmt: skip


def lift(evaluation: Evaluation) -> Lift:
    """Return what sets the time, and what would lift it."""
    found = limits(evaluation)
    most = max(found, key=lambda limit: (limit.cycles, limit.level == COMPUTE))
    others = [limit for limit in found if limit is not most and limit.overlaps]
    then = max(others, key=lambda limit: (limit.cycles, limit.level == COMPUTE), default=None)
    if not most.overlaps or then is None or not then.cycles:
        return Lift(most, None, None)
    saved = (whole_cycles(most.cycles) - whole_cycles(then.cycles)) / evaluation.cycles
    return Lift(most, most.cycles / then.cycles, then, saved)


def roofline(evaluation: Evaluation) -> Roofline:
    """Return the roofline of every memory that moves anything: of operations that take time."""
    arch, operations = evaluation.arch, timed_operations(evaluation)
    peak = float(arch.instances(arch.compute) * arch.compute.ops_per_cycle)
    slowest: dict[str, float] = {}
    for level, _, cycles, _ in _limits(evaluation):
        if level in arch.memory:
            slowest[level] = max(cycles, slowest.get(level, 0.0))
    points = []
    for memory in arch.memories:
        read, written = evaluation.port_bits[memory.name]
        moved = (read + written) * evaluation.instances[memory.name][0] / 8
        if not moved:
            continue
        busy = slowest.get(memory.name)
        allowed = operations / busy if busy else peak
        width = moved / busy if busy else None
        points.append(RooflinePoint(memory.name, operations / moved, width, min(peak, allowed)))
    return Roofline(peak, operations / evaluation.cycles, tuple(points))


def timed_operations(evaluation: Evaluation) -> float:
    """Return the expected operations that take time: all that are not skipped, at least one."""
    layer = evaluation.layer
    return max(1.0, operation_shares(evaluation.arch, layer).timed * layer.operations)


def _limits(evaluation: Evaluation) -> Iterator[tuple[str, str, float, bool]]:
    """Yield (level, port, cycles, whether it overlaps) of every limit."""
    arch = evaluation.arch
    for level in evaluation.levels:
        memory = arch.memory.get(level)
        if memory is not None:
            for port, bits, width in _ports(memory, *evaluation.port_bits[level]):
                yield level, port, bits / width, memory.overlap
            its = zip(memory.ports, evaluation.moved_bits.get(level, ()), strict=True)
            for number, (one, bits) in enumerate(its, 1):
                width = one.words_per_cycle * memory.word_bits
                yield level, f"port {number}", bits / width, memory.overlap
        elif level in evaluation.port_cycles:
            yield level, "network", evaluation.port_cycles[level], True
    for array, cycles in arch.latencies.items():
        if cycles:
            yield array, LATENCY, float(cycles), False
    yield COMPUTE, "", evaluation.compute_cycles, True


def _ports(memory: Memory, read: float, written: float) -> Iterator[tuple[str, float, float]]:
    """Yield (port, bits through it, bits per cycle) of every limited port of one instance."""
    for port, bits, words in (
        ("read", read, memory.read_words_per_cycle),
        ("write", written, memory.write_words_per_cycle),
        ("shared", read + written, memory.shared_words_per_cycle),
    ):
        if words:
            yield port, bits, words * memory.word_bits


def whole_cycles(cycles: float) -> float:
    """Return the cycles in which a port that is busy for so long is done (rule 15).

    >>> whole_cycles(881.4), whole_cycles(882.0000000001)
    (882.0, 882.0)
    """
    return float(ceil(cycles * (1.0 - 1e-12)))


def _percent(share: float) -> str:
    """Write a share.

    >>> _percent(0.945), _percent(0.0004), _percent(0.9999)
    ('94.5 %', '<0.1 %', '99.9 %')
    """
    return "<0.1 %" if share < 0.001 else f"{floor(share * 1000 + 1e-6) / 10:.1f} %"


def _times(factor: float) -> str:
    """Write a factor so that it is enough: rounded up.

    >>> _times(1.6), _times(1.601), _times(12.01), _times(1.0004)
    ('1.6', '1.7', '13', '1.1')
    """
    tenths = ceil(round(factor * 10, 6)) if factor < 10 else 10 * ceil(round(factor, 6))
    return f"{tenths / 10:g}"
