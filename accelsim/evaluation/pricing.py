"""Pricing mappings under whatever conventions: the kernel that fits is chosen once, by the case.

A case under the default conventions is a record of :data:`~accelsim.evaluation.kernel.CASE`, any
other one of :data:`~accelsim.evaluation.general.GENERAL_CASE`; kernels that call :func:`price` are
compiled for each of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from accelsim.conventions import Conventions
from accelsim.counter.general.layout import Scratch, copied_scratch, needs_general
from accelsim.counter.layout import array_around, copied_records
from accelsim.counter.window import Marks
from accelsim.evaluation.general import make_general_case, price_general
from accelsim.evaluation.kernel import make_case, price_mapping
from accelsim.evaluation.packing import PriceArrays
from accelsim.evaluation.prices import Floats
from accelsim.jit import chosen_by_field, kernel
from accelsim.mapping.arrays import Ints, LayerArrays, MachineArrays, MappingArrays

price = chosen_by_field("general", price_general, price_mapping)
"""Count and price one packed mapping: ``price(case, *mapping, scratch)`` -> rule broken, or 0."""


def case_of(
    layer: LayerArrays,
    machine: MachineArrays,
    prices: PriceArrays,
    conventions: Conventions = Conventions(),  # noqa: B008  (an immutable record)
) -> tuple[np.record, Marks | Scratch]:
    """Return what one thread needs to price mappings of one layer on one machine.

    Raises
    ------
    SpecError
        If the conventions do not go together or with the machine.
    """
    if needs_general(machine, conventions):
        return make_general_case(layer, machine, prices, conventions)
    return make_case(layer, machine, prices, conventions)


@dataclass(frozen=True)
class Packed:
    """A layer on a machine at its prices, as kernels read them."""

    layer: LayerArrays
    machine: MachineArrays
    prices: PriceArrays
    conventions: Conventions = Conventions()  # noqa: RUF009  (an immutable record)

    def case(self) -> tuple[np.record, Marks | Scratch]:
        """Return what one thread needs to price mappings; as :func:`case_of`, made once."""
        cases, scratch = self.cases()
        return cases[0], scratch

    def cases(self) -> tuple[npt.NDArray[np.record], Marks | Scratch]:
        """Return a :meth:`case` in an array of one."""
        cases, scratch = self._blank
        if isinstance(scratch, Scratch):
            return copied_records(cases), copied_scratch(scratch)
        return copied_records(cases), scratch.copy()

    @cached_property
    def _blank(self) -> tuple[npt.NDArray[np.record], Marks | Scratch]:
        case, scratch = case_of(self.layer, self.machine, self.prices, self.conventions)
        return array_around(case), scratch


@kernel
def _price_batch(
    case: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    keep: Ints,
    scratch: Marks | Scratch,
    status: Ints,
    energy: Floats,
    cycles: Floats,
) -> None:
    for m in range(len(status)):
        status[m] = price(case, loop_dim[m], loop_bound[m], slot_end[m], keep[m], scratch)
        energy[m] = case.energy
        cycles[m] = case.cycles


def price_batch(
    case: np.record, scratch: Marks | Scratch, mappings: MappingArrays
) -> tuple[Ints, Floats, Floats]:
    """Price a batch of packed mappings.

    Returns
    -------
    status : int64[mapping]
        A :class:`~accelsim.counter.tally.Violation`, 0 where legal.
    energy : float64[mapping]
        In the unit of the table; meaningless where ``status`` is not 0.
    cycles : float64[mapping]
    """
    status = np.zeros(len(mappings.loop_dim), dtype=np.int64)
    energy = np.zeros(len(status))
    cycles = np.zeros(len(status))
    _price_batch(case, *mappings, scratch, status, energy, cycles)
    return status, energy, cycles
