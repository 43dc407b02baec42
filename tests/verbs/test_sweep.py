"""Sweeps by their Python call: what a point is, what it costs, and when it is computed again."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import accelsim as acs
from accelsim.arch.records import Architecture
from accelsim.errors import ExitCode, SpecError, UsageError
from accelsim.explore.measures import read_by
from accelsim.explore.records import DONE, FAILED, IMPOSSIBLE, Row
from accelsim.explore.store import Store
from accelsim.mapper.objectives import OBJECTIVES
from accelsim.report import sweep_export
from accelsim.report.sweep_points import points_of
from accelsim.report.sweeps import MEASURES, SweepResult
from accelsim.verbs import sweep_point

SMALL = ("tests/small/machine.yaml", "tests/small/layer.yaml")
TABLE = {"technology": "tests/small/table.yaml"}
SIZES = "buffer.size=8 words:32 words:x2"


def swept(store: Path, *what: Any, **more: Any) -> SweepResult:
    options: dict[str, Any] = {"executor": "in-process", "parameters": [SIZES], **TABLE, **more}
    return acs.sweep(*(what or SMALL), store=store, **options)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


def test_a_point_is_what_run_finds(store: Path) -> None:
    result = swept(store, parameters=[SIZES, "fc.M=2,4"], overrides=["array.mesh_x=4"])
    points = list(result)
    assert len(points) == 6
    for point in points:
        settings = [f"{path}={value}" for path, value in point.parameters.items()]
        run = acs.run(*SMALL, overrides=settings, technology=TABLE["technology"])
        assert point.status == DONE
        assert point.figures["energy"] == run.total.energy_total
        assert point.figures["cycles"] == run.total.cycles
        assert point.figures["edp"] == run.total.edp
        assert point.figures["energy_by_level"] == run.total.energy.over("level")
        rows = int(point.parameters["fc.M"])  # of 2 weights; 2 inputs, and a sum for each
        assert point.figures["compulsory_words"] == 2 * rows + 2 + rows
        assert point.figures["words_by_level"]["dram"] >= point.figures["compulsory_words"]
        assert point.figures["words_by_level"]["mac"] == 2 * int(point.parameters["fc.M"])
    best = min(points, key=lambda its: (its.figures["energy"], its.key))
    assert result.best() == [best]
    slow = max(points, key=lambda its: (its.figures["cycles"], its.key))
    assert result.best(6, by="cycles")[-1].figures["cycles"] == slow.figures["cycles"]


def test_machines_workloads_and_dataflows_are_combined(store: Path) -> None:
    result = swept(
        store,
        "eyeriss",
        "eyeriss_shared",
        "alexnet:fc8",
        "alexnet:conv3",
        dataflows=["ws", "nlr"],
        technology=None,
        parameters=[],
        search=acs.Search(samples=50, driver="sampling"),
    )
    identities = {tuple(its.identity.values())[:3] for its in result}
    assert len(identities) == len(list(result)) == 8
    assert ("eyeriss_shared", "alexnet:fc8", "nlr") in identities


def test_what_is_done_is_not_done_again(store: Path) -> None:
    wide = ["buffer.size=8 words:64 words:x2"]
    calls: list[dict[str, Any]] = [{}, {}, {"parameters": wide}, {"fresh": True}]
    told = [swept(store, **more).progress for more in calls]
    found = [(its.known, its.computed) for its in told if its is not None]
    assert found == [(0, 3), (3, 0), (3, 1), (0, 3)]
    status = acs.sweep_status(store)
    assert [(its["points"], its["finished"]) for its in status["sweeps"]] == [(3, 3), (4, 4)]
    assert len(list(acs.sweep_show(store, sweep=1))) == 3


def test_a_point_is_known_by_what_its_specs_say(store: Path, tmp_path: Path) -> None:
    texts = [Path(name).read_text(encoding="utf-8") for name in SMALL]
    files = [tmp_path / "m.yaml", tmp_path / "w.yaml"]

    def computed(machine: str, layer: str) -> int:
        for file, text in zip(files, (machine, layer), strict=True):
            file.write_text(text, encoding="utf-8")
        progress = swept(store, *files).progress
        assert progress is not None
        return progress.computed

    machine, layer = texts
    assert computed(machine, layer) == 3
    assert computed(f"# a remark\n{machine}", layer) == 0
    assert computed(machine.replace("mesh_x: 2", "mesh_x: 4"), layer) == 3
    assert computed(machine, layer.replace("C: 2", "C: 4")) == 3
    assert computed(machine, layer) == 0


@pytest.mark.parametrize("named", ["set", "varied", "in the workload"])
def test_a_point_is_known_by_what_its_patterns_say(store: Path, tmp_path: Path, named: str) -> None:
    pattern, workload = tmp_path / "w.npy", tmp_path / "w.yaml"
    text = Path(SMALL[1]).read_text(encoding="utf-8")
    if named == "in the workload":
        text = text.replace("C: 2", "C: 2, density: {weights: {pattern: w.npy}}")
    workload.write_text(text, encoding="utf-8")
    more: dict[str, dict[str, Any]] = {
        "set": {"overrides": [f"fc.density.weights={{pattern: {pattern}}}"], "parameters": []},
        "varied": {"parameters": [f"fc.density.weights.pattern={pattern}"]},
        "in the workload": {"parameters": []},
    }

    def computed(nonzeros: int) -> int:
        np.save(pattern, (np.arange(4) < nonzeros).reshape(2, 2))
        progress = swept(store, SMALL[0], workload, **more[named]).progress
        assert progress is not None
        return progress.computed

    assert [computed(nonzeros) for nonzeros in (1, 1, 2, 1)] == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "more",
    [
        {"search": acs.Search("latency")},
        {"search": acs.Search(uneven="buffer")},
        {"search": acs.Search(remainders=True)},
        {"dataflows": "tests/small/inputs.yaml"},
        {"overrides": ["array.mesh_x=4"]},
    ],
)
def test_whatever_changes_an_answer_makes_another_point(store: Path, more: dict[str, Any]) -> None:
    swept(store)
    progress = swept(store, **more).progress
    assert progress is not None
    assert (progress.known, progress.computed) == (0, 3)


def test_what_cannot_be_is_recorded_with_its_reason(store: Path) -> None:
    result = swept(store, parameters=["array.mesh_x=0,2", "buffer.size=2 words,8 words"])
    assert result.counts() == {DONE: 1, IMPOSSIBLE: 3, FAILED: 0}
    reasons = {tuple(its.parameters.values()): its.reason for its in result.points(IMPOSSIBLE)}
    illegal = "'mesh_x' is 0; expected a whole number from 1 to 2^20"
    assert reasons["0", "8 words"] == reasons["0", "2 words"] == illegal
    assert "buffer" in reasons["2", "2 words"]
    assert result.exit_code() == 0
    assert swept(store, parameters=["array.mesh_x=0"]).exit_code() == 4


def test_a_table_is_known_by_all_that_it_says(store: Path, tmp_path: Path) -> None:
    """Also by the tables that it starts from, which may change while it does not."""
    base, table = tmp_path / "base.yaml", tmp_path / "table.yaml"
    table.write_text(
        "kind: technology\nname: scaled\nunit: MAC\nsource: a test\nscaling:\n"
        "  {table: base.yaml, to_nm: 45, energies: [{nm: 45, energy: 1}, {nm: 65, energy: 2}]}\n",
        encoding="utf-8",
    )
    energies = []
    for price in (100, 300, 100):
        said = (
            Path(TABLE["technology"])
            .read_text(encoding="utf-8")
            .replace("access: 100", f"access: {price}")
        )
        base.write_text(f"{said}node_nm: 45\n", encoding="utf-8")
        result = swept(store, technology=table)
        (first, *_) = result.points(DONE)
        energies.append(first.figures["energy"])
    assert energies[0] == energies[2] < energies[1]


def test_a_defect_costs_its_point_and_is_tried_again(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures_of, calls = sweep_point.figures_of, list[object]()

    def broken_once(found: Any) -> dict[str, Any]:
        calls.append(found)
        if len(calls) == 2:
            raise ZeroDivisionError("oh")
        return figures_of(found)

    monkeypatch.setattr(sweep_point, "figures_of", broken_once)
    result = swept(store)
    assert result.counts() == {DONE: 2, IMPOSSIBLE: 0, FAILED: 1}
    assert [its.reason for its in result.points(FAILED)] == [
        "internal error: ZeroDivisionError: oh"
    ]
    again = swept(store)
    assert again.progress is not None
    assert (again.progress.known, again.progress.computed) == (2, 1)
    assert again.counts()[DONE] == 3


def test_a_file_that_changes_under_way(store: Path, tmp_path: Path) -> None:
    """What is computed from the changed file is not kept under the key of the old one."""
    machine = tmp_path / "m.yaml"
    machine.write_text(Path(SMALL[0]).read_text(encoding="utf-8"), encoding="utf-8")

    def change(progress: Any) -> None:
        if progress.computed == 1:
            machine.write_text(machine.read_text(encoding="utf-8") + "# x\n", encoding="utf-8")

    result = swept(store, machine, SMALL[1], progress=change)
    assert result.counts() == {DONE: 1, IMPOSSIBLE: 0, FAILED: 2}
    assert {its.reason for its in result.points(FAILED)} == {
        f"{machine} was changed during the sweep"
    }


def test_a_table_of_accelergys_that_changes_under_way(store: Path, tmp_path: Path) -> None:
    ert, table = tmp_path / "ERT.yaml", tmp_path / "table.yaml"
    words = {
        "dram": ("read", "write"), "buffer": ("read", "write"),
        "array": ("deliver", "collect", "reduce"), "mac": ("mac", "alu"),
    }  # fmt: skip
    tables = [
        {"name": f"system.{name}", "actions": [{"name": its, "energy": 1.0} for its in actions]}
        for name, actions in words.items()
    ]
    ert.write_text(json.dumps({"ERT": {"version": 0.4, "tables": tables}}), encoding="utf-8")
    table.write_text(
        "kind: technology\nname: t\nunit: pJ\nword: 16 b\nsource: a test\n"
        "accelergy: {ert: ERT.yaml}\n"
        "prices: {array: {deliver: 0, collect: 0, reduce: 0}, mac: {mac: 1, alu: 1}}\n",
        encoding="utf-8",
    )

    def change(progress: Any) -> None:
        if progress.computed == 1:
            ert.write_text(ert.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    result = swept(store, technology=table, progress=change)
    assert result.counts() == {DONE: 1, IMPOSSIBLE: 0, FAILED: 2}
    assert {its.reason for its in result.points(FAILED)} == {f"{ert} was changed during the sweep"}


def test_constraints(store: Path) -> None:
    where = ["buffer.size<=16*2 + 0*array.mesh_x", "pes>2"]
    result = swept(store, parameters=[SIZES, "array.mesh_x=2,4"], where=where)
    progress = result.progress
    assert progress is not None
    assert (progress.points, progress.computed, progress.left_out) == (6, 3, 3)
    assert {its.parameters["array.mesh_x"] for its in result} == {"4"}
    assert not result.interrupted


def test_constraints_hold_for_points_that_are_in_the_store_already(tmp_path: Path) -> None:
    parameters = ["buffer.size=1 words,8 words,32 words", "array.mesh_x=0,2,4"]
    found = []
    for name, known in (("new", 0), ("filled", 6)):
        if known:
            swept(tmp_path / name, parameters=parameters)
        result = swept(tmp_path / name, parameters=parameters, where="pes>2")
        progress = result.progress
        assert progress is not None
        assert progress.known == known
        assert (progress.points, progress.finished, progress.left_out) == (9, 9, 3)
        found.append({(its.key, its.status) for its in result})
    assert found[0] == found[1]
    assert {status for _, status in found[0]} == {DONE, IMPOSSIBLE}


def test_processes_find_the_same_bytes(tmp_path: Path) -> None:
    options: dict[str, Any] = {"parameters": [SIZES, "array.mesh_x=0:4:+1"]}
    alone = swept(tmp_path / "a.db", **options)
    many = swept(tmp_path / "b.db", executor="processes", workers=2, **options)
    for ending in ("csv", "json", "parquet"):
        files = [tmp_path / f"{name}.{ending}" for name in "ab"]
        assert [its.export(file) for its, file in zip((alone, many), files, strict=True)] == [
            15,
            15,
        ]
        assert files[0].read_bytes() == files[1].read_bytes()
    lines = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    points = json.loads((tmp_path / "a.json").read_text())["points"]
    assert [line["key"] for line in lines] == sorted(point["key"] for point in points)
    for line, point in zip(lines, points, strict=True):
        assert line["set.array.mesh_x"] == point["parameters"]["array.mesh_x"]
        if point["status"] == DONE:
            assert float(line["energy"]) == point["figures"]["energy"]
            assert float(line["energy.dram"]) == point["figures"]["energy_by_level"]["dram"]
        else:
            assert (line["energy"], point["figures"]) == ("", None)


def test_one_store_or_several_are_merged(store: Path, tmp_path: Path) -> None:
    swept(store)
    others: list[Any] = [str(store), store, [store], [str(store)] * 2]
    merged = [acs.sweep_merge(tmp_path / f"{n}.db", its) for n, its in enumerate(others)]
    assert merged == [3, 3, 3, 3]


def test_parquet_is_read_back(store: Path, tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    result = swept(store)
    result.export(tmp_path / "a.parquet")
    frame = pd.read_parquet(tmp_path / "a.parquet")
    assert list(frame["key"]) == [its.key for its in result]
    assert list(frame["energy"]) == [its.figures["energy"] for its in result]


def test_records_can_be_swept(store: Path) -> None:
    machine = acs.load(SMALL[0])
    assert isinstance(machine, Architecture)
    result = swept(store, machine, SMALL[1], parameters=["fc.M=2,4"])
    by_name = swept(store, parameters=["fc.M=2,4"])
    assert [its.figures for its in result.best(2)] == [its.figures for its in by_name.best(2)]


def test_a_sample_is_the_same_again(store: Path) -> None:
    design = acs.Design("random", 4, seed=1)
    parameters = [SIZES, "array.mesh_x=1:8:+1"]
    swept(store, parameters=parameters, design=design)
    again = swept(store, parameters=parameters, design=design)
    assert again.progress is not None
    assert (again.progress.known, again.progress.computed) == (4, 0)


def test_it_stops_when_told(store: Path) -> None:
    seen = list[int]()

    def watch(progress: Any) -> None:
        seen.append(progress.computed)

    result = swept(store, stop=lambda: bool(seen) and seen[-1] >= 1, progress=watch)
    assert result.interrupted
    assert result.counts()[DONE] == 1
    assert result.exit_code() == 130
    assert str(result.problems()[0]).startswith(f"interrupted: 1 of 3 points are in '{store}'")


@pytest.mark.parametrize(
    ("what", "more", "complaint"),
    [
        (SMALL[:1], {}, "no workload to sweep"),
        (SMALL[1:], {}, "no machine to sweep"),
        ((), {"parameters": ["bufer.size=1"]}, "did you mean 'buffer'?"),
        ((), {"parameters": ["buffer.sise=1"]}, "did you mean 'size'?"),
        ((), {"parameters": ["fc.K=1"]}, "'K'"),
        ((), {"overrides": ["buffer.sise=1"]}, "--set buffer.sise=1: unknown key"),
        ((*SMALL, "eyeriss"), {}, "buffer.size' means nothing in 'eyeriss'"),
        ((), {"executor": "dask://"}, "'' is not the address of a scheduler; expected dask://HOST"),
        ((), {"where": ["area<=1"]}, "the area of 'small' is not known"),
        ((), {"where": ["buffer.size<1"]}, "no point is left"),
        ((), {"executor": "threads"}, "unknown executor 'threads'"),
        ((), {"workers": 2}, "2 workers in one process"),
        ((), {"technology": None}, "names no energy table"),
    ],
)
def test_what_has_no_sense_is_said_before_it_runs(
    store: Path, what: tuple[str, ...], more: dict[str, Any], complaint: str
) -> None:
    with pytest.raises((SpecError, UsageError)) as caught:
        swept(store, *what, **more)
    assert complaint in str(caught.value)
    assert not store.exists()


def test_what_is_asked_of_a_store_in_vain(store: Path, tmp_path: Path) -> None:
    swept(store)
    with pytest.raises(UsageError, match="has no sweep 7; expected one of 1"):
        acs.sweep_show(store, sweep=7)
    with pytest.raises(UsageError, match="cannot sort by 'beauty'"):
        acs.sweep_show(store).best(by="beauty")
    with pytest.raises(UsageError, match="nothing to prune"):
        acs.sweep_prune(store)
    with pytest.raises(UsageError, match="no store"):
        acs.sweep_prune(tmp_path / "none.db", undone=True)
    with pytest.raises(UsageError, match=r"ends in none of .csv, .json, .parquet"):
        acs.sweep_export(store, tmp_path / "a.txt")
    with pytest.raises(UsageError, match="cannot write"):
        acs.sweep_export(store, tmp_path / "nowhere" / "a.csv")
    assert sorted(its.name for its in tmp_path.iterdir()) == ["study.db"]


def test_every_objective_has_a_figure() -> None:
    assert {*MEASURES} == {*OBJECTIVES}


def test_it_shows_itself(store: Path) -> None:
    result = swept(store)
    assert repr(result) == f"SweepResult({store}: 3 done)"
    assert "buffer.size" in result._repr_html_()
    assert "Of 3 points, 0 were in the store, 3 computed now." in result.text()


@pytest.mark.parametrize(
    ("parameters", "overrides", "complaint"),
    [
        (
            "array.mesh_x=2,4",
            "array.mesh_x=3",
            "--set array.mesh_x=3: 'array.mesh_x' has no effect: 'array.mesh_x' comes after it",
        ),
        (
            ["fc.bits.weights=8,16", "*.bits.weights=4"],
            (),
            "-p fc.bits.weights=8,16: 'fc.bits.weights' has no effect: '*.bits.weights' comes",
        ),
        ("buf*.size=8words", "buffer.size=4words", "'buffer.size' has no effect"),
    ],
)
def test_a_setting_without_effect_is_refused(
    store: Path, parameters: str, overrides: str, complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        swept(store, parameters=parameters, overrides=overrides)
    assert complaint in str(caught.value)
    assert not store.exists()


def test_a_single_text_is_one_setting(store: Path) -> None:
    result = swept(
        store,
        parameters="fc.bits.weights=8,16",
        overrides="array.mesh_x=4",
        where="fc.bits.weights<=8",
    )
    assert [its.parameters["fc.bits.weights"] for its in result] == ["8"]
    assert [its.parameters["array.mesh_x"] for its in result] == ["4"]


def test_equal_machines_are_computed_once_and_shown_by_their_names(
    store: Path, tmp_path: Path
) -> None:
    twin = tmp_path / "twin.yaml"
    twin.write_bytes(Path(SMALL[0]).read_bytes())
    result = swept(store, SMALL[0], twin, SMALL[1])
    assert result.progress is not None
    assert (result.progress.computed, result.progress.known) == (3, 3)
    machines = [SMALL[0], str(twin)]
    assert sorted(its.identity["architecture"] for its in result) == sorted(machines * 3)
    alone = swept(store, twin, SMALL[1])
    assert {its.identity["architecture"] for its in alone} == {str(twin)}
    ends = [(its["points"], its["finished"]) for its in acs.sweep_status(store)["sweeps"]]
    assert ends == [(6, 6), (3, 3)]


def test_a_command_is_what_was_run(store: Path) -> None:
    how = acs.Search("edp", samples=100, seed=3, driver="sampling")
    swept(store, search=how, parameters=["array.mesh_x=2,4"])
    (entry,) = acs.sweep_status(store)["sweeps"]
    assert entry["command"] == (
        f"accelsim sweep {' '.join(SMALL)} -p array.mesh_x=2,4 --technology {TABLE['technology']}"
        f" --objective edp --samples 100 --driver sampling --seed 3 -o {store}"
    )


def test_what_is_left_out_or_named_twice_is_not_missed(store: Path) -> None:
    flows = ["tests/small/inputs.yaml", "tests/small/inputs.yaml"]
    swept(store, SMALL[0], SMALL[0], SMALL[1], where=["pes<=2"], parameters="array.mesh_x=2,4")
    swept(store, dataflows=flows)
    found = [
        (its["points"], its["finished"], its["left_out"], its["complete"])
        for its in acs.sweep_status(store)["sweeps"]
    ]
    assert found == [(2, 1, 1, True), (3, 3, 0, True)]


def test_tables_of_one_unit_are_swept_together(store: Path) -> None:
    words = ("eyeriss_shared", "alexnet:fc8")
    options: dict[str, Any] = {
        "technology": None,
        "search": acs.Search(samples=20, driver="sampling"),
    }
    both = "technology=eyeriss-relative,horowitz-45nm"
    with pytest.raises(UsageError, match=r"different units: eyeriss-relative \(MAC\), horowitz"):
        swept(store, *words, parameters=both, **options)
    assert not store.exists()
    of_one_unit = "technology=nn-dataflow-65nm,horowitz-45nm,none"
    assert swept(store, *words, parameters=of_one_unit, **options).counts()[DONE] == 2


def test_figures_have_the_names_of_searches_too(store: Path) -> None:
    result = swept(store, parameters="array.mesh_x=1,2")
    for name, figure in (("latency", "seconds"), ("pes", "pes"), ("energy", "energy")):
        found = [its.figures[figure] for its in result.best(2, by=name)]
        assert found == sorted(found)
        assert points_of(result).measure(name).name == figure
    assert read_by("energy,area_mm2") == ("energy", "area")
    with pytest.raises(UsageError, match=r"cannot sort by 'latecy'; .* did you mean 'latency'"):
        result.best(by="latecy")
    with pytest.raises(UsageError, match="no figure 'beauty'"):
        acs.plot(result, kind="front", figures="beauty")


def test_points_are_sorted_by_any_figure_that_they_have(store: Path) -> None:
    """By hand: 4 nJ in 2 s are 2e-6 mW, 9 nJ in 3 s 3e-6 mW; the third has neither."""
    table = [("pJ", 4e3, 2.0, 7), ("pJ", 9e3, 3.0, 5), ("MAC", 1.0, 4.0, 6)]
    with Store(store, writing=True) as opened:
        for key, (unit, energy, seconds, words) in enumerate(table):
            figures = {"energy": energy, "energy_unit": unit, "energy_per_mac": None}
            figures |= {"cycles": seconds, "seconds": seconds, "edp": 1.0, "utilization": 0.5}
            figures |= {"area_mm2": None, "words_by_level": {"dram": words}, "proved": True}
            figures |= {"energy_sources": [f"{'mac' if words == 5 else 'dram, mac'}: a table"]}
            named = dict.fromkeys(sweep_export.IDENTITY, "")
            opened.add([Row(str(key), DONE, named, {}, figures, "", 0.0, "tests")])
    result = acs.sweep_show(store)
    expected = {"power": "01", "words.dram": "120", "latency": "012"}
    assert {by: "".join(its.key for its in result.best(9, by)) for by in expected} == expected
    for by in ("energy", "", "edp"):
        with pytest.raises(UsageError, match="energies in different units: MAC, pJ"):
            result.best(9, by)
        assert [its.key for its in result.best(9, by, unit="pJ")] == ["0", "1"]
        units = [table.headings[0] for table in result.tables(9, by)]
        assert units == ["energy\nMAC", "energy\npJ"]
    assert [its["key"] for its in result.data(9)["best"]] == ["2", "0", "1"]
    assert [[line[1] for line in table.rows] for table in result.tables(9, "power")] == [
        ["4000", "9000"]
    ]
    assert [its.key for its in result.best(1, by="words.dram")] == ["1"]
    said = result.text(by="power").splitlines()
    assert said[-2:] == ["Energies are from 1 source:", "  - dram, mac: a table"]
    assert [line.split()[0] for line in said[4:6]] == ["2e-06", "3e-06"]
    assert said[0] == "best by power"
    assert said[2].split()[0] == "mW"
    for by, complaint in (
        ("area", "no point knows its area; it is known where each memory"),
        ("words.glb", "cannot sort by 'words.glb'; expected one of energy, .*'words.dram'"),
        ("proved", "cannot sort by 'proved'"),
    ):
        with pytest.raises(UsageError, match=complaint):
            result.best(by=by)


@pytest.mark.parametrize("does", ["show", "report", "plot", "status"])
def test_an_empty_file_is_no_store_to_anybody(tmp_path: Path, does: str) -> None:
    file = tmp_path / "empty.db"
    file.touch()
    reads: dict[str, Callable[[Path], object]] = {
        "show": acs.sweep_show,
        "status": acs.sweep_status,
        "report": acs.report_,
        "plot": acs.plot,
    }
    with pytest.raises(UsageError, match=r"empty\.db' is empty, and not a store of a sweep"):
        reads[does](file)


@pytest.mark.parametrize("study", ["bits", "dataflows"])
def test_studies_end_with_a_message(study: str) -> None:
    words = [sys.executable, f"scripts/study_{study}.py", "alexnett"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.BAD_SPEC
    assert "did you mean 'alexnet'?" in done.stderr
    assert "Traceback" not in done.stderr
