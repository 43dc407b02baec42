"""Constraints in Timeloop's files: of the machine, beside it, and as a mapping has to keep to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.records import Architecture
from accelsim.errors import SpecError, UsageError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.interchange.timeloop.directives import dims_in
from accelsim.mapping.records import Block, Loop, Mapping
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.verbs.import_ import import_
from accelsim.verbs.words import as_dataflow, as_network
from accelsim.workload.records import Network
from tests.interchange.timeloop_hostile import PROBLEM

NODES = """\
architecture:
  version: 0.4
  nodes:
  - !Container {name: chip, attributes: {datawidth: 16}}
  - !Component {name: DRAM, class: DRAM}
  - !Component
    name: RF
    class: regfile
    attributes: {depth: 64}
    constraints:
      dataspace: {bypass: [B]}
      temporal: {factors: [M=2], permutation: [K, M]}
  - !Component {name: MAC, class: intmac}
"""

TREE = """\
architecture:
  version: 0.3
  subtree:
  - name: chip
    local:
    - {name: DRAM, class: DRAM}
    - {name: RF, class: regfile, attributes: {depth: 64}}
    subtree:
    - name: PE
      local:
      - {name: MAC, class: intmac}
"""

BESIDE = """\
architecture_constraints:
  targets:
  - {target: RF, type: temporal, factors: M=2, permutation: KM}
  - {target: RF, type: bypass, bypass: [B]}
mapspace_constraints:
  targets:
  - {target: RF, type: temporal, factors: N=2}
