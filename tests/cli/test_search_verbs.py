"""compare, run, map and evaluate on the case that was counted by hand (tests/small)."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.small import (
    IMPOSSIBLE,
    INPUTS,
    LAYER,
    MACHINE,
    MAPPING,
    MIXED,
    OUTPUTS,
    STUDY,
    TABLE,
    elsewhere,
)

QUICK = ("--technology", TABLE, "--samples", 50, "--progress", "none")
"""Without progress, which a machine with a cold kernel cache would tell of."""

EXPECTED = Path(__file__).parent / "expected"
COMPARISON = (EXPECTED / "compare.txt").read_text(encoding="utf-8")
EVALUATION = (EXPECTED / "evaluate.txt").read_text(encoding="utf-8")

MEANING = """\
Energy: one 16-bit multiply-accumulate is 1; table small-table.
Shares are of the row's energy: DRAM = dram, buffer = buffer, network = array, MAC = mac.
Cycles: layers run one after another. util.: operations done / operations that all multipliers \
could have done in these cycles. EDP: energy x seconds.
"""

ASSUMES = """\
Energies are from 1 source:
  - dram, buffer, array, mac: made up for tests
Assumes 2 things:
  - small: bandwidths are unlimited
  - small: mac.alu = 1 MAC: an addition costs what a MAC costs
