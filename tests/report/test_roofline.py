"""The roofline of finished results, and the table of what limits the time."""

from __future__ import annotations

from dataclasses import replace

import pytest

import accelsim as acs
from accelsim.errors import UsageError
from accelsim.evaluation.timing import lift
from accelsim.report import notes
from accelsim.report.export import evaluation_data
from accelsim.report.roofline_figure import bandwidths, series_of
from accelsim.report.tables import time_table
from tests.small.results import comparison, entry, machine, network_run, row


def limited_machine() -> acs.Architecture:
    """Return the small machine with a DRAM of one word a cycle, either way."""
    arch = machine()
    dram, *inner = arch.memories
    return replace(arch, memories=(replace(dram, shared_words_per_cycle=1.0), *inner))


def test_a_row_has_a_series_for_each_memory_and_several_one_each() -> None:
    one = series_of(network_run().rows)
    assert [series.label for series in one] == ["dram", "buffer"]
    # 4 operations on 6 reads and 2 updates of 2 bytes; 2 operations a cycle.
    assert one[0].points[0] == (4 / 16, 2.0)
    rows = comparison().rows
    assert [series.label for series in series_of(rows)] == [row.label for row in rows]


def test_only_what_is_limited_has_a_slope() -> None:
    assert bandwidths(machine()) == {}
    assert bandwidths(limited_machine()) == {"dram": 2.0}


def test_the_table_and_the_sentence_say_what_would_lift_the_bound() -> None:
    arch = limited_machine()
    limited = entry("M", arch=arch)
    evaluation = limited.evaluation
    assert evaluation is not None
    assert time_table(evaluation).rows == (
        ("dram", "shared", "8", "100 %", "0", "0.250", "0.500"),
        ("compute", "–", "2", "25.0 %", "6", "–", "–"),
    )
    assert "bound by dram shared bandwidth; 4x more would make it compute-bound" in (
        notes.cost_note(evaluation)
    )
    data = evaluation_data(evaluation, row("both", limited, arch=arch))
    assert data["time"]["bound_by"] == lift(evaluation).text
    assert data["time"]["limits"][0]["port"] == "shared"
    assert data["time"]["roofline"]["points"][0]["bytes_per_cycle"] == 2.0


def test_the_figure_shows_every_layer_under_the_roofs() -> None:
    figure = acs.plot(comparison(), kind="roofline")
    (ax,) = figure.axes
    assert ax.get_xlabel() == "operations per byte through dram"
    legend = ax.get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == [*(row.label for row in comparison().rows), "compute"]
    with pytest.raises(UsageError, match="a roofline is drawn whole"):
        acs.plot(comparison(), kind="roofline", by="tensor")
