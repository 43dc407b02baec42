"""Machines of other programs side by side with dataflows of ours, and with their own problems."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import SpecError
from tests.interchange.timeloop_hostile import ARCH, ERT, PROBLEM

QUICK = acs.Search(samples=200, driver="sampling")

ORDER = "constraints: {temporal: {permutation: [K, N, M]}}"
"""Inner to outer: the sum, then the columns, then the rows."""

AGAINST = """\
kind: dataflow
name: against
source: made up for tests
rules:
- {at: GLB, order: [[K], [M]], because: the sum is outside}
"""


@pytest.fixture
def both(tmp_path: Path) -> Path:
    file = tmp_path / "all.yaml"
    file.write_text(ARCH.replace("{depth: 64 * 8}", "{depth: 64 * 8}, " + ORDER) + PROBLEM, "utf-8")
    return file


def test_general_dataflows_against_the_orders_of_the_machine_are_left_out(both: Path) -> None:
    """Weights M and K outside, pixels N inside, as ``ws`` has it, is not N inside M alone."""
    result = acs.compare(both, both, search=QUICK)
    labels = [row.label for row in result]
    assert labels[-1] == "unconstrained"
    said = [remark for remark in result.settings.remarks if remark.startswith("Without ")]
    assert any(
        remark.startswith("Without ws, which cannot be kept to on chip: the order of ")
        for remark in said
    )
    assert not {"ws"} & {*labels}
    assert len(said) + len(labels) == 1 + 7


def test_a_dataflow_that_is_asked_for_is_refused(both: Path, tmp_path: Path) -> None:
    flow = tmp_path / "against.yaml"
    flow.write_text(AGAINST, encoding="utf-8")
    with pytest.raises(SpecError, match="the order of M, N, K at 'GLB' contradicts itself"):
        acs.compare(both, dataflows=flow, search=QUICK)


def test_one_file_is_machine_and_workload_unless_another_is(both: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(PROBLEM.replace("N: 4, K: 4}", "N: 2, K: 4}"), encoding="utf-8")
    for words, operations in (((both,), 64), ((both, both), 64), ((both, other), 32)):
        result = acs.compare(*words, dataflows="nlr", search=QUICK)
        assert [row.label for row in result] == ["nlr", "unconstrained"]
        (layer,) = result["unconstrained"].network.layers
        assert layer.operations == operations


def test_constraints_on_dims_that_no_layer_has(tmp_path: Path) -> None:
    machine, layer = tmp_path / "machine.yaml", tmp_path / "layer.yaml"
    texts = acs.import_("timeloop", _written(tmp_path, ARCH + PROBLEM)).texts
    layer.write_text(texts["workload"], encoding="utf-8")
    rules = "constraints:\n- {at: GLB, temporal: {k: 1, M: <=2}, because: a test}\nlevels:"
    machine.write_text(texts["architecture"].replace("levels:", rules, 1), encoding="utf-8")
    said = "the constraints of chip name k, which no layer of gemm has; did you mean 'K'?"
    found = acs.map(machine, layer, search=QUICK)
    assert f"Without effect: {said}." in found.settings.remarks
    _, beside = acs.check(machine, layer)
    assert said in beside.notes


def test_an_ert_beside_its_machine_says_where_it_belongs(tmp_path: Path) -> None:
    file = _written(tmp_path, ARCH + PROBLEM)
    ert = tmp_path / "ert.yaml"
    ert.write_text(ERT, encoding="utf-8")
    with pytest.raises(SpecError, match="it knows 'DRAM' by its own name, as an ERT does: give"):
        acs.map(file, file, technology=ert, search=QUICK)


def test_an_empty_mapping_is_none(tmp_path: Path) -> None:
    (checked,) = acs.check(_written(tmp_path, f"{ARCH}{PROBLEM}mapping: []\n"))
    assert (checked.kind, checked.problems) == ("architecture, workload", ())


def _written(folder: Path, text: str) -> Path:
    file = folder / "all.yaml"
    file.write_text(text, encoding="utf-8")
    return file
