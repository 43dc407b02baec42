"""What "best" means: a product of powers of energy and cycles, and what breaks ties.

An objective is data, so that one compiled kernel serves all of them, and this file is the only one
that knows which there are: the command line and the tables read :data:`OBJECTIVES` (without waiting
for numpy or numba, which this file does not need).

Of two mappings with an equal
figure the one with the lower tie-breaker is better; if that is equal too, the one whose packed form
comes first (:func:`accelsim.mapper.position.comes_first`).  Answers so depend neither on the
machine nor on the number of threads.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from accelsim.errors import Problem, UsageError


@dataclass(frozen=True, slots=True)
class Objective:
    """Minimise ``energy ** energy_power * cycles ** cycles_power``, then ``tie``.

    ``measure`` is what a table calls the figure; machines of different clocks are compared by it
    in seconds, not in cycles.
    """

    name: str
    energy_power: int
    cycles_power: int
    tie: Literal["energy", "cycles"]
    measure: str

    def figure(self, energy: float, time: float) -> float:
        """Return what is to be minimised; ``time`` in cycles, or in seconds throughout."""
        return power_product(energy, time, self.energy_power, self.cycles_power)

    def rank(self, energy: float, cycles: float) -> tuple[float, float]:
        """Return (figure, tie-breaker); the lower is the better, compared as a tuple."""
        return self.figure(energy, cycles), energy if self.tie == "energy" else cycles


ENERGY = Objective("energy", 1, 0, tie="cycles", measure="energy")
LATENCY = Objective("latency", 0, 1, tie="energy", measure="time")
EDP = Objective("edp", 1, 1, tie="cycles", measure="EDP")

OBJECTIVES = {objective.name: objective for objective in (ENERGY, LATENCY, EDP)}


def objective_named(name: str) -> Objective:
    """Return an objective by name.

    Raises
    ------
    UsageError
        Naming the objectives that exist.
    """
    if name in OBJECTIVES:
        return OBJECTIVES[name]
    close = difflib.get_close_matches(name, OBJECTIVES, n=1)
    raise UsageError(
        Problem(
            f"unknown objective '{name}'",
            got=name,
            expected="one of " + ", ".join(OBJECTIVES),
            hint=f"did you mean '{close[0]}'?" if close else "",
        )
    )


def power_product(energy: float, cycles: float, energy_power: int, cycles_power: int) -> float:
    """Return ``energy ** energy_power * cycles ** cycles_power`` by multiplication alone.

    (A library's ``pow`` may differ in the last bit from machine to machine.)  The search compiles
    this very function.
    """
    product = 1.0
    for _ in range(energy_power):
        product *= energy
    for _ in range(cycles_power):
        product *= cycles
    return product
