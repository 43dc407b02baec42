"""show, list, check, doctor, plot and reprice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import accelsim as acs
from accelsim import shipped
from accelsim.verbs import doctor as doctor_module
from accelsim.verbs.doctor import Check
from tests.cli.conftest import Call
from tests.small import LAYER, MACHINE, PICOJOULES, TABLE
from tests.small.results import comparison, refused, row

REPRICED = """\
fc (1 layer, 4 MACs)
           energy    energy                                                               EDP
dataflow   pJ/MAC   vs best     DRAM   buffer   network    RF     MAC   cycles   util.   aJ s
─────────────────────────────────────────────────────────────────────────────────────────────
outputs       509      1.02   78.6 %   19.6 %     1.4 %   0 %   0.4 %     2.00   100 %   4.07
inputs        498      best   80.3 %   18.1 %     1.2 %   0 %   0.4 %     2.00   100 %   3.98

Energy: in pJ; table small-pj.
"""
"""Twice the energies of the table in MACs: 2036 pJ and 1992 pJ, for 2 ns."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(Path(__file__).parents[2])
    acs.save(comparison(), tmp_path / "out")
    return tmp_path / "out"


def test_show_prints_the_file(call: Call) -> None:
    text = shipped.find("architecture", "eyeriss").read_text(encoding="utf-8")
    assert call("show", "eyeriss") == (0, text, "")
    data = json.loads(call("show", "eyeriss", "--json").out)
    assert (data["verb"], data["spec"], data["text"]) == ("show", "eyeriss", text)


def test_show_what_several_kinds_have(call: Call) -> None:
    assert call("show", "isca2016") == (
        2,
        "",
        "'isca2016' names several specs: accounting, study; say which with --kind\n",
    )
    assert call("show", "isca2016", "--kind", "study").out.startswith("kind: study\n")
    assert call("show", "isca2016", "--kind", "car") == (
        2,
        "",
        (
            "unknown kind 'car'; expected one of architecture, workload, dataflow, technology,"
            " accounting, study, mapping\n"
        ),
    )


def test_list_one_kind(call: Call) -> None:
    done = call("list", "technologies")
    assert (done.code, done.err) == (0, "")
    names = [line.split()[0] for line in done.out.splitlines()]
    assert names == list(shipped.names("technology"))


