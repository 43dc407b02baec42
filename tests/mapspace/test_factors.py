from __future__ import annotations

from itertools import product
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from accelsim.mapspace.factors import DimFactors, Joint, primes

SLOTS = 4


@st.composite
def dims(draw: st.DrawFn) -> DimFactors:
    bound = draw(st.integers(1, 60))
    at_most = tuple(draw(st.sampled_from([1, 2, 3, 6, 60])) for _ in range(SLOTS))
    exact = tuple(draw(st.sampled_from([0, 0, 0, 1, 2, 4])) for _ in range(SLOTS))
    joints = draw(
        st.lists(
            st.builds(
                Joint,
                st.integers(1, (1 << SLOTS) - 1),
                st.sampled_from([2, 4, 12, 60]),
                st.sampled_from([0, 0, 1, 2, 6]),
            ),
            max_size=2,
        )
    )
    outward = tuple(draw(st.booleans()) for _ in range(SLOTS))
    return DimFactors(bound, at_most, exact, tuple(joints), outward)


def plain(dim: DimFactors) -> set[tuple[int, ...]]:
    """Try every split."""
    found = set()
    for vector in product(range(1, dim.bound + 1), repeat=SLOTS - 1):
        if dim.bound % prod(vector):
            continue
        full = (*vector, dim.bound // prod(vector))
        joint_products = [
            prod(f for slot, f in enumerate(full) if joint.slots >> slot & 1)
            for joint in dim.joints
        ]
        if (
            all(f <= most for f, most in zip(full, dim.at_most, strict=True))
            and all(e in (0, f) for f, e in zip(full, dim.exact, strict=True))
            and all(
                p <= j.at_most and j.exact in (0, p)
                for p, j in zip(joint_products, dim.joints, strict=True)
            )
        ):
            found.add(full)
    return found


@given(dims())
def test_every_split_and_no_other(dim: DimFactors) -> None:
    expected = plain(dim)
    listed = list(dim.vectors())
    assert len(listed) == len(set(listed))
    assert set(listed) == expected
    assert dim.possible == bool(expected)


@given(dims(), st.integers(1, (1 << SLOTS) - 1))
def test_least_products_and_ways_are_those_of_the_list(dim: DimFactors, slots: int) -> None:
    listed = plain(dim)
    ways: dict[int, int] = {}
    for vector in listed:
        mask = sum(1 << s for s, f in enumerate(vector) if f > 1 and slots >> s & 1)
        ways[mask] = ways.get(mask, 0) + 1
    assert dim.ways(slots) == ways
    if listed:
        assert dim.least_product(slots) == min(
            prod(f for s, f in enumerate(vector) if slots >> s & 1) for vector in listed
        )


def test_the_first_vector_leaves_everything_outside() -> None:
    dim = DimFactors(12, (12, 12, 12, 12), (0, 0, 0, 2), (), (True, False, False, True))
    assert next(dim.vectors()) == (6, 1, 1, 2)


def test_large_bounds_are_quick() -> None:
    bound = 2**7 * 3**2 * 5 * 7
    dim = DimFactors(bound, (bound,) * 8, (0,) * 8, (), (True,) * 8)
    total = 1
    for exponent in (7, 2, 1, 1):  # stars and bars, prime by prime
        ways = 1
        for i in range(7):
            ways = ways * (exponent + 7 - i) // (i + 1)
        total *= ways
    assert sum(dim.ways(0b1010).values()) == total


def test_primes() -> None:
    assert primes(1) == ()
    assert primes(2 * 2 * 3 * 97) == (2, 2, 3, 97)