"""


def written(folder: Path, **texts: str) -> dict[str, Path]:
    files = {name: folder / f"{name}.yaml" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text, encoding="utf-8")
    return files


def mapping_of(result: LayerRun) -> Mapping:
    evaluation = result.rows[0].layers[0].evaluation
    assert evaluation is not None
    return evaluation.mapping


def factor(mapping: Mapping, place: str, dim: str) -> int:
    loops = [loop.bound for loop in mapping.block(place).loops if loop.dim == dim]
    return loops[0] if loops else 1


def test_constraints_at_nodes_hold_in_a_search(tmp_path: Path) -> None:
    files = written(tmp_path, arch=NODES, problem=PROBLEM)
    free = written(tmp_path, free=NODES.replace("factors: [M=2]", "factors: []"))["free"]
    assert factor(mapping_of(acs.map(free, files["problem"])), "RF", "M") == 4
    found = acs.map(files["arch"], files["problem"])
    block = mapping_of(found).block("RF")
    assert Loop("M", 2) in block.loops
    assert "B" not in block.keep  # a data-space of the problem of the same call
    (remark,) = [one for one in found.settings.remarks if "constraints" in one]
    assert remark == (
        f"Mappings keep to the constraints that come with chip: Timeloop, {files['arch']}."
    )


@pytest.mark.parametrize("verb", ["run", "compare"])
def test_they_hold_under_other_verbs(tmp_path: Path, verb: str) -> None:
    files = written(tmp_path, arch=NODES, problem=PROBLEM)
    if verb == "run":
        found: Comparison | NetworkRun = acs.run(files["arch"], files["problem"])
    else:
        found = acs.compare(files["arch"], files["problem"], dataflows=["ws"])
    for row in found.rows:
        evaluation = row.layers[0].evaluation
        assert evaluation is not None
        assert factor(evaluation.mapping, "RF", "M") == 2
        assert any("constraints that come with chip" in one for one in found.settings.remarks)


def test_they_are_the_record_s(tmp_path: Path) -> None:
    """A machine that was loaded keeps them, whatever is done with it; its own names are roles."""
    files = written(tmp_path, arch=TREE + BESIDE.replace("[B]", "[Weights]"), problem=PROBLEM)
    machine, network = acs.load(files["arch"]), acs.load(files["problem"])
    assert isinstance(machine, Architecture)
    assert isinstance(network, Network)
    assert [rule.at for rule in machine.constraints] == ["RF"]
    found = mapping_of(acs.map(machine, network))
    assert [factor(found, "RF", dim) for dim in "MN"] == [2, 2]
    looked_up = acs.lookup(network.layers[0], machine).evaluation
    assert looked_up is not None
    assert [factor(looked_up.mapping, "RF", dim) for dim in "MN"] == [2, 2]
    (row,) = acs.compare(machine, network, dataflows=["ws"]).rows[:1]
    compared = row.layers[0].evaluation
    assert compared is not None
    assert [factor(compared.mapping, "RF", dim) for dim in "MN"] == [2, 2]
    broken = Mapping(
        tuple(
            replace(step, loops=tuple(Loop(dim, bound) for dim, bound in network.layers[0].dims))
            if isinstance(step, Block) and step.place == "RF"
            else replace(step, loops=())
            if isinstance(step, Block)
            else step
            for step in found.steps
        )
    )
    with pytest.raises(IllegalMappingError, match="breaks constraints of chip"):
        acs.evaluate(machine, network, broken)


def test_names_of_the_layer_that_is_looked_up_or_swept(tmp_path: Path) -> None:
    files = written(tmp_path, arch=NODES, problem=PROBLEM)
    network = acs.load(files["problem"])
    assert isinstance(network, Network)
    found = acs.lookup(network.layers[0], files["arch"]).evaluation
    assert found is not None
    assert factor(found.mapping, "RF", "M") == 2
    assert "B" not in found.mapping.block("RF").keep
    best = acs.map(files["arch"], files["problem"]).rows[0]
    swept = acs.sweep(
        files["arch"],
        files["problem"],
        parameters=["RF.size=1024 b"],
        store=tmp_path / "store.db",
        executor="in-process",
    )
    (point,) = swept.points()
    assert point.figures["energy"] == pytest.approx(best.total.energy_total, rel=1e-12)


def test_a_factor_beyond_the_bound_is_all_of_it(tmp_path: Path) -> None:
    limits = "constraints: [{target: RF, type: temporal, factors: M=64}]"
    files = written(tmp_path, arch=TREE, problem=PROBLEM, limits=limits)
    found = acs.map(files["arch"], files["problem"], dataflow=files["limits"])
    assert factor(mapping_of(found), "RF", "M") == dict(found.rows[0].network.layers[0].dims)["M"]
    assert any("'M=64' is taken as all of M" in one for one in found.settings.assumptions)


def test_an_import_keeps_them_apart(tmp_path: Path) -> None:
    """What holds for any mapping is in the machine, what limits searches is a dataflow."""
    files = written(tmp_path, all=TREE + BESIDE + PROBLEM)
    ours = written(tmp_path, **import_("timeloop", files["all"]).texts)
    machine = acs.load(ours["architecture"])
    assert isinstance(machine, Architecture)
    whole = acs.load(files["all"], kind="architecture")
    assert isinstance(whole, Architecture)
    assert machine.constraints == whole.constraints
    assert machine.search_constraints == ()
    (rule,) = as_dataflow(ours["dataflow"]).rules
    assert (rule,) == whole.search_constraints


def test_constraints_beside_the_machine_and_given_hold_together(tmp_path: Path) -> None:
    more = "constraints: [{target: RF, type: temporal, factors: K=4}]"
    files = written(tmp_path, arch=TREE + BESIDE, problem=PROBLEM, more=more)
    found = mapping_of(acs.map(files["arch"], files["problem"], dataflow=files["more"]))
    assert [factor(found, "RF", dim) for dim in "MNK"] == [2, 2, 4]
    alone = mapping_of(acs.map(files["arch"], files["problem"]))
    assert [factor(alone, "RF", dim) for dim in "MN"] == [2, 2]


def test_two_files_of_constraints_are_one(tmp_path: Path) -> None:
    """They speak of the data-spaces of the problem of the call, and of its machine's levels."""
    hardware, _, search = BESIDE.partition("mapspace")
    files = written(tmp_path, arch=TREE, problem=PROBLEM, hard=hardware, soft=f"mapspace{search}")
    flows = [files["hard"], files["soft"]]
    found = mapping_of(acs.map(files["arch"], files["problem"], dataflow=flows))
    assert [factor(found, "RF", dim) for dim in "MN"] == [2, 2]
    assert "B" not in found.block("RF").keep
    with pytest.raises(UsageError, match="2 dataflows"):
        acs.map(files["arch"], files["problem"], dataflow=[files["hard"], "ws"])


def test_the_same_file_as_machine_and_as_dataflow(tmp_path: Path) -> None:
    file = written(tmp_path, all=NODES + PROBLEM)["all"]
    found = acs.map(file, file, dataflow=file)
    assert found.rows[0].dataflow == "timeloop-constraints"


@pytest.mark.parametrize(("number", "place"), [(0, "RF"), (1, "DRAM")])
def test_numbers_of_levels(tmp_path: Path, number: int, place: str) -> None:
    """Level 0 is the innermost storage."""
    limits = f"constraints: [{{target: {number}, type: temporal, factors: M=2}}]"
    files = written(tmp_path, arch=TREE, problem=PROBLEM, limits=limits)
    found = mapping_of(acs.map(files["arch"], files["problem"], dataflow=files["limits"]))
    assert factor(found, place, "M") == 2


