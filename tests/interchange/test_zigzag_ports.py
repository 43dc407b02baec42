"""ZigZag's ports of operands, and its first reads, by hand; the order of loops in its mappings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import accelsim as acs
from accelsim import cli
from accelsim.arch.records import Architecture, Port
from accelsim.errors import ExitCode
from accelsim.evaluation.timing import limits
from accelsim.mapping.records import Block
from accelsim.mapspace.records import Dataflow
from accelsim.roles import Role
from tests.interchange.test_zigzag import ACCELERATOR, NETWORK, SPATIAL

BUFFER = """\
  buffer:
    size: 100000
    r_bw: 16
    w_bw: 16
    r_cost: 4
    w_cost: 6
    r_port: 2
    w_port: 2
    rw_port: 0
    operands: [I1, O]
    ports:
      - {fh: w_port_1, tl: r_port_1}
      - {fh: w_port_1, tl: r_port_2, fl: w_port_2, th: r_port_2}
    served_dimensions: [D1, D2]
"""

NEWER = """\
    ports:
      - name: r_port_1
        type: read
        bandwidth_min: 8
        bandwidth_max: 16
        allocation: ["I1, tl"]
      - {name: r_port_2, type: read, bandwidth_max: 16, allocation: ["O, tl", "O, th"]}
      - {name: w_port_1, type: write, bandwidth_max: 16, allocation: ["I1, fh", "O, fh"]}
      - {name: w_port_2, type: write, bandwidth_max: 16, allocation: ["O, fl"]}
    served_dimensions: [D1, D2]
"""

NEST = """\
kind: mapping
levels:
- {place: dram, loops: [K 2]}
- {place: buffer, loops: [C 2]}
- {fanout: D1, x: [C 4]}
- {fanout: D2, x: [K 2]}
- {place: rf, loops: [B 3]}
"""


def machine(ports: str = "") -> str:
    """Return an accelerator with a buffer of inputs and sums, and no accumulators of their own."""
    before, _, rest = ACCELERATOR.partition("  acc:\n")
    buffer = BUFFER
    if ports:
        lines = [
            line for line in BUFFER.splitlines(True) if "_bw" not in line and "_port:" not in line
        ]
        buffer = "".join(lines).partition("    ports:\n")[0] + ports
    return before + buffer + "  dram:\n" + rest.partition("  dram:\n")[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    texts = {"acc.yaml": machine(), "net.yaml": NETWORK, "spatial.yaml": SPATIAL, "nest.yaml": NEST}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("ports", ["", NEWER], ids=["by operand", "by port"])
def test_a_case_by_hand(folder: Path, ports: str) -> None:
    """3 x 8 times 8 x 4 in 2 x 2 x 3 = 12 steps of 8 lanes; words of 8 bits, sums of 16.

    The buffer gets 24 inputs once, and reads 4 of them (C over D1; D2 shares them) in each step.
    Sums of 4 lanes come back as one: 2 (K over D2) in each step, so that 24 are written and, as
    ZigZag reads sums that begin, too, 24 are read before.  12 sums leave, and 12 come first.
    """
    (folder / "acc.yaml").write_text(machine(ports), encoding="utf-8")
    done = acs.evaluate("acc.yaml", "net.yaml:gemm", "nest.yaml", accounting="zigzag")
    (entry,) = done.rows[0].layers
    found = entry.evaluation
    assert found is not None
    bits = {
        "r_port_1": 12 * 4 * 8,  # inputs down: tl of I1
        "w_port_1": 24 * 8,  # inputs from above: fh of I1; finished sums never come back
        "r_port_2": 24 * 16 + 12 * 16,  # sums down and up: tl and th of O
        "w_port_2": 24 * 16,  # sums from below: fl of O
    }
    cycles = {name: its / 16 for name, its in bits.items()}
    assert cycles == {"r_port_1": 24, "w_port_1": 12, "r_port_2": 36, "w_port_2": 24}
    dram = ((32 + 24) * 8 + 12 * 16) / 64  # one port for all: words down, sums up
    assert dram == 10
    of_buffer = [it.cycles for it in limits(found) if it.level == "buffer"]
    assert sorted(of_buffer) == sorted(cycles.values())
    assert found.port_cycles["dram"] == dram
    # 12 steps, and the port that two movements of the sums share
    assert (found.compute_cycles, found.cycles, found.bound) == (12, 36, "buffer")

    costs = (
        (32 + 24) * 50  # each weight and input from the DRAM once
        + 12 * 120  # each finished sum there once
        + 24 * 3  # inputs to the buffer, half of its width each
        + 48 * 2  # and from it
        + 24 * 4 + 24 * 6  # sums read and written for the array, the first time read, too
        + 12 * 4  # finished sums to the DRAM
        + 32 * 0.2 + 96 * 0.1  # each weight to a register; a weight for each operation
        + 96 * 0.04
    )  # fmt: skip
    assert found.energy.total == pytest.approx(costs, rel=1e-12)

    free = acs.evaluate("acc.yaml", "net.yaml:gemm", "nest.yaml").rows[0].layers[0].evaluation
    assert free is not None
    # without them 12 of the 24 reads of sums go, 192 of 576 bits: 24 cycles
    assert free.cycles == 24
    assert found.energy.total - free.energy.total == pytest.approx(12 * 4, rel=1e-9)


@pytest.mark.usefixtures("folder")
def test_ports_of_some_movements_are_keys_of_the_machine() -> None:
    arch = acs.load("acc.yaml")
    assert isinstance(arch, Architecture)
    buffer, dram, registers = (arch.memory[name] for name in ("buffer", "dram", "rf"))
    one: frozenset[Role] = frozenset({"Inputs"})
    two: frozenset[Role] = frozenset({"Outputs"})
    wanted = [
        Port(2.0, {"read": one}),
        Port(2.0, {"read": two, "drain": two}),
        Port(2.0, {"fill": one | two}),
        Port(2.0, {"update": two}),
    ]
    assert len(buffer.ports) == len(wanted)
    assert all(port in buffer.ports for port in wanted)
    assert (dram.shared_words_per_cycle, dram.ports) == (8.0, ())
    assert (registers.read_words_per_cycle, registers.write_words_per_cycle) == (1.0, 1.0)
    assert cli.guarded(["import", "zigzag", "acc.yaml", "-o", "ours", "-q"]) == ExitCode.OK
    again = acs.load("ours/architecture.yaml")
    assert isinstance(again, Architecture)
    assert replace(again, source=arch.source, assumptions=arch.assumptions) == arch


def test_widths_of_their_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = machine(
        NEWER.replace(
            'bandwidth_max: 16, allocation: ["O, fl', 'bandwidth_max: 32, allocation: ["O, fl'
        )
    )
    (folder / "acc.yaml").write_text(text, encoding="utf-8")
    arch = acs.load("acc.yaml")
    assert isinstance(arch, Architecture)
    widths = {port.words_per_cycle for port in arch.memory["buffer"].ports}
    assert widths == {2.0, 4.0}
    # 6 pJ for a write of the widest port, 32 bits; prices are those of 16
    assert arch.memory["buffer"].energy["fill"] == 3.0
    assert cli.guarded(["check", "acc.yaml"]) == ExitCode.OK
    assert "an access of 'buffer' costs what it does at the widest of its ports, 32 b" in (
        capsys.readouterr().out
    )


@pytest.mark.usefixtures("folder")
def test_what_no_port_passes_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = machine().replace(
        "fl: w_port_2, th: r_port_2}\n    served", "fl: w_port_2}\n    served", 1
    )
    (folder / "acc.yaml").write_text(text.replace("    w_bw: 64", "    w_bw: 32"), encoding="utf-8")
    assert cli.guarded(["check", "acc.yaml"]) == ExitCode.OK
    said = capsys.readouterr().out
    assert "acc.yaml:19: 'buffer' has no port for th of O: nothing limits them" in said
    assert "'rw_port_1' writes at its width for reads, 64 b/cycle, not at 32" in said


ORDERED = (
    SPATIAL
    + """\
  temporal_ordering:
  - [B, 3]    # the innermost
  - [C, 2]
  - [K, "*"]
