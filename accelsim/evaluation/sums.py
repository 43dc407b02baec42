"""Energy, words and what happens, added up over layers, of what each of them is charged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from accelsim.evaluation.charge import Charged
from accelsim.evaluation.extras import ADDRESS
from accelsim.evaluation.moved import FIRST_READ
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints
from accelsim.roles import ROLES
from accelsim.technology.records import ACTIONS

Bools = npt.NDArray[np.bool_]


def added_up(layers: Sequence[Charged]) -> tuple[Floats, Ints, Bools, list[int]]:
    """Add up what layers are charged on one machine, or on its forms, whose levels are the same.

    Of mappings that searches find, which know no networks that make hops.

    Returns
    -------
    energy : float64[level, role, action]
        Leakage excluded; what belongs to no tensor follows the roles.
    words : int64[level]
        As :func:`~accelsim.evaluation.moved.words_by_level` counts them.
    happens : bool[layer, level, action]
        As in :attr:`~accelsim.evaluation.records.Evaluation.happens`.
    outermost : list of int
        Of each layer: the mask of the tensors that the outermost memory keeps.
    """
    n_levels = len(layers[0].prices.levels)
    energy = np.zeros((n_levels, len(ROLES) + 1, len(ACTIONS)))
    words = np.zeros(n_levels, dtype=np.int64)
    happens = np.zeros((len(layers), n_levels, len(ACTIONS)), dtype=np.bool_)
    outermost = []
    for one, its_happen in zip(layers, happens, strict=True):
        its, conventions = one.prices, one.machine.prices.accounting.conventions
        of_sums = conventions.first_reads == "charged"
        _add(one.energy, one.words, its.role_of, of_sums, energy, words)
        _mark(one.accesses, one.words, one.energy, its.needs_address, its_happen)
        outermost.append(_kept(one.counted.tile_words, its.level_of))
    return energy, words, happens, outermost


@kernel
def _add(
    its_energy: Floats, its_words: Ints, role_of: Ints, of_sums: bool, energy: Floats, words: Ints
) -> None:
    n_levels, n_tensors, n_actions = its_words.shape
    for level in range(n_levels):
        for tensor in range(n_tensors):
            role = role_of[tensor] if tensor < len(role_of) else energy.shape[1] - 1
            for action in range(n_actions):
                energy[level, role, action] += its_energy[level, tensor, action]
                if of_sums or action != FIRST_READ:
                    words[level] += its_words[level, tensor, action]


@kernel
def _mark(accesses: Ints, words: Ints, energy: Floats, needs_address: Ints, happens: Bools) -> None:
    n_levels, n_tensors, n_actions = accesses.shape
    for level in range(n_levels):
        for tensor in range(n_tensors):
            whole = tensor == n_tensors - 1
            for action in range(n_actions):
                if action != ADDRESS or whole:
                    happens[level, action] |= accesses[level, tensor, action] != 0
            if not whole and energy[level, tensor, ADDRESS] > 0.0:
                for action in range(n_actions):
                    if needs_address[level, tensor, action] * words[level, tensor, action] != 0:
                        happens[level, ADDRESS] = True


@kernel
def _kept(tile_words: Ints, level_of: Ints) -> int:
    n_places, n_tensors = level_of.shape
    mask = 0
    for place in range(n_places):
        for tensor in range(n_tensors):
            if level_of[place, tensor] == 0 and tile_words[place, tensor] != 0:
                mask |= 1 << tensor
    return mask
