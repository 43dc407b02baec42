"""A mapping that was written names what it is for, so that check and evaluate read it again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.spec import read_architecture
from accelsim.errors import SpecError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.mapping.spec import MadeFrom, read_made_from
from accelsim.report.results import NetworkRun
from accelsim.workload.spec import read_workload
from tests.small import LAYER, MACHINE, MIXED, OUTPUTS, STUDY, TABLE

QUICK = acs.Search(samples=50)


def problems(path: Path) -> list[str]:
    (checked,) = acs.check(path)
    return [str(problem) for problem in checked.problems]


def test_own_files_and_overrides_are_named(tmp_path: Path) -> None:
    sets = ["buffer.size=9 words", "fc*.bits.weights=8"]
    result = acs.run(
        MACHINE, f"{MIXED}:fc*", dataflow=OUTPUTS, technology=TABLE, overrides=sets, search=QUICK
    )
    acs.save(result, tmp_path)
    path = tmp_path / "mappings/outputs/fc2.yaml"
    assert read_made_from(path) == MadeFrom(str(MACHINE), f"{MIXED}:fc2,batch=1", tuple(sets))
    assert problems(path) == []
    again = acs.load(tmp_path)
    assert again.data() == result.data()  # type: ignore[union-attr]
    acs.save(again, tmp_path / "again")  # type: ignore[arg-type]
    assert (tmp_path / "again/mappings/outputs/fc2.yaml").read_bytes() == path.read_bytes()


def test_every_row_of_a_study_names_its_own_machine(tmp_path: Path) -> None:
    result = acs.compare(STUDY, LAYER, overrides=["buffer.size=9 words"], search=QUICK)
    acs.save(result, tmp_path)
    for label in ("O", "I"):
        path = tmp_path / f"mappings/{label}/fc.yaml"
        made_from = read_made_from(path)
        assert (path.parent / made_from.architecture).samefile(MACHINE)
        assert made_from.overrides == ("buffer.size=9 words",)
        assert problems(path) == []


def own_specs(folder: Path) -> None:
    """Put the small machine and layer into a folder, under names of their own."""
    folder.mkdir()
    (folder / "mine.yaml").write_text(MACHINE.read_text("utf-8"), encoding="utf-8")
    (folder / "net.yaml").write_text(LAYER.read_text("utf-8"), encoding="utf-8")


def test_paths_in_a_mapping_are_relative_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_specs(tmp_path / "a")
    monkeypatch.chdir(tmp_path / "a")
    found = acs.map("mine.yaml", "./net.yaml", technology=TABLE, search=QUICK)
    files = acs.save(found, "../out")
    (path,) = (file for file in files if file.suffix == ".yaml")
    assert path == Path("../out/mappings/small/fc.yaml")
    assert read_made_from(path) == MadeFrom("../../../a/mine.yaml", "../../../a/net.yaml:fc")
    assert problems(path) == []
    for directory, seen in (("", "out/mappings/small"), ("out", "mappings/small"), ("a", "../out")):
        monkeypatch.chdir(tmp_path / directory)
        file = next(Path(seen).rglob("fc.yaml"))
        assert problems(file) == []
        names = {n: Path(os.path.relpath(tmp_path / "a" / n)) for n in ("mine.yaml", "net.yaml")}
        again = acs.evaluate(names["mine.yaml"], names["net.yaml"], file, technology=TABLE)
        assert again.settings.remarks == ()
    # Folders that are moved together still know each other; one that is moved alone does not.
    (tmp_path / "moved").mkdir()
    for name in ("a", "out"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    monkeypatch.chdir(tmp_path)
    assert problems(Path("moved/out/mappings/small/fc.yaml")) == []
    (tmp_path / "moved/out").rename(tmp_path / "out")
    assert problems(Path("out/mappings/small/fc.yaml")) == [
        (
            "a/mine.yaml: cannot be read: no such file or directory; named in"
            " out/mappings/small/fc.yaml:2:15"
        )
    ]


def test_a_folder_that_is_read_and_written_elsewhere_names_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_specs(tmp_path / "a")
    monkeypatch.chdir(tmp_path / "a")
    found = acs.run("mine.yaml", "net.yaml", technology=TABLE, search=QUICK)
    acs.save(found, "out")
    again = acs.load(Path("out"))
    assert isinstance(again, NetworkRun)
    assert again.settings.origins == found.settings.origins
    monkeypatch.chdir(tmp_path)
    elsewhere = acs.load(Path("a/out"))
    assert isinstance(elsewhere, NetworkRun)
    assert elsewhere.settings.origins[0].architecture == "a/mine.yaml"
    acs.save(elsewhere, "b/c/out")
    assert problems(Path("b/c/out/mappings/small/fc.yaml")) == []


def test_a_mapping_as_text_names_files_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_specs(tmp_path / "a")
    monkeypatch.chdir(tmp_path / "a")
    found = acs.map("mine.yaml", "net.yaml", technology=TABLE, search=QUICK)
    path = tmp_path / "m.yaml"
    path.write_text(found.yaml, encoding="utf-8")
    assert read_made_from(path).architecture == str((tmp_path / "a/mine.yaml").resolve())
    assert problems(path) == []


def test_records_have_no_words(tmp_path: Path) -> None:
    result = acs.map(
        read_architecture(MACHINE), read_workload(LAYER), technology=TABLE, search=QUICK
    )
    assert result.yaml.splitlines()[:4] == [
        "kind: mapping",
        "# architecture: small, which was not read from a file",
        "# layer: fc, which was not read from a file",
        "levels:",
    ]
    path = tmp_path / "m.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    assert problems(path)[0].startswith(f"{path}: a mapping is checked against a machine and a")
    assert acs.evaluate(MACHINE, LAYER, path, technology=TABLE).mapping == result.mapping


def test_odd_words_are_quoted(tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" \\c.yaml'
    odd.write_text(MACHINE.read_text("utf-8"), encoding="utf-8")
    result = acs.map(odd, LAYER, technology=TABLE, search=QUICK)
    path = tmp_path / "m.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    assert read_made_from(path).architecture == str(odd)
    assert problems(path) == []


def test_evaluate_says_which_overrides_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    sets = ["buffer.size=64 words", "clock=2GHz"]
    found = acs.map(MACHINE, LAYER, technology=TABLE, overrides=sets, search=QUICK)
    path.write_text(found.yaml, encoding="utf-8")
    remark = (
        f"{path}:4:12: the mapping is for a machine or layer changed by"
        " --set 'buffer.size=64 words', which is not set here"
    )
    same = acs.evaluate(MACHINE, LAYER, path, technology=TABLE, overrides=sets)
    assert same.settings.remarks == ()
    assert same.yaml == found.yaml
    less = acs.evaluate(MACHINE, LAYER, path, technology=TABLE, overrides=["clock=2GHz"])
    assert less.notes()[-1] == f"{remark}."
    with pytest.raises(IllegalMappingError) as caught:
        acs.evaluate(
            MACHINE, LAYER, path, technology=TABLE, overrides=["clock=2GHz", "buffer.size=4 words"]
        )
    assert str(caught.value) == f"buffer needs 8 words for its tiles, has 4; {remark}"
    path.write_text(found.yaml.replace("M 2", "M 3"), encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        acs.evaluate(MACHINE, LAYER, path, technology=TABLE, overrides=["clock=2GHz"])
    assert str(refused.value).splitlines()[0] == remark


def test_evaluate_says_that_a_mapping_is_for_another_machine_or_layer(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    found = acs.map(MACHINE, f"{MIXED}:fc1", technology=TABLE, search=QUICK)
    path.write_text(found.yaml, encoding="utf-8")
    command = f"accelsim evaluate {MACHINE} {MIXED}:fc1,batch=1 {path}"
    machine = f"{path}:2:15: the mapping is for the machine '{MACHINE}', which is not the 'other'"
    layer = f"{path}:3:8: the mapping is for the layer '{MIXED}:fc1,batch=1', which is not the"
    # Where it can be counted, it is, with a remark: on a machine that was changed, for example.
    other = tmp_path / "other.yaml"
    text = MACHINE.read_text("utf-8").replace("name: small", "name: other")
    other.write_text(text.replace("8 words", "16 words"), encoding="utf-8")
    counted = acs.evaluate(other, f"{MIXED}:fc2", path, technology=TABLE)
    assert counted.evaluation is not None
    assert counted.settings.remarks == (
        f"{machine} here.",
        f"{layer} 'fc2' here.",
    )
    assert counted.notes()[-2:] == [*counted.settings.remarks]
    # Where it cannot, that is the first thing to know.
    with pytest.raises(SpecError) as refused:
        acs.evaluate(MACHINE, f"{MIXED}:pool1", path, technology=TABLE)
    said = str(refused.value).splitlines()
    assert said[0] == f"{layer} 'pool1' here; as it was made: {command}"
    assert len(said) > 1
    # The same machine and layer under other words, or as records, are the same.
    twin = tmp_path / "twin.yaml"
    twin.write_text(MACHINE.read_text("utf-8"), encoding="utf-8")
    network = read_workload(f"{MIXED}:fc1")
    for same in (
        acs.evaluate(twin, f"{MIXED}:fc1", path, technology=TABLE),
        acs.evaluate(read_architecture(MACHINE), network, path, technology=TABLE),
    ):
        assert same.settings.remarks == ()
