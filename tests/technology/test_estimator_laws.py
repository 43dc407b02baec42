"""Laws of estimators, whatever their numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.technology.estimators.compounds import Compound, Compounds, Part
from accelsim.technology.estimators.contract import ANY, Attributes, Estimator, Price
from accelsim.technology.estimators.curves import EXTRAPOLATED, Curve, Curves, Point
from accelsim.technology.estimators.first_of import FirstOf
from accelsim.technology.estimators.macs import MacParts, Macs
from accelsim.technology.estimators.scaled import NodeRule
from accelsim.technology.estimators.stated import Stated

ENERGIES = st.floats(1e-3, 1e3)
BITS = st.integers(1, 64)


def of(estimator: Estimator, component: str, attributes: Attributes, action: str) -> float:
    found = estimator.estimate(component, attributes, action)
    assert found is not None
    return found.energy


@given(ENERGIES, st.none() | BITS, BITS)
def test_a_part_is_priced_at_its_own_width(energy: float, stated: int | None, own: int) -> None:
    """Linear in its bits, quadratic if it multiplies; left out, a price is for 16 bits here."""
    price = Price(energy, "a test", width_bits=stated)
    points = (Point(1000, energy, "a"), Point(2000, energy, "a"))
    parts = FirstOf(
        (
            Stated({"unit": {"add": price, "multiply": price, "mac": price}}),
            Curves({"unit": {"access": Curve(points, "a", width_bits=stated)}}),
            Macs({"whole": {"mac": MacParts(price, price)}}, 16),
        )
    )
    ratio = own / (stated or 16)
    expected = {
        "unit.add": ratio,
        "unit.read": ratio,
        "unit.multiply": ratio**2,
        "unit.mac": ratio**2,
        "whole.mac": ratio**2 + ratio,
    }
    for step, times in expected.items():
        component, _, action = step.partition(".")
        compound = Compound({"p": Part(component, own)}, {"mac": {f"p.{action}": 1.0}}, "a test")
        compounds = Compounds({"c": compound}, parts, 16)
        for bits in ((), (8, 8), (32, 4)):
            its = Attributes(size_bits=1500, operand_bits=bits, sum_bits=24)
            assert of(compounds, "c", its, "mac") == pytest.approx(energy * times)


@given(ENERGIES, ENERGIES, BITS, BITS, BITS)
def test_a_multiplier_goes_with_both_widths_and_an_adder_with_the_sums(
    multiplier: float, adder: float, one: int, other: int, summed: int
) -> None:
    parts = MacParts(Price(multiplier, "m", width_bits=32), Price(adder, "a", width_bits=16))
    macs = Macs({"pe": {"mac": parts}}, 16)

    def at(one: int, other: int, summed: int) -> float:
        return of(macs, "pe", Attributes(operand_bits=(one, other), sum_bits=summed), "mac")

    adding = adder * summed / 16
    product = at(one, other, summed) - adding
    assert at(2 * one, other, summed) - adding == pytest.approx(2 * product, abs=1e-9)
    assert at(2 * one, 2 * other, summed) - adding == pytest.approx(4 * product, abs=1e-9)
    assert at(one, other, 2 * summed) - product == pytest.approx(2 * adding, abs=1e-9)


@given(ENERGIES, ENERGIES, st.floats(0, 9), st.floats(0, 9), ENERGIES)
def test_a_compound_is_linear_in_its_parts(
    cells: float, adder: float, reads: float, adds: float, more: float
) -> None:
    def spad(cells: float, adder: float) -> float:
        parts = Stated({"cells": {"read": Price(cells, "c")}, "adder": {"add": Price(adder, "a")}})
        steps = {"read": {"storage.read": reads, "generator.add": adds}}
        whole = Compound({"storage": Part("cells"), "generator": Part("adder")}, steps, "a test")
        return of(Compounds({"spad": whole}, parts, 16), "spad", ANY, "read")

    assert spad(cells, adder) == pytest.approx(reads * cells + adds * adder)
    assert spad(cells + more, adder) - spad(cells, adder) == pytest.approx(
        reads * more, abs=1e-9 * max(1.0, spad(cells + more, adder))
    )


@given(ENERGIES, ENERGIES, st.integers(-999, 3000))
def test_a_curve_is_a_line_beyond_and_between_its_points(
    low: float, high: float, offset: int
) -> None:
    points = (Point(1000, low, "a"), Point(2000, high, "a"))
    curves = Curves({"sram": {"access": Curve(points, "a", False, EXTRAPOLATED, EXTRAPOLATED)}})
    found = curves.estimate("sram", Attributes(size_bits=1000 + offset), "read")
    expected = low + (high - low) * offset / 1000
    if expected < -1e-9:
        assert found is None
    elif expected > 1e-9:
        assert found is not None
        assert found.energy == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert found.assumed == (not 0 <= offset <= 1000)


NODES = st.floats(22, 90)


@given(st.tuples(ENERGIES, ENERGIES, ENERGIES), NODES, NODES, NODES)
def test_scaling_by_way_of_another_node_is_scaling(
    energies: tuple[float, float, float], start: float, middle: float, end: float
) -> None:
    rule = NodeRule(tuple(zip((22.0, 45.0, 90.0), energies, strict=True)), "a test")
    direct, there, on = (
        rule.factor(start, end), rule.factor(start, middle), rule.factor(middle, end)
    )  # fmt: skip
    assert direct is not None
    assert there is not None
    assert on is not None
    assert there * on == pytest.approx(direct)
    assert rule.factor(start, start) == 1.0
    assert rule.factor(22, 90) == pytest.approx(energies[2] / energies[0])


@given(ENERGIES, ENERGIES)
def test_the_first_that_knows_answers(one: float, other: float) -> None:
    first = Stated({"a": {"read": Price(one, "one")}})
    second = Stated({"a": {"read": Price(other, "other")}, "b": {"read": Price(other, "other")}})
    both = FirstOf((first, second))
    assert of(both, "a", ANY, "read") == one
    assert of(both, "b", ANY, "read") == other
    assert both.estimate("c", ANY, "read") is None
    assert replace(both, estimators=(second, first)).estimate("a", ANY, "read") == (
        Price(other, "other")
    )
