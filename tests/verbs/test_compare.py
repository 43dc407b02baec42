from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.records import Architecture
from accelsim.arch.spec import read_architecture
from accelsim.errors import SpecError, UsageError
from accelsim.mapper.objectives import OBJECTIVES, Objective
from accelsim.mapspace.spec import read_dataflow
from accelsim.report.results import Comparison
from accelsim.verbs.rows import general_dataflows
from accelsim.verbs.search import Step
from accelsim.workload.spec import read_workload
from tests.small import (
    ENERGY_INPUTS,
    ENERGY_OUTPUTS,
    IMPOSSIBLE,
    INPUTS,
    LAYER,
    MACHINE,
    MIXED,
    OUTPUTS,
    PICOJOULES,
    STUDY,
    TABLE,
    elsewhere,
)

QUICK = acs.Search(samples=50)


def energies(comparison: Comparison) -> dict[str, float]:
    return {row.label: row.total.energy_total for row in comparison}


def test_dataflows_on_one_machine_then_no_constraint() -> None:
    result = acs.compare(
        MACHINE, LAYER, dataflows=[OUTPUTS, INPUTS], technology=TABLE, search=QUICK
    )
    assert energies(result) == {
        "outputs": ENERGY_OUTPUTS,
        "inputs": ENERGY_INPUTS,
        "unconstrained": ENERGY_INPUTS,
    }
    assert result.what == "dataflow"
    best = result.best()
    assert best is not None
    assert best.label == "inputs"
    assert result["outputs"].dataflow == "outputs"
    assert result["unconstrained"].dataflow == ""
    assert len(result) == 3
    with pytest.raises(KeyError, match="no row 'x'; there are outputs, inputs, unconstrained"):
        result["x"]


def test_words_are_told_apart_by_kind_not_by_position() -> None:
    one = acs.compare(MACHINE, LAYER, OUTPUTS, technology=TABLE, search=QUICK)
    other = acs.compare(OUTPUTS, LAYER, MACHINE, technology=TABLE, search=QUICK)
    assert energies(one) == energies(other)
    assert list(energies(one)) == ["outputs", "unconstrained"]


def test_records_stand_for_specs() -> None:
    result = acs.compare(
        read_architecture(MACHINE),
        read_workload(LAYER),
        read_dataflow(INPUTS),
        technology=TABLE,
        search=QUICK,
    )
    assert energies(result)["inputs"] == ENERGY_INPUTS
    assert result.settings.words == ("small", "tiny", "inputs")


def test_machines_side_by_side() -> None:
    wide = replace(read_architecture(MACHINE), name="other")
    result = acs.compare(MACHINE, wide, LAYER, technology=TABLE, search=QUICK)
    assert energies(result) == {"small": ENERGY_INPUTS, "other": ENERGY_INPUTS}
    assert result.what == "machine"
    flows = acs.compare(MACHINE, wide, LAYER, OUTPUTS, technology=TABLE, search=QUICK)
    assert list(energies(flows)) == ["small outputs", "other outputs"]


def test_the_rows_of_a_study() -> None:
    result = acs.compare(STUDY, LAYER, search=QUICK)
    assert energies(result) == {"O": ENERGY_OUTPUTS, "I": ENERGY_INPUTS}
    assert result.what == "study row"
    assert [row.technology for row in result] == ["small-table", "small-table"]
    dearer = acs.compare(STUDY, LAYER, technology=PICOJOULES, search=QUICK)
    assert energies(dearer) == {"O": 2 * ENERGY_OUTPUTS, "I": 2 * ENERGY_INPUTS}


