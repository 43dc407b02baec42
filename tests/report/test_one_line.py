"""Results as Python prints them: one line with the main numbers and their units."""

from __future__ import annotations

import pytest

from tests.small.results import comparison, entry, network_run, refused, row

FIGURES = "2 cycles, utilization 1.000"
BOTH = "both: 2 of 2 layers of tiny on small, 2014 MAC, 4 cycles, utilization 1.000"


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (entry("M").evaluation, f"Evaluation(fc on small: 1018 MAC, {FIGURES})"),
        (entry("M"), f"LayerResult(fc: 1018 MAC, {FIGURES})"),
        (refused(), "LayerResult(fc: no mapping)"),
        (network_run().result, f"NetworkResult({BOTH})"),
        (network_run(), f"NetworkRun({BOTH})"),
        (network_run()["fc2"], f"LayerRun(fc2: 996 MAC, {FIGURES}, on small)"),
        (
            network_run().total,
            "Totals(all: 2 layers, 2014 MAC, 4 cycles, utilization 1.000)",
        ),
        (
            row("a", entry("M"), refused("l2")),
            f"NetworkResult(a: 1 of 2 layers of tiny on small, 1018 MAC, {FIGURES})",
        ),
        (row("a", refused()), "NetworkResult(a: 0 of 1 layers of tiny on small)"),
        (
            comparison(),
            (
                "Comparison(2 dataflows; best for energy: inputs: 1 of 1 layers of tiny on small,"
                f" 996 MAC, {FIGURES})"
            ),
        ),
        (comparison(row("no", refused())), "Comparison(1 dataflow; none complete)"),
    ],
    ids=lambda its: type(its).__name__,
)
def test_a_result_is_one_line(shown: object, line: str) -> None:
    assert repr(shown) == str(shown) == line
