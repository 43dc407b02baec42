"""Every estimator, curve point and rule against cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.errors import SpecError
from accelsim.evaluation.area import area_mm2
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import resolve
from accelsim.evaluation.tabulated import tabulated
from accelsim.technology.assumed import assumed_numbers
from accelsim.technology.estimators.compounds import Compound, Compounds, Part
from accelsim.technology.estimators.contract import ANY, Area, Attributes, Price
from accelsim.technology.estimators.curves import EXTRAPOLATED, Curve, Curves, Point
from accelsim.technology.estimators.first_of import FirstOf
from accelsim.technology.estimators.macs import MacParts, Macs, operation_factor
from accelsim.technology.estimators.scaled import NodeRule, Scaled
from accelsim.technology.estimators.stated import Stated
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.technology.scaling import scaled_table
from accelsim.technology.spec import read_technology
from tests.evaluation.machines import BUFFER, MAC, MAPPING, REGISTER, machine, priced, row

KIB = 8 * 1024

ADDER = NodeRule(((40.0, 0.21), (45.0, 0.242), (65.0, 0.3)), "hwcomponents-library 1.0.58")
"""A 32-bit adder at three nodes, verified by running the published package."""


def energy(price: Price | None) -> float:
    assert price is not None
    return price.energy


def at(table: EnergyTable, component: str, kib: float, action: str = "read") -> Price | None:
    return table.estimate(component, Attributes(size_bits=int(kib * KIB)), action)


# --- stated prices --------------------------------------------------------------------------------


def test_stated_prices() -> None:
    stated = Stated(
        {
            "spad": {"access": Price(3.0, "a test"), "read": Price(2.0, "a test")},
            "mac": {"mac": Price(2.2, "a test"), "mac.gated": Price(0.1, "a test")},
            "spare": {"access.gated": Price(0.5, "a test"), "access": Price(4.0, "a test")},
        }
    )
    assert energy(stated.estimate("spad", ANY, "read")) == 2.0
    assert energy(stated.estimate("spad", ANY, "drain")) == 3.0
    assert stated.estimate("spad", ANY, "deliver") is None
    assert stated.estimate("buffer", ANY, "read") is None
    assert energy(stated.estimate("mac", ANY, "mac.random")) == 2.2
    assert energy(stated.estimate("mac", ANY, "mac.gated")) == 0.1
    assert stated.estimate("mac", ANY, "mac.repeated") is None
    assert energy(stated.estimate("spare", ANY, "update.gated")) == 0.5
    assert stated.estimate("spare", ANY, "update.repeated") is None


# --- curves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "points"),
    [
        # NVlabs/timeloop pat-public: 1.0 at 0.5 KB to 6.0 at 100 KB; three points rounded.
        ("eyeriss-relative", {0.5: 1, 3: 1.126, 8: 1.377, 32: 2.583, 100: 6}),
        # nn_dataflow: 1 pJ at 0.5 KiB to 15 pJ at 108 KiB.
        ("nn-dataflow-65nm", {0.5: 1, 3: 1.326, 8: 1.977, 32: 5.102, 108: 15}),
        # Horowitz: 10, 20, 100 pJ per 64 bits.
        ("horowitz-45nm", {8: 10, 32: 20, 1024: 100}),
        # Accelergy: 1.586 pJ at 384 B; 74.144 pJ per 64 bits at 128 KiB.
        ("accelergy-eyeriss-like-45nm", {0.375: 1.586, 128: 74.144 / 4}),
    ],
)
def test_every_point_of_the_shipped_curves(name: str, points: dict[float, float]) -> None:
    table = read_technology(name)
    for kib, expected in points.items():
        assert energy(at(table, "sram", kib)) == expected
    curve = table.curves["sram"]["access"]
    assert len(curve.points) == len(points)


def test_register_files_of_accelergy() -> None:
    table = read_technology("accelergy-eyeriss-like-45nm")
    found = [energy(at(table, "register_file", size / 1024)) for size in (24, 32, 384)]
    assert found == [0.237, 0.251, 1.586]
    # 224 words of 16 bits are 448 B: beyond 384 B by 64 of the 352 B of the last line.
    beyond = at(table, "register_file", 448 / 1024)
    assert energy(beyond) == pytest.approx(1.586 + (1.586 - 0.251) * 64 / 352)
    assert beyond is not None
    assert beyond.assumed
    assert "extrapolated to 448 B from 384 B" in beyond.source


def test_between_points_beyond_them_and_without_a_size() -> None:
    table = read_technology("nn-dataflow-65nm")
    between = at(table, "sram", 70)
    # Halfway between 32 and 108 KiB.
    assert energy(between) == pytest.approx((5.102 + 15) / 2)
    assert between is not None
    assert (between.assumed, between.label) == (True, "derived")
    # The line from 0.5 to 3 KiB goes on below.
    assert energy(at(table, "sram", 0.25)) == pytest.approx(1 - 0.326 / 2.5 * 0.25)
    assert at(table, "sram", 109) is None
    assert table.estimate("sram", ANY, "read") is None
    assert "goes from 512 B to 108 KiB; the level has 109 KiB" in table.gap(
        "sram", Attributes(size_bits=109 * KIB), "read"
    )
    assert "depends on the size" in table.gap("sram", ANY, "read")


def test_a_curve_never_goes_below_zero() -> None:
    steep = Curve((Point(100, 1.0, "a"), Point(200, 3.0, "b")), "c", below=EXTRAPOLATED)
    found = steep.at(50)
    assert found is not None
    assert found.value == 0.0
    assert steep.at(49) is None
    assert steep.gap(48) == "its last line falls below 0 before 6 B"
    assert steep.at(201) is None


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1e3)), min_size=2, max_size=6),
       st.integers(1, 10**6))  # fmt: skip
def test_a_curve_stays_between_its_neighbours(drawn: list[tuple[int, float]], size: int) -> None:
    points = tuple(Point(bits, value, "a test") for bits, value in sorted(dict(drawn).items()))
    found = Curve(points, "a test").at(size)
    if not points[0].size_bits <= size <= points[-1].size_bits:
        assert found is None
        return
    assert found is not None
    left = max((p for p in points if p.size_bits <= size), key=lambda p: p.size_bits)
    right = min((p for p in points if p.size_bits >= size), key=lambda p: p.size_bits)
    low, high = sorted((left.value, right.value))
    assert low - 1e-9 <= found.value <= high + 1e-9


def test_a_memory_is_priced_by_its_size() -> None:
    table = read_technology("nn-dataflow-65nm")
    for kib, expected in ((32, 5.102), (108, 15.0)):
        arch = machine(buffer=replace(BUFFER, component="sram", size_bits=kib * KIB))
        assert resolve(arch, table, Accounting("default")).by_level["buffer", "read"].energy == (
            expected
        )
    arch = machine(buffer=replace(BUFFER, component="sram", size_bits=200 * KIB))
    with pytest.raises(SpecError, match="'read', 'update', 'fill', 'drain' of component 'sram'"):
        resolve(arch, table, Accounting("default"))


# --- operations by width --------------------------------------------------------------------------


def test_multipliers_are_quadratic_and_adders_linear() -> None:
    multiplier = Price(3.1, "Horowitz", width_bits=32)
    adder = Price(0.1, "Horowitz", width_bits=32)
    macs = Macs({"mac": {"mac": MacParts(multiplier, adder)}}, 16)

    def of(operands: tuple[int, ...], summed: int) -> float:
        return energy(
            macs.estimate("mac", Attributes(operand_bits=operands, sum_bits=summed), "mac")
        )

    assert of((32, 32), 32) == pytest.approx(3.1 + 0.1)
    assert of((16, 16), 32) == pytest.approx(3.1 / 4 + 0.1)
    assert of((8, 8), 32) == pytest.approx(3.1 / 16 + 0.1)
    assert of((16, 8), 24) == pytest.approx(3.1 / 8 + 0.075)
    assert energy(macs.estimate("mac", ANY, "mac")) == pytest.approx(3.1 / 4 + 0.05)
    assert macs.estimate("mac", ANY, "alu") is None
    # Three operands: the square of their geometric mean.
    assert operation_factor("mac", (8, 8, 64), 16) == pytest.approx((64 * 64) ** (1 / 3) ** 1 / 16)
    assert operation_factor("alu", (8, 32), 16) == 2.0


def test_the_quadratic_rule_against_a_published_narrow_multiplier() -> None:
    """Horowitz prices an 8-bit multiplier at 0.2 pJ; the rule makes it of the 32-bit one's 3.1."""
    assert 3.1 * operation_factor("mac", (8, 8), 32) == pytest.approx(0.2, rel=0.05)


