"""``accelsim import timeloop``, ``export timeloop``, and Timeloop's files as arguments."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Call, Done

FOLDER = Path("tests/interchange/timeloop_files")
ALL = FOLDER / "gemm_array_0_4/all.yaml"


def evaluated(done: Done) -> dict[str, object]:
    """Return everything that an evaluation found."""
    found = json.loads(done.out)["rows"][0]["layers"][0]["evaluation"]
    assert isinstance(found, dict)
    assert len(found) > 5
    return found


def test_import(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call("import", "timeloop", FOLDER / "bypass_0_3", "-o", out)
    assert done == (0, "", f"{out}: architecture.yaml, workload.yaml, mapping.yaml\n")
    text = (out / "architecture.yaml").read_text(encoding="utf-8")
    assert f"# {FOLDER}/bypass_0_3/arch.yaml:9\n- {{memory: DRAM, " in text
    assert "\n#         attributes: {depth: 512, width: 16}\n" in text
    specs = [out / name for name in ("architecture.yaml", "workload.yaml", "mapping.yaml")]
    assert call("check", *specs).code == 0
    ours = call("evaluate", *specs, "--accounting", "timeloop", "--json")
    files = [FOLDER / "bypass_0_3" / name for name in ("arch.yaml", "prob.yaml", "map.yaml")]
    theirs = call("evaluate", *files, "--accounting", "timeloop", "--json")
    assert evaluated(ours) == evaluated(theirs)


def test_import_to_the_terminal(call: Call) -> None:
    code, out, err = call("import", "timeloop", ALL)
    assert code == 0
    assert out.startswith("# architecture.yaml\nkind: architecture\nname: system\n")
    assert "\n# workload.yaml\nkind: workload\n" in out
    first, note = err.splitlines()
    assert first == "architecture.yaml, workload.yaml, mapping.yaml"
    assert note.startswith(f"  - {ALL}:2:3: no energy is stated for DRAM, GLB, RF, MAC")


def test_import_as_json(call: Call) -> None:
    data = json.loads(call("import", "timeloop", ALL, "--json").out)
    assert (data["verb"], data["format"], data["output"]) == ("import", "timeloop", None)
    assert sorted(data["texts"]) == ["architecture", "mapping", "workload"]
    assert len(data["notes"]) == 1


def test_options_of_other_formats(call: Call) -> None:
    expected = (2, "", "dims and densities are those of an ONNX model\n")
    assert call("import", "timeloop", ALL, "--densities") == expected
    done = call("import", "onnx", "a.onnx", "--folder", ".")
    assert done == (2, "", "folders are those of Timeloop's templates\n")


def test_check(call: Call) -> None:
    done = call("check", ALL)
    assert done.code == 0
    assert done.out.startswith(f"{ALL}: architecture, workload, mapping, no problems, assumes 1 th")
    nest = FOLDER / "bypass_0_3/map.yaml"
    message = "a mapping is imported together with its architecture and its problem"
    assert call("check", nest).code == 3
    assert message in call("check", nest).err + call("check", nest).out


def test_several_specs_of_one_name(call: Call) -> None:
    done = call("show", ALL)
    assert done.code == 2
    assert "names several specs: architecture, workload" in done.err


def test_constraints_as_a_dataflow(call: Call) -> None:
    top = FOLDER / "limited_0_4/top.yaml.jinja2"
    done = call("map", top, top, "--dataflow", top, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["rows"][0]["layers"][0]["mapping"]


def test_another_table(call: Call) -> None:
    """Networks that cost nothing go together with any unit."""
    file = FOLDER / "no_multicast_0_4/all.yaml"
    done = call("evaluate", file, file, file, "--technology", "eyeriss-relative")
    assert (done.code, done.err) == (0, "")
    assert "table eyeriss-relative" in done.out


def test_export(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "out"
    names = "problem.yaml, arch.yaml, mapping.yaml, timeloop-model.map.yaml, "
    names += "timeloop-model.map.txt, timeloop-model.stats.txt, ERT.yaml"
    assert call("export", "timeloop", ALL, ALL, ALL, "-o", out) == (0, "", f"{out}: {names}\n")
    files = [out / name for name in ("arch.yaml", "problem.yaml", "mapping.yaml")]
    again = call("evaluate", *files, "--accounting", "timeloop", "--json")
    first = call("evaluate", ALL, ALL, ALL, "--accounting", "timeloop", "--json")
    assert evaluated(again) == evaluated(first)


def test_export_as_json(call: Call) -> None:
    data = json.loads(call("export", "timeloop", ALL, ALL, ALL, "--json").out)
    assert (data["verb"], data["format"], data["notes"]) == ("export", "timeloop", [])
    assert len(data["texts"]) == 7
