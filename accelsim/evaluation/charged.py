"""Counts by the level that performs the action, from counts by the boundary at which it happens."""

from __future__ import annotations

import numpy as np

from accelsim.counter.layout import (
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    READS,
    REDUCTIONS,
    UPDATES,
)
from accelsim.evaluation.energies import LevelPrices
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints
from accelsim.technology.records import ACTIONS, FANOUT_ACTIONS
from accelsim.workload.records import Layer

_NETWORK = ACTIONS.index(FANOUT_ACTIONS[0])


def by_level(layer: Layer, its: LevelPrices, keep: Ints, boundaries: Ints, network: Ints) -> Ints:
    """Charge every count to the level that performs the action: ``[level, tensor, action]``.

    Parameters
    ----------
    keep : int64[place]
        Masks of tensors.
    boundaries : int64[child, tensor, action]
        As the counter counts them: at the place inside each boundary.
    network : int64[fanout, tensor, action]
    """
    charged = np.zeros(its.each.shape, dtype=np.int64)
    _charge(keep, boundaries, network, its.level_of, its.fanout_level, charged)
    charged[-1, -1, ACTIONS.index(layer.op)] = layer.operations
    return charged


def tiles_by_level(its: LevelPrices, tile_words: Ints) -> Ints:
    """Add up the words that each level holds, ``[level, tensor]``, of those by place."""
    tiles = np.zeros((len(its.levels), its.level_of.shape[1]), dtype=np.int64)
    _hold(tile_words, its.level_of, tiles)
    return tiles


@kernel
def _charge(
    keep: Ints, boundaries: Ints, network: Ints, level_of: Ints, fanout_level: Ints, charged: Ints
) -> None:
    n_places, n_tensors = level_of.shape
    for tensor in range(n_tensors):
        level = -1
        for place in range(n_places + 1):
            if place < n_places and (keep[place] >> tensor) & 1 == 0:
                continue
            moved = boundaries[place, tensor]
            outermost = level < 0
            if not outermost:
                for action in (READS, FIRST_READS, UPDATES):
                    charged[level, tensor, action] += moved[action]
            if place < n_places:
                level = level_of[place, tensor]
                if not outermost:
                    for action in (FILLS, DRAINS):
                        charged[level, tensor, action] += moved[action]
        for fanout in range(len(fanout_level)):
            crossed, level = network[fanout, tensor], fanout_level[fanout]
            for action in (DELIVERIES, COLLECTIONS, REDUCTIONS):
                charged[level, tensor, _NETWORK + action] = crossed[action]


@kernel
def _hold(tile_words: Ints, level_of: Ints, tiles: Ints) -> None:
    n_places, n_tensors = level_of.shape
    for place in range(n_places):
        for tensor in range(n_tensors):
            level = level_of[place, tensor]
            if level >= 0:
                tiles[level, tensor] += tile_words[place, tensor]
