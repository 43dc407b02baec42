"""The front of sums of points, against looking at every combination."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.network.front import network_front, uncovered

Points = list[tuple[int, int]]

# Whole numbers, whose sums are exact in any order.
POINTS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=5)


def front_of(points: Points) -> Points:
    """Return the points that no other is better than, each once, by growing energy."""
    return sorted(
        {
            (energy, cycles)
            for energy, cycles in points
            if not any(
                e <= energy and c <= cycles and (e, c) != (energy, cycles) for e, c in points
            )
        }
    )


def every_sum(layers: list[Points]) -> Points:
    return [
        (sum(energy for energy, _ in chosen), sum(cycles for _, cycles in chosen))
        for chosen in product(*layers)
    ]


def as_arrays(layers: list[Points]) -> list[tuple[list[float], list[float]]]:
    return [([float(e) for e, _ in layer], [float(c) for _, c in layer]) for layer in layers]


@given(POINTS)
def test_uncovered_points(points: Points) -> None:
    ((energy, cycles),) = as_arrays([points])
    kept = uncovered(np.array(energy), np.array(cycles))
    assert [points[i] for i in kept] == front_of(points)


@given(st.lists(POINTS, min_size=1, max_size=4))
def test_equal_to_every_combination(layers: list[Points]) -> None:
    """Whether the layers' points are fronts themselves or not."""
    for given_points in (layers, [front_of(layer) for layer in layers]):
        front = network_front(as_arrays(given_points))
        assert front.epsilon == 0
        found = list(zip(front.energy.tolist(), front.cycles.tolist(), strict=True))
        assert found == front_of(every_sum(layers))
        for point, choices in zip(found, front.choices, strict=True):
            chosen = [layer[choice] for layer, choice in zip(given_points, choices, strict=True)]
            assert (sum(e for e, _ in chosen), sum(c for _, c in chosen)) == point


@given(st.lists(POINTS, min_size=2, max_size=5), st.integers(3, 6))
def test_a_trimmed_front_is_reached_and_within_its_bound(layers: list[Points], most: int) -> None:
    front = network_front(as_arrays(layers), most)
    assert len(front) <= most
    found = list(zip(front.energy.tolist(), front.cycles.tolist(), strict=True))
    sums = every_sum(layers)
    assert set(found) <= set(sums)
    assert found == front_of([(int(e), int(c)) for e, c in found])
    true = front_of(sums)
    if front.epsilon == 0:
        assert found == true
    most_energy = (1 + front.epsilon) * (1 + 1e-12)
    for energy, cycles in true:
        assert any(c <= cycles and e <= most_energy * energy for e, c in found)
    assert (found[0], found[-1]) == (true[0], true[-1])


def test_a_trimming_by_hand() -> None:
    """Of five points, three stay: the first, the last below the middle in ratio, the last."""
    front = network_front([([10, 100, 110, 900, 1000], [5, 4, 3, 2, 1])], 3)
    assert front.energy.tolist() == [10, 110, 1000]
    assert front.cycles.tolist() == [5, 3, 1]
    assert front.choices.tolist() == [[0], [2], [4]]
    assert front.epsilon == pytest.approx(1000 / 900 - 1)


def test_the_copies_of_a_layer_may_differ() -> None:
    """Twice the same layer: one copy may be frugal, the other fast."""
    front = network_front([([1, 3], [4, 1])] * 2)
    assert front.energy.tolist() == [2, 4, 6]
    assert front.cycles.tolist() == [8, 5, 2]
    assert front.choices.tolist() == [[0, 0], [0, 1], [1, 1]]


def test_a_network_without_layers_costs_nothing() -> None:
    front = network_front([])
    assert (front.energy.tolist(), front.cycles.tolist(), len(front)) == ([0], [0], 1)


def test_what_has_no_front() -> None:
    with pytest.raises(ValueError, match="a layer without points has no front to add"):
        network_front([([1], [1]), ([], [])])
    with pytest.raises(ValueError, match="cannot keep the ends and a point between them in 2"):
        network_front([([1], [1])], 2)
