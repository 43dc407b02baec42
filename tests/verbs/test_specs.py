"""The verbs about specs: show, list, load, check, and what doctor looks at."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import accelsim as acs
from accelsim import jit, shipped
from accelsim.arch.records import Architecture
from accelsim.errors import SpecError, UsageError
from accelsim.mapper.benchmark import SearchSpeed, Speed
from accelsim.mapper.contract import Certificate, Outcome
from accelsim.mapspace.records import Dataflow
from accelsim.study import Study
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.verbs import doctor as doctor_module
from accelsim.verbs.doctor import Check
from accelsim.workload.records import Network
from tests.small import INPUTS, LAYER, MACHINE, MAPPING, OUTPUTS, STUDY, TABLE, elsewhere


def test_show_is_the_file_as_it_is() -> None:
    assert acs.show("eyeriss") == shipped.find("architecture", "eyeriss").read_text("utf-8")
    assert acs.show(str(LAYER)) == LAYER.read_text("utf-8")


def test_a_name_of_several_kinds_needs_its_kind() -> None:
    with pytest.raises(UsageError, match="names several specs: accounting, study; say which"):
        acs.show("isca2016")
    assert acs.show("isca2016", kind="study").startswith("kind: study")
    assert isinstance(acs.load("isca2016", kind="accounting"), Accounting)
    assert isinstance(acs.load("isca2016", kind="study"), Study)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("eyeriss", Architecture),
        ("alexnet:conv1", Network),
        ("rs", Dataflow),
        ("eyeriss-relative", EnergyTable),
        (str(STUDY), Study),
    ],
)
def test_load_reads_what_a_name_is(name: str, kind: type) -> None:
    assert isinstance(acs.load(name), kind)


def test_load_takes_overrides_where_they_have_a_meaning() -> None:
    arch = acs.load("eyeriss", overrides=["glb.size=64KiB"])
    assert isinstance(arch, Architecture)
    assert arch.memory["glb"].size_bits == 64 * 1024 * 8
    network = acs.load(LAYER, overrides=["fc.bits.weights=8"])
    assert isinstance(network, Network)
    assert network.layers[0].tensors[0].bits == 8
    with pytest.raises(UsageError, match="overrides change machines and workloads, not a dataflow"):
        acs.load("rs", overrides=["x=1"])
    with pytest.raises(UsageError, match="a mapping cannot be loaded by itself"):
        acs.load(MAPPING)


def test_unknown_names_suggest_close_ones_of_any_kind() -> None:
    with pytest.raises(SpecError, match=r"no workload 'alexnte'; did you mean 'alexnet'\?"):
        acs.load("alexnte")
    with pytest.raises(SpecError, match=r"no architecture or workload or .* 'xyzzy'"):
        acs.load("xyzzy")


def test_files_of_no_known_kind(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("kind: recipe\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"x.yaml:1:7: unknown kind 'recipe'; expected one of arch"):
        acs.load(path)
    path.write_text("name: x\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"x\.yaml: no 'kind:'; expected one of"):
        acs.load(path)


def test_everything_that_is_shipped_is_listed_and_without_problems() -> None:
    listed = acs.list()
    assert {spec.kind for spec in listed} == set(shipped.FOLDERS)
    assert all(spec.title and spec.source for spec in listed)
    checked = acs.check(*(spec.path for spec in listed))
    assert [its for its in checked if its.problems] == []


def test_list_takes_both_words_for_a_kind() -> None:
    assert acs.list("archs") == acs.list("architecture")
    with pytest.raises(UsageError, match="cannot list 'cars'; expected one of archs, workloads"):
        acs.list("cars")


def test_check_lists_assumed_prices_of_a_machines_own_table() -> None:
    (machine,) = acs.check("eyeriss")
    priced = [text.partition(" MAC: ")[0] for text in machine.assumed if " MAC: " in text]
    assert priced == ["array.collect = 0", "mac.alu = 1"]


def test_check_finds_what_is_assumed() -> None:
    (machine, table, mapping) = acs.check(MACHINE, TABLE, MAPPING)
    assert machine.assumed == (
        "bandwidths are unlimited",
        "a call chooses the energy table (--technology), as this names none",
    )
    assert table.assumed == ("mac.alu = 1 MAC: an addition costs what a MAC costs",)
    assert (mapping.kind, mapping.problems) == ("mapping", ())


def test_check_lists_levels_that_only_some_machines_have() -> None:
    general, specific, required = acs.check("rs", "isca2016_rs", "isca2016_ws")
    assert general.assumed == ()
    assert specific.assumed == ("machines have a level 'buffer'; on others, its rules say nothing",)
    assert "machines have a level 'rows'; others are refused" in required.assumed


def test_check_reads_a_mapping_against_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(elsewhere(MAPPING).replace("C 2", "C 3"), encoding="utf-8")
    (checked,) = acs.check(path)
    assert "C" in checked.problems[0].what
    path.write_text("kind: mapping\nlevels: []\n", encoding="utf-8")
    (checked,) = acs.check(path)
    assert str(checked.problems[0]).startswith(
        f"{path}: a mapping is checked against a machine and a layer"
    )
    path.write_text("kind: mapping\narchitecture: eyeris\nlayer: alexnet:conv1\n", encoding="utf-8")
    (checked,) = acs.check(path)
    assert str(checked.problems[0]).startswith(f"{path}:2:15: no architecture 'eyeris'")
    path.write_text("kind: mapping\narchitecture: eyeriss\nlayer: alexnet\n", encoding="utf-8")
    (checked,) = acs.check(path)
    assert str(checked.problems[0]).startswith(f"{path}:3:8: 'alexnet' selects 11 layers")


def test_check_reads_what_a_study_names(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    text = elsewhere(STUDY).replace(str(INPUTS), "inputz").replace(str(TABLE), "eyeriss-relativ", 1)
    path.write_text(text, encoding="utf-8")
    said = [
        (
            f"{path}:8:15: no technology 'eyeriss-relativ'; expected one of"
            f" {', '.join(shipped.names('technology'))}; did you mean 'eyeriss-relative'?"
            " (accelsim list technologies)"
        ),
        f"{path}:11:13: no dataflow 'inputz' (accelsim list dataflows)",
    ]
    (checked,) = acs.check(path)
    assert [str(problem) for problem in checked.problems] == said
    with pytest.raises(SpecError) as refused:
        acs.compare(path, LAYER)
    assert str(refused.value).splitlines() == said


def test_a_study_names_files_relative_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    for name in ("study", "machine", "outputs", "inputs", "table"):
        text = (STUDY.parent / f"{name}.yaml").read_text(encoding="utf-8")
        (tmp_path / f"here/{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert acs.check("here/study.yaml")[0].problems == ()
    (tmp_path / "here/inputs.yaml").unlink()
    (missing,) = acs.check("here/study.yaml")[0].problems
    assert str(missing) == (
        "here/inputs.yaml: cannot be read: no such file or directory; named in"
        " here/study.yaml:11:13"
    )


UNKNOWN_COMPONENT = (
    "energy table 'small-table' has no component 'bufer': level 'buffer' of small needs its prices"
    " for 'read', 'update', 'fill', 'drain'; expected one of dram, buffer; did you mean 'buffer'?"
)


def priced(path: Path, old: str, new: str) -> list[list[str]]:
    """Return what check, map, run and compare say of a machine that was changed."""
    text = MACHINE.read_text("utf-8").replace("name: small", "name: small\ntechnology: small-table")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    said = [[str(problem) for problem in acs.check(path)[0].problems]]
    for call in (
        lambda: acs.map(path, LAYER),
        lambda: acs.run(path, LAYER),
        lambda: acs.compare(path, LAYER, dataflows=[OUTPUTS]),
        lambda: acs.evaluate(path, LAYER, MAPPING),
    ):
        with pytest.raises(SpecError) as caught:
            call()
        said.append([str(problem) for problem in caught.value.problems])
    return said


def test_what_check_passes_can_be_priced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words from check as from the verbs that price, one problem for each level."""
    path = tmp_path / "m.yaml"
    tables = {**shipped._files("technology"), "small-table": TABLE}
    monkeypatch.setattr(shipped, "_files", lambda kind: tables if kind == "technology" else {})
    said = priced(path, "component: buffer", "component: bufer")
    assert said[0] == [f"{path}:12:14: {UNKNOWN_COMPONENT}"]
    assert said == [said[0]] * 5
    said = priced(path, "component: buffer", "component: array")
    assert said[0] == [
        (
            f"{path}:12:14: energy table 'small-table' has no price for 'read', 'update', 'fill',"
            " 'drain' of component 'array', which level 'buffer' of small needs; add what is"
            " missing to the table, or state an `energy:` for buffer"
        )
    ]
    assert said == [said[0]] * 5
    said = priced(path, "technology: small-table", "technology: small-tabel")
    assert said[0] == [
        (
            f"{path}:3:13: no technology 'small-tabel'; expected one of"
            f" {', '.join(sorted(tables))}; did you mean 'small-table'?"
            " (accelsim list technologies)"
        )
    ]
    assert said == [said[0]] * 5


