"""Factors that multiply to a bound, or reach it with remainders, near to some that do not."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, log, prod

MAX_DIVISORS = 200
"""Bounds with more divisors are mended in one factor only, so that no message is slow."""

Cost = tuple[int, float]
"""How many factors change; how far they do, as the sum of abs(log(new / old))."""


def divisors(bound: int) -> list[int]:
    """Return the divisors of ``bound`` in rising order."""
    small = [d for d in range(1, isqrt(bound) + 1) if bound % d == 0]
    return small + [bound // d for d in reversed(small) if d * d != bound]


def nearest_factors(factors: Sequence[int], bound: int, most: int = 2) -> list[tuple[int, ...]]:
    """Return up to ``most`` lists of as many factors that multiply to ``bound``, nearest first.

    Near means that few factors change, and by little.

    >>> nearest_factors([4, 5], 24)
    [(4, 6), (6, 4)]
    """
    all_divisors = divisors(bound)
    if len(all_divisors) > MAX_DIVISORS:
        return _one_changed(factors, bound)[:most]
    # From the first factor to the last: for what is left of the bound, the nearest beginnings.
    # Costs add up, so the best of each are enough.
    left: dict[int, list[tuple[Cost, tuple[int, ...]]]] = {bound: [((0, 0.0), ())]}
    for position, factor in enumerate(factors):
        last = position == len(factors) - 1
        longer: dict[int, list[tuple[Cost, tuple[int, ...]]]] = {}
        for rest, beginnings in left.items():
            for choice in [rest] if last else [d for d in all_divisors if rest % d == 0]:
                changed, by = _cost(factor, choice)
                longer.setdefault(rest // choice, []).extend(
                    ((cost[0] + changed, cost[1] + by), (*beginning, choice))
                    for cost, beginning in beginnings
                )
        left = {rest: sorted(found)[:most] for rest, found in longer.items()}
    return [found for _, found in left[1]]


def _cost(old: int, new: int) -> Cost:
    return (0, 0.0) if old == new else (1, abs(log(new / old)))


def _one_changed(factors: Sequence[int], bound: int) -> list[tuple[int, ...]]:
    """Return the mended lists in which one factor differs."""
    found = []
    for position, factor in enumerate(factors):
        others = prod(factors) // factor
        if bound % others == 0:
            mended = bound // others
            changed = (*factors[:position], mended, *factors[position + 1 :])
            found.append((_cost(factor, mended), changed))
    return [changed for _, changed in sorted(found)]


def needed_factors(factors: Sequence[int], bound: int) -> tuple[int, ...]:
    """Return the factors, outermost first, less the turns in which no position is below ``bound``.

    >>> needed_factors([4, 3], 8)  # 3 x 3 reaches 8
    (3, 3)
    >>> needed_factors([2, 4], 5)  # the second turn of 4 has one position
    (2, 4)
    """
    needed: list[int] = []
    stride = 1
    for factor in reversed(factors):
        needed.append(min(factor, -(-bound // stride)))
        stride *= needed[-1]
    return tuple(reversed(needed))


def last_turns(factors: Sequence[int], bound: int) -> tuple[int, ...]:
    """Return how many turns each loop, outermost first, has in the last turn of all outside it.

    >>> last_turns([3, 4], 10)
    (3, 2)
    """
    found = []
    left, stride = bound, prod(factors)
    for factor in factors:
        stride //= factor
        found.append(-(-left // stride))
        left -= (found[-1] - 1) * stride
    return tuple(found)


def reaching_factors(factors: Sequence[int], bound: int, most: int = 2) -> list[tuple[int, ...]]:
    """Return up to ``most`` lists that reach ``bound`` with one factor raised, nearest first.

    >>> reaching_factors([2, 3], 7)
    [(2, 4), (3, 3)]
    """
    found = []
    for position, factor in enumerate(factors):
        raised = -(-bound // (prod(factors) // factor))
        longer = (*factors[:position], raised, *factors[position + 1 :])
        found.append((_cost(factor, raised), needed_factors(longer, bound)))
    return list(dict.fromkeys(one for _, one in sorted(found)))[:most]


def factors_text(factors: Sequence[int]) -> str:
    """Write factors as a product.

    >>> factors_text([4, 6])
    '4 x 6'
    """
    return " x ".join(map(str, factors))
