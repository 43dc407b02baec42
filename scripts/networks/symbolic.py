"""Workloads at several sizes -> one workload with parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product
from math import prod
from typing import Any

LOW, HIGH, CHECK = 5, 7, 11
"""Sizes that a parameter takes: two to find how numbers depend on it, one more to check that."""

Point = tuple[int, ...]


def with_parameters(make: Callable[[Mapping[str, int]], Any], names: Sequence[str]) -> Any:
    """Return what ``make`` returns, its whole numbers as expressions of parameters.

    Each number must be a sum of products of parameters in which none occurs twice.

    Raises
    ------
    ValueError
        If one is not, or if more than numbers changes with the parameters.

    >>> with_parameters(lambda sizes: {"N": sizes["n"], "P": 3 * sizes["n"] + 1, "Q": 4}, ["n"])
    {'N': 'n', 'P': '3*n + 1', 'Q': 4}
    """
    points = product((LOW, HIGH, CHECK), repeat=len(names))
    made = {point: make(dict(zip(names, point, strict=True))) for point in points}
    return _merged(made, names)


def _merged(made: Mapping[Point, Any], names: Sequence[str]) -> Any:
    first, *others = made.values()
    if all(other == first for other in others):
        return first
    if any(type(other) is not type(first) for other in others) or isinstance(first, str):
        raise ValueError(f"{first!r} changes with {', '.join(names)}")
    if isinstance(first, int):
        return _expression(made, names)
    keys = list(first) if isinstance(first, dict) else list(range(len(first)))
    for other in others:
        if (list(other) if isinstance(other, dict) else list(range(len(other)))) != keys:
            raise ValueError(f"the keys of {first!r} change with {', '.join(names)}")
    parts = {key: _merged({point: its[key] for point, its in made.items()}, names) for key in keys}
    return parts if isinstance(first, dict) else list(parts.values())


def _expression(made: Mapping[Point, int], names: Sequence[str]) -> str:
    terms = dict(_terms(made, len(names)))
    for point, number in made.items():
        if number != sum(times * prod(point[i] for i in term) for term, times in terms.items()):
            raise ValueError(f"{number} at {point} is no sum of products of {', '.join(names)}")
    text = ""
    for term, times in terms.items():
        factors = [names[i] for i in term]
        if abs(times) != 1 or not factors:
            factors.insert(0, str(abs(times)))
        sign = "-" if times < 0 else "+"
        text += f" {sign} {'*'.join(factors)}"
    return text.removeprefix(" + ").strip()


def _terms(made: Mapping[Point, int], parameters: int) -> Iterator[tuple[Point, int]]:
    """Yield products of parameters, by their places, and how often each is taken.

    The difference quotient of a product's parameters, where all others are LOW, has its number and
    those of the larger products that it is part of, times LOW for each parameter more.
    """
    found: dict[Point, int] = {}
    for size in range(parameters, -1, -1):
        for term in combinations(range(parameters), size):
            corners = product(*((LOW, HIGH) if i in term else (LOW,) for i in range(parameters)))
            quotient = (
                sum(prod(-1 if at[i] == LOW else 1 for i in term) * made[at] for at in corners)
                // (HIGH - LOW) ** size
            )
            found[term] = quotient - sum(
                times * LOW ** (len(larger) - size)
                for larger, times in found.items()
                if {*larger} > {*term}
            )
            if found[term]:
                yield term, found[term]
