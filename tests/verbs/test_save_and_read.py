from __future__ import annotations

import json
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.records import Architecture
from accelsim.errors import SpecError, UsageError
from accelsim.report import folder as folder_module
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.technology.records import Accounting
from tests.small import ENERGY_INPUTS, ENERGY_OUTPUTS, PICOJOULES, TABLE
from tests.small.results import comparison, entry, network_run, refused, row


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    files = acs.save(comparison(), tmp_path / "out")
    assert [str(path.relative_to(tmp_path / "out")) for path in files] == [
        "results.json",
        "run.json",
        "energy.csv",
        "layers.csv",
        "mappings/outputs/fc.yaml",
        "mappings/inputs/fc.yaml",
        "energy-breakdown.svg",
        "energy-breakdown.png",
    ]
    assert all(path.is_file() for path in files)
    text = (tmp_path / "out/mappings/outputs/fc.yaml").read_text(encoding="utf-8")
    assert 'layer: "tiny:fc"' in text


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        acs.save(comparison(), tmp_path / name)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


@pytest.mark.parametrize("result", [comparison(), network_run()], ids=["compare", "run"])
def test_a_folder_is_read_back(result: Comparison | NetworkRun, tmp_path: Path) -> None:
    acs.save(result, tmp_path)
    again = acs.load(tmp_path)
    assert type(again) is type(result)
    assert isinstance(again, Comparison | NetworkRun)
    assert again.data() == result.data()
    assert again.text() == result.text()


def test_a_folder_from_before_there_were_these_keys(tmp_path: Path) -> None:
    acs.save(comparison(), tmp_path)
    path = tmp_path / "results.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["settings"]["uneven"]
    for arch in data["specs"]["architectures"].values():
        for memory in arch["memories"]:
            del memory["widths"], memory["packing"]
    for prices in data["specs"]["prices"].values():
        for key in ("curves", "macs", "compounds", "areas", "area_curves", "per_access"):
            del prices["table"][key]
    for found in data["rows"]:
        del found["stopped_by"]
        for its in found["layers"]:
            del its["mapping"]["remainders"]
    path.write_text(json.dumps(data), encoding="utf-8")
    again = acs.load(tmp_path)
    assert isinstance(again, Comparison)
    assert again.data() == comparison().data()


def test_a_row_without_any_mapping_is_read_back(tmp_path: Path) -> None:
    result = comparison(row("good", entry("C")), row("no", refused()))
    acs.save(result, tmp_path)
    again = acs.load(tmp_path / "results.json")
    assert isinstance(again, Comparison)
    assert again.data() == result.data()


def test_nothing_is_drawn_where_there_is_no_mapping(tmp_path: Path) -> None:
    files = acs.save(comparison(row("no", refused())), tmp_path)
    assert not [path for path in files if path.suffix in (".svg", ".png")]
    with pytest.raises(UsageError, match="nothing to draw: no layer has a mapping"):
        acs.plot(tmp_path)


def test_one_layer_is_saved_like_a_network(tmp_path: Path) -> None:
    one: LayerRun = network_run()["fc1"]
    acs.save(one, tmp_path)
    again = acs.load(tmp_path)
    assert isinstance(again, NetworkRun)
    assert again["fc1"].text() == one.text()


