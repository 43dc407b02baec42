"""Counting a mapspace without walking it."""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import or_


@lru_cache(maxsize=4096)
def linear_extensions(members: int, inside: tuple[int, ...]) -> int:
    """Count the orders of the dims of a mask under ``inside[dim]`` (transitively closed).

    Counted by the dim that stands outermost: one that no other must enclose.

    >>> linear_extensions(0b111, (0, 0, 0))
    6
    >>> linear_extensions(0b111, (0b010, 0, 0))  # dim 1 inside dim 0
    3
    """
    known: dict[int, int] = {0: 1}

    def count(rest: int) -> int:
        if rest not in known:
            dims = [dim for dim in range(len(inside)) if rest >> dim & 1]
            enclosed = 0
            for dim in dims:
                enclosed |= inside[dim]
            known[rest] = sum(count(rest & ~(1 << dim)) for dim in dims if not enclosed >> dim & 1)
        return known[rest]

    return count(members)


def size(
    ways: list[dict[int, int]], slots: list[int], inside: list[tuple[int, ...]], choices: int
) -> int:
    """Return factorisations x orders x 2^choices.

    Parameters
    ----------
    ways : ``[dim]``: the number of factorisations, by the mask of the slots with a loop of the dim
    slots : ``[block]``: the slot of the block's loops
    inside : ``[block][dim]``: mask of the dims that must stand inside, transitively closed
    choices : how many tensors may or may not be kept somewhere
    """
    total = 1 << choices
    anywhere = []
    for of_dim in ways:
        total *= sum(of_dim.values())
        anywhere.append(reduce(or_, of_dim, 0))
    for slot, enclosed in zip(slots, inside, strict=True):
        loops = sum(1 << dim for dim, mask in enumerate(anywhere) if mask >> slot & 1)
        total *= linear_extensions(loops, enclosed)
    return total
