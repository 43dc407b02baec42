"""What a longer step leaves of a strip, held against sets of words."""

from __future__ import annotations

import pytest

from accelsim.mapper.exact.bounds import least_share
from accelsim.mapper.exact.tables import Tables
from accelsim.mapper.objectives import ENERGY
from accelsim.workload.shapes import Options, named_layer
from tests.mapper.exact_rules import made, registers
from tests.mapspace.cases import ALL, place


def words(a: int, b: int, u: int, v: int) -> set[int]:
    return {u * i + v * j for i in range(a) for j in range(b)}


def shares(u: int, v: int, a: int, b: int, bound: int) -> list[float]:
    """Return the share of a tile that is new after each step in i that a run may take."""
    tile = words(a, b, u, v)
    steps = [step for step in range(a, bound, a) if bound % step == 0]
    return [len(tile - {word - u * step for word in tile}) / len(tile) for step in steps]


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), (1, 3), (3, 2)])
def test_the_least_share_of_a_tile(stride: int, dilation: int) -> None:
    options = Options((stride, stride), (dilation, dilation))
    layer = named_layer("conv", "conv", {"P": 12, "R": 6}, options)
    tables = Tables(made(layer, (place("registers", ALL),), (registers(None),)), ENERGY, False)
    s, points = tables.fields, tables.points
    inputs = next(t for t in range(int(s["n_tensors"])) if s["n_window"][t])
    p, r = (s["bounds"].tolist().index(bound) for bound in (12, 6))
    for point in points:
        a, b = int(point["extent"][p]), int(point["extent"][r])
        found = [least_share(tables.record[0], point, inputs, dim) for dim in (p, r)]
        assert found[0] == pytest.approx(min([1.0, *shares(stride, dilation, a, b, 12)]))
        assert found[1] == pytest.approx(min([1.0, *shares(dilation, stride, b, a, 6)]))
