"""The sums of a network whose layers were searched: what its result says in all, without the rest.

They are those of :func:`~accelsim.network.run.run_network` to the last bit, for a fraction of its
time: a sweep asks for nothing else, at tens of thousands of machines.
"""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.evaluation.charge import charge
from accelsim.evaluation.effectual import operation_shares
from accelsim.evaluation.sums import Bools, added_up
from accelsim.network.run import Searched


@dataclass(frozen=True)
class Sums:
    """What :class:`~accelsim.network.records.Totals` says of a network that is complete, and more.

    Attributes
    ----------
    energy_by_level : dict of level to float
        Leakage excluded, in the unit of the table.
    words_by_level : dict of level to int
    compulsory_words : int
    proved : bool
        Whether every mapping is proved to be the best.
    happens : bool[layer, level, action]
        As in :attr:`~accelsim.evaluation.records.Evaluation.happens`.
    """

    energy_total: float
    cycles: float
    operations: int
    macs: int
    utilization: float
    energy_by_level: dict[str, float]
    words_by_level: dict[str, int]
    compulsory_words: int
    area_mm2: float | None
    proved: bool
    happens: Bools


def sums_of(searched: Searched) -> Sums:
    """Add up what the layers of a complete network cost."""
    arch, layers, outcomes = searched.plan.arch, searched.network.layers, searched.outcomes
    of_key = {}
    for key in dict.fromkeys(searched.keys):
        problem, best = searched.tasks[key].problem, outcomes[key].best
        assert best is not None, "of a complete network"
        of_key[key] = charge(searched.machine, problem.layer, best.mapping, problem.packed)
    charged = [of_key[key] for key in searched.keys]
    energy, words, happens, outermost = added_up(charged)
    levels = charged[0].prices.levels
    cycles = sum(its.cycles for its in charged)
    timed = sum(
        layer.operations * operation_shares(its.machine.arch, layer).timed
        for layer, its in zip(layers, charged, strict=True)
    )
    compute = arch.instances(arch.compute) * arch.compute.ops_per_cycle
    return Sums(
        energy_total=sum(its.energy_total for its in charged),
        cycles=cycles,
        operations=sum(layer.operations for layer in layers),
        macs=sum(layer.operations for layer in layers if layer.op == "mac"),
        utilization=timed / (compute * cycles) if cycles else 0.0,
        energy_by_level=dict(zip(levels, energy.sum(axis=(1, 2)).tolist(), strict=True)),
        words_by_level=dict(zip(levels, words.tolist(), strict=True)),
        compulsory_words=sum(
            count
            for layer, kept in zip(layers, outermost, strict=True)
            for tensor, count in enumerate(layer.words)
            if (kept >> tensor) & 1
        ),
        area_mm2=charged[0].machine.area_mm2,
        proved=all(outcomes[key].certificate.optimal for key in searched.keys),
        happens=happens,
    )
