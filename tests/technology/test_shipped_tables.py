"""Every number of the shipped tables that a source prints, and what follows from it, by hand.

How each number is known: read in its source (verified), unless a line says "remembered".
"""

from __future__ import annotations

import pytest

from accelsim.technology.estimators.contract import ANY, Attributes, Price
from accelsim.technology.records import EnergyTable
from accelsim.technology.spec import read_technology

KIB = 8 * 1024

STATED: dict[str, dict[str, float]] = {
    # Chen, Emer, Sze, ISCA 2016: 16-bit accesses relative to a MAC.
    "eyeriss-relative": {
        "dram.read": 200, "dram.update": 200, "buffer.read": 6, "buffer.fill": 6,
        "register_file.read": 1, "register_file.update": 1, "array.deliver": 2, "mac.mac": 1,
        "array.reduce": 2 + 2,  # out of one PE, into the next
    },
    # stanford-mast/nn_dataflow, tests/dataflow_test/test_nn_dataflow.py: pJ for 16 bits.
    "nn-dataflow-65nm": {
        "dram.read": 460, "dram.drain": 460, "buffer.read": 15, "buffer.drain": 15,
        "register_file.read": 1, "array.deliver": 4, "array.reduce": 4 + 4, "mac.mac": 2,
    },
    # The same times 0.242 / 0.3 (an adder in 45 and in 65 nm), but for the DRAM.
    "nn-dataflow-65nm-to-45nm": {
        "dram.read": 460, "buffer.read": 15 * 0.242 / 0.3, "register_file.read": 0.242 / 0.3,
        "array.deliver": 4 * 0.242 / 0.3, "array.reduce": 8 * 0.242 / 0.3,
        "mac.mac": 2 * 0.242 / 0.3, "mac.alu": 2 * 0.242 / 0.3,
    },
    # Horowitz, ISSCC 2014, in 45 nm: pJ for the widths of WIDTHS.
    "horowitz-45nm": {
        "dram.read": 640, "register_file.read": 1.0, "adder.add": 0.1, "mac_fp32.alu": 0.9,
        "mac.alu": 0.1 / 2,
        "mac_int8.alu": 0.03, "mac_fp16.alu": 0.4, "sram_mib.read": 100,  # remembered
    },
    # Accelergy-Project/baseline-designs, eyeriss_like, ERT_summary.yaml: pJ; 64 bits for memories.
    "accelergy-eyeriss-like-45nm": {
        "dram.read": 512, "dram.update": 512,
        "buffer.read": 74.144, "buffer.drain": 74.144, "buffer.fill": 75.215,
        "buffer.update": 75.215, "buffer.read.repeated": 0.055,
        "mac.mac": 2.2, "mac.mac.repeated": 1.877, "mac.mac.gated": 0.103,
    },
}  # fmt: skip

WIDTHS = {
    "horowitz-45nm": {"dram": 32, "register_file": 32, "adder": 32, "mac_fp32": 32, "mac_int8": 8,
                      "sram_mib": 64},
    "accelergy-eyeriss-like-45nm": {"dram": 64, "buffer": 64},
}  # fmt: skip
"""Bits that a price is for, where not the table's word of 16."""


def price(table: EnergyTable, component: str, action: str, size_bits: int | None = None) -> Price:
    known = ANY if size_bits is None else Attributes(size_bits=size_bits)
    found = table.estimate(component, known, action)
    assert found is not None, f"{component}.{action}"
    return found


@pytest.mark.parametrize("name", STATED)
def test_every_stated_price(name: str) -> None:
    table = read_technology(name)
    for written, expected in STATED[name].items():
        component, _, action = written.partition(".")
        found = price(table, component, action)
        assert found.energy == pytest.approx(expected, rel=1e-15), written
        width = WIDTHS.get(name, {}).get(component)
        assert (found.width_bits or table.word_bits) == (width or 16), written
        assert found.source, written


