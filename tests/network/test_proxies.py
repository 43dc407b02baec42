"""Rank correlations by hand and by their definition; MACs and weights against energy."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import accelsim as acs
from accelsim.errors import UsageError
from accelsim.network.proxies import (
    Point,
    Proxies,
    layer_proxies,
    network_proxies,
    rank_correlation,
)
from accelsim.report.network_notes import proxies_note

NETWORK = """
kind: workload
name: {name}
layers:
- {{name: wide, shape: fc, M: {m}, C: 2}}
- {{name: long, shape: fc, M: 2, C: {c}}}
- {{name: conv, shape: conv, M: 2, C: 2, P: 3, Q: 3, R: 2, S: 2}}
- {{name: sum, shape: elementwise, G: 2, P: 3, Q: 3, operands: 2}}
"""


@pytest.mark.parametrize(
    ("xs", "ys", "correlation"),
    [
        ([1, 2, 3], [5, 6, 9], 1.0),
        ([1, 2, 3], [9, 6, 5], -1.0),
        # d = 0, 0, -1, 1: 1 - 6 * 2 / (4 * 15)
        ([1, 2, 3, 4], [10, 20, 40, 30], 0.8),
        # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5)
        ([1, 2, 2, 3], [1, 2, 3, 4], 3 / sqrt(10)),
        # Ranks 1.5, 1.5, 3.5, 3.5 and 1.5, 3.5, 1.5, 3.5: nothing of one in the other
        ([0, 0, 1, 1], [0, 1, 0, 1], 0.0),
        ([1, 1, 1], [1, 2, 3], None),
        ([1, 2], [1, 2], None),
        ([], [], None),
    ],
)
def test_by_hand(xs: list[float], ys: list[float], correlation: float | None) -> None:
    assert rank_correlation(xs, ys) == correlation


def ranks(values: list[int]) -> list[Fraction]:
    """Return the ranks as defined: one more than all that is less, and half of the other equals."""
    return [
        sum(w < v for w in values) + Fraction(sum(w == v for w in values) + 1, 2) for v in values
    ]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=12))
def test_pearson_of_the_ranks(pairs: list[tuple[int, int]]) -> None:
    xs, ys = (ranks([pair[side] for pair in pairs]) for side in (0, 1))
    mean = Fraction(len(pairs) + 1, 2)
    both = sum((x - mean) * (y - mean) for x, y in zip(xs, ys, strict=True))
    spread = sum((x - mean) ** 2 for x in xs) * sum((y - mean) ** 2 for y in ys)
    found = rank_correlation([x for x, _ in pairs], [y for _, y in pairs])
    if spread == 0:
        assert found is None
    else:
        assert found == pytest.approx(float(both) / sqrt(spread), abs=1e-12)


def written(folder: Path, name: str, m: int, c: int) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(NETWORK.format(name=name, m=m, c=c), encoding="utf-8")
    return path


def test_layers_and_networks(tmp_path: Path) -> None:
    """Layers without MACs are left out; networks of a machine and a row are one series."""
    results = [
        acs.run("eyeriss", written(tmp_path, name, m, c))
        for name, m, c in (("a", 4, 8), ("b", 40, 8), ("c", 4, 80))
    ]
    row = results[0].result
    layers = layer_proxies(row)
    assert [(p.name, p.macs, p.weights) for p in layers.points] == [
        ("wide", 8, 8), ("long", 16, 16), ("conv", 2 * 2 * 9 * 4, 16)
    ]  # fmt: skip
    energies = [e.evaluation.energy_total for e in row.layers[:3] if e.evaluation]
    assert [p.energy for p in layers.points] == energies
    assert layers.macs == rank_correlation([8, 16, 144], energies)
    (networks,) = network_proxies(its.result for its in results)
    assert [(p.name, p.macs, p.weights) for p in networks.points] == [
        ("a", 168, 40), ("b", 168 + 72, 40 + 72), ("c", 168 + 144, 40 + 144)
    ]  # fmt: skip
    assert [p.energy for p in networks.points] == [its.total.energy_total for its in results]
    figure = acs.plot(results, kind="proxies", output=tmp_path / "f.svg")
    legends = [legend for ax in figure.axes if (legend := ax.get_legend())]
    labels = [text.get_text() for legend in legends for text in legend.get_texts()]
    assert labels == [
        f"eyeriss: rank correlation {value:.2f} (n = 3)"
        for value in (networks.macs, networks.weights)
    ]
    left, right = figure.axes
    assert np.asarray(left.lines[0].get_xdata()).tolist() == [p.macs for p in networks.points]
    assert np.asarray(right.lines[0].get_xdata()).tolist() == [p.weights for p in networks.points]
    with pytest.raises(UsageError, match="3 results to draw; expected one; proxies takes more"):
        acs.plot(results)
    with pytest.raises(UsageError, match="proxies are drawn whole"):
        acs.plot(results, kind="proxies", by="level")
    said = results[0].notes()
    assert any(
        note.startswith("eyeriss: rank correlation with energy over 3 layers:") for note in said
    )


def shown(*points: tuple[int, int, float]) -> str:
    made = tuple(Point(str(i), *its) for i, its in enumerate(points))
    return proxies_note(Proxies("chip", "layers", made, "MAC"))


def test_why_there_is_no_correlation() -> None:
    said = "chip: rank correlation with energy over"
    few = "none (needs at least 3 layers)"
    assert shown((1, 2, 3.0)) == f"{said} 1 layers: MACs {few}, weights {few}."
    equal = "none (they or the energies are all equal)"
    assert shown((1, 5, 1.0), (2, 5, 2.0), (3, 5, 3.0)) == (
        f"{said} 3 layers: MACs 1.00, weights {equal}."
    )
