"""An explanation: the terms that an Evaluation is the sum of, each with its formula in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import fsum

from accelsim.evaluation.records import Evaluation
from accelsim.explanation.nest import Boundary, LoopAt

SAME, OWN, OVERLAPPING = "same", "own", "overlapping"
"""What the lanes of a loop need of a tensor: the same words, words of their own, or windows."""


@dataclass(frozen=True, slots=True)
class Term:
    """One action of one level for one boundary (or the operations, or leakage).

    ``formula`` says in numbers how ``words`` come about.  ``energy_each`` and ``energy`` are in the
    unit of the energy table; ``energy = accesses * energy_each``.
    """

    level: str
    action: str
    words: int
    accesses: int
    energy_each: float
    energy: float
    formula: str
    block: int = 1
    """Words in one physical access."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """A loop over lanes between parent and child, and what its lanes need."""

    loop: LoopAt
    needs: str
    united: bool
    """Whether one read serves them, or their sums are added on the way up."""


@dataclass(frozen=True)
class Link:
    """One boundary, explained.

    Attributes
    ----------
    parent, child : names of the memories (or of the compute)
    tile : words of each rank of the child's largest tile, by the rank's name
    new_words : of a tile, those that a further step of the run brings; the tile if it is whole
    sweeps : how often a sweep starts in an instance of the child, as the loops are written
    lanes : the loops over lanes between parent and child
    united_words, united_new_words : of a tile, and of a step, for all lanes that share a read
    terms : what moves, by level and action; those without any word are left out
    """

    boundary: Boundary
    parent: str
    child: str
    tile: tuple[tuple[str, int], ...]
    tile_words: int
    new_words: int
    sweeps: int
    instances: int
    lanes: tuple[Lanes, ...]
    united_words: int
    united_new_words: int
    terms: tuple[Term, ...]

    @property
    def tensor(self) -> str:
        return self.boundary.tensor.name

    @cached_property
    def energy(self) -> float:
        return fsum(term.energy for term in self.terms)

    def words(self, action: str) -> int:
        """Return the words of one action, over all levels."""
        return sum(term.words for term in self.terms if term.action == action)


@dataclass(frozen=True)
class Explanation:
    """One Evaluation, term by term.

    Attributes
    ----------
    links : the boundaries by falling energy
    operations : the arithmetic
    leakage : energy that leaks, in the unit of the table
    """

    evaluation: Evaluation
    links: tuple[Link, ...]
    operations: Term
    leakage: float

    @cached_property
    def energy(self) -> float:
        """The sum of all terms, in the unit of the energy table."""
        terms = [term.energy for link in self.links for term in link.terms]
        return fsum([*terms, self.operations.energy, self.leakage])

    def link(self, tensor: str, child: str) -> Link:
        """Return the boundary of a tensor at the memory (or compute) that is filled.

        Raises
        ------
        KeyError
            If there is none.
        """
        for link in self.links:
            if (link.tensor, link.child) == (tensor, child):
                return link
        raise KeyError(f"no boundary of {tensor} at '{child}'")