BETWEEN = [
    # Half-way from 0.5 to 3 KiB; 54 of the 68 KiB from 32 to 100; 0.25 KiB below the first point,
    # on the line from 0.5 to 3 KiB.
    ("eyeriss-relative", "sram", 1.75, (1 + 1.126) / 2),
    ("eyeriss-relative", "sram", 86, 2.583 + (6 - 2.583) * 54 / 68),
    ("eyeriss-relative", "sram", 0.25, 1 - 0.126 * 0.25 / 2.5),
    # From 8 to 32 KiB, a quarter; from 32 to 108 KiB, a half.
    ("nn-dataflow-65nm", "sram", 14, 1.977 + (5.102 - 1.977) / 4),
    ("nn-dataflow-65nm", "sram", 70, (5.102 + 15) / 2),
    ("nn-dataflow-65nm-to-45nm", "sram", 70, (5.102 + 15) / 2 * 0.242 / 0.3),
    ("nn-dataflow-65nm-to-45nm", "sram", 108, 15 * 0.242 / 0.3),
    # From 8 to 32 KiB, a half; from 32 KiB to 1 MiB, a quarter; 2 MiB is 1 MiB of the 992 KiB that
    # cost 80 pJ beyond 100; 4 KiB is 4 of the 24 KiB that cost 10 pJ below 10.
    ("horowitz-45nm", "sram", 20, 15.0),
    ("horowitz-45nm", "buffer", 20, 15.0),
    ("horowitz-45nm", "sram", 280, 40.0),
    ("horowitz-45nm", "sram", 2048, 100 + 80 * 1024 / 992),
    ("horowitz-45nm", "buffer", 4, 10 - 10 * 4 / 24),
    # 28 B is half-way from 24 to 32 B; 208 B from 32 to 384; 16 B is 8 B below 24.
    ("accelergy-eyeriss-like-45nm", "register_file", 28 / 1024, (0.237 + 0.251) / 2),
    ("accelergy-eyeriss-like-45nm", "register_file", 208 / 1024, (0.251 + 1.586) / 2),
    ("accelergy-eyeriss-like-45nm", "register_file", 16 / 1024, 0.237 - 0.014),
    # 64.1875 KiB is half-way from 384 B to 128 KiB; 74.144 pJ of 64 bits are 18.536 of 16.
    ("accelergy-eyeriss-like-45nm", "sram", 64.1875, (1.586 + 18.536) / 2),
]


@pytest.mark.parametrize(("name", "component", "kib", "expected"), BETWEEN)
def test_curves_between_their_points_and_beyond(
    name: str, component: str, kib: float, expected: float
) -> None:
    found = price(read_technology(name), component, "read", round(kib * KIB))
    assert found.energy == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("component", "bits", "expected"),
    [
        # A multiplier goes with the product of the widths, an adder with the width of the sum.
        ("mac", 32, 3.1 + 0.1),
        ("mac", 16, 3.1 / 4 + 0.1 / 2),
        ("mac", 8, 3.1 / 16 + 0.1 / 4),
        ("mac_int8", 8, 0.2 + 0.03),
        ("mac_fp16", 16, 1.1 + 0.4),
        ("mac_fp32", 32, 3.7 + 0.9),
    ],
)
def test_horowitz_operations_by_width(component: str, bits: int, expected: float) -> None:
    widths = Attributes(operand_bits=(bits, bits), sum_bits=bits)
    found = read_technology("horowitz-45nm").estimate(component, widths, "mac")
    assert found is not None
    assert found.energy == pytest.approx(expected, rel=1e-12)


def test_labels_say_how_numbers_are_known() -> None:
    table = read_technology("horowitz-45nm")
    known = {
        "dram": "verified", "register_file": "verified", "adder": "verified",
        "mac_fp32": "verified", "mac_int8": "from_memory", "mac_fp16": "from_memory",
    }  # fmt: skip
    for component, label in known.items():
        (only,) = table.prices[component].values()
        assert (only.label, only.assumed) == (label, label == "from_memory")
