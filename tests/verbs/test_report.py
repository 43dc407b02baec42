"""Reports by their Python call: of a store, of a folder, of results in hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import SpecError, UsageError
from accelsim.report.results import LayerRun
from tests.report.pages import cells, read
from tests.small.points import row, stored
from tests.small.results import comparison, entry, network_run, refused
from tests.small.results import row as result_row

SMALL = ("tests/small/machine.yaml", "tests/small/layer.yaml")
TABLE = "tests/small/table.yaml"


def titles(html: str) -> list[str]:
    return [its.text for its in read(html).all("h2")]


def test_a_run_shows_totals_layers_figures_mappings_and_how_far_to_trust_it() -> None:
    result = network_run()
    html = acs.report_(result)
    assert titles(html) == [
        "Totals",
        "Layers",
        "Where energy goes",
        "Roofline",
        "Mappings",
        "How to read this",
        "Sources of the energies",
        "What is assumed",
    ]
    found = read(html)
    layers = cells(found.all("section")[1].all("table")[0])
    assert [line[0] for line in layers] == ["fc1", "fc2", "all"]
    roofline = [its.text for its in found.all("section")[3].all("title")]
    # 4 operations on 6 reads and 2 updates of 2 bytes; 2 operations a cycle.
    assert roofline[0] == (
        "fc1 (dram)\noperations per byte through the memory: 0.2500\noperations per cycle: 2"
    )
    assert [text.partition("\n")[0] for text in roofline] == [
        f"{layer} ({memory})" for memory in ("dram", "buffer") for layer in ("fc1", "fc2")
    ]
    first, second = found.all("section")[4].all("details")
    assert first.all("pre")[0].text == result["fc1"].nest
    assert second.all("pre")[0].text == result["fc2"].nest
    assert "not proved optimal" in first.text
    assert html == acs.report_(network_run())


def test_a_comparison_shows_every_row() -> None:
    html = acs.report_(comparison())
    assert titles(html)[:5] == [
        "Totals",
        "Where energy goes",
        "Roofline",
        "Layers of each dataflow",
        "Mappings",
    ]
    summaries = [its.all("summary")[0].text for its in read(html).all("details")]
    assert summaries[:2] == ["outputs", "inputs"]
    assert [text.split(":")[0] for text in summaries[2:]] == ["outputs", "fc", "inputs", "fc"]


def test_layers_without_a_mapping_say_why() -> None:
    partial = acs.report_(comparison(result_row("x", entry("M", "fc1"), refused("fc2"))))
    assert "fc2: no mapping" in partial
    assert "array needs 4 lanes, has 2" in partial
    nothing = acs.report_(comparison(result_row("x", refused())))
    assert "Where energy goes" not in titles(nothing)
    assert "array needs 4 lanes, has 2" in nothing


def test_a_folder_and_its_json_and_the_result_are_one(tmp_path: Path) -> None:
    result = acs.run(*SMALL, technology=TABLE)
    acs.save(result, tmp_path / "out")
    page = acs.report_(tmp_path / "out")
    assert page == acs.report_(tmp_path / "out" / "results.json")
    assert titles(page) == titles(acs.report_(result))


def test_a_layer_and_a_front_are_results_too() -> None:
    layer = acs.map(*SMALL, technology=TABLE)
    assert isinstance(layer, LayerRun)
    assert "Mappings" in titles(acs.report_(layer))
    front = acs.run(*SMALL, technology=TABLE, pareto=True)
    assert titles(acs.report_(front))[:4] == ["Front", "Totals", "Layers", "Energy and cycles"]


def test_a_store_and_one_of_its_sweeps(tmp_path: Path) -> None:
    path = stored(tmp_path / "study.db", [row(1, {"a.b": "1"}), row(2, {"a.b": "2"})])
    page = acs.report_(path, output=tmp_path / "study.html")
    assert (tmp_path / "study.html").read_text(encoding="utf-8") == page
    assert page == acs.report_(acs.sweep_show(path)) == acs.report_(path, sweep=1)
    with pytest.raises(UsageError, match="has no sweep 7; expected one of 1"):
        acs.report_(path, sweep=7)


def text_file(folder: Path) -> Path:
    (folder / "x.txt").write_text("hello\n")
    return folder / "x.txt"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "none", "cannot read '.*none': No such file.*; expected the stor"),
        (text_file, "x.txt' is neither the store of a sweep nor a folder of results; accelsim"),
    ],
)
def test_what_is_neither_is_refused(make: object, message: str, tmp_path: Path) -> None:
    assert callable(make)
    with pytest.raises(UsageError, match=message):
        acs.report_(make(tmp_path))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no results here"):
        acs.report_(tmp_path)


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    path = stored(tmp_path / "study.html", [row(1, {})])
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"study\.html' is what is read, and is not written over"):
        acs.report_(path, output=path)
    with pytest.raises(UsageError, match=r"expected a name that ends in \.html"):
        acs.report_(path, output=tmp_path / "study.db")
    assert path.read_bytes() == before
    assert [its.name for its in tmp_path.iterdir()] == ["study.html"]


def test_a_result_has_no_sweeps() -> None:
    with pytest.raises(UsageError, match="a result has no sweeps"):
        acs.report_(network_run(), sweep=1)


def test_no_folder_is_made_for_a_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no folder '.*none'"):
        acs.report_(tmp_path / "x", output=tmp_path / "none" / "x.html")
    assert not (tmp_path / "none").exists()
