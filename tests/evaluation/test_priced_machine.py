"""Tables that layers share are those that each of them would get by itself."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np

from accelsim.arch.zeros import minds_zeros
from accelsim.conventions import Conventions
from accelsim.evaluation.energies import level_prices
from accelsim.evaluation.packing import pack
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import resolve
from accelsim.evaluation.pricing import Packed, case_of
from accelsim.mapping.arrays import pack_layer
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.workload.records import Layer
from tests.evaluation.cases import random_priced_case
from tests.naive.cases import random_case, random_layer
from tests.naive.convention_cases import linked_case
from tests.naive.zeros_cases import with_densities, with_zeros


def unlike(one: Any, other: Any) -> list[str]:
    """Return the fields in which two tuples of arrays, numbers and mappings differ."""
    return [
        name
        for name, a, b in zip(one._fields, one, other, strict=True)
        if (a != b if isinstance(a, dict | tuple) else not np.array_equal(a, b))
    ]


def of_width(layer: Layer, bits: int) -> Layer:
    return replace(layer, tensors=tuple(replace(tensor, bits=bits) for tensor in layer.tensors))


def layers(rng: random.Random, first: Layer) -> list[Layer]:
    """Draw layers of which some are alike but for what a machine may look at more closely."""
    found = [first]
    for _ in range(3):
        layer = of_width(random_layer(rng), 16)
        sparse, alu = with_densities(rng, layer), replace(layer, op="alu")
        found += [layer, of_width(layer, 8), sparse, alu, first]
    return found


def test_layers_share_what_they_would_have_apart() -> None:
    shared = closer = 0
    for seed in range(24):
        draw = random_case if seed % 3 else linked_case
        rng, priced = random.Random(seed), random_priced_case(seed, draw)
        arch = priced.case.architecture
        if seed % 2:
            arch = with_zeros(rng, arch)
        machine = PricedMachine(arch, resolve(arch, priced.table, priced.accounting))
        closer += minds_zeros(arch)
        tables: list[object] = []
        for layer in layers(rng, priced.case.layer):
            packed = machine.pack(layer)
            assert unlike(packed.layer, pack_layer(replace(layer))) == []
            assert unlike(packed.machine, pack_machine(arch, replace(layer))) == []
            assert unlike(packed.prices, pack(machine.prices, arch, replace(layer))) == []
            alone = level_prices(replace(layer), arch, machine.prices)
            assert unlike(machine.levels(layer), alone) == []
            shared += any(packed.prices is its for its in tables)
            tables.append(packed.prices)
    assert shared > 50
    assert closer > 5


def test_a_case_is_as_new_each_time() -> None:
    for seed in range(10):
        priced = random_priced_case(seed)
        arch, layer = priced.case.architecture, priced.case.layer
        packed = PricedMachine(arch, resolve(arch, priced.table, priced.accounting)).pack(layer)
        whole = Packed(packed.layer, packed.machine, packed.prices, packed.conventions)
        fresh, scratch = case_of(
            *(getattr(packed, name) for name in ("layer", "machine", "prices"))
        )
        for _ in range(2):
            case, marks = whole.case()
            assert case.tobytes() == fresh.tobytes()
            assert np.array_equal(np.asarray(marks), np.asarray(scratch))
            case["counter"]["nest"]["steps"] = 7
            np.asarray(marks)[:] = 1


def test_tables_are_kept_for_one_set_of_conventions_at_a_time() -> None:
    others = (Conventions(), Conventions(reuse="none"), Conventions(multicast="none"))
    for seed in range(10):
        priced = random_priced_case(seed)
        arch, layer = priced.case.architecture, priced.case.layer
        packed = PricedMachine(arch, resolve(arch, priced.table, priced.accounting)).pack(layer)
        its, machine, prices = packed.layer, packed.machine, packed.prices
        for conventions in (*others, *others):
            case, _ = case_of(its, machine, prices, conventions)
            copies = its._replace(), machine._replace(), prices._replace()
            assert case.tobytes() == case_of(*copies, conventions)[0].tobytes()
            case["counter"]["layer"]["bounds"] = case["counter"]["machine"]["multicast"] = 7
