"""The factors of one dim: every way to split a bound over the slots under limits.

:class:`DimFactors` answers, by dynamic programming over divisors, whether a dim can be placed at
all, how small a product over some slots can be, and how many ways there are; :meth:`vectors` lists
them.  Answers are cached by content, since the dims of a network's layers repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from accelsim.mapping.factors import divisors

Products = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Joint:
    """A limit on the product of one dim's factors over several slots (a mask of them)."""

    slots: int
    at_most: int
    exact: int = 0
    """0 is free."""


@lru_cache(maxsize=8192)
def divisors_of(number: int) -> tuple[int, ...]:
    """Return the divisors in growing order, remembered."""
    return tuple(divisors(number))


@lru_cache(maxsize=8192)
def primes(number: int) -> tuple[int, ...]:
    """Return the prime factors in growing order, with repetition.

    >>> primes(60)
    (2, 2, 3, 5)
    """
    found = []
    candidate = 2
    while candidate * candidate <= number:
        while number % candidate == 0:
            found.append(candidate)
            number //= candidate
        candidate += 1
    if number > 1:
        found.append(number)
    return tuple(found)


@dataclass(frozen=True)
class DimFactors:
    """One dim's bound and what its factor may be in each slot, outermost first.

    Attributes
    ----------
    at_most : tuple of int
        ``[slot]``; 1 allows no loop.
    exact : tuple of int
        ``[slot]``; 0 is free.
    outward : tuple of bool
        ``[slot]``: whether :meth:`vectors` tries large factors first (where loops cost neither
        space nor lanes further in: the temporal slots).
    """

    bound: int
    at_most: tuple[int, ...]
    exact: tuple[int, ...]
    joints: tuple[Joint, ...]
    outward: tuple[bool, ...]

    @cached_property
    def _memo(self) -> dict[tuple[int, int, Products], bool]:
        return {}

    @property
    def _start(self) -> Products:
        return (1,) * len(self.joints)

    def _choices(self, slot: int, remaining: int) -> tuple[int, ...]:
        exact = self.exact[slot]
        if exact:
            return (exact,) if remaining % exact == 0 and exact <= self.at_most[slot] else ()
        return tuple(d for d in divisors_of(remaining) if d <= self.at_most[slot])

    def _advance(self, slot: int, factor: int, products: Products) -> Products | None:
        """Return the products of the joint limits after ``slot``, or None if one is exceeded."""
        if not products or factor == 1:
            return products
        grown = tuple(
            product * factor if joint.slots >> slot & 1 else product
            for product, joint in zip(products, self.joints, strict=True)
        )
        exceeded = any(p > j.at_most for p, j in zip(grown, self.joints, strict=True))
        return None if exceeded else grown

    def _completable(self, slot: int, remaining: int, products: Products) -> bool:
        """Return whether slots ``slot:`` can take exactly ``remaining``."""
        if slot == len(self.at_most):
            return remaining == 1 and all(
                joint.exact in (0, product)
                for joint, product in zip(self.joints, products, strict=True)
            )
        key = (slot, remaining, products)
        if key not in self._memo:
            self._memo[key] = any(
                grown is not None and self._completable(slot + 1, remaining // factor, grown)
                for factor in self._choices(slot, remaining)
                for grown in (self._advance(slot, factor, products),)
            )
        return self._memo[key]

    @cached_property
    def possible(self) -> bool:
        """Whether the bound can be split at all."""
        return self._completable(0, self.bound, self._start)

    @cached_property
    def outermost(self) -> tuple[int, ...]:
        """The first of :meth:`vectors`; the dim must be ``possible``."""
        return next(self.vectors())

    def vectors(self) -> Iterator[tuple[int, ...]]:
        """Yield every allowed ``factor[slot]``, the one with most of it outside first."""
        return self._vectors(0, self.bound, self._start)

    def _vectors(self, slot: int, remaining: int, products: Products) -> Iterator[tuple[int, ...]]:
        if not self._completable(slot, remaining, products):
            return
        if slot == len(self.at_most):
            yield ()
            return
        choices = self._choices(slot, remaining)
        for factor in reversed(choices) if self.outward[slot] else choices:
            grown = self._advance(slot, factor, products)
            if grown is not None:
                for rest in self._vectors(slot + 1, remaining // factor, grown):
                    yield (factor, *rest)

    @cached_property
    def _least(self) -> dict[int, int]:
        return {}

    def least_product(self, slots: int) -> int:
        """Return the least product over the slots of a mask; the dim must be ``possible``."""
        if slots not in self._least:
            memo: dict[tuple[int, int, Products], int] = {}
            self._least[slots] = self._least_from(0, self.bound, self._start, slots, memo)
        return self._least[slots]

    def _least_from(
        self,
        slot: int,
        remaining: int,
        products: Products,
        slots: int,
        memo: dict[tuple[int, int, Products], int],
    ) -> int:
        if slot == len(self.at_most):
            return 1
        key = (slot, remaining, products)
        if key not in memo:
            memo[key] = min(
                (factor if slots >> slot & 1 else 1)
                * self._least_from(slot + 1, remaining // factor, grown, slots, memo)
                for factor in self._choices(slot, remaining)
                for grown in (self._advance(slot, factor, products),)
                if grown is not None and self._completable(slot + 1, remaining // factor, grown)
            )
        return memo[key]

    def ways(self, slots: int) -> dict[int, int]:
        """Count the vectors by which of the slots of a mask hold a factor above 1."""
        if slots not in self._ways:
            self._ways[slots] = self._count_ways(slots)
        return self._ways[slots]

    @cached_property
    def _ways(self) -> dict[int, dict[int, int]]:
        return {}

    def _count_ways(self, slots: int) -> dict[int, int]:
        states: dict[tuple[int, Products, int], int] = {(self.bound, self._start, 0): 1}
        for slot in range(len(self.at_most)):
            after: dict[tuple[int, Products, int], int] = {}
            for (remaining, products, mask), count in states.items():
                for factor in self._choices(slot, remaining):
                    grown = self._advance(slot, factor, products)
                    rest = remaining // factor
                    if grown is None or not self._completable(slot + 1, rest, grown):
                        continue
                    key = (rest, grown, mask | (1 << slot & slots) if factor > 1 else mask)
                    after[key] = after.get(key, 0) + count
            states = after
        ways: dict[int, int] = {}
        for (_, _, mask), count in states.items():
            ways[mask] = ways.get(mask, 0) + count
        return ways


@lru_cache(maxsize=8192)
def dim_factors(
    bound: int,
    at_most: tuple[int, ...],
    exact: tuple[int, ...],
    joints: tuple[Joint, ...],
    outward: tuple[bool, ...],
) -> DimFactors:
    """Return the one :class:`DimFactors` of these limits, with the answers it already knows."""
    return DimFactors(bound, at_most, exact, joints, outward)
