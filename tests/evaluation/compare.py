"""Where an Evaluation and its twin differ, number by number."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from accelsim.conventions import Conventions
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.kernel import make_case, price_mapping
from accelsim.evaluation.packing import pack
from accelsim.evaluation.prices import resolve
from accelsim.evaluation.records import Evaluation
from accelsim.mapping.arrays import pack_layer, pack_mapping
from accelsim.mapping.machine_arrays import pack_machine
from tests.evaluation.bill import Bill, bill
from tests.evaluation.cases import PricedCase

TOLERANCE = Fraction(1, 10**12)


def close(twin: Fraction, value: float) -> bool:
    """Whether a float is the fraction, to a relative 1e-12; exactly, if that is zero."""
    return abs(Fraction(value) - twin) <= TOLERANCE * abs(twin)


def differences(priced: PricedCase, billed: Bill | None = None) -> list[str]:
    """Return a line for each number in which the evaluation and its twin disagree."""
    found = evaluate_case(priced)
    return _differences(billed or bill(priced), found) + _kernel_differences(priced, found)


def evaluate_case(priced: PricedCase) -> Evaluation:
    case = priced.case
    return evaluate(case.layer, case.architecture, case.mapping, priced.table, priced.accounting)


def _differences(twin: Bill, found: Evaluation) -> list[str]:
    lines: list[str] = []

    def same(what: object, expected: object, value: object) -> None:
        if expected != value:
            lines.append(f"{what}: billed {expected}, evaluated {value}")

    def near(what: object, expected: Fraction, value: float) -> None:
        if not close(expected, value):
            lines.append(f"{what}: billed {float(expected)!r}, evaluated {value!r}")

    for key, value in found.energy.by("level", "tensor", "action").items():
        near(("energy", *key), twin.energy.get(_triple(key), Fraction(0)), value)
    for axis, name in enumerate(("level", "tensor", "action")):
        for (label,), value in found.energy.by(name).items():
            expected = sum((e for key, e in twin.energy.items() if key[axis] == label), Fraction(0))
            near(("energy", name, label), expected, value)
    for key, value in found.traffic.by("level", "tensor", "action").items():
        same(("words", *key), twin.words.get(_triple(key), 0), value)
    assert {key[0] for key in twin.energy} <= set(found.levels)
    near("energy", twin.energy_total, found.energy_total)
    near("leakage", twin.leakage, found.leakage)
    near("energy per operation", twin.energy_total / found.operations, found.energy_per_operation)
    same("compute cycles", twin.compute_cycles, found.compute_cycles)
    same("port cycles", twin.port_cycles, found.port_cycles)
    same("cycles", twin.cycles, found.cycles)
    if found.bound not in twin.bound:
        lines.append(f"bound: billed {sorted(twin.bound)}, evaluated {found.bound}")
    near("utilization", twin.utilization, found.utilization)
    seconds = Fraction(twin.cycles) / Fraction(found.arch.clock_hz)
    near("seconds", seconds, found.seconds)
    near("EDP", twin.energy_total * seconds, found.edp)
    same("instances", twin.instances, found.instances)
    same("capacity", twin.capacity_bits, found.capacity_bits)
    for level, of_level in zip(found.levels, found.tile_words, strict=True):
        for tensor, words in zip(found.layer.tensors, of_level, strict=True):
            held = twin.tile_words.get((level, tensor.name), 0)
            same(("tile", level, tensor.name), held, int(words))
    if twin.area_mm2 is None or found.area_mm2 is None:
        same("area", twin.area_mm2, found.area_mm2)
    else:
        near("area", twin.area_mm2, found.area_mm2)
    return lines


def _triple(key: tuple[str, ...]) -> tuple[str, str, str]:
    level, tensor, action = key
    return level, tensor, action


def _kernel_differences(priced: PricedCase, found: Evaluation) -> list[str]:
    """Compare what a search sees with what the evaluation of its answer says."""
    status, energy, cycles = kernel_price(priced)
    lines = []
    if status != 0:
        lines.append(f"the kernel refuses: {status}")
    if cycles != found.cycles:
        lines.append(f"cycles: kernel {cycles}, evaluated {found.cycles}")
    if energy != found.energy_total:
        lines.append(f"energy: kernel {energy!r}, evaluated {found.energy_total!r}")
    return lines


def kernel_price(priced: PricedCase) -> tuple[int, float, float]:
    """Return (status, energy, cycles) of the kernel that searches call."""
    layer, arch = priced.case.layer, priced.case.architecture
    prices = pack(resolve(arch, priced.table, priced.accounting), arch, layer)
    case, marks = make_case(pack_layer(layer), pack_machine(arch, layer), prices, Conventions())
    status = price_mapping(case, *pack_mapping(priced.case.mapping, layer), marks)
    assert isinstance(case, np.record)
    return int(status), float(case.energy), float(case.cycles)
