from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from accelsim.errors import UsageError
from accelsim.report.figures import (
    LOOKS,
    PARTS,
    By,
    comparison_figure,
    comparison_panel,
    layers_figure,
    layers_panel,
    save,
)
from accelsim.technology.spec import read_technology
from tests.small import PICOJOULES
from tests.small.results import comparison, entry, network_run, pooling, refused, row


def drawn() -> Figure:
    return comparison_figure(comparison().rows, "small", "dataflow")


def test_bars_show_the_energies_counted_by_hand() -> None:
    by_level = comparison_panel(comparison().rows, None, "level", "dataflow")
    assert [bar.label for bar in by_level.bars] == ["outputs", "inputs"]
    assert by_level.bars[0].parts == {
        "DRAM": 200.0,
        "buffer": 50.0,
        "network": 3.5,
        "RF": 0.0,
        "MAC": 1.0,
        "leakage": 0.0,
    }
    by_tensor = comparison_panel(comparison().rows, None, "tensor", "dataflow")
    assert by_tensor.bars[0].parts == {
        "Weights": 121.0,
        "Inputs": 61.0,
        "Outputs": 71.5,
        "compute": 1.0,
        "leakage": 0.0,
    }
    assert by_tensor.axis == "energy per MAC (one 16-bit MAC = 1)"


def test_axes_say_what_they_show_and_in_which_unit() -> None:
    for ax in drawn().axes:
        assert ax.get_xlabel() == "dataflow"
        assert ax.get_ylabel() == "energy per MAC (one 16-bit MAC = 1)"
    for ax in layers_figure(network_run().result, "small").axes:
        assert ax.get_xlabel() == "layer"
    in_pj = row("both", entry("M", table=read_technology(PICOJOULES)))
    panel = comparison_panel((in_pj,), None, "level", "dataflow")
    assert panel.axis == "energy per MAC (pJ)"
    assert layers_panel(in_pj, "fc", "level").axis == "energy per MAC (pJ)"


@pytest.mark.parametrize("by", PARTS)
def test_both_ways_of_stacking_have_one_height(by: By) -> None:
    heights = [bar.total for bar in layers_panel(network_run().result, "fc", by).bars]
    assert heights == pytest.approx([1018 / 4, 996 / 4])


def test_rows_that_lack_layers_are_faint() -> None:
    partial = row("partial", entry("C", "fc1"), refused("fc2"))
    nothing = row("nothing", refused("fc1"), refused("fc2"))
    bars = comparison_panel((partial, nothing), None, "level", "dataflow").bars
    assert [bar.label for bar in bars] == ["partial\n1/2 layers", "nothing\n0/2 layers"]
    assert [bar.faint for bar in bars] == [True, True]
    assert bars[1].total == 0
    figure = comparison_figure((partial, nothing), "partial", "dataflow")
    assert {patch.get_alpha() for patch in figure.axes[0].patches} == {0.4}


def test_layers_without_a_mapping_have_no_height() -> None:
    bars = layers_panel(row("partial", entry("C", "fc1"), refused("fc2")), "fc", "level").bars
    assert [(bar.label, bar.total > 0) for bar in bars] == [("fc1", True), ("fc2", False)]
    figure = layers_figure(row("partial", entry("C", "fc1"), refused("fc2")), "partial")
    assert [text.get_text() for text in figure.axes[0].texts][1] == "no mapping"


def test_a_panel_for_each_table_of_a_comparison() -> None:
    both = row("both", entry("M", "a", "conv"), pooling(), entry("C", "b", "fc"))
    titles = [ax.get_title() for ax in comparison_figure((both,), "mixed", "dataflow").axes]
    tables = [table.title.split(" ")[0] for table in comparison(both).tables()]
    assert tables == ["conv", "pool", "fc", "all"]
    assert titles == [
        "conv, by level",
        "conv, by tensor",
        "pool, by level",
        "pool, by tensor",
        "fc, by level",
        "fc, by tensor",
        "all layers, by level",
        "all layers, by tensor",
    ]
    only = comparison_figure((both,), "mixed", "dataflow", by="level", group="pool")
    assert [ax.get_title() for ax in only.axes] == ["pool, by level"]
    assert only.axes[0].get_ylabel() == "energy per operation (one 16-bit MAC = 1)"


def test_a_column_for_each_group_of_a_network() -> None:
    both = row("both", entry("M", "a", "conv"), pooling(), entry("C", "b", "conv"))
    shown = {ax.get_title(): ax for ax in layers_figure(both, "mixed").axes}
    assert list(shown) == [
        "conv, by level",
        "pool, by level",
        "conv, by tensor",
        "pool, by tensor",
    ]
    labels = [label.get_text() for label in shown["conv, by level"].get_xticklabels()]
    assert labels == ["a", "b"]
    assert shown["conv, by level"].get_ylabel() == "energy per MAC (one 16-bit MAC = 1)"
    assert shown["pool, by level"].get_ylabel() == "energy per operation (one 16-bit MAC = 1)"
    only = layers_figure(both, "mixed", by="tensor", group="pool")
    assert [ax.get_title() for ax in only.axes] == ["pool, by tensor"]


def test_parts_are_told_apart_by_colour_and_by_hatch() -> None:
    assert all(len(names) <= len(LOOKS) for names in PARTS.values())
    assert len({colour for colour, _ in LOOKS}) == len({hatch for _, hatch in LOOKS}) == len(LOOKS)


def test_the_legend_stands_in_the_order_of_the_parts() -> None:
    legend = drawn().axes[0].get_legend()
    assert legend is not None
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown == ["MAC", "network", "buffer", "DRAM"]


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_same_result_gives_the_same_bytes(ending: str, tmp_path: Path) -> None:
    written = []
    for number in range(2):
        path = tmp_path / f"{number}.{ending}"
        # A reader's own settings must not show.
        with mpl.rc_context({"font.size": 20.0 + number, "svg.hashsalt": str(number)}):
            save(drawn(), path)
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert len(written[0]) > 1000


def test_settings_are_left_as_they_were() -> None:
    before = dict(mpl.rcParams)
    layers_figure(network_run().result, "small")
    assert dict(mpl.rcParams) == before


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"cannot write a figure as 'x\.gif'; expected a name that"
    ):
        save(drawn(), tmp_path / "x.gif")
    assert list(tmp_path.iterdir()) == []