def test_a_price_is_missed_where_the_machine_or_the_call_names_the_component(
    tmp_path: Path,
) -> None:
    with pytest.raises(SpecError) as caught:
        acs.run(MACHINE, LAYER, technology=TABLE, overrides=["buffer.component=bufer"])
    assert str(caught.value) == f"--set buffer.component=bufer: {UNKNOWN_COMPONENT}"
    text = MACHINE.read_text("utf-8").replace(
        "  mesh_x: 2\n",
        "  mesh_x: 2\n  parts: [{fanout: rows, component: bus}, {fanout: lanes}]\n",
    )
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        acs.run(path, LAYER, technology=TABLE)
    (bus,) = map(str, caught.value.problems)
    assert bus.startswith(f"{path}:17:37: energy table 'small-table' has no component 'bus'")
    path.write_text(text.replace("component: array", "component: aray"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        acs.run(path, LAYER, technology=TABLE)
    assert [str(problem).partition(": energy")[0] for problem in caught.value.problems] == [
        f"{path}:17:37",
        f"{path}:15:14",
    ]
    record = acs.load(path)
    assert isinstance(record, Architecture)
    with pytest.raises(SpecError) as caught:
        acs.run(record, LAYER, technology=TABLE)
    assert [problem.where for problem in caught.value.problems] == [None, None]


def test_names_written_together() -> None:
    with pytest.raises(SpecError, match="no dataflow 'rs,ws'; write them apart: --dataflow rs --d"):
        acs.compare("eyeriss", "alexnet", dataflows="rs,ws")
    with pytest.raises(SpecError, match="'eyeriss, tpu_like'; write them apart: eyeriss tpu_like"):
        acs.compare("eyeriss, tpu_like", "alexnet")
    with pytest.raises(SpecError, match=r"no dataflow 'a,b' \(accelsim list dataflows\)"):
        acs.run("eyeriss", "alexnet", dataflow="a,b")


def test_check_wants_a_file() -> None:
    with pytest.raises(UsageError, match="no file to check"):
        acs.check()


@pytest.mark.parametrize("kind", shipped.FOLDERS)
def test_every_kind_has_a_schema(kind: str) -> None:
    schema = acs.schema(kind)
    assert schema["type"] == "object"
    assert "kind" in schema["properties"]
    json.dumps(schema)


def test_no_schema_of_an_unknown_kind() -> None:
    with pytest.raises(UsageError, match="no kind 'car' of spec; expected one of architecture"):
        acs.schema("car")


def test_doctor_finds_this_installation_well() -> None:
    checks = {check.name: check for check in acs.doctor()}
    assert [check for check in checks.values() if not check.ok] == []
    assert checks["kernel"].found == "counts a known case as by hand"
    assert checks["accelsim"].found == acs.__version__


def test_doctor_finds_a_verb_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(acs, "lookup", raising=False)
    monkeypatch.setitem(acs._HOME, "lookup", "accelsim.verbs.left_out")
    (verbs,) = (check for check in acs.doctor() if check.name == "verbs")
    found = "lookup: ModuleNotFoundError: No module named 'accelsim.verbs.left_out'"
    assert verbs == Check("verbs", False, found)


def test_doctor_times_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are those of the machine and the hour; the sentence is not."""
    made = Speed("conv3", 20_000, (700.0, 500.0, 600.0), 0.0123)
    monkeypatch.setattr(doctor_module, "evaluation_speed", lambda _: made)
    monkeypatch.setattr(os, "getloadavg", lambda: (1.25, 0.0, 0.0), raising=False)
    (speed,) = (check for check in acs.doctor() if check.name == "speed")
    assert speed == Check(
        "speed",
        True,
        "a full evaluation of conv3 on simba_like takes 600 ns (median of 3 runs of 20,000"
        " mappings, fastest 500 ns, load 1.2); 1.2% of its windows counted word by word",
    )


def test_doctor_times_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Certificate(
        "exact", 10, 5, True, 1.0, "space", "energy", (("patterns", 2), ("steps", 55_442))
    )
    made = SearchSpeed("conv3", (0.030, 0.010, 0.020), Outcome(None, done))
    monkeypatch.setattr(doctor_module, "search_speeds", lambda _: [made])
    monkeypatch.setattr(os, "getloadavg", lambda: (1.25, 0.0, 0.0), raising=False)
    (search,) = (check for check in acs.doctor() if check.name == "search")
    assert search == Check(
        "search",
        True,
        "an exact search of conv3 on eyeriss_shared takes 20 ms (median of 3 runs, fastest 10 ms,"
        " load 1.2); 55,442 steps, proved optimal",
    )


def test_doctor_finds_a_search_without_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Certificate("exact", 10, 5, False, 0.5, "samples", "energy", (("steps", 7),))
    made = SearchSpeed("conv3", (0.020,), Outcome(None, ended))
    monkeypatch.setattr(doctor_module, "search_speeds", lambda _: [made])
    (search,) = (check for check in acs.doctor() if check.name == "search")
    assert not search.ok
    assert search.found.endswith("7 steps, not proved optimal")


def test_doctor_finds_a_kernel_that_miscounts(monkeypatch: pytest.MonkeyPatch) -> None:
    right = doctor_module.known_case()
    words = right.words.copy()
    words[0] += 1
    wrong = type(right)(**(vars(right) | {"words": words}))
    monkeypatch.setattr(doctor_module, "known_case", lambda: wrong)
    checks = {check.name: check for check in acs.doctor()}
    assert not checks["kernel"].ok
    assert "dram Inputs read is 7, not 6" in checks["kernel"].found


def test_doctor_finds_a_cache_that_does_not_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jit, "cache_directory", lambda: tmp_path / "gone")
    monkeypatch.setattr(jit.numba_config, "CACHE_DIR", "")
    checks = {check.name: check for check in acs.doctor()}
    assert not checks["kernel cache"].ok
    assert "temporary" in checks["kernel cache"].found


def test_doctor_finds_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "PACKAGES", ("pandas", "no-such-package"))
    checks = {check.name: check for check in acs.doctor()}
    assert (checks["no-such-package"].ok, checks["no-such-package"].found) == (
        False,
        "not installed",
    )
