"""Where an evaluation with zeros differs from drawn patterns, or from what its counts cost."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from math import ceil, prod

import numpy as np

from accelsim.arch.records import Compute, Fanout, Memory
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING
from accelsim.evaluation.records import Evaluation
from accelsim.evaluation.zeros import ZerosCounted, zeros_counted
from accelsim.sparsity.zeros import Given
from accelsim.technology.records import ACTIONS, EnergyTable, Price
from tests.evaluation.bill import READ_PORT, WRITE_PORT
from tests.evaluation.cases import PricedCase
from tests.evaluation.compare import kernel_price
from tests.evaluation.traffic import traffic
from tests.naive.cases import Case, random_case
from tests.naive.nest import held_bits
from tests.naive.zeros import Counted, Key, all_words, count_zeros, draw_patterns, whole_pattern
from tests.naive.zeros_cases import (
    with_densities,
    with_fitting_formats,
    with_known_zeros,
    with_zeros,
)

STANDARD_ERRORS = 3.0
GATED = {"read": 0.25, "update": 0.125}
TABLE = EnergyTable(
    "zeros",
    "pJ",
    {
        "buffer": {"access": Price(3.0, "a test")}
        | {f"{action}.gated": Price(price, "a test") for action, price in GATED.items()},
        "array": {name: Price(1.0, "a test") for name in ("deliver", "collect", "reduce")},
        "mac": {"mac": Price(2.0, "a test"), "alu": Price(2.0, "a test")}
        | {"mac.gated": Price(0.5, "a test")},
    },
)


def zeros_case(seed: int) -> Case:
    rng = random.Random(f"zeros {seed}")
    case = random_case(seed)
    arch = case.architecture
    arch = replace(
        arch,
        memories=tuple(replace(m, block_bits=m.word_bits) for m in arch.memories),
        nodes=tuple(
            replace(n, component="array") if isinstance(n, Fanout) else n for n in arch.nodes
        ),
    )
    layer = with_densities(rng, case.layer)
    return replace(case, layer=layer, architecture=with_zeros(rng, arch))


def known_zeros_case(seed: int) -> Case:
    """Return a case with structured zeros and given patterns."""
    rng = random.Random(f"known zeros {seed}")
    case = zeros_case(seed)
    layer = with_known_zeros(rng, case.layer)
    arch = with_fitting_formats(rng, case.architecture, layer)
    return replace(case, layer=layer, architecture=arch)


def counted(case: Case, patterns: int, seed: int) -> Counted:
    drawn = draw_patterns(case, patterns, seed)
    rng = np.random.default_rng(seed + 1)
    own: dict[Key, np.ndarray] = {}
    parts: list[Memory | Fanout] = [*case.architecture.memories, *case.architecture.fanouts]
    for part in parts:
        for tensor in case.layer.tensors:
            if tensor.role in part.densities:
                shape = (patterns, len(all_words(case, tensor)))
                own[part.name, tensor.name, ""] = rng.random(shape) < part.densities[tensor.role]
            elif isinstance(tensor.pattern, Given):
                whole = list(whole_pattern(case, tensor).values())
                own[part.name, tensor.name, ""] = np.tile(whole, (patterns, 1))
    return count_zeros(case, drawn, own)


def beyond(case: Case, found: Counted) -> list[str]:
    """Return the figures whose expectation is beyond three standard errors of the drawn mean."""
    evaluation = evaluate(case.layer, case.architecture, case.mapping, TABLE)
    expected = zeros_counted(evaluation)
    wrong = []

    def compare(what: object, value: float, drawn: np.ndarray) -> None:
        error = drawn.std(ddof=1) / len(drawn) ** 0.5
        if abs(value - drawn.mean()) > STANDARD_ERRORS * error + 1e-9 * (1.0 + abs(value)):
            wrong.append(f"{what}: expected {value}, drawn {drawn.mean()} +- {error}")

    operations = case.layer.operations
    for name, drawn in found.operations.items():
        compare(name, getattr(expected.operations, name) * operations, drawn)
    names = [tensor.name for tensor in case.layer.tensors]
    for key, fates in found.words.items():
        at = evaluation.levels.index(key[0]), names.index(key[1]), ACTIONS.index(key[2])
        for name, drawn in fates.items():
            compare((*key, name), float(getattr(expected, name)[at]), drawn)
        compare((*key, "bits"), float(expected.bits[at]), found.bits[key])
        compare((*key, "metadata"), float(expected.metadata_bits[at]), found.metadata_bits[key])
    assert {k for k, v in np.ndenumerate(expected.done) if v} <= {
        (evaluation.levels.index(a), names.index(b), ACTIONS.index(c)) for a, b, c in found.words
    }
    return wrong


def without_zeros(case: Case) -> Case:
    """Return the case on a machine that makes nothing of zeros."""
    arch = case.architecture
    plain = replace(
        arch,
        memories=tuple(
            replace(m, formats={}, densities={}, gating={}, skipping={}) for m in arch.memories
        ),
        nodes=tuple(
            replace(n, formats={}, densities={})
            if isinstance(n, Fanout)
            else replace(n, gating=frozenset(), skipping=frozenset())
            if isinstance(n, Compute)
            else n
            for n in arch.nodes
        ),
    )
    return replace(case, architecture=plain)


def with_ports(case: Case) -> Case:
    """Return the case with ports and networks of limited widths."""
    arch, widths = case.architecture, (None, 0.5, 1.0, 3.0)
    rng = random.Random(str(case))
    memories = (
        replace(
            memory,
            read_words_per_cycle=rng.choice(widths),
            write_words_per_cycle=rng.choice(widths),
            shared_words_per_cycle=rng.choice(widths),
        )
        for memory in arch.memories
    )
    nodes = (
        replace(node, words_per_cycle=rng.choice(widths)) if isinstance(node, Fanout) else node
        for node in arch.nodes
    )
    return replace(case, architecture=replace(arch, memories=tuple(memories), nodes=tuple(nodes)))


def contradictions(case: Case) -> list[str]:
    """Return what does not follow from the counts: of energies, ports and cycles.

    Energy is linear in the bits that move; what is gated has a price and takes time; what is
    skipped has and takes neither.
    """
    found = evaluate(case.layer, case.architecture, case.mapping, TABLE)
    counted = zeros_counted(found)
    wrong = []

    def near(what: object, expected: float, value: float) -> None:
        if abs(expected - value) > 1e-9 * (abs(expected) + 1.0):
            wrong.append(f"{what}: expected {expected}, evaluated {value}")

    names = [tensor.name for tensor in case.layer.tensors]
    for (i, t, a), moved in np.ndenumerate(counted.bits):
        bits, level, tensor = float(moved), found.levels[i], case.layer.tensors[t]
        memory = case.architecture.memory.get(level)
        spent = bits / 16 * (3.0 if memory else 1.0)
        if memory and ACTIONS[a] in GATED:
            spent += (
                float(counted.gated[i, t, a]) * held_bits(memory, tensor) / 16 * GATED[ACTIONS[a]]
            )
        near(("energy", level, names[t], ACTIONS[a]), spent, float(found.energy_array[i, t, a]))
    its, operations = counted.operations, case.layer.operations
    widths = [t.bits / 16 for t in case.layer.tensors if t is not case.layer.output]
    mac = case.layer.op == "mac"
    factor = prod(widths) ** (2 / len(widths)) if mac else max(widths)
    near("operations", operations * (its.done * 2.0 + its.gated * 0.5) * factor,
         float(found.energy_array[-1, -1].sum()))  # fmt: skip
    priced = PricedCase(case, TABLE, DEFAULT_ACCOUNTING, traffic(case))
    status, energy, cycles = kernel_price(priced)
    near("kernel", 0.0, status)
    near("energy of the kernel", found.energy_total, energy)
    near("cycles of the kernel", found.cycles, cycles)
    dense = without_zeros(case)
    steps = evaluate(dense.layer, dense.architecture, dense.mapping, TABLE).compute_cycles
    near("steps", max(1, ceil(steps * (its.done + its.gated) * (1 - 1e-11))), found.compute_cycles)
    parts: list[Memory | Fanout] = [*case.architecture.memories, *case.architecture.fanouts]
    for part in parts:
        limits = _port_cycles(priced, part, found, counted)
        if limits is not None and not limits[0] <= found.port_cycles[part.name] <= limits[1]:
            wrong.append(f"port of {part.name}: expected {limits}, evaluated {found.port_cycles}")
    return wrong


def _port_cycles(
    priced: PricedCase, part: Memory | Fanout, found: Evaluation, counted: ZerosCounted
) -> tuple[int, int] | None:
    """Return the least and most cycles of the busiest instance; None where nothing is limited.

    Words of one tensor and action are all alike, but for what is known of them as a whole.
    """
    widths = (
        {
            READ_PORT: part.read_words_per_cycle,
            WRITE_PORT: part.write_words_per_cycle,
            READ_PORT + WRITE_PORT: part.shared_words_per_cycle,
        }
        if isinstance(part, Memory)
        else {("deliver", "collect"): part.words_per_cycle}
    )
    names = [tensor.name for tensor in priced.case.layer.tensors]
    level, slowest = found.levels.index(part.name), None
    for actions, width in widths.items():
        if width is None:
            continue
        through: defaultdict[object, float] = defaultdict(float)
        for event in priced.traffic.events:
            if event.level == part.name and event.action in actions and event.words:
                at = level, names.index(event.tensor), ACTIONS.index(event.action)
                timed = counted.done[at] + counted.gated[at]
                moved = timed + counted.skipped[at]
                form = counted.forms.get((part.name, event.tensor))
                if counted.done[at]:
                    each = counted.bits[at] / counted.done[at]
                else:
                    each = form.bits if form else counted.dense_bits[at] / moved
                through[event.instance] += event.words * each * timed / moved
        cycles = max(through.values(), default=0.0) / (width * part.word_bits)
        least, most = (ceil(cycles * (1 + sign * 1e-9)) for sign in (-1, 1))
        slowest = max(slowest or (0, 0), (least, most))
    return slowest
