"""Files in Timeloop's forms, written for these tests, give the counts of the reference cases.

The cases are of ``reference_cases/timeloop``: what Timeloop itself counted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accelsim import shipped
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.records import Evaluation
from accelsim.interchange.reference.case import ReferenceCase
from accelsim.interchange.reference.read import read_cases
from accelsim.interchange.timeloop.bundle import read_bundle
from accelsim.specs.references import Reference
from accelsim.technology.records import ACTIONS
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.workload.spec import network_of

FOLDER = Path(__file__).parent / "timeloop_files"

CASES = {case.name: case for case in read_cases(shipped.reference_cases("timeloop"))[0]}

FILES = {
    "blocks_0_2": "gemm_block4_vector_access",
    "bypass_0_3": "conv1d_oc_3level_bypass",
    "bypass_0_4": "conv1d_oc_3level_bypass",
    "eyeriss_0_3": "eyeriss_rs_small",
    "eyeriss_0_4": "eyeriss_rs_small",
    "gemm_array_0_3": "gemm_3level_spatial_mn",
    "gemm_array_0_4": "gemm_3level_spatial_mn",
    "gemm_array_resolved": "gemm_3level_spatial_mn",
    "latencies_0_4": "gemm_latency_leak_addrgen",
    "no_multicast_0_4": "conv1d_no_multicast",
    "stride_0_4": "conv2d_stride2",
    "three_inputs_flat": "mttkrp_3inputs",
}

WITH_ENERGIES = {"blocks_0_2", "bypass_0_3", "bypass_0_4"}
"""Folders whose files hold an ERT: their energies are the case's, too."""


def evaluated(folder: str) -> Evaluation:
    bundle = read_bundle([FOLDER / folder])
    arch = bundle.machine()
    (layer,) = network_of(bundle.document("workload"), Reference("x")).layers
    mapping = bundle.mapping(arch, layer)
    table = read_technology(arch.technology)
    return evaluate(layer, arch, mapping, table, read_accounting("timeloop"))


def words(found: Evaluation, level: str, tensor: str, action: str) -> int:
    at = found.levels.index(level), found.tensors.index(tensor), ACTIONS.index(action)
    return int(found.words[at])


def outermost(case: ReferenceCase, tensor: str) -> str:
    return case.arch.levels[case.outermost_keeper(tensor)].name


@pytest.mark.parametrize("folder", FILES)
def test_counts(folder: str) -> None:
    case, found = CASES[FILES[folder]], evaluated(folder)
    compared = 0
    for level, stats in case.wanted.levels.items():
        for tensor, expected in stats.tensors.items():
            copies = found.instances[level][0]
            mine = {
                action: words(found, level, tensor, action) / copies
                for action in ("read", "fill", "update")
            }
            if level == outermost(case, tensor):
                mine["fill"] = 0
            theirs = {
                "read": expected.reads_per_instance,
                "fill": expected.fills_per_instance,
                "update": expected.updates_per_instance,
            }
            assert mine == theirs, (level, tensor)
            at = found.levels.index(level), found.tensors.index(tensor)
            assert found.tile_words[at] == expected.utilized_capacity_words
            compared += 4
    assert compared >= 24
    assert found.operations == case.wanted.compute_operations
    assert found.cycles == case.wanted.total_cycles


@pytest.mark.parametrize("folder", sorted(WITH_ENERGIES))
def test_energies(folder: str) -> None:
    case, found = CASES[FILES[folder]], evaluated(folder)
    by_level = found.energy.over("level")
    for component, expected in case.wanted.energy_pJ_by_component.items():
        if not component.endswith(" network"):
            np.testing.assert_allclose(by_level[component], expected, rtol=1e-9)
    np.testing.assert_allclose(found.energy_total, case.wanted.total_energy_pJ, rtol=1e-9)


@pytest.mark.parametrize("folder", ["eyeriss_0_4", "gemm_array_0_4", "gemm_array_resolved"])
def test_hops(folder: str) -> None:
    """Energies of networks that state what a hop costs are those of Timeloop's legacy mesh."""
    case, found = CASES[FILES[folder]], evaluated(folder)
    expected = sum(
        energy
        for name, energy in case.wanted.energy_pJ_by_component.items()
        if name.endswith(" network")
    )
    by_level = found.energy.over("level")
    mine = sum(by_level[fanout.name] for fanout in found.arch.fanouts)
    np.testing.assert_allclose(mine, expected, rtol=1e-9)
    assert expected > 0
