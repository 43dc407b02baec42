from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import accelsim as acs
from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.errors import SpecError, UsageError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.mapspace.binding import void_rules
from accelsim.report.results import Result
from accelsim.verbs.rows import general_dataflows
from accelsim.verbs.words import as_dataflow
from tests.small import (
    ENERGY_INPUTS,
    ENERGY_OUTPUTS,
    IMPOSSIBLE,
    INPUTS,
    LAYER,
    MACHINE,
    MAPPING,
    MIXED,
    OUTPUTS,
    PICOJOULES,
    STUDY,
    TABLE,
    elsewhere,
)

QUICK = acs.Search(samples=50)


def test_a_network_on_a_machine() -> None:
    result = acs.run(MACHINE, f"{MIXED}:fc*", dataflow=INPUTS, technology=TABLE, search=QUICK)
    assert result.complete
    assert result.total.energy_total == 2 * ENERGY_INPUTS
    assert [entry.same_as for entry in result.layers] == ["", "fc1"]
    cells = result.energy.by("level", "tensor")
    assert cells["buffer", "Inputs"] == 2 * 60
    assert result.totals("fc").cycles == 4
    assert result["fc2"].evaluation == result.layers[1].evaluation
    with pytest.raises(KeyError, match="no layer 'fc9'"):
        result["fc9"]


def test_several_dataflows_could_be_meant_in_two_ways() -> None:
    several = [as_dataflow(OUTPUTS), as_dataflow(INPUTS)]
    for verb in (acs.run, acs.map):
        with pytest.raises(UsageError) as caught:
            verb(MACHINE, LAYER, dataflow=several, technology=TABLE, search=QUICK)
        assert str(caught.value) == (
            "2 dataflows: outputs, inputs; expected one; side by side: accelsim.compare(...,"
            " dataflows=[...]); the rules of all at once: a row of a study with"
            " `dataflow: [outputs, inputs]`"
        )
    with pytest.raises(UsageError, match="2 dataflows: outputs, inputs; expected one"):
        acs.lookup(str(LAYER), MACHINE, dataflow=several, technology=TABLE)
    one = acs.run(MACHINE, LAYER, dataflow=several[:1], technology=TABLE, search=QUICK)
    assert one.result.dataflow == "outputs"


def test_a_study_adds_the_rules_of_several_dataflows_up(tmp_path: Path) -> None:
    # M whole over the lanes and C whole over the lanes: four lanes, of two.
    study = tmp_path / "study.yaml"
    text = elsewhere(STUDY).replace(str(OUTPUTS), f"[{OUTPUTS}, {INPUTS}]")
    study.write_text(text, encoding="utf-8")
    result = acs.compare(study, LAYER, search=QUICK)
    assert not result.rows[0].complete
    assert result.rows[0].dataflow == "outputs+inputs"


@pytest.mark.parametrize("verb", [acs.run, acs.compare])
def test_a_pattern_means_what_can_have_the_key(verb: Callable[..., Result]) -> None:
    """``*`` names levels and layers: bits of weights are of layers, a size is of memories."""
    sets = ["*.bits.weights=8", "*.size=64 words", "*.M=4", "fc1.C=4", "*.energy.read=1"]
    result = verb(MACHINE, MIXED, technology=TABLE, search=QUICK, overrides=sets)
    layers = {entry.layer.name: entry.layer for entry in result.rows[0].layers}
    assert [layer.tensors[0].bits for layer in layers.values()] == [8, 16, 8, 8]
    assert [layer.bounds.get("M") for layer in layers.values()] == [4, None, 4, 4]
    assert [memory.size_bits for memory in result.rows[0].arch.memories] == [1024, 1024]
    remarks = (
        "--set *.size=64 words changed dram, buffer of small.",
        "--set *.energy.read=1 changed dram, buffer of small.",
        "--set *.bits.weights=8 changed conv1, pool1, fc1, fc2 of mixed.",
        "--set *.M=4 changed conv1, fc1, fc2 of mixed.",
    )
    assert [re.sub(r" of \S*/(\w+)\.yaml", r" of \1", its) for its in result.settings.remarks] == [
        its.replace("of small", "of machine") for its in remarks
    ]
    assert {*result.settings.remarks} <= {*result.notes()}


def test_a_pattern_changes_the_layers_that_are_selected() -> None:
    result = acs.map(MACHINE, f"{MIXED}:fc1", technology=TABLE, overrides=["*.M=4"])
    assert result.settings.remarks == (f"--set *.M=4 changed fc1 of {MIXED}:fc1.",)


def test_a_pattern_that_means_nothing() -> None:
    with pytest.raises(SpecError) as caught:
        acs.run(MACHINE, MIXED, technology=TABLE, overrides=["*.sise=4 words", "q*.size=4 words"])
    first, second = caught.value.problems
    assert first.what.endswith("that '*' matches has 'sise'")
    assert (str(first.where), first.hint) == ("--set *.sise=4 words", "did you mean 'size'?")
    assert second.what.startswith("'q*' is neither a level of ")
    assert second.hint.startswith("closest layers: ")


