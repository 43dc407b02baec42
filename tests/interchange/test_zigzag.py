"""ZigZag's accelerators, workloads and mappings; broken and hostile ones."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim import cli
from accelsim.arch.records import Architecture
from accelsim.errors import ExitCode, SpecError
from accelsim.mapping.records import Spread
from accelsim.verbs.import_ import import_
from accelsim.workload.records import Network

ACCELERATOR = """\
name: small
memories:
  rf:
    size: 8
    r_bw: 8
    w_bw: 8
    r_cost: 0.1
    w_cost: 0.2
    area: 0
    r_port: 1
    w_port: 1
    rw_port: 0
    latency: 1
    operands: [I2]
    ports:
      - {fh: w_port_1, tl: r_port_1}
    served_dimensions: []
  acc:
    size: 64
    r_bw: 16
    w_bw: 16
    r_cost: 0.4
    w_cost: 0.5
    operands: [O]
    ports:
      - {fh: w_port_1, tl: r_port_1, fl: w_port_2, th: r_port_2}
    served_dimensions: [D1]
  dram:
    size: 1000000
    r_bw: 64
    w_bw: 64
    r_cost: 400
    w_cost: 480
    operands: [I1, I2, O]
    ports:
      - {fh: rw_port_1, tl: rw_port_1}
      - {fh: rw_port_1, tl: rw_port_1}
      - {fh: rw_port_1, tl: rw_port_1, fl: rw_port_1, th: rw_port_1}
    served_dimensions: [D1, D2]
operational_array:
  input_precision: [8, 8]
  unit_energy: 0.04
  unit_area: 1
  dimensions: [D1, D2]
  sizes: [4, 2]
"""

NETWORK = """\
- id: 0
  name: gemm
  operator_type: Gemm
  equation: O[b][k]+=W[k][c]*I[b][c]
  loop_dims: [B, K, C]
  loop_sizes: [3, 4, 8]
  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}
  operand_source: {I: 0, W: 0}
- id: 1
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [1, 8, 3, 6, 6, 3, 3]
  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}
  operand_source: {I: 0, W: 0}
"""

SPATIAL = """\
- name: default
  spatial_mapping:
    D1:
    - C, 4
    D2:
    - K, 2
  memory_operand_links: {O: O, W: I2, I: I1}
