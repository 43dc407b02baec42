"""Rows of lanes that are bounded together: they share words alike, and leave alike loops."""

from __future__ import annotations

from itertools import combinations
from math import prod

import numpy as np
import pytest

from accelsim.mapper.exact.tables import Tables
from accelsim.mapper.objectives import ENERGY
from accelsim.workload.records import Layer
from accelsim.workload.shapes import Options, named_layer
from tests.mapper.exact_rules import lanes, made, registers
from tests.mapspace.cases import ALL, place

LAYERS = (
    named_layer("conv", "conv", {"M": 4, "C": 6, "P": 4, "R": 2, "Q": 4, "S": 2}),
    named_layer("strided", "conv", {"N": 2, "M": 4, "P": 8, "R": 4}, Options((2, 2), (1, 1))),
    named_layer("depthwise", "depthwise", {"N": 6, "G": 4, "P": 4, "Q": 4, "R": 2}),
    named_layer("gemm", "gemm", {"M": 6, "N": 8, "K": 12}),
    named_layer("batched", "bgemm", {"B": 4, "M": 4, "N": 6, "K": 4}),
)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_rows_are_of_a_group_if_nothing_tells_them_apart(layer: Layer) -> None:
    machine = (lanes(x=4, y=6), place("registers", ALL))
    tables = Tables(made(layer, machine, (registers(None),)), ENERGY, False)
    s, rows = tables.fields, tables.rows
    n_dims, tensors = int(s["n_dims"]), range(int(s["n_tensors"]))
    sets = [of for n in tensors for of in combinations(tensors, n + 1)]

    def over(row: np.void, of: tuple[int, ...]) -> int:
        """Return the lanes over dims that none of some tensors depends on."""
        dims = [d for d in range(n_dims) if not any(int(s["relevant"][t]) >> d & 1 for t in of)]
        return prod(int(s["divisor"][d, row["number"][d]]) for d in dims)

    def looks(row: np.void) -> tuple[object, ...]:
        shared = row["inverse"][: len(tensors)].tolist()
        return (float(row["lanes"]), *shared, *(over(row, of) for of in sets))

    groups: list[list[np.void]] = []
    for row in rows:
        if not groups or groups[-1][-1]["alike"] == 1:
            groups.append([])
        groups[-1].append(row)
    for group in groups:
        assert [row["alike"] for row in group] == list(range(len(group), 0, -1))
        assert len({looks(row) for row in group}) == 1
    assert len({looks(row) for row in rows}) == len(groups)
    twins = layer.name in ("conv", "depthwise")  # P and Q, R and S belong to the same tensors
    assert (len(groups) < len(rows)) == twins
    most_first = [float(row["lanes"]) for row in rows]
    assert most_first == sorted(most_first, reverse=True)