def test_a_layers_widths_set_the_price_of_its_operations() -> None:
    free = priced()
    parts = MacParts(Price(3.2, "a test", width_bits=32), Price(0.64, "a test", width_bits=32))
    prices = {name: its for name, its in free.prices.items() if name != "mac"}
    prices["mac"] = {"alu": Price(0.0, "a test")}
    table = replace(free, prices=prices, macs={"mac": {"mac": parts}})
    found = evaluate(row(weights=8, inputs=16, outputs=24), machine(), MAPPING, table)
    # Weights of 8 b times inputs of 16 b, added to sums of 24 b.
    assert found.energy_total == pytest.approx(72 * (3.2 * 8 * 16 / 32**2 + 0.64 * 24 / 32))


# --- compounds ------------------------------------------------------------------------------------


def spad_table() -> EnergyTable:
    return EnergyTable(
        "test",
        "pJ",
        {
            "adder": {"add": Price(0.32, "an adder", width_bits=32)},
            "cells": {
                "read": Price(2.0, "cells"),
                "update": Price(3.0, "cells"),
                "read.repeated": Price(0.5, "cells"),
            },
        },
        compounds={
            "spad": Compound(
                {"storage": Part("cells"), "generator": Part("adder", width_bits=8)},
                {
                    "read": {"storage.read": 1.0, "generator.add": 1.0},
                    "read.repeated": {"storage.read.repeated": 1.0},
                    "access": {"storage.update": 2.0, "generator.add": 3.0},
                },
                "a scratchpad",
            )
        },
    )