"""

NEST = """\
kind: mapping
levels:
- {place: dram, loops: [K 2]}
- {fanout: D2, x: [K 2]}
- {place: acc, loops: [C 2]}
- {fanout: D1, x: [C 4]}
- {place: rf, loops: [B 3]}
"""

SOUND = {"acc.yaml": ACCELERATOR, "net.yaml": NETWORK, "spatial.yaml": SPATIAL}


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, {**SOUND, "nest.yaml": NEST})
    return tmp_path


def test_a_case_by_hand(folder: Path) -> None:
    """3 x 8 times 8 x 4: weights stay while 3 rows pass, 4 channels side by side, twice over.

    What moves, and how often, is by ZigZag's own rules, worked out by hand from its sources; but a
    DRAM of 64 bits pays here for the bits that move, there for whole accesses of them.
    """
    put(folder, {"net.yaml": NETWORK.replace("O_final: 8", "O_final: 16")})
    done = acs.evaluate("acc.yaml", "net.yaml:gemm", "nest.yaml", accounting="zigzag")
    (entry,) = done.rows[0].layers
    found = entry.evaluation
    assert found is not None
    dram = (
        2 * 2 * 400  # 8 weights fill an access, for either half of filters and of channels
        + 2 * 2 * 3 * 400 / 2  # 4 inputs half of one, each row anew for each of these four
        + 2 * 1.5 * 480  # 2 x 3 finished sums of 16 bits, for either half of filters
    )
    accumulators = (
        2 * 12 * 0.4  # read for each half of the channels, the first time too: unfinished
        + 2 * 12 * 0.5  # and written
        + 12 * 0.4  # finished sums to the DRAM, which never come back
    )
    registers = (
        32 * 0.2  # each weight once
        + 96 * 0.1  # a weight for each operation; ZigZag: one while it stays the same, 32 * 0.1
    )
    multipliers = 96 * 0.04
    assert found.energy.total == pytest.approx(
        dram + accumulators + registers + multipliers, rel=1e-12
    )
    free = acs.evaluate("acc.yaml", "net.yaml:gemm", "nest.yaml").rows[0].layers[0].evaluation
    assert free is not None
    # the first reads, of the accumulators only: no sum comes back to the DRAM
    assert found.energy.total - free.energy.total == pytest.approx(12 * 0.4, rel=1e-9)
    # one port of 64 bits for all operands: (32 + 48) words of 8 bits and 12 of 16
    assert found.cycles == free.cycles == ((32 + 48) * 8 + 12 * 16) / 64


@pytest.mark.usefixtures("folder")
def test_layers() -> None:
    network = acs.load("net.yaml")
    assert isinstance(network, Network)
    gemm, conv = network.layers
    assert gemm.bounds == {"B": 3, "K": 4, "C": 8}
    assert (gemm.operations, conv.operations) == (96, 8 * 3 * 6 * 6 * 3 * 3)
    # windows of 3 at a stride of 2: 2 * 5 + 3 rows and columns of 3 channels
    inputs = next(tensor for tensor in conv.tensors if tensor.name == "Inputs")
    assert conv.tensor_words(inputs) == 3 * 13 * 13
    assert {tensor.name: tensor.bits for tensor in conv.tensors} == {
        "Outputs": 16,
        "Weights": 8,
        "Inputs": 8,
    }


def test_import(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.guarded(["import", "zigzag", *SOUND, "-o", "ours"]) == ExitCode.OK
    printed = capsys.readouterr()
    assert printed.err.startswith("ours: architecture.yaml, workload.yaml, dataflow.yaml\n")
    text = (folder / "ours/architecture.yaml").read_text(encoding="utf-8")
    assert "\n# acc.yaml:4\n- {memory: rf, component: rf, size: 8 b, " in text
    ours = [f"ours/{name}.yaml" for name in ("architecture", "workload", "dataflow")]
    assert cli.guarded(["check", *ours, *SOUND]) == ExitCode.OK
    capsys.readouterr()
    theirs, again = acs.load("net.yaml"), acs.load("ours/workload.yaml")
    assert isinstance(theirs, Network)
    assert isinstance(again, Network)
    assert again.layers == theirs.layers


@pytest.mark.usefixtures("folder")
def test_a_search_under_its_mapping() -> None:
    quick = acs.Search(samples=200)
    done = acs.map("acc.yaml", "net.yaml:gemm", dataflow="spatial.yaml", search=quick)
    (entry,) = done.rows[0].layers
    assert entry.evaluation is not None
    spread = [step for step in entry.evaluation.mapping.steps if isinstance(step, Spread)]
    assert {step.fanout: {loop.dim for loop in (*step.x, *step.y)} for step in spread} == {
        "D1": {"C"},
        "D2": {"K"},
    }


@pytest.mark.usefixtures("folder")
def test_another_kind_than_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.guarded(["map", "net.yaml", "net.yaml:gemm"]) == ExitCode.BAD_SPEC
    assert "this file of ZigZag's holds no architecture" in capsys.readouterr().err
    assert cli.guarded(["import", "zigzag", "nest.yaml"]) == ExitCode.BAD_SPEC
    assert capsys.readouterr().err.startswith("nest.yaml:1:1: this is no file of ZigZag's")


def test_whole_accesses(folder: Path) -> None:
    """Weights that a lane fetches one by one cost an access of 32 bits each, 0.1 pJ and 0.2 pJ."""
    wide = ACCELERATOR.replace("r_bw: 8\n    w_bw: 8", "r_bw: 32\n    w_bw: 32", 1)
    put(folder, {"wide.yaml": wide, "net.yaml": NETWORK})
    made = acs.load("wide.yaml")
    assert isinstance(made, Architecture)
    assert made.memory["rf"].block_bits == 32
    assert made.memory["dram"].block_bits == made.memory["dram"].word_bits
    energies = [
        acs.evaluate(machine, "net.yaml:gemm", "nest.yaml").rows[0].layers[0].evaluation
        for machine in ("wide.yaml", "acc.yaml")
    ]
    found, narrow = (its.energy.total for its in energies if its is not None)
    assert found == pytest.approx(narrow, rel=1e-12)
    half = wide.replace("w_bw: 32", "w_bw: 16", 1)
    put(folder, {"half.yaml": half})
    assert "reads 32 b and writes 16 b at least" in import_("zigzag", "half.yaml").notes[0]


def test_entries_between_braces(folder: Path) -> None:
    layer = NETWORK.partition("- id: 1")[0].removeprefix("- ").strip().replace("\n  ", ", ")
    quoted = layer.replace("O[b][k]+=W[k][c]*I[b][c]", '"O[b][k]+=W[k][c]*I[b][c]"')
    rows = "- {name: default, spatial_mapping: {D1: ['C, 4'], D2: ['K, 2']}}\n"
    put(folder, {"one.yaml": f"- {{{quoted}}}\n", "rows.yaml": rows})
    one, both = acs.load("one.yaml"), acs.load("net.yaml")
    assert isinstance(one, Network)
    assert isinstance(both, Network)
    assert one.layers == both.layers[:1]
    assert acs.load("rows.yaml").rules == acs.load("spatial.yaml").rules  # type: ignore[union-attr]


def test_a_dim_that_the_array_lacks_is_refused(folder: Path) -> None:
    put(folder, {"deep.yaml": SPATIAL.replace("  memory_op", "    D3:\n    - B, 3\n  memory_op")})
    with pytest.raises(SpecError, match="needs a level 'D3', which small does not have"):
        acs.map("acc.yaml", "net.yaml:gemm", dataflow="deep.yaml")


def test_padding_and_sizes_beside(folder: Path) -> None:
    """Of 13 columns, 2 are padding; of rows, 12 are said to be there."""
    said = "  pr_loop_dims: [IX, IY]\n  pr_loop_sizes: [13, 12]\n  padding: [[1, 1], [0, 0]]\n"
    put(folder, {"net.yaml": NETWORK + said})
    notes = import_("zigzag", "net.yaml").notes
    assert [note for note in notes if "finished" not in note] == [
        "net.yaml:18: IY has 12 words, and its loops reach 13, which are counted",
        "net.yaml:19: padding of 1 and 1 in IX: its words count as inputs, among 13",
    ]