def test_list_cuts_nothing_but_on_a_narrow_terminal(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = [spec.title for spec in acs.list("workloads")]
    lines = call("list", "workloads").out.splitlines()
    assert all(line.endswith(f"  {title}") for line, title in zip(lines, titles, strict=True))
    assert max(map(len, lines)) > 100
    monkeypatch.setattr(sys.modules["accelsim.cli.list"], "width", lambda _: 70)
    cut = call("list", "workloads").out.splitlines()
    assert max(map(len, cut)) <= 70
    for whole, short in zip(lines, cut, strict=True):
        assert short == whole or (short.endswith("...") and whole.startswith(short[:-3]))


def test_list_aligns_each_kind_by_its_own_names(call: Call) -> None:
    everything = call("list").out
    dataflows = acs.list("dataflows")
    widest = max(len(spec.name) for spec in dataflows)
    for spec in dataflows:
        assert f"\n  {spec.name:<{widest}}  {spec.title}\n" in everything
    widest = len("llama_7b_decode:batch=1,context=2048")
    assert f"\n  {'alexnet:batch=1':<{widest}}  Krizhevsky" in everything
    long = "transformer_encoder:batch=1,seq=512,heads=12,hidden=768,inner=3072"
    assert f"\n  {long}  Devlin" in everything


def test_list_everything(call: Call) -> None:
    done = call("list")
    headings = [line for line in done.out.splitlines() if line and not line.startswith(" ")]
    assert headings == list(shipped.FOLDERS)
    assert "  alexnet:batch=1 " in done.out


def test_list_as_json(call: Call) -> None:
    data = json.loads(call("list", "workloads", "--json").out)
    entry = next(spec for spec in data["specs"] if spec["name"] == "alexnet")
    assert (entry["kind"], entry["parameters"]) == ("workload", {"batch": 1})


def test_list_an_unknown_kind(call: Call) -> None:
    assert call("list", "cars") == (
        2,
        "",
        (
            "cannot list 'cars'; expected one of archs, workloads, dataflows, technologies,"
            " accountings, studies, mappings\n"
        ),
    )


def test_check_good_specs(call: Call) -> None:
    done = call("check", "rs", MACHINE, TABLE)
    assert done == (
        0,
        (
            "rs: dataflow, no problems\n"
            f"{MACHINE}: architecture, no problems, assumes 2 things:\n"
            "  - bandwidths are unlimited\n"
            "  - a call chooses the energy table (--technology), as this names none\n"
            f"{TABLE}: technology, no problems, assumes 1 thing:\n"
            "  - mac.alu = 1 MAC: an addition costs what a MAC costs\n"
        ),
        "",
    )


def test_check_says_all_that_is_wrong(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        MACHINE.read_text("utf-8").replace("clock: 1 GHz", "clok: 1 GHz").replace("mesh_x", "mesh"),
        encoding="utf-8",
    )
    done = call("check", path, "rs")
    assert done.code == 3
    assert done.err == "1 of 2 files have problems\n"
    assert f"{path}:4:1: unknown key 'clok'" in done.out
    assert f"{path}:16:3: unknown key 'mesh'" in done.out
    assert done.out.endswith("rs: dataflow, no problems\n")
    assert call("check", path, "rs", "-q").err == ""
    data = json.loads(call("check", path, "--json").out)
    assert data["exit_code"] == 3
    (checked,) = data["files"]
    assert data["problems"] == checked["problems"]
    assert checked["kind"] == "architecture"
    assert [problem["line"] for problem in checked["problems"]] == [
        4,
        14,
        16,
    ]  # 14: mesh_x is missing


def test_check_a_file_that_is_not_there(call: Call) -> None:
    done = call("check", "nowhere.yaml")
    assert done == (
        3,
        "nowhere.yaml: cannot be read: no such file or directory\n",
        "1 of 1 file has problems\n",
    )


def test_check_a_folder(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("list")  # moves to the root of the checkout
    monkeypatch.chdir(tmp_path)
    text = ": this is a directory, not a file"
    (checked,) = acs.check(".")
    assert [str(problem) for problem in checked.problems] == [f".{text}"]
    (tmp_path / "mine.yaml").write_text("", encoding="utf-8")
    for name, first in (
        (".", "mine.yaml"),
        (f"../{tmp_path.name}", f"../{tmp_path.name}/mine.yaml"),
    ):
        (checked,) = acs.check(name)
        (problem,) = checked.problems
        assert problem.hint == f"name a file in it, as '{first}'"


def test_check_nothing(call: Call) -> None:
    assert call("check") == (2, "", "no file to check; expected accelsim check FILE...\n")


def test_check_prints_schemas(call: Call) -> None:
    done = call("check", "--schema", "dataflow")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == acs.schema("dataflow")
    data = json.loads(call("check", "--schema", "dataflow", "--json").out)
    assert (data["schema_of"], data["json_schema"]) == ("dataflow", acs.schema("dataflow"))
    assert call("check", "--schema", "car").code == 2


def test_doctor_prints_a_line_per_check(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = (Check("one", True, "fine"), Check("second", False, "broken"))
    monkeypatch.setattr(acs, "doctor", lambda: checks)
    assert call("doctor") == (1, "ok  one     fine\nBAD second  broken\n", "")
    data = json.loads(call("doctor", "--json").out)
    assert data["exit_code"] == 1
    assert [problem["message"] for problem in data["problems"]] == ["second: broken"]
    assert data["checks"][1] == {"name": "second", "ok": False, "found": "broken"}


def test_doctor_finds_this_installation_well(call: Call) -> None:
    assert doctor_module.doctor is not None
    done = call("doctor")
    assert (done.code, done.err) == (0, "")
    assert all(line.startswith("ok ") for line in done.out.splitlines())


def test_reprice_a_folder(call: Call, folder: Path) -> None:
    done = call("reprice", folder, "--technology", PICOJOULES, "-o", folder.parent / "again")
    assert (done.code, done.out[: len(REPRICED)]) == (0, REPRICED)
    assert done.err.startswith(f"wrote 8 files to {folder.parent / 'again'}")
    data = json.loads(call("reprice", folder, "--technology", PICOJOULES, "--json").out)
    assert (data["verb"], data["rows"][0]["totals"]["all"]["energy"]) == ("reprice", 2036.0)


def test_reprice_where_there_is_nothing(call: Call, tmp_path: Path) -> None:
    assert call("reprice", tmp_path, "--technology", TABLE) == (
        3,
        "",
        (
            f"{tmp_path}/results.json: no results here; accelsim compare ... -o DIR and"
            " accelsim run ... -o DIR write results\n"
        ),
    )


@pytest.mark.parametrize("verb", ["plot", "reprice"])
def test_names_too_long_for_any_folder(call: Call, verb: str) -> None:
    name = "a" * 5000
    assert call(verb, name) == (3, "", f"{name}: cannot be read: File name too long\n")


def test_plot_writes_a_figure_and_names_it(call: Call, folder: Path) -> None:
    path = folder.parent / "f.pdf"
    assert call("plot", folder, "--by", "tensor", "-o", path) == (0, f"{path}\n", "")
    assert path.read_bytes().startswith(b"%PDF")
    data = json.loads(call("plot", folder / "results.json", "-o", path, "--json").out)
    assert data["file"] == str(path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "x.gif"), "cannot write a figure as 'x.gif'; expected a name that ends in .pdf,"),
        (("--by", "colour"), "cannot stack bars by 'colour'; expected one of level, tensor"),
        (("--kind", "pie"), "unknown kind 'pie'; expected one of energy-breakdown"),
        (("--group", "conv"), "no layers of group 'conv'; expected one of fc"),
        (("-o", "/no/such/folder/x.svg"), "cannot write '/no/such/folder/x.svg': "),
    ],
)
def test_plot_what_cannot_be_drawn(
    call: Call, folder: Path, words: tuple[str, str], message: str
) -> None:
    done = call("plot", folder, *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(message)


def test_plot_of_a_sweep(call: Call, tmp_path: Path) -> None:
    store, path = tmp_path / "s.db", tmp_path / "f.svg"
    words = ("-p", "buffer.size=4 words,8 words", "--executor", "in-process", "-o", store)
    swept = call("sweep", MACHINE, LAYER, "--technology", TABLE, *words, "-q")
    assert swept.code == 0
    for drawn in ((), ("--kind", "slope", "--level", "buffer"), ("--figure", "edp") * 2):
        assert call("plot", store, *drawn, "-o", path) == (0, f"{path}\n", "")
    for options, message in (
        (("--kind", "heatmap"), "a heat map needs two parameters; none given; expected --along"),
        (("--along", "buffer.size"), "a front is drawn over all parameters; 'along' is for the"),
        (("--workload", "net"), f"no point of the workload 'net' is done; expected '{LAYER}'\n"),
        (("--sweep", "3"), f"'{store}' has no sweep 3; expected one of 1\n"),
        (("--kind", "roofline"), "a sweep has no figure 'roofline'; expected one of front, sensi"),
    ):
        done = call("plot", store, *options, "-o", path)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(message)
    missing = tmp_path / "none.db"
    done = call("plot", missing, "--kind", "front", "-o", path)
    assert (done.code, done.err[:20]) == (2, f"no store '{missing}'"[:20])
    assert call("plot", missing).code == 3  # it may be a folder of results, too


def test_plot_into_a_folder(call: Call, folder: Path) -> None:
    ending = "expected a name that ends in .pdf, .png, .svg; as in"
    assert call("plot", folder, "-o", ".").err == f"'.' is a folder; {ending} 'figure.svg'\n"
    done = call("plot", folder, "-o", folder)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"'{folder}' is a folder; {ending} '{folder / 'figure.svg'}'\n"


def test_plot_where_nothing_could_be_mapped(call: Call, tmp_path: Path) -> None:
    call("list")  # moves to the root of the checkout
    acs.save(comparison(row("no", refused())), tmp_path)
    assert call("plot", tmp_path) == (2, "", "nothing to draw: no layer has a mapping\n")


def test_estimate(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    words = ("estimate", LAYER, "--machine", MACHINE, "--technology", TABLE)
    done = call(*words, "-o", folder, "--progress", "none")
    assert (done.code, done.err) == (0, f"wrote estimate.json and estimate.csv to {folder}\n")
    assert done.out.startswith("energy of networks\n")
    assert "layer.yaml by layer\n" in done.out
    data = json.loads(call(*words, "--json").out)
    assert (data["verb"], data["exit_code"]) == ("estimate", 0)
    [one] = data["estimates"]
    assert one["energy"] == 996
    written = json.loads((folder / "estimate.json").read_text(encoding="utf-8"))
    assert written["estimates"] == data["estimates"]
    done = call("estimate", "alexnet", "--technology", "eyeriss-relativ")
    assert (done.code, done.out) == (3, "")
    assert "did you mean 'eyeriss-relative'" in done.err