def test_a_compound_is_the_sum_of_its_parts() -> None:
    table = spad_table()
    # 0.32 pJ of 32 bits are 0.08 of 8.
    assert energy(table.price("spad", "read")) == pytest.approx(2.0 + 0.08)
    assert energy(table.price("spad", "read.random")) == pytest.approx(2.0 + 0.08)
    assert energy(table.price("spad", "read.repeated")) == 0.5
    assert energy(table.price("spad", "drain")) == pytest.approx(2 * 3.0 + 3 * 0.08)
    assert table.price("spad", "read.gated") is None
    found = table.price("spad", "read")
    assert found is not None
    assert found.source == "a scratchpad; storage.read: cells; generator.add: an adder"


def test_a_compound_lacks_what_a_part_lacks() -> None:
    table = spad_table()
    compound = replace(table.compounds["spad"], actions={"read": {"storage.fill": 1.0}})
    table = replace(table, compounds={"spad": compound})
    assert table.price("spad", "read") is None
    assert table.gap("spad", ANY, "read") == "its part storage needs 'fill' of component 'cells'"


def test_a_part_has_the_size_of_the_whole_unless_it_has_its_own() -> None:
    curve = Curve((Point(1000, 1.0, "a"), Point(2000, 2.0, "a")), "a")
    curves = Curves({"sram": {"access": curve}})
    parts = {"whole": Part("sram"), "small": Part("sram", size_bits=1000)}
    compound = Compound(parts, {"read": {"whole.read": 1.0, "small.read": 1.0}}, "a test")
    compounds = Compounds({"banked": compound}, curves, 16)
    assert energy(compounds.estimate("banked", Attributes(size_bits=1500), "read")) == 1.5 + 1.0


# --- nodes ----------------------------------------------------------------------------------------


def test_the_scaling_rule_against_other_circuits() -> None:
    """What the adder says of 65 -> 45 -> 40 nm, a multiplier and a register say too (verified)."""
    down = ADDER.factor(65, 45)
    assert down == pytest.approx(0.242 / 0.3)
    assert down == pytest.approx(3.648 / 4.526, rel=2e-3)  # 16 x 16 multiplier
    assert down == pytest.approx(0.166 / 0.206, rel=2e-3)  # 16-bit register
    assert ADDER.factor(45, 40) == pytest.approx(16 * 0.009 / 0.166, rel=2e-3)  # 9 fJ a bit at 40
    assert ADDER.factor(45, 65) == pytest.approx(1 / (0.242 / 0.3))


def test_between_nodes_the_rule_is_a_power_law() -> None:
    middle = sqrt(45 * 65)
    assert ADDER.factor(65, middle) == pytest.approx(sqrt(0.242 / 0.3))
    assert ADDER.factor(65, 28) is None
    assert ADDER.factor(90, 45) is None


def test_a_scaled_table() -> None:
    table, base = read_technology("nn-dataflow-65nm-to-45nm"), read_technology("nn-dataflow-65nm")
    factor = 0.242 / 0.3
    assert energy(table.price("mac", "mac")) == pytest.approx(2 * factor)
    assert energy(table.price("register_file", "read")) == pytest.approx(factor)
    assert energy(at(table, "sram", 32)) == pytest.approx(5.102 * factor)
    assert energy(at(table, "sram", 20)) == pytest.approx(energy(at(base, "sram", 20)) * factor)
    assert energy(table.price("dram", "read")) == 460
    price = table.price("mac", "mac")
    assert price is not None
    assert "x 0.8067 from 65 to 45 nm" in price.source
    assert table.node_nm == 45


@given(st.floats(0.01, 100))
def test_scaling_an_estimator_is_scaling_its_table(factor: float) -> None:
    base = read_technology("horowitz-45nm")
    scaled = Scaled(base, factor, "a test", unscaled=frozenset({"dram"}))
    table = scaled_table(base, scaled)
    for component in base.components:
        for action in ("read", "deliver", "mac", "alu"):
            for attributes in (ANY, Attributes(size_bits=20 * KIB)):
                one = scaled.estimate(component, attributes, action)
                other = table.estimate(component, attributes, action)
                assert (one is None) == (other is None)
                if one and other:
                    assert one.energy == pytest.approx(other.energy, rel=1e-12)


