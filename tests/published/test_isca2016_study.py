"""The dataflow study of Chen, Emer and Sze (ISCA 2016) on AlexNet's CONV layers, 256 PEs, batch 16.

The paper's claim (abstract): row stationary needs least, the others 1.4 to 2.5 times as much.  The
energies per MAC below are *derived*, not published: closed forms of the study under these counting
rules, minimised over perfect factors, one mapping family per dataflow, before this package existed.
"""

from __future__ import annotations

import pytest

import accelsim as acs
from accelsim.report.results import Comparison

DERIVED_WITH_PERFECT_FACTORS = {"RS": 6.011, "OSA": 8.640}


@pytest.fixture(scope="module")
def study() -> Comparison:
    result: Comparison = acs.compare("isca2016", "alexnet:conv*,batch=16")
    return result


def test_row_stationary_needs_least(study: Comparison) -> None:
    energies = {row.label: row.total.energy_per_mac for row in study.rows}
    assert all(row.complete for row in study.rows)
    assert min(energies, key=energies.__getitem__) == "RS"
    others = [energy / energies["RS"] for label, energy in energies.items() if label != "RS"]
    assert 1.3 < min(others) < 1.5
    assert 2.3 < max(others) < 2.6


@pytest.mark.parametrize("label", DERIVED_WITH_PERFECT_FACTORS)
def test_energy_meets_the_derived_optimum(study: Comparison, label: str) -> None:
    energies = {row.label: row.total.energy_per_mac for row in study.rows}
    assert energies[label] == pytest.approx(DERIVED_WITH_PERFECT_FACTORS[label], rel=0.005)


def test_weight_stationary_cannot_run_batch_64() -> None:
    """WS keeps the sums of all N x E x E outputs in the buffer: too many at N = 64."""
    result = acs.compare("isca2016", "alexnet:conv1,batch=64", search=acs.Search(samples=1_000))
    [ws] = [row for row in result.rows if row.label == "WS"]
    assert not ws.complete
    assert ws.layers[0].infeasible is not None
