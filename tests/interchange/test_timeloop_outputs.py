"""Timeloop's outputs as its users' programs read them, and with the numbers that it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from accelsim.errors import UsageError
from accelsim.interchange.reference.case import ReferenceCase, TensorStats
from accelsim.verbs.export import Exported, export
from tests.interchange.test_timeloop_cases import CASES, FILES, FOLDER

MAP = """\
DRAM [ Weights:96 (96) Inputs:18 (18) Outputs:512 (512) ]
---------------------------------------------------------
| for K in [0:16)

GLB [ Inputs:18 (18) Outputs:32 (32) ]
--------------------------------------
|   for R in [0:3)
|     for P in [0:16)

RF [ Weights:2 (2) Outputs:2 (2) ]
----------------------------------
|       for K in [0:2)
|         << Compute >>
"""


def exported(folder: str) -> Exported:
    (file,) = (FOLDER / folder).glob("*.*")
    return export("timeloop", file, file, file)


def summary(text: str) -> tuple[int, int, float, dict[str, float]]:
    """Read the end of a file of statistics as the front end of generation 0.4 does.

    Returns
    -------
    cycles, computes, utilization (0..1), energy in J by component
    """
    head, computes, tail = text.partition("Computes =")
    number, *rest = tail.splitlines()
    cycles = [line for line in head.splitlines() if "Cycles: " in line]
    used = [line for line in head.splitlines() if "Utilization" in line]
    assert computes
    energies = {
        name.strip(): float(value) * int(number) / 1e15
        for name, value in (line.rsplit("=", 1) for line in rest if "=" in line)
        if name.strip() != "Total"
    }
    share = float(used[-1].split()[-1][:-1]) / 100
    return int(cycles[-1].split()[-1]), int(number), share, energies


def levels(text: str) -> dict[str, dict[str, dict[str, float]]]:
    """Read the statistics of memories: level -> tensor -> name of a quantity -> number."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    level = tensor = ""
    for line in text.partition("Networks")[0].splitlines():
        if title := re.fullmatch(r"=== (\w+) ===", line):
            level, tensor = title[1], ""
        elif name := re.fullmatch(r" {4}(\w+):", line):
            tensor = name[1]
        elif tensor and (stated := re.fullmatch(r" {8}(.+?) *: ([\d.]+).*", line)):
            found.setdefault(level, {}).setdefault(tensor, {})[stated[1]] = float(stated[2])
    return found


def test_the_nest() -> None:
    assert exported("bypass_0_4").texts["timeloop-model.map.txt"] == MAP


@pytest.mark.parametrize("folder", ["bypass_0_4", "blocks_0_2", "latencies_0_4"])
def test_the_summary(folder: str) -> None:
    case = CASES[FILES[folder]]
    cycles, computes, used, energies = summary(exported(folder).texts["timeloop-model.stats.txt"])
    assert cycles == case.wanted.total_cycles
    assert computes == case.wanted.compute_operations
    assert used == pytest.approx(case.wanted.utilization, abs=1e-4)
    for level in case.wanted.levels if folder != "latencies_0_4" else ():
        expected = case.wanted.energy_pJ_by_component[level] * 1e-12
        assert energies[level] == pytest.approx(expected, abs=0.005 * computes / 1e15)


def stated(stats: TensorStats) -> dict[str, float]:
    return {
        "Max utilized data storage capacity": stats.utilized_capacity_words,
        "Actual scalar reads (per-instance)": stats.reads_per_instance,
        "Actual scalar fills (per-instance)": stats.fills_per_instance,
        "Actual scalar updates (per-instance)": stats.updates_per_instance,
        "Utilized instances (max)": stats.utilized_instances_max or 0,
    }


@pytest.mark.parametrize("folder", ["bypass_0_4", "gemm_array_0_4", "three_inputs_flat"])
def test_the_levels(folder: str) -> None:
    case: ReferenceCase = CASES[FILES[folder]]
    found = levels(exported(folder).texts["timeloop-model.stats.txt"])
    compared = 0
    for step in case.mapping:
        for tensor in step.keep:
            expected = stated(case.wanted.levels[step.level].tensors[tensor])
            mine = found[step.level][tensor]
            assert {name: mine[name] for name in expected} == expected
            compared += len(expected)
    assert compared >= 35


def test_energies_and_addresses() -> None:
    case = CASES["conv1d_oc_3level_bypass"]
    found = levels(exported("bypass_0_4").texts["timeloop-model.stats.txt"])
    for level, stats in case.wanted.levels.items():
        for tensor, expected in stats.tensors.items():
            if tensor in found[level]:
                mine = found[level][tensor]
                assert mine["Energy (total)"] == pytest.approx(
                    expected.access_energy_pJ_total, abs=0.01
                )
                generated = mine["Address generations (per-cluster)"]
                assert generated == expected.address_generations_per_instance


def test_the_mapping_as_yaml() -> None:
    data = yaml.safe_load(exported("gemm_array_0_4").texts["timeloop-model.map.yaml"])
    assert data["mapping"][4] == {
        "target": "inter_PE_spatial",
        "type": "spatial",
        "factors": ["N=8", "M=8"],
        "permutation": ["N", "M"],
        "split": 1,
    }
    targets = [directive["target"] for directive in data["mapping"]]
    assert targets == ["DRAM", "DRAM", "GLB", "GLB", "inter_PE_spatial", "RF", "RF"]


def test_statistics_are_in_picojoules(tmp_path: Path) -> None:
    mapping = "mappings/eyeriss_alexnet_conv3.yaml"
    with pytest.raises(UsageError, match="counts in MAC"):
        export("timeloop", "eyeriss", "alexnet:conv3,batch=4", Path(mapping))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format() -> None:
    with pytest.raises(UsageError, match="unknown format 'maestro'"):
        export("maestro", "eyeriss", "alexnet:conv3", "eyeriss_alexnet_conv3")


WIDE_STEPS = """\
architecture:
  version: 0.4
  nodes:
  - !Component {name: Far, class: DRAM, attributes: {width: 16, datawidth: 16}}
  - !Component {name: Near, class: regfile, attributes: {depth: 64, width: 16, datawidth: 16}}
  - !Component {name: Mul, class: intmac}
problem:
  shape:
    name: line
    dimensions: [P, R]
    coefficients: [{name: step, default: 2}]
    data_spaces:
    - {name: Weights, projection: [[[R]]]}
    - {name: Inputs, projection: [[[P, step], [R]]]}
    - {name: Outputs, projection: [[[P]]], read_write: true}
  instance: {P: 4, R: 1}
mapping:
- {target: Far, type: temporal, factors: [P=1, R=1], permutation: [P, R]}
- {target: Near, type: temporal, factors: [P=4, R=1], permutation: [P, R]}
"""


def test_tiles_with_gaps_are_boxes_as_in_timeloop(tmp_path: Path) -> None:
    """Inputs 0, 2, 4 and 6 are four words, and seven with the gaps between them."""
    file = tmp_path / "all.yaml"
    file.write_text(WIDE_STEPS, encoding="utf-8")
    for accounting, held in (("timeloop", 7), (None, 4)):
        texts = export("timeloop", file, file, file, accounting=accounting).texts
        near = f"Near [ Weights:1 (1) Inputs:{held} ({held}) Outputs:4 (4) ]"
        assert near in texts["timeloop-model.map.txt"]
        found = levels(texts["timeloop-model.stats.txt"])
        assert found["Near"]["Inputs"]["Max utilized data storage capacity"] == held