"""


def test_compare_prints_the_table(call: Call) -> None:
    done = call("compare", MACHINE, LAYER, "--dataflow", OUTPUTS, "--dataflow", INPUTS, *QUICK)
    assert done.code == 0
    assert done.err == ""
    table, search, rest = done.out.partition("Mapper: exact, for least energy, seed 0; ")
    assert table == COMPARISON + MEANING
    assert search
    assert rest.endswith(f" mappings considered; 3 of 3 searches proved optimal.\n{ASSUMES}")


def test_compare_goes_on_without_a_dataflow_that_cannot_run(call: Call) -> None:
    done = call("compare", MACHINE, LAYER, IMPOSSIBLE, INPUTS, *QUICK)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[4].split() == ["impossible", "(0/1", "layers)", *["–"] * 10]
    assert lines[5].split()[:3] == ["inputs", "249", "best"]
    assert lines[8].startswith("impossible: no mapping for fc: array needs 4 lanes")
    assert lines[9] == "Rows that lack layers sum only what they could map, and are not ranked."


def test_compare_where_nothing_can_run(call: Call, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    text = elsewhere(STUDY).replace("outputs.yaml", "impossible.yaml")
    study.write_text(text.replace("inputs.yaml", "impossible.yaml"), encoding="utf-8")
    done = call("compare", study, LAYER, "--json")
    assert (done.code, done.err) == (4, "")
    data = json.loads(done.out)
    assert (data["exit_code"], data["best"]) == (4, {"fc": None, "all": None})
    said = [problem["message"] for problem in data["problems"]]
    assert [text.partition(" for the")[0] for text in said] == [
        f"{label}: no mapping for fc: array needs 4 lanes" for label in "OI"
    ]
    printed = call("compare", study, LAYER).out.splitlines()
    assert all(f"{text}." in printed for text in said)


def test_compare_as_json(call: Call) -> None:
    done = call("compare", MACHINE, LAYER, OUTPUTS, "--json", *QUICK)
    assert (done.code, done.err) == (0, "")
    data = json.loads(done.out)
    assert list(data) == [
        "schema",
        "version",
        "verb",
        "exit_code",
        "problems",
        "what",
        "best",
        "stopped_by",
        "not_begun",
        "settings",
        "rows",
        "assumptions",
        "specs",
        "run",
    ]
    assert (data["schema"], data["verb"], data["what"]) == ("accelsim/1", "compare", "dataflow")
    assert data["best"]["all"] == "unconstrained"
    assert [row["totals"]["all"]["energy"] for row in data["rows"]] == [1018.0, 996.0]
    assert data["settings"]["seed"] == 0
    assert data["settings"]["samples"] == 50
    assert [name for name, _ in data["settings"]["dataflow_keys"]] == ["outputs"]
    assert [row["row"] for row in data["run"]["rows"]] == ["outputs", "unconstrained"]


def test_threads_and_repetition_change_no_byte(call: Call, tmp_path: Path) -> None:
    words = ("compare", MACHINE, MIXED, OUTPUTS, *QUICK, "--seed", 3)
    printed = [
        call(*words, "--threads", threads, "-o", tmp_path / str(number)).out
        for number, threads in enumerate((1, 2, 1))
    ]
    assert printed[0] == printed[1] == printed[2]
    for path in (tmp_path / "0").rglob("*.*"):
        if path.name != "run.json":
            for other in ("1", "2"):
                twin = tmp_path / other / path.relative_to(tmp_path / "0")
                assert path.read_bytes() == twin.read_bytes(), path.name


def test_files_are_announced_on_stderr(call: Call, tmp_path: Path) -> None:
    done = call("compare", MACHINE, LAYER, INPUTS, *QUICK, "-o", tmp_path / "out")
    assert done.err == (f"wrote 8 files to {tmp_path / 'out'}, among them energy-breakdown.png\n")
    quiet = call("compare", MACHINE, LAYER, INPUTS, *QUICK, "-o", tmp_path / "out", "-q")
    assert (quiet.out, quiet.err) == (done.out, "")


def test_a_folder_that_cannot_be_written_is_refused_before_the_search(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    words = ("run", MACHINE, LAYER, "--samples", 10**12, "--technology", TABLE)
    assert call(*words, "-o", tmp_path / "file" / "out") == (
        2,
        "",
        f"cannot write '{tmp_path}/file/out': '{tmp_path}/file' is not a folder\n",
    )
    long = "a" * 5000
    assert call(*words, "-o", long) == (2, "", f"cannot write '{long}': File name too long\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert call(*words, "-o", tmp_path / "out") == (
        2,
        "",
        f"cannot write '{tmp_path}/out': '{tmp_path}' may not be written\n",
    )


def test_run_shows_layers_and_levels(call: Call) -> None:
    done = call("run", MACHINE, f"{MIXED}:fc*", "--dataflow", INPUTS, *QUICK)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "by layer, dataflow inputs"
    cells = [" ".join(line.split()) for line in lines]
    assert cells[4] == "fc1 fc 249 50.0 % 80.3 % 18.1 % 1.2 % 0 % 0.4 % 2 100 % compute"
    assert cells[6] == "all 249 100 % 80.3 % 18.1 % 1.2 % 0 % 0.4 % 4 100 %"
    assert cells[8] == "energy by level and tensor, 10^3 MAC"
    assert cells[11] == "dram 0.800 0.400 0.400 – 1.60 80.3 % 200"


def test_run_without_a_mapping_for_a_layer(call: Call) -> None:
    done = call("run", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *QUICK)
    assert (done.code, done.err) == (4, "")
    assert "no mapping for fc: array needs 4 lanes" in done.out
    data = json.loads(call("run", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, "--json", *QUICK).out)
    assert data["exit_code"] == 4
    assert data["rows"][0]["no_mapping"][0]["layer"] == "fc"
    (problem,) = data["problems"]
    assert f"{problem['message']}." in done.out.splitlines()


def test_run_takes_overrides(call: Call) -> None:
    done = call(
        "run", MACHINE, LAYER, "--dataflow", INPUTS, "--set", "buffer.energy.access=20", *QUICK
    )
    assert done.code == 0
    assert done.out.splitlines()[4].split()[:3] == ["fc", "fc", "294"]  # (996 + 180) / 4


def test_map_shows_the_nest_and_the_certificate(call: Call) -> None:
    done = call("map", MACHINE, LAYER, "--dataflow", OUTPUTS, *QUICK)
    assert (done.code, done.err) == (0, "")
    said, certificate, rest = done.out.partition("exact: best of ")
    assert said == EVALUATION
    assert certificate
    assert rest.endswith(ASSUMES)


def test_map_without_a_legal_mapping(call: Call) -> None:
    done = call("map", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *QUICK)
    assert (done.code, done.err) == (4, "")
    assert done.out.startswith("impossible: no mapping for fc: array needs 4 lanes")
    data = json.loads(call("map", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, "--json", *QUICK).out)
    assert data["exit_code"] == 4
    assert [f"{problem['message']}." for problem in data["problems"]] == done.out.splitlines()[:1]


def test_a_folder_of_a_result_without_a_mapping_says_so(call: Call, tmp_path: Path) -> None:
    done = call("map", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, "-o", tmp_path, *QUICK)
    assert (done.code, done.err) == (4, f"wrote 4 files to {tmp_path}\n")
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert data["exit_code"] == 4
    assert [f"{problem['message']}." for problem in data["problems"]] == done.out.splitlines()[:1]


def test_map_names_the_file_of_its_mapping(call: Call, tmp_path: Path) -> None:
    changed = ("--technology", TABLE, "--set", "buffer.size=64 words")
    words = ("map", MACHINE, LAYER, "--dataflow", OUTPUTS, *changed, "--samples", 50)
    done = call(*words, "--progress", "none", "-o", tmp_path / "an out")
    first, command = done.err.splitlines()
    assert first == f"wrote 7 files to {tmp_path}/an out, among them energy-breakdown.png"
    told, _, pasted = command.partition(": accelsim ")
    program, *again = shlex.split(pasted)
    assert (told, program) == ("count the mapping again", "evaluate")
    assert again[2] == f"{tmp_path}/an out/mappings/outputs/fc.yaml"
    counted = call(program, *again)
    assert (counted.code, counted.err) == (0, "")
    assert counted.out.startswith(done.out.partition("sampling")[0].partition("exact")[0])


def test_map_as_json_and_as_a_folder(call: Call, tmp_path: Path) -> None:
    done = call("map", MACHINE, LAYER, "--dataflow", OUTPUTS, "--json", "-o", tmp_path, *QUICK)
    data = json.loads(done.out)
    (layer,) = data["rows"][0]["layers"]
    assert layer["evaluation"]["energy"] == 1018.0
    assert layer["mapping"]["steps"][2]["x"] == [{"dim": "M", "bound": 2}]
    path = tmp_path / "mappings/outputs/fc.yaml"
    again = call("evaluate", MACHINE, LAYER, path, "--technology", TABLE, "--json")
    assert json.loads(again.out)["rows"][0]["layers"][0]["evaluation"] == layer["evaluation"]


def test_map_wants_one_layer(call: Call) -> None:
    done = call("map", MACHINE, MIXED, *QUICK)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"'{MIXED}' selects 4 layers: conv1, pool1, fc1, fc2; expected one layer;"
        f" name one, as {MIXED}:conv1\n"
    )


def test_evaluate_prints_what_was_counted_by_hand(call: Call) -> None:
    done = call("evaluate", MACHINE, LAYER, MAPPING, "--technology", TABLE)
    assert (done.code, done.err) == (0, "")
    assert done.out == EVALUATION + ASSUMES


def test_evaluate_a_mapping_that_does_not_fit(call: Call) -> None:
    words = ("evaluate", MACHINE, LAYER, MAPPING, "--technology", TABLE)
    done = call(*words, "--set", "buffer.size=4 words")
    assert (done.code, done.out) == (4, "")
    assert done.err == "buffer needs 8 words for its tiles, has 4\n"
    data = json.loads(call(*words, "--set", "buffer.size=4 words", "--json").out)
    assert (data["exit_code"], data["problems"][0]["what"]) == (
        4,
        "buffer needs 8 words for its tiles, has 4",
    )


def test_every_assumption_with_v(call: Call) -> None:
    few = call("run", "eyeriss", "alexnet:fc8", "--dataflow", "rs", "--samples", 50)
    assert "(all of them: -v, --json):\n" in few.out
    assert few.out.splitlines()[-1] == "  - and 3 more"
    every = call("run", "eyeriss", "alexnet:fc8", "--dataflow", "rs", "--samples", 50, "-v")
    assert "Assumes 6 things:\n" in every.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("compare", "eyeriss"),
            (
                "no workload to compare on; expected one; as in: accelsim compare eyeriss alexnet"
                " (accelsim list workloads)"
            ),
        ),
        (
            ("compare", "alexnet"),
            (
                "no machine to compare on; expected a machine, several, or a study; as in:"
                " accelsim compare eyeriss alexnet (accelsim list archs)"
            ),
        ),
        (
            ("compare", "isca2016", "eyeriss", "alexnet"),
            (
                "the study 'isca2016' names its machines and dataflows itself; expected a study"
                " and a workload, nothing else"
            ),
        ),
        (
            ("run", "eyeriss", "alexnet", "--objective", "edpp"),
            "unknown objective 'edpp'; expected one of energy, latency, edp; did you mean 'edp'?",
        ),
        (
            ("run", "eyeriss", "alexnet", "--dataflow", "rs", "--dataflow", "ws"),
            (
                "2 dataflows: rs, ws; expected one; side by side: accelsim compare ... --dataflow"
                " rs --dataflow ws; the rules of all at once: a row of a study with"
                " `dataflow: [rs, ws]`"
            ),
        ),
        (
            ("map", "eyeriss", "alexnet:conv1", "--dataflow", "rs,ws"),
            (
                "2 dataflows: rs, ws; expected one; side by side: accelsim compare ... --dataflow"
                " rs --dataflow ws; the rules of all at once: a row of a study with"
                " `dataflow: [rs, ws]`"
            ),
        ),
        (("run", "eyeriss", "alexnet", "--samples", "0"), "samples is 0; expected more than 0"),
        (("run", "eyeriss"), "Missing argument 'workload'; see accelsim run --help"),
        (
            ("run", "eyeriss", "alexnet", "--progress", "loud"),
            "unknown way to tell progress 'loud'; expected one of auto, json, none",
        ),
    ],
)
def test_words_that_make_no_sense(call: Call, words: tuple[str, ...], message: str) -> None:
    done = call(*words)
    if words == ("run", "eyeriss"):  # typer's words, upper or lower case by its version
        assert done.err.lower() == f"{message}\n".lower()
    else:
        assert done.err == f"{message}\n"
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("compare", "eyeris", "alexnet"),
            "no architecture 'eyeris'; did you mean 'eyeriss'? (accelsim list archs)",
        ),
        (
            ("run", "ws", "alexnet"),
            "no architecture 'ws'; 'ws' is shipped as a dataflow (accelsim list archs)",
        ),
        (
            ("run", "eyeriss", "alexnet", "--technology", "eyeriss-relativ"),
            (
                "no technology 'eyeriss-relativ'; expected one of accelergy-eyeriss-like-45nm,"
                " eyeriss-relative, horowitz-45nm, nn-dataflow-65nm, nn-dataflow-65nm-to-45nm;"
                " did you mean 'eyeriss-relative'?"
                " (accelsim list technologies)"
            ),
        ),
        (
            ("compare", "eyeriss", "alexnet", "--dataflow", "rs,ws"),
            "no dataflow 'rs,ws'; write them apart: --dataflow rs --dataflow ws",
        ),
        (
            ("run", "eyeriss", "alexnet", "--set", "glp.size=1KiB"),
            (
                "--set glp.size=1KiB: 'glp' is neither a level of eyeriss nor a layer of alexnet;"
                " did you mean 'glb'?"
            ),
        ),
        (
            ("run", "eyeriss", "alexnet", "--set", "glb.size"),
            "--set glb.size: not a setting; expected PATH=VALUE, as glb.size=64KiB",
        ),
        (
            ("evaluate", "eyeriss", "alexnet:conv1", "nowhere.yaml"),
            "nowhere.yaml: cannot be read: no such file or directory",
        ),
    ],
)
def test_specs_that_cannot_be_read(call: Call, words: tuple[str, ...], message: str) -> None:
    done = call(*words)
    assert done == (3, "", f"{message}\n")
    data = json.loads(call(*words, "--json").out)
    assert (data["verb"], data["exit_code"]) == (words[0], 3)
    assert data["problems"][0]["message"] == message


def test_an_uneven_mapping_is_found_written_and_counted(call: Call, tmp_path: Path) -> None:
    even = call("map", "eyeriss_shared", "alexnet:conv1", "--json", "--progress", "none")
    uneven = call(
        "map", "eyeriss_shared", "alexnet:conv1", "--uneven", "glb", "--json", "-o", tmp_path,
        "--progress", "none",
    )  # fmt: skip
    assert (even.code, uneven.code) == (0, 0)
    energies = [_energy(json.loads(done.out)) for done in (even, uneven)]
    assert energies[1] < 0.99 * energies[0]
    (file,) = tmp_path.glob("mappings/*/conv1.yaml")
    assert "place: glb.Inputs" in file.read_text()
    again = call("evaluate", "eyeriss_shared", "alexnet:conv1", file, "--json")
    assert _energy(json.loads(again.out)) == energies[1]
    for word in ("spads", "nothing"):
        refused = call("map", "eyeriss_shared", "alexnet:conv1", "--uneven", word)
        assert refused.code == 2
        assert f"'{word}' selects no memory of eyeriss_shared that several tensors share" in (
            refused.err
        )


def _energy(printed: Any) -> float:
    return float(printed["rows"][0]["layers"][0]["evaluation"]["energy"])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["conv9"], "--keep-on-chip conv9: no layer 'conv9'"),
        (["conv1", "conv9=glb"], "--keep-on-chip conv9=glb: no layer 'conv9'"),
        (["fc8"], "--keep-on-chip fc8: 'fc8' cannot stay on the chip, as no layer reads it"),
        (["conv*", "conv9"], "--keep-on-chip conv9: no layer 'conv9'"),
        (
            ["conv*=glb", "fc*"],
            "--keep-on-chip conv*=glb --keep-on-chip fc*: 'fc8' cannot stay on the chip",
        ),
    ],
)
def test_what_cannot_stay_is_said_as_it_was_typed(call: Call, typed: list[str], said: str) -> None:
    words = [word for its in typed for word in ("--keep-on-chip", its)]
    done = call("run", "eyeriss_shared", "alexnet", *words, "-q")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(said)
    assert "stay_on_chip" not in done.err


def test_another_setting_beside_what_stays(call: Call) -> None:
    words = ("--keep-on-chip", "conv1", "--set", "conv1.M=none", "-q")
    assert call("run", "eyeriss_shared", "alexnet", *words).err.startswith("--set conv1.M=none: ")