def test_a_result_lists_what_its_study_dataflows_tables_and_accountings_assume(
    tmp_path: Path,
) -> None:
    flow, table, rules = (tmp_path / f"{name}.yaml" for name in ("flow", "table", "rules"))
    text = INPUTS.read_text("utf-8").replace("source: made up for tests", "assumed: a flow")
    flow.write_text(text.replace("  others: 1\n", "  others: 1\n  assumed: a rule\n"), "utf-8")
    table.write_text(TABLE.read_text("utf-8").replace("\nprices:", "\nassumed: a table\nprices:"))
    rules.write_text("kind: accounting\nname: rules\nassumed: an accounting\n", "utf-8")
    study = tmp_path / "study.yaml"
    study.write_text(
        "kind: study\nname: pairs\nassumed: a study\nrows:\n"
        f"- {{label: I, architecture: {MACHINE}, dataflow: {flow}, technology: {table},"
        f" accounting: {rules}}}\n",
        "utf-8",
    )
    result = acs.compare(study, LAYER, search=QUICK)
    listed = {
        "pairs: a study",
        "inputs: a flow",
        "inputs: array: a rule",
        "small-table: a table",
        "rules: an accounting",
    }
    assert listed < set(result.assumptions())
    assert result.data()["assumptions"] == result.assumptions()
    acs.save(result, tmp_path / "out")
    again = acs.load(tmp_path / "out")
    assert isinstance(again, Comparison)
    assert again.assumptions() == result.assumptions()
    found = [text for checked in acs.check(study, flow, table, rules) for text in checked.assumed]
    assert found == [
        "a study",
        "a flow",
        "array: a rule",
        "a table",
        "mac.alu = 1 MAC: an addition costs what a MAC costs",
        "an accounting",
    ]


def test_overrides_reach_the_machines_of_a_study() -> None:
    result = acs.compare(STUDY, LAYER, overrides=["mac.energy.mac=2"], search=QUICK)
    assert energies(result) == {"O": ENERGY_OUTPUTS + 4, "I": ENERGY_INPUTS + 4}


def test_a_dataflow_that_cannot_run_does_not_stop_the_others() -> None:
    result = acs.compare(MACHINE, LAYER, IMPOSSIBLE, INPUTS, technology=TABLE, search=QUICK)
    assert [row.complete for row in result] == [False, True, True]
    best = result.best()
    assert best is not None
    assert best.label == "inputs"


def test_the_general_dataflows_belong_to_no_study() -> None:
    names = general_dataflows()
    assert names[:7] == ["rs", "ws", "os_a", "os_b", "os_c", "is", "nlr"]
    assert not [name for name in names if name.startswith("isca2016")]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ([MACHINE], "no workload to compare on; expected one"),
        ([MACHINE, LAYER, MIXED], "2 workloads to compare on; expected one"),
        ([LAYER], "no machine to compare on; expected a machine, several, or a study"),
        ([STUDY, MACHINE, LAYER], "names its machines and dataflows itself"),
        ([STUDY, STUDY, LAYER], "names its machines and dataflows itself"),
        ([MACHINE, MACHINE, LAYER], "2 rows are called"),
        ([MACHINE, LAYER, OUTPUTS, OUTPUTS], "2 rows are called 'outputs'"),
        ([MACHINE, LAYER, TABLE], "is of kind 'technology', which has no place here"),
    ],
)
def test_what_makes_no_comparison(what: Sequence[Path], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        acs.compare(*what, technology=TABLE)


def test_energies_of_different_units_are_not_compared(tmp_path: Path) -> None:
    text = elsewhere(STUDY).replace("small/table.yaml", "small/picojoules.yaml", 1)
    study = tmp_path / "study.yaml"
    study.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"different units: small-pj \(pJ\), small-table \(MAC\)"):
        acs.compare(study, LAYER)


def test_a_machine_without_an_energy_table() -> None:
    with pytest.raises(UsageError, match="'small' names no energy table; choose one with"):
        acs.compare(MACHINE, LAYER)


def test_overrides_go_to_whoever_knows_the_path() -> None:
    result = acs.compare(
        MACHINE,
        LAYER,
        INPUTS,
        technology=TABLE,
        overrides=["buffer.energy.access=20", "fc.bits.weights=8", "clock=500MHz"],
        search=QUICK,
    )
    row = result["inputs"]
    assert row.arch.clock_hz == 5e8
    # Twice the buffer (180); weights at half the bits: 400 at the DRAM, 160 at the buffer, 4 in
    # the array, and MACs of half the energy (4).
    assert row.total.energy_total == ENERGY_INPUTS + 180 - 200 - 80 - 2 - 2