"""
)


def test_the_order_of_loops(folder: Path) -> None:
    """Outermost first here, innermost first there; it binds the loops of each level."""
    (folder / "spatial.yaml").write_text(ORDERED, encoding="utf-8")
    rules = acs.load("spatial.yaml", kind="dataflow")
    assert isinstance(rules, Dataflow)
    ordered = {rule.at: rule.order for rule in rules.rules if rule.order}
    order = (("K",), ("C",), ("B",))
    assert ordered == dict.fromkeys(("backing", "buffers", "registers"), order)
    assert "spatial.yaml:9: temporal_ordering holds for the loops of each level" in rules.source
    done = acs.map(
        "acc.yaml", "net.yaml:gemm", dataflow="spatial.yaml", search=acs.Search(samples=300)
    )
    (entry,) = done.rows[0].layers
    assert entry.evaluation is not None
    for step in entry.evaluation.mapping.steps:
        if isinstance(step, Block):
            turning = [loop.dim for loop in step.loops if loop.bound > 1]
            assert turning == sorted(turning, key="KCB".index)


def test_a_dim_at_several_places_of_the_order(folder: Path) -> None:
    (folder / "spatial.yaml").write_text(ORDERED + "  - [B, 1]\n", encoding="utf-8")
    rules = acs.load("spatial.yaml", kind="dataflow")
    assert isinstance(rules, Dataflow)
    assert {rule.order for rule in rules.rules if rule.order} == {(("K",), ("C",))}
    assert "B several times in temporal_ordering: their place is left out" in rules.source


def test_a_port_beyond_those_counted(tmp_path: Path) -> None:
    """As in accelerators that ZigZag itself ships."""
    file = tmp_path / "acc.yaml"
    more = BUFFER.replace("w_port: 2", "w_port: 1")
    file.write_text(ACCELERATOR.replace("  dram:", f"{more}  dram:", 1), encoding="utf-8")
    (checked,) = acs.check(file)
    assert not checked.problems
    said = "'w_port_2' is none of the 1 w ports of 'buffer', and is taken as one more"
    assert [note.partition(": ")[2] for note in checked.assumed if "w_port" in note] == [said]