def test_labels_that_make_one_file_name_are_told_apart(tmp_path: Path) -> None:
    result = comparison(row("a/b", entry("M")), row("a:b", entry("C")), row("..", entry("C")))
    acs.save(result, tmp_path / "out")
    written = sorted(
        str(path.relative_to(tmp_path / "out/mappings"))
        for path in (tmp_path / "out/mappings").rglob("*.yaml")
    )
    assert written == ["_/fc.yaml", "a_b/fc-2.yaml", "a_b/fc.yaml"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot write '.*file.*'"):
        acs.save(comparison(), tmp_path / "file")


def test_prices_of_a_folder_can_be_changed(tmp_path: Path) -> None:
    acs.save(comparison(), tmp_path)
    dearer = acs.reprice(tmp_path, PICOJOULES)
    assert [its.total.energy_total for its in dearer.rows] == [
        2 * ENERGY_OUTPUTS,
        2 * ENERGY_INPUTS,
    ]
    back = acs.reprice(dearer, TABLE)
    assert back.data()["rows"] == comparison().data()["rows"]


def test_a_repriced_result_says_so(tmp_path: Path) -> None:
    note = (
        "Repriced: the mappings were the best found under other prices: table small-table,"
        " accounting default (outputs, inputs). Under these prices, others may be better."
    )
    dearer = acs.reprice(comparison(), PICOJOULES)
    assert dearer.notes()[-1] == note
    data = dearer.data()["settings"]["repriced"]
    assert (data["technology"], data["accounting"]) == (str(PICOJOULES), "")
    assert [its["technology"] for its in data["found_under"]] == ["small-table"] * 2
    acs.save(dearer, tmp_path)
    again = acs.load(tmp_path)
    assert isinstance(again, Comparison)
    assert again.data() == dearer.data()
    assert again.notes()[-1] == note
    # Repriced twice: still found under the first prices; under which it says nothing.
    twice = acs.reprice(again, PICOJOULES, free_fills())
    assert twice.notes()[-1] == note
    assert not any("Repriced" in text for text in acs.reprice(twice, TABLE, "default").notes())
    assert any("Repriced" in text for text in acs.reprice(network_run(), PICOJOULES).notes())
    one = acs.reprice(network_run(), PICOJOULES)
    assert isinstance(one, NetworkRun)
    assert one["fc1"].notes()[-1].startswith("Repriced: ")


def free_fills() -> Accounting:
    return Accounting("free", {"buffer": {"fill": 0.0}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("[]", "not a result of the schema accelsim/1"),
        ('{"schema": "accelsim/2"}', "not a result of the schema accelsim/1"),
        ('{"schema": "accelsim/1"}', "holds no results of compare or run; it may say what went"),
        (
            '{"schema": "accelsim/1", "rows": [{}], "specs": {}, "settings": {}}',
            "settings: not the fields of a Settings",
        ),
        (
            json.dumps(comparison().data() | {"schema": "accelsim/1", "specs": {}}),
            "not in the form that results have (KeyError('architectures'))",
        ),
    ],
)
def test_files_that_hold_no_results(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        acs.load(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def stored(**changes: object) -> str:
    return json.dumps(comparison().data() | {"schema": "accelsim/1"} | changes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"bound": 2', '"bound": 3', "layer fc, mapping: the loops over M multiply to 3"),
        ('"keep": ["Inputs"', '"keep": ["Imputs"', "the outermost memory 'dram' must keep every"),
        ('"dim": "C"', '"dim": "X"', "loops over 'X', which layer 'fc' does not have"),
        ('"objective": "energy"', '"objective": "speed"', "unknown objective 'speed'; expected"),
        ('"row": "outputs"', '"row": 7', "row: unexpected 7; expected str"),
    ],
)
def test_results_that_were_tampered_with(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in stored()
    path = tmp_path / "results.json"
    path.write_text(stored().replace(old, new), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        acs.load(path)
    assert message in str(caught.value)


def test_a_result_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(stored(rows=[]), encoding="utf-8")
    with pytest.raises(SpecError, match="holds no rows"):
        acs.load(path)


def test_a_defect_of_the_evaluation_is_not_taken_for_a_broken_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a defect")

    acs.save(comparison(), tmp_path)
    monkeypatch.setattr(folder_module, "evaluate", broken)
    with pytest.raises(KeyError, match="a defect"):
        acs.load(tmp_path)


def test_a_folder_does_not_hide_a_shipped_spec_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eyeriss").mkdir()
    monkeypatch.chdir(tmp_path)
    assert isinstance(acs.load("eyeriss"), Architecture)
    (checked,) = acs.check("eyeriss")
    assert checked.problems == ()
    for written in ("./eyeriss", "eyeriss/", Path("eyeriss")):
        with pytest.raises(SpecError, match="no results here"):
            acs.load(written)
    acs.save(comparison(), tmp_path / "out")
    assert isinstance(acs.load("out"), Comparison)
    monkeypatch.chdir(tmp_path / "out")
    assert isinstance(acs.load("."), Comparison)


def test_a_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"results\.json: no results here; accelsim compare"):
        acs.load(tmp_path)