# --- areas, several estimators, assumptions -------------------------------------------------------


def test_areas_of_a_table_fill_in_what_the_machine_leaves_open() -> None:
    curve = Curve((Point(KIB, 1000.0, "a"), Point(3 * KIB, 2000.0, "a")), "a")
    table = replace(
        priced(),
        areas={"register_file": Area(50.0, "a"), "mac": Area(400.0, "a")},
        area_curves={"buffer": curve},
    )
    arch = machine(buffer=replace(BUFFER, size_bits=2 * KIB))
    # One buffer of 1500 um2; 6 lanes with a register and a MAC each.
    assert area_mm2(arch, table) == pytest.approx((1500 + 6 * (50 + 400)) / 1e6)
    own = machine(
        buffer=replace(BUFFER, size_bits=2 * KIB),
        register=replace(REGISTER, area_um2=10.0),
        mac=replace(MAC, area_um2=100.0),
    )
    assert area_mm2(own, table) == pytest.approx((1500 + 6 * (10 + 100)) / 1e6)
    assert area_mm2(machine(), table) is None


class Bridge:
    """Stands for an estimator of another package: knows buffers by size, and nothing else."""

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        if component != "buffer" or attributes.size_bits is None or action == "first_read":
            return None
        return Price(attributes.size_bits / 1000, "a bridge")


def test_a_bridge_is_asked_first_and_written_down() -> None:
    arch = machine(
        buffer=replace(BUFFER, size_bits=4000),
        register=replace(REGISTER, component="buffer", size_bits=32),
    )
    both = FirstOf((Bridge(), priced(dram={"access": 7.0})))
    table = tabulated(both, arch, "bridged")
    prices = resolve(arch, table, Accounting("default")).by_level
    assert prices["buffer", "read"].energy == 4.0
    assert prices["register", "read"].energy == 0.032
    assert prices["dram", "read"].energy == 7.0
    lacking = tabulated(Bridge(), arch, "bridged")
    with pytest.raises(SpecError, match="no component 'dram'"):
        resolve(arch, lacking, Accounting("default"))


def test_a_class_of_several_sizes_is_priced_for_one_width() -> None:
    class ByAccess:
        def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
            return Price(1.0, f"{component}.{action}", width_bits=attributes.access_bits)

    small = replace(REGISTER, component="buffer", size_bits=64)
    table = tabulated(ByAccess(), machine(register=small), "bridged")
    assert table.curves["buffer"]["read"].width_bits == 16
    with pytest.raises(SpecError, match="'buffer' of several sizes has no one width for 'read'"):
        tabulated(ByAccess(), machine(register=replace(small, block_bits=64)), "bridged")


def test_one_class_of_one_size_has_one_price() -> None:
    class ByWidth:
        def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
            return Price(float(attributes.access_bits or 0), f"{component}.{action}")

    arch = machine(register=replace(REGISTER, component="buffer", block_bits=64))
    with pytest.raises(SpecError, match="'buffer' of one size has two prices for 'read'"):
        tabulated(ByWidth(), arch, "bridged")


def test_assumed_numbers_are_listed() -> None:
    table = replace(
        spad_table(),
        prices={"mac": {"mac": Price(2.0, "a guess", assumed=True)}},
        curves={
            "sram": {
                "access": Curve(
                    (Point(KIB, 1.0, "a"), Point(2 * KIB, 2.0, "rumour", assumed=True)),
                    "a line",
                    assumed=True,
                    above=EXTRAPOLATED,
                )
            }
        },
        macs={"pe": {"mac": MacParts(Price(1.0, "m"), Price(0.5, "hearsay", assumed=True))}},
        areas={"mac": Area(1.0, "a sketch", assumed=True)},
    )
    assert list(assumed_numbers(table)) == [
        "mac.mac = 2 pJ: a guess",
        "sram.access at 2 KiB = 2 pJ: rumour",
        "sram.access between its points: a line",
        "sram.access above 2 KiB: extrapolated",
        "adder of pe.mac = 0.5 pJ: hearsay",
        "area of mac = 1 um2: a sketch",
    ]


def test_what_is_only_remembered_is_assumed() -> None:
    table = read_technology("horowitz-45nm")
    remembered = [text for text in assumed_numbers(table) if "from memory" in text]
    assert any("at 32 KiB = 20 pJ" in text for text in remembered)
    assert not any("8 KiB = 10 pJ" in text for text in remembered)
