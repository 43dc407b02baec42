"""The exact mapper against a million sampled mappings, on every shipped layer and machine.

A pair of layer and machine takes 1 to 2 s of one core: sampling prices a mapping in 0.7 to 1 us,
draws and legality included.  Whatever the exact mapper proves is no worse; what it cannot prove, it
samples with the same seed before it gives up.  No two pairs pose the same problem (fc7 of AlexNet
and of VGG but on equal machines), so that each is sampled.  Shards of a machine's layers share out
the cores.
"""

from __future__ import annotations

from functools import cache

import pytest

from accelsim import shipped
from accelsim.arch.spec import read_architecture
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.mapper.contract import Budget, MappingProblem, mapping_problem
from accelsim.mapper.exact import ExactDriver, covers
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY
from accelsim.mapper.sampling import SamplingDriver
from accelsim.technology.spec import read_technology
from accelsim.workload.records import Layer
from accelsim.workload.spec import read_workload

SAMPLES = 1_000_000
SHARDS = 4
SOON = Budget(seconds=3.0)
"""What is best by then is no better than the best in the end, which may take a minute."""

MACHINES = shipped.names("architecture")


@cache
def distinct_layers() -> tuple[Layer, ...]:
    """Return the layers of all shipped workloads, one of each shape."""
    shapes: dict[object, Layer] = {}
    for name in shipped.names("workload"):
        for layer in read_workload(name).layers:
            shapes.setdefault((layer.dims, layer.tensors, layer.op), layer)
    return tuple(shapes.values())


def worse(problem: MappingProblem, samples: int, seed: int) -> list[str]:
    """Return by which objectives sampling beats the exact mapper; energy gets most samples."""
    found = []
    for objective in (ENERGY, LATENCY, EDP):
        budget = Budget(samples if objective == ENERGY else samples // 10)
        sampled = SamplingDriver(seed).search(problem, objective, budget).best
        if sampled is None:
            continue
        drawn = objective.rank(sampled.energy, sampled.cycles)[0]
        for its in (SOON, Budget()):
            exact = ExactDriver(seed).search(problem, objective, its)
            assert exact.best is not None
            best = objective.rank(exact.best.energy, exact.best.cycles)[0]
            if exact.certificate.optimal or not beats(drawn, best):
                break
        if beats(drawn, best):
            found.append(f"{objective.name}: {drawn!r} < {best!r}")
    return found


def beats(figure: float, other: float) -> bool:
    return figure < other * (1 - 1e-12)


def held(machine: str, layers: tuple[Layer, ...], samples: int) -> None:
    arch = read_architecture(machine)
    prices = resolve(arch, read_technology(arch.technology), DEFAULT_ACCOUNTING)
    for seed, layer in enumerate(layers):
        problem = mapping_problem(layer, arch, prices)
        if not covers(problem):
            assert worse(problem, samples, seed) == [], layer.name


@pytest.mark.parametrize("machine", [name for name in MACHINES if "isca2016" not in name])
def test_a_few_samples_never_beat_it(machine: str) -> None:
    layers = distinct_layers()
    held(machine, (layers[7 * MACHINES.index(machine) % len(layers)],), 500)


@pytest.mark.full
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("machine", MACHINES)
def test_a_million_samples_never_beat_it(machine: str, shard: int) -> None:
    held(machine, distinct_layers()[shard::SHARDS], SAMPLES)