def test_a_pattern_beside_the_layers_that_are_selected() -> None:
    result = acs.map(MACHINE, f"{MIXED}:fc1", technology=TABLE, overrides=["fc[2-9].M=4"])
    assert result.settings.remarks == (f"--set fc[2-9].M=4 changed nothing of {MIXED}:fc1.",)


def test_layers_that_a_pattern_leaves_equal_are_searched_once(tmp_path: Path) -> None:
    path = tmp_path / "alike.yaml"
    layers = [f"- {{name: {name}, shape: fc, M: 4, C: 4}}" for name in ("a.1", "a.2", "b.1", "b.2")]
    path.write_text("\n".join(["kind: workload", "name: alike", "layers:", *layers]), "utf-8")
    changes = ["a.*.bits.weights=8", "*.1.density.inputs=0.5", "b.*.N=3", "b.2.density.inputs=0.5"]
    result = acs.run(MACHINE, path, technology=TABLE, overrides=changes)
    found = {its.layer.name: (its.same_as, its.layer) for its in result.layers}
    assert [same for same, _ in found.values()] == ["", "", "", "b.1"]
    tensors = {name: {t.role: t for t in layer.tensors} for name, (_, layer) in found.items()}
    assert [its["Weights"].bits for its in tensors.values()] == [8, 8, 16, 16]
    assert [its["Inputs"].density for its in tensors.values()] == [0.5, 1.0, 0.5, 0.5]
    assert [layer.bounds["N"] for _, layer in found.values()] == [1, 1, 3, 3]


def test_the_closest_layers_of_a_pattern_with_dots() -> None:
    with pytest.raises(SpecError) as caught:
        acs.run("eyeriss", "resnet18", overrides=["layer9.*.N=2"])
    (problem,) = caught.value.problems
    assert problem.what == "'layer9.*' is neither a level of eyeriss nor a layer of resnet18"
    assert problem.hint.startswith("did you mean 'layer")


def test_a_rule_at_a_level_that_the_machine_lacks_is_remarked_on(tmp_path: Path) -> None:
    text = OUTPUTS.read_text(encoding="utf-8")
    rule = "- {at: filter_store, keep: [Weights], because: only so%s}\n"
    said = "Void: rule 3 of outputs (at filter_store) says nothing, as small has no level"
    for number, (required, remarks) in enumerate(
        [("", (f"{said} 'filter_store'.",)), (", required: false", ())]
    ):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text + rule % required, encoding="utf-8")
        for verb in (acs.run, acs.map, acs.compare):
            flow = {"dataflows": [path]} if verb is acs.compare else {"dataflow": path}
            result: Result = verb(MACHINE, LAYER, technology=TABLE, search=QUICK, **flow)
            assert result.settings.remarks == remarks
            assert [note for note in result.notes() if note.startswith("Void: ")] == [*remarks]
            assert result.data()["settings"]["remarks"] == [*remarks]


def test_shipped_dataflows_for_any_machine_are_void_nowhere() -> None:
    """What is made for certain machines (``isca2016_*``) is remarked on elsewhere."""
    machines = [acs.load(name, kind="architecture") for name in shipped.names("architecture")]
    for name in general_dataflows():
        flow = as_dataflow(name)
        for machine in machines:
            assert isinstance(machine, Architecture)
            assert void_rules([flow], machine) == ()


def test_the_best_mapping_of_a_layer() -> None:
    result = acs.map(MACHINE, LAYER, technology=TABLE, search=QUICK)
    assert result.evaluation is not None
    assert result.evaluation.energy_total == ENERGY_INPUTS
    assert result.certificate is not None
    assert result.certificate.optimal


@pytest.mark.parametrize(
    ("driver", "answers", "optimal"),
    [("auto", "exact", True), ("exact", "exact", True), ("sampling", "sampling", False)],
)
def test_a_driver_is_checked_by_another(driver: str, answers: str, optimal: bool) -> None:
    """Whichever is asked for, it is the one that answers, with what was counted by hand."""
    search = acs.Search(samples=50, driver=driver)
    result = acs.map(MACHINE, LAYER, technology=TABLE, search=search)
    assert result.evaluation is not None
    assert result.evaluation.energy_total == ENERGY_INPUTS
    assert result.certificate is not None
    assert (result.certificate.driver, result.certificate.optimal) == (answers, optimal)
    assert result.settings.driver == driver


def test_the_run_part_says_what_was_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELSIM_CACHE", str(tmp_path))
    first, again = (acs.run(MACHINE, MIXED, technology=TABLE, search=QUICK) for _ in range(2))
    assert [result.run_data()["rows"][0]["cached"] for result in (first, again)] == [0, 3]
    assert again.data() == first.data()
    assert again.text() == first.text()
    assert len(list((tmp_path / "results").iterdir())) == 3


