"""The closed forms of the ISCA 2016 study: minimised as by looking at every choice."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.arch.spec import read_architecture
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.mapper.given import given as taken_apart
from accelsim.mapping.factors import needed_factors
from accelsim.mapping.records import Block, Mapping
from accelsim.mapspace.space import mapspace
from accelsim.mapspace.spec import read_dataflow
from accelsim.published.isca2016 import DATAFLOWS, Machine, Shape, best
from accelsim.published.isca2016_nests import machine_of, nest, shape_of, split
from accelsim.technology.spec import read_technology
from tests.mapspace.cases import conv
from tests.naive.isca2016 import least_energy


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    side, rows, stride = (draw(st.integers(1, 3)) for _ in range(3))
    return Shape(
        groups=draw(st.integers(1, 2)),
        batch=draw(st.integers(1, 2)),
        channels=draw(st.integers(1, 4)),
        filters=draw(st.integers(1, 4)),
        input_side=(side - 1) * stride + rows,
        filter_side=rows,
        stride=stride,
        output_side=side,
    )


machines = st.builds(
    Machine,
    pes=st.integers(1, 40),
    buffer_words=st.integers(4, 250),
    rf_words=st.integers(3, 60),
)


@pytest.mark.parametrize("dataflow", DATAFLOWS)
@given(shape=shapes(), machine=machines)
def test_no_choice_is_better(dataflow: str, shape: Shape, machine: Machine) -> None:
    expected = least_energy(dataflow, shape, machine)
    found = best(dataflow, shape, machine)
    if expected is None:
        assert found == ()
        return
    [one] = found
    without_operations = (one.energy - one.alu) / shape.groups
    assert without_operations == pytest.approx(expected, rel=1e-12)
    assert one.alu == shape.operations


def test_several_choices_come_by_growing_energy() -> None:
    shape = Shape(1, 2, 6, 8, 6, 3, 1, 4)
    found = best("RS", shape, Machine(36, 400, 40), most=7)
    energies = [one.energy for one in found]
    assert len(found) == 7
    assert energies == sorted(energies)
    assert found[0] == best("RS", shape, Machine(36, 400, 40))[0]


@given(bound=st.integers(1, 400), tiles=st.lists(st.integers(1, 400), min_size=1, max_size=3))
def test_a_split_covers_the_bound_in_no_needless_turn(bound: int, tiles: list[int]) -> None:
    tiles = sorted(tiles, reverse=True)
    factors = split(bound, *tiles)
    assert len(factors) == len(tiles) + 1
    assert needed_factors(factors, bound) == factors
    inner = 1
    for factor, tile in zip(factors[:0:-1], tiles[::-1], strict=True):
        inner *= factor
        assert inner <= tile


@pytest.mark.parametrize("dataflow", DATAFLOWS)
def test_nests_belong_to_the_narrow_dataflow(dataflow: str) -> None:
    """Those that cut no tile short are mappings of the dataflow file, if they fit the machine."""
    arch = read_architecture(f"isca2016_{dataflow.lower()}_256")
    layer = conv(N=4, M=64, C=16, P=8, Q=8, R=2, S=2)
    space = mapspace(layer, arch, [read_dataflow(f"isca2016_{dataflow.lower()}_narrow")])
    table, met = read_technology("eyeriss-relative"), 0
    for choice in best(dataflow, shape_of(layer), machine_of(arch), most=300):
        loops = nest(dataflow, layer, arch, dict(choice.parameters))
        if any(prod(bounds_of(loops, dim)) != bound for dim, bound in layer.dims):
            continue
        perfect = Mapping(loops.steps)
        try:
            evaluate(layer, arch, perfect, table)
        except IllegalMappingError:
            continue
        taken_apart(space, perfect)
        met += 1
    assert met


def bounds_of(mapping: Mapping, dim: str) -> list[int]:
    return [
        loop.bound
        for step in mapping.steps
        for loop in (step.loops if isinstance(step, Block) else (*step.y, *step.x))
        if loop.dim == dim
    ]
