"""Reference cases: what the reader refuses, and how the script ends."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from accelsim.errors import SpecError
from accelsim.interchange.reference.account import rounded, slowdown
from accelsim.interchange.reference.case import ReferenceCase
from accelsim.interchange.reference.compare import agree, compare
from accelsim.interchange.reference.lowering import lower
from accelsim.interchange.reference.quantities import Value
from accelsim.interchange.reference.read import read_cases
from accelsim.technology.spec import read_accounting

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "check_reference_cases.py"
PUBLISHED = ROOT / "reference_cases" / "timeloop"

RULES = read_accounting("timeloop")

Json = dict[str, Any]
Change = Callable[[Json], object]


def case(name: str = "gemm_2level") -> Json:
    data: Json = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
    return data


def changed(change: Change, name: str = "gemm_2level") -> Json:
    data = copy.deepcopy(case(name))
    change(data)
    return data


def written(folder: Path, data: object, name: str = "case.json") -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


# --- the reader -----------------------------------------------------------------------------------


def put(value: object, *keys: str | int) -> Change:
    def change(data: Json) -> None:
        part: Any = data
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = value

    return change


def drop(*keys: str | int) -> Change:
    def change(data: Json) -> None:
        part: Any = data
        for key in keys[:-1]:
            part = part[key]
        del part[keys[-1]]

    return change


FAULTS: list[tuple[str, Change, str]] = [
    ("no name", drop("name"), "name: Field required"),
    ("text for a number", put("16", "problem", "dims", "M"), "problem.dims.M: Input should be a"),
    ("bound of 0", put(0, "problem", "dims", "M"), "problem.dims.M: Input should be greater than"),
    (
        "misspelt key of a level",
        put(3, "arch", "levels", 1, "capacity"),
        "arch.levels[1].capacity: Extra inputs are not permitted",
    ),
    ("no mapping", drop("mapping"), "mapping: Field required"),
    (
        "a loop without a factor",
        put([["M"]], "mapping", 0, "temporal"),
        "mapping[0].temporal[0]: Input should be an object",
    ),
    (
        "a last turn that is longer",
        put([["M", 2, 3]], "mapping", 0, "temporal"),
        "mapping[0].temporal[0]: the last of 2 turns over M is 3",
    ),
    (
        "an unknown dim",
        put([["X", 2]], "mapping", 0, "temporal"),
        "case: DRAM loops over an unknown dim X",
    ),
    (
        "an unknown tensor",
        put(["A", "B", "C"], "mapping", 0, "keep"),
        "case: DRAM speaks of an unknown tensor C",
    ),
    (
        "levels in another order",
        lambda data: data["mapping"].reverse(),
        "case: the mapping has the levels ['Buffer', 'DRAM'], the machine ['DRAM', 'Buffer']",
    ),
    (
        "a tensor over an unknown dim",
        put([[["X", 1]]], "problem", "tensors", 0, "ranks"),
        "case: tensor A is indexed by an unknown dim X",
    ),
    (
        "a mesh of another size",
        put([2, 2], "arch", "compute", "mesh"),
        "arch: MAC has 1 instances on a 2 x 2 mesh",
    ),
    (
        "two outermost memories",
        lambda data: data["arch"]["levels"][0].update(instances=2, mesh=[2, 1]),
        "arch: the outermost level DRAM has several instances",
    ),
    (
        "a valid mapping without counts",
        drop("expected", "levels"),
        "expected: a valid mapping without",
    ),
    ("an unknown trust", put("exactly", "trust"), "trust: unknown 'exactly'; expected one of"),
    (
        "nothing to trust",
        put("timeloop_inexact_use_independent_exact_walk", "trust"),
        "case: trust is timeloop_inexact_use_independent_exact_walk, and there is no",
    ),
]


@pytest.mark.parametrize(("change", "message"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_what_is_refused(tmp_path: Path, change: Change, message: str) -> None:
    path = written(tmp_path, changed(change))
    cases, problems = read_cases(path)
    assert cases == []
    assert any(str(problem).startswith(f"{path}: {message}") for problem in problems), problems


def test_faults_in_a_list_say_which_case(tmp_path: Path) -> None:
    faulty = changed(put(0, "problem", "dims", "M"))
    listed = {"schema": "accelsim-reference-case-list/1", "cases": [case(), faulty]}
    path = written(tmp_path, listed)
    (problem,) = read_cases(path)[1]
    assert str(problem).startswith(f"{path}: cases[1].problem.dims.M: ")
    (problem,) = read_cases(written(tmp_path, {**listed, "cases": case()}))[1]
    assert "cases: not a list of cases" in str(problem)


def read(data: Json) -> ReferenceCase:
    return ReferenceCase.model_validate_json(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "name", "message"),
    [
        (
            lambda data: [
                put(["B", "Z"], "mapping", 0, "keep")(data),
                put(10**6, "arch", "levels", 0, "capacity_words")(data),
            ],
            "gemm_2level",
            "gemm_2level: A bypasses DRAM, which is limited; expected an outermost level without",
        ),
        (
            lambda data: [step["keep"].remove("A") for step in data["mapping"]],
            "gemm_2level",
            "gemm_2level: no level keeps A",
        ),
        (
            put("output", "problem", "tensors", 0, "role"),
            "gemm_2level",
            "gemm_2level: 2 tensors are outputs; expected one output",
        ),
        (
            put([["P", 3, 2]], "mapping", 0, "temporal"),
            "conv1d_imperfect_temporal",
            "the last turns of the loops over P are (2, 2); expected (3, 2), as P is 10",
        ),
    ],
)
def test_what_cannot_be_evaluated(change: Change, name: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        lower(read(changed(change, name)))
    assert message in str(refused.value)


def test_inputs_that_networks_treat_alike_share_a_role() -> None:
    def change(data: Json) -> None:
        data["mapping"][1]["no_multicast"] = [data["problem"]["tensors"][1]["name"]]

    data = changed(change, "mttkrp_3inputs")
    layer = lower(read(data)).layer
    roles = [tensor.role for tensor in layer.tensors]
    assert roles[0] == roles[2] != roles[1]
    assert roles[3] == "Outputs"


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "its", "kind", "equal"),
    [
        (12.0, 12.0, "count", True),
        (12.0, 13.0, "count", False),  # a whole number of words was not rounded
        (12.5, 13.0, "count", True),
        (12.5, 14.0, "count", False),
        (7.0, 8.0, "exact", False),
        (1.0000005, 1.0, "energy", True),
        (1.000002, 1.0, "energy", False),
        (0.0, 0.0, "energy", True),
        (1e-9, 0.0, "energy", False),
    ],
)
def test_how_close_is_close_enough(mine: float, its: float, kind: Any, equal: bool) -> None:
    assert agree(Value((mine,), kind), Value((its,), kind)) == equal


def test_lists_must_be_of_one_length() -> None:
    assert not agree(Value((1.0, 2.0), "count"), Value((1.0,), "count"))


def test_averages_are_rounded_half_away_from_zero() -> None:
    assert [rounded(average) for average in (0.0, 2.4, 2.5, 3.5)] == [0, 2, 3, 4]


def test_the_slowest_port_sets_the_speed() -> None:
    level = read(case("gemm_bandwidth_bound")).arch.levels[0]
    wide = level.model_copy(
        update={
            "read_bandwidth_words_per_cycle": 2.0,
            "write_bandwidth_words_per_cycle": 1.0,
            "shared_bandwidth_words_per_cycle": None,
        }
    )
    assert slowdown(wide, 2.0, 1.0) == 1.0
    assert slowdown(wide, 4.0, 1.0) == 0.5
    assert slowdown(wide, 4.0, 4.0) == 0.25
    shared = wide.model_copy(update={"shared_bandwidth_words_per_cycle": 1.0})
    assert slowdown(shared, 4.0, 4.0) == 0.125


# --- the account ----------------------------------------------------------------------------------


def test_a_tensor_that_comes_from_further_in() -> None:
    """What bypasses the outermost level is there, and on its way from there, not accounted for."""
    name = "gemm_3level_spatial_mn"
    usual = read(case(name))
    found = compare(read(changed(lambda data: data["mapping"][0]["keep"].remove("A"), name)), RULES)
    told = {
        (d.level, d.tensor, d.quantity): float(d.ours.split()[0])
        for d in found.differences
        if d.ours != "none"
    }
    buffer = usual.expected.levels["GLB"].tensors["A"]
    assert told["DRAM", "A", "reads_per_instance"] == 0
    assert told["DRAM", "A", "access_energy_pJ_total"] == 0
    assert told["DRAM->GLB", "A", "ingresses_per_parent_instance"] == 0
    assert told["GLB", "A", "fills_per_instance"] == 0
    assert told["GLB", "A", "address_generations_per_instance"] == buffer.reads_per_instance
    assert {level for level, _, _ in told} == {"", "DRAM", "GLB", "DRAM->GLB"}
    assert {tensor for _, tensor, _ in told} == {"", "A"}
    dram = usual.arch.levels[0].energy_pJ_per_block_access.read
    glb = usual.arch.levels[1].energy_pJ_per_block_access.fill
    saved = (dram + glb) * buffer.fills_per_instance
    expected = usual.expected.total_energy_pJ - saved
    assert told["", "", "total_energy_pJ"] == pytest.approx(expected, rel=1e-9)


def test_a_tensor_that_bypasses_a_level_has_zeros_there() -> None:
    def change(data: Json) -> None:
        kept = data["expected"]["levels"]["GLB"]["tensors"]
        kept["A"] = dict.fromkeys(kept["B"], 0)

    data = changed(change, "gemm_bypass_output_rf")
    assert "A" not in data["mapping"][1]["keep"]
    assert compare(read(data), RULES).agrees


# --- the script -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_reference_cases", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_cases_that_agree(
    tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, case(), "a.json")
    listed = {"schema": "accelsim-reference-case-list/1", "cases": [case("conv1d_1level")]}
    written(tmp_path, listed, "b.json")
    assert script.main([str(tmp_path)]) == 0
    said = capsys.readouterr()
    first, second, *rest = said.out.splitlines()
    assert first.startswith("gemm_2level: agrees: ")
    assert second.startswith("conv1d_1level: agrees: ")
    assert rest[-1].startswith("2 of 2 cases agree: ")
    assert rest[-1].endswith(" quantities equal, 0 not")
    assert said.err == ""


def test_a_case_that_timeloop_counts_inexactly_says_what_is_not_compared(
    tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    inexact = case("conv1d_imperfect_temporal")
    written(tmp_path, inexact, "a.json")
    written(tmp_path, case(), "b.json")
    assert script.main([str(tmp_path)]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    state, _, note = first.partition(" (counts only, by an independent walk: ")
    assert state.startswith("conv1d_imperfect_temporal: agrees: ")
    said = re.fullmatch(r"(\d+) quantities that Timeloop states are not compared: (.*)\)", note)
    assert said
    number, left = said.groups()
    names = left.split(", ")
    assert int(number) == len(names) > 15
    assert {"cycles", "total_energy_pJ", "reads_per_instance"} <= {*names}
    assert not {*names} & {*compare(read(inexact), RULES).equal}
    assert "counts only" not in second


def wrong(data: Json) -> None:
    data["name"] = "wrong"
    data["expected"]["levels"]["Buffer"]["tensors"]["A"]["reads_per_instance"] += 2
    data["expected"]["total_energy_pJ"] *= 1.00001


def test_a_case_that_is_wrong(
    tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, changed(wrong))
    assert script.main([str(tmp_path)]) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    reads = case()["expected"]["levels"]["Buffer"]["tensors"]["A"]["reads_per_instance"]
    assert lines[0][:4] == ["wrong:", "DIFFERS", "in", "2:"]
    row = ["wrong", "Buffer", "A", "reads_per_instance", str(reads), str(reads + 2), "equal;"]
    assert row in [line[:7] for line in lines]
    assert "0 of 1 cases agree" in " ".join(lines[-1])


def test_a_mapping_that_should_be_rejected(
    tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, changed(put({"valid": False}, "expected")), "a.json")
    roomy = changed(put(160, "arch", "levels", 1, "capacity_words"), "gemm_double_buffer_too_big")
    written(tmp_path, roomy, "b.json")
    assert script.main([str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.count("a valid mapping  rejected  equal") == 2


def test_a_mapping_that_should_be_valid(
    tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, changed(put(1, "arch", "levels", 1, "capacity_words")))
    assert script.main([str(tmp_path)]) == 1
    assert "rejected: Buffer needs" in capsys.readouterr().out


def test_json(tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, changed(wrong), "b.json")
    written(tmp_path, case(), "a.json")
    assert script.main([str(tmp_path), "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [(its["case"], its["agrees"]) for its in data["cases"]] == [
        ("gemm_2level", True),
        ("wrong", False),
    ]
    assert {d["quantity"] for d in data["cases"][1]["differences"]} == {
        "reads_per_instance",
        "total_energy_pJ",
    }
    assert data["quantities"]["total_energy_pJ"] == {"equal": 1, "differ": 1}
    assert data["problems"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": ', "case.json:1:12: no JSON: Expecting value"),
        ("[]", "case.json: no JSON object; expected one of accelsim-reference-case/1"),
        ('{"schema": "other/1"}', "case.json: schema: 'other/1'; expected one of"),
        ("{}", "case.json: schema: None; expected one of accelsim-reference-case/1"),
    ],
)
def test_a_file_that_is_no_case(
    tmp_path: Path,
    script: ModuleType,
    capsys: pytest.CaptureFixture[str],
    text: str,
    message: str,
) -> None:
    written(tmp_path, case(), "a_good_one.json")
    written(tmp_path, text)
    assert script.main([str(tmp_path)]) == 3
    said = capsys.readouterr()
    assert message in said.err
    assert "1 of 1 cases agree" in said.out  # the others are compared all the same


def test_an_empty_folder(
    tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main([str(tmp_path)]) == 3
    said = capsys.readouterr()
    assert said.err == f"{tmp_path}: no *.json here; expected reference cases\n"
    assert "0 of 0 cases agree" in said.out


def test_no_such_folder(
    tmp_path: Path, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main([str(tmp_path / "none.json")]) == 3
    assert "none.json: cannot be read: " in capsys.readouterr().err


def test_as_a_program(tmp_path: Path) -> None:
    written(tmp_path, changed(wrong))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "0 of 1 cases agree" in done.stdout
    nothing = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, check=False)
    assert nothing.returncode == 2