def test_a_result_names_its_dataflow() -> None:
    def found(verb: Callable[..., Result], dataflow: str | Sequence[str], pareto: bool) -> Result:
        chosen = {"technology": TABLE, "search": QUICK, "pareto": pareto}
        return verb(MACHINE, LAYER, dataflow=dataflow, **chosen)

    for verb, pareto in ((acs.run, False), (acs.run, True), (acs.map, True)):
        free, bound = (found(verb, dataflow, pareto) for dataflow in ((), str(OUTPUTS)))
        title = free.tables()[0].title
        assert bound.tables()[0].title == f"{title}, dataflow outputs"
        assert bound.text().startswith(f"{title}, dataflow outputs\n")
    free, bound = (found(acs.map, dataflow, False) for dataflow in ((), str(OUTPUTS)))
    assert bound.notes()[-1].endswith("; dataflow outputs.")
    assert "dataflow" not in free.text()


def test_a_layer_without_a_mapping_is_a_result() -> None:
    result = acs.map(MACHINE, LAYER, dataflow=IMPOSSIBLE, technology=TABLE, search=QUICK)
    assert result.evaluation is None
    assert result.mapping is None
    assert result.nest == result.yaml == ""
    assert result.tables() == []
    assert result.notes()[0].startswith("impossible: no mapping for fc: array needs 4 lanes")


def test_map_wants_one_layer() -> None:
    with pytest.raises(UsageError, match="selects 4 layers: conv1, pool1, fc1, fc2; expected one"):
        acs.map(MACHINE, MIXED, technology=TABLE)


def test_a_given_mapping() -> None:
    result = acs.evaluate(MACHINE, LAYER, MAPPING, technology=TABLE)
    assert result.evaluation is not None
    assert result.evaluation.energy_total == ENERGY_OUTPUTS
    assert result.certificate is None


def test_what_map_writes_evaluate_reads_to_the_same_numbers(tmp_path: Path) -> None:
    found = acs.map(MACHINE, f"{MIXED}:conv1", technology=TABLE, search=QUICK)
    path = tmp_path / "mapping.yaml"
    path.write_text(found.yaml, encoding="utf-8")
    again = acs.evaluate(MACHINE, f"{MIXED}:conv1", path, technology=TABLE)
    assert again.mapping == found.mapping
    assert again.tables() == found.tables()


def test_a_mapping_that_the_machine_cannot_hold() -> None:
    with pytest.raises(IllegalMappingError, match="buffer needs 8 words for its tiles, has 4"):
        acs.evaluate(MACHINE, LAYER, MAPPING, technology=TABLE, overrides=["buffer.size=4 words"])


def test_other_prices_without_a_search() -> None:
    found = acs.run(MACHINE, LAYER, dataflow=OUTPUTS, technology=TABLE, search=QUICK)
    dearer = acs.reprice(found, PICOJOULES)
    assert dearer.rows[0].total.energy_total == 2 * ENERGY_OUTPUTS
    assert dearer.rows[0].technology == "small-pj"
    assert dearer.rows[0].layers[0].evaluation is not None
    assert found.layers[0].evaluation is not None
    assert dearer.rows[0].layers[0].evaluation.mapping == found.layers[0].evaluation.mapping


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "samples is 0; expected more than 0"),
        ({"seconds": -1.5}, "seconds is -1.5; expected more than 0"),
        ({"seconds": float("nan")}, "seconds is nan; expected more than 0"),
        ({"threads": 0}, "threads is 0; expected more than 0"),
        ({"seed": -1}, "seed is -1; expected 0 or more"),
        ({"seed": "a"}, "seed is 'a'; expected a whole number"),
        ({"seed": None}, "seed is None; expected a whole number"),
        ({"samples": 2.5}, "samples is 2.5; expected a whole number"),
        ({"samples": True}, "samples is True; expected a whole number"),
        ({"samples": float("inf")}, "samples is inf; expected a whole number"),
        ({"threads": "2"}, "threads is '2'; expected a whole number"),
        ({"seconds": "soon"}, "seconds is 'soon'; expected a number"),
        ({"objective": "speed"}, "unknown objective 'speed'; expected one of energy, latency, edp"),
        (
            {"objective": "edd"},
            "unknown objective 'edd'; expected one of energy, latency, edp; did you mean 'edp'?",
        ),
        (
            {"driver": "exakt"},
            "unknown driver 'exakt'; expected one of auto, exact, sampling; did you mean 'exact'?",
        ),
    ],
)
def test_searches_that_make_no_sense_are_refused_when_they_are_made(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        acs.Search(**options)
    assert str(caught.value) == message


@pytest.mark.parametrize("samples", [np.int64(1000), 1e3])
def test_numbers_of_any_type_make_one_search(samples: Any) -> None:
    numbers: dict[str, Any] = {"seconds": np.float32(0.5), "seed": np.uint8(3)}
    search = acs.Search(samples=samples, **numbers)
    assert repr(search) == repr(acs.Search(samples=1000, seconds=0.5, seed=3))


def test_time_alone_ends_a_search() -> None:
    assert acs.Search(seconds=2.0).budget.samples is None
    assert acs.Search().budget.samples is not None