NEST = """\
mapping:
- {target: DRAM, type: temporal, factors: [M=MOUT, N=4]}
- {target: RF, type: temporal, factors: [M=MIN, K=4], permutation: ORDER}
"""


@pytest.mark.parametrize(
    ("outer", "inner", "order", "said"),
    [
        (2, 2, "KMN", ""),
        (1, 4, "KMN", "M=4 at RF, not 2"),
        (2, 2, "MKN", "K outside M at RF"),
    ],
)
def test_a_mapping_that_breaks_them_is_refused(
    tmp_path: Path, outer: int, inner: int, order: str, said: str
) -> None:
    nest = NEST.replace("MOUT", str(outer)).replace("MIN", str(inner)).replace("ORDER", order)
    file = written(tmp_path, all=NODES + PROBLEM + nest)["all"]
    if not said:
        assert mapping_of(acs.evaluate(file, file, file)).block("RF").loops[1:] == (Loop("K", 4),)
        return
    with pytest.raises(IllegalMappingError) as caught:
        acs.evaluate(file, file, file)
    message = f"the mapping breaks constraints of chip: {file}:12:17: temporal at RF: {said}"
    assert str(caught.value) == message


def test_constraints_of_a_search_do_not_bind_a_mapping(tmp_path: Path) -> None:
    nest = NEST.replace("MOUT", "2").replace("MIN", "2").replace("ORDER", "KMN")
    file = written(tmp_path, all=TREE + BESIDE + PROBLEM + nest)["all"]
    assert factor(mapping_of(acs.evaluate(file, file, file)), "RF", "N") == 1


@pytest.mark.parametrize("text", ["NM K", "NMK", "N, M, K", "N MK", "N,MK"])
def test_blanks_in_a_permutation_mean_nothing(tmp_path: Path, text: str) -> None:
    order = f"[{{target: RF, type: temporal, factors: M=2 N=2 K=2, permutation: '{text}'}}]"
    files = written(tmp_path, problem=PROBLEM, limits=f"constraints: {order}")
    flow = as_dataflow(files["limits"], as_network(files["problem"]))
    assert [rule.order for rule in flow.rules] == [(("*",), ("K",), ("M",), ("N",))]


def test_words_in_a_permutation() -> None:
    assert dims_in("KyK N", ["Ky", "K", "N"]) == ["KyK", "N"]  # no dim, and so a fault later on
    assert dims_in("Ky K N", ["Ky", "K", "N"]) == ["Ky", "K", "N"]
    assert dims_in("ZZ N", ["N", "M"]) == ["Z", "Z", "N"]


def test_too_many_of_them_are_refused_where_they_stand(tmp_path: Path) -> None:
    rows = "- {target: RF, type: temporal, factors: M=2}\n" * 1001
    files = written(tmp_path, all=f"{TREE}constraints:\n{rows}")
    with pytest.raises(SpecError, match=r"all.yaml:13:.*'search_constraints' is too long"):
        acs.load(files["all"], kind="architecture")


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("factors: n=2", "the problem has no dim 'n'"),
        ("permutation: NMZ", "the problem has no dim 'Z'"),
    ],
)
def test_unknown_dims_are_refused(tmp_path: Path, limit: str, said: str) -> None:
    text = f"constraints: [{{target: RF, type: temporal, {limit}}}]"
    files = written(tmp_path, arch=TREE, problem=PROBLEM, limits=text)
    with pytest.raises(SpecError, match=said) as caught:
        acs.map(files["arch"], files["problem"], dataflow=files["limits"])
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert problem.where.line == 1
    assert "M" in problem.expected


def test_data_spaces_of_the_problem_beside(tmp_path: Path) -> None:
    """``check`` knows them from the files of its call; prices of a machine need none."""
    (tmp_path / "arch.yaml").write_text(NODES, encoding="utf-8")
    (tmp_path / "problem.yaml").write_text(PROBLEM, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(PROBLEM.replace("name: B", "name: X"), encoding="utf-8")
    arch = tmp_path / "arch.yaml"
    beside, _ = acs.check(arch, tmp_path / "problem.yaml")
    assert not beside.problems
    wrong, _ = acs.check(arch, tmp_path / "other.yaml")
    assert [problem.what for problem in wrong.problems] == ["unknown data-space 'B'"]
    (alone,) = acs.check(arch)
    left_out = "'B' is a data-space of a problem that is not given, left out"
    assert not alone.problems
    assert [left_out in note for note in alone.assumed].count(True) == 1
    assert acs.export("accelergy", arch).texts.keys() == {"ERT.yaml"}
