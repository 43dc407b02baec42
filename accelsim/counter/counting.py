"""Counting one mapping: the public function, which chooses the counter that can."""

from __future__ import annotations

from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.counter.general.layout import needs_general
from accelsim.counter.general.tally import count_general_packed
from accelsim.counter.ragged import count_ragged_packed
from accelsim.counter.tally import Counts, count_packed
from accelsim.errors import SpecError
from accelsim.mapping.arrays import mapping_problems, pack_layer, pack_mapping
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer


def count(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    conventions: Conventions = Conventions(),  # noqa: B008  (an immutable record)
) -> Counts:
    """Count the words that one mapping moves.

    Returns
    -------
    Counts
        With ``violation`` set and zero words if the mapping is not legal.

    Raises
    ------
    SpecError
        If the mapping is not one of this machine and layer, or the conventions do not go together,
        with the machine, or with remainders.
    """
    problems = mapping_problems(mapping, arch, layer)
    if problems:
        raise SpecError(problems)
    packed = pack_layer(layer), pack_machine(arch, layer), pack_mapping(mapping, layer)
    if mapping.remainders:
        return count_ragged_packed(*packed, conventions)
    if needs_general(packed[1], conventions):
        return count_general_packed(*packed, conventions)
    return count_packed(*packed, conventions)
