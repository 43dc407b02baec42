"""Benchmarks report; they do not judge: ``pytest -m perf -s tests/perf``."""

from __future__ import annotations

import os
import resource
import sys

import pytest

from accelsim.arch.spec import read_architecture
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.mapper.benchmark import evaluation_speed, price_many
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.technology.spec import read_technology
from accelsim.workload.records import Layer
from accelsim.workload.spec import read_workload

pytestmark = pytest.mark.perf


def problem_of(layer: Layer) -> MappingProblem:
    arch = read_architecture("simba_like")
    prices = resolve(arch, read_technology(arch.technology), DEFAULT_ACCOUNTING)
    return mapping_problem(layer, arch, prices)


def conv_layers(network: str) -> list[Layer]:
    return [layer for layer in read_workload(network).layers if layer.group == "conv"]


@pytest.mark.parametrize("network", ["alexnet", "resnet50"])
def test_full_evaluation(network: str) -> None:
    """Seven dims, four memories: counts, capacity, energy and cycles of sampled mappings."""
    load = os.getloadavg()[0]
    print(f"\n{network} on simba_like, load {load:.2f}", file=sys.stderr)
    for layer in conv_layers(network)[:10]:
        speed = evaluation_speed(problem_of(layer))
        print(
            f"  {speed.layer:24} median {speed.median_ns:6.0f} ns a mapping, fastest"
            f" {speed.fastest_ns:6.0f} ns; word by word {speed.marked_share:.2%} of two-term ranks",
            file=sys.stderr,
        )


def test_memory_is_flat() -> None:
    """Ten million mappings take no more memory than the first hundred thousand."""
    chunks = price_many(problem_of(conv_layers("alexnet")[1]), 10_000_000)
    done = next(chunks)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done += sum(chunks)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\n{done:,} mappings: {before / 1024:.0f} -> {after / 1024:.0f} MiB", file=sys.stderr)
    assert after - before < 50 * 1024