def test_overrides_that_nobody_knows() -> None:
    with pytest.raises(SpecError) as caught:
        acs.compare(MACHINE, LAYER, overrides=["bufer.size=3KiB", "buffer.sise=3KiB"])
    assert str(caught.value) == (
        "--set bufer.size=3KiB: 'bufer' is neither a level of "
        f"{MACHINE} nor a layer of {LAYER}; did you mean 'buffer'?"
    )
    with pytest.raises(SpecError, match=r"--set buffer\.sise=3KiB: unknown key 'sise' in memory"):
        acs.compare(MACHINE, LAYER, overrides=["buffer.sise=3KiB"])


def test_overrides_do_not_reach_into_records() -> None:
    arch: Architecture = read_architecture(MACHINE)
    with pytest.raises(UsageError, match="cannot change 'small', which is a record already"):
        acs.compare(arch, LAYER, overrides=["buffer.size=3KiB"])


def test_threads_and_repetition_change_nothing() -> None:
    results = [
        acs.compare(
            MACHINE,
            MIXED,
            OUTPUTS,
            technology=TABLE,
            search=acs.Search(samples=80, seed=5, threads=threads),
        ).data()
        for threads in (1, 2, 1)
    ]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    ("objective", "figure"), [("energy", "energy_total"), ("latency", "cycles")]
)
def test_no_constraint_never_loses_to_a_dataflow(objective: str, figure: str) -> None:
    """Even with a budget that its larger space makes short: it starts from what they found."""
    result = acs.compare(
        "eyeriss",
        "alexnet:conv2,conv3,fc8",
        dataflows=["rs", "ws", "nlr"],
        search=acs.Search(objective, samples=300, driver="sampling"),
    )
    free = result["unconstrained"]
    for flow in result.rows[:-1]:
        for mine, its in zip(free.layers, flow.layers, strict=True):
            if its.evaluation is not None:
                assert mine.evaluation is not None
                assert getattr(mine.evaluation, figure) <= getattr(its.evaluation, figure)
    given = [dict(entry.certificate.details) for entry in free.layers if entry.certificate]
    assert all(details["given to start from"] >= 1 for details in given)
    first = result.rows[0].layers[0].certificate
    assert first is not None
    assert "given to start from" not in dict(first.details)


def test_machines_do_not_start_from_each_other() -> None:
    wide = replace(read_architecture(MACHINE), name="other")
    result = acs.compare(MACHINE, wide, LAYER, technology=TABLE, search=QUICK)
    for row in result:
        certificate = row.layers[0].certificate
        assert certificate is not None
        assert "given to start from" not in dict(certificate.details)


def test_a_new_objective_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else follows from its record: search, ranking, headings, messages."""
    squared = Objective("ed2p", 1, 2, tie="cycles", measure="ED2P")
    monkeypatch.setitem(OBJECTIVES, "ed2p", squared)
    result = acs.compare(
        MACHINE, LAYER, OUTPUTS, technology=TABLE, search=acs.Search("ed2p", samples=50)
    )
    (table,) = result.tables()
    assert table.headings[2] == "ED2P\nvs best"
    # Equal cycles, so that their squares do not show: 1018 / 996.
    assert [cells[2] for cells in table.rows] == ["1.02", "best"]
    with pytest.raises(UsageError, match="expected one of energy, latency, edp, ed2p"):
        acs.Search("speed")


def test_progress_is_told() -> None:
    steps: list[Step] = []
    acs.compare(MACHINE, LAYER, OUTPUTS, technology=TABLE, search=QUICK, progress=steps.append)
    assert [step.row for step in steps if step.network.layers_done] == ["outputs", "unconstrained"]
    assert {(step.rows, step.energy_unit) for step in steps} == {(2, "MAC")}


def test_a_stop_keeps_the_rows_that_were_begun() -> None:
    result = acs.compare(
        MACHINE, MIXED, technology=TABLE, search=acs.Search(samples=10**9), stop=lambda: True
    )
    assert len(result) == 1
    assert result.rows[0].run.stopped_by == "stop"
