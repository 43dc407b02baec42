"""Energies that Timeloop's files state are those of a vector access, whatever a word's width."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.records import Architecture
from accelsim.verbs.export import export

REST = """\
problem:
  shape:
    name: line
    dimensions: [P, R]
    data-spaces:
    - {name: Weights, projection: [[[R]]]}
    - {name: Inputs, projection: [[[P], [R]]]}
    - {name: Outputs, projection: [[[P]]], read-write: True}
  instance: {P: 4, R: 1}
mapping:
- {target: Far, type: temporal, factors: P=1 R=1, permutation: PR}
- {target: Near, type: temporal, factors: P=4 R=1, permutation: PR}
"""

NODES = """\
architecture:
  version: 0.4
  nodes:
  - !Container {{name: all, attributes: {{datawidth: {word}}}}}
  - !Component {{name: Far, class: DRAM, attributes: {{width: {word}{far}}}}}
  - !Component {{name: Near, class: regfile, attributes: {{depth: 64, width: {width}{near}}}}}
  - !Component {{name: Mul, class: intmac{mul}}}
"""

TREE = """\
architecture:
  version: 0.3
  subtree:
  - name: all
    local:
    - {{name: Far, class: DRAM, attributes: {{word-bits: {word}, width: {word}{far}}}}}
    - {{name: Near, class: regfile,
       attributes: {{entries: 64, word-bits: {word}, block-size: {block}{near}}}}}
    - {{name: Mul, class: intmac{mul}}}
"""

FLAT = """\
architecture:
  version: 0.2
  arithmetic: {{name: Mul, instances: 1{arithmetic}}}
  storage:
  - {{name: Near, entries: 64, word-bits: {word}, block-size: {block}{near}}}
  - {{name: Far, technology: DRAM, word-bits: {word}{far}}}
"""

FORMS = {"nodes": NODES, "tree": TREE, "flat": FLAT}

ERT = """\
ERT:
  version: 0.4
  tables:
  - {name: Far, actions: [{name: read, energy: 0}, {name: write, energy: 0}]}
  - name: Near
    actions: [{name: read, energy: 8}, {name: write, energy: 80}, {name: update, energy: 800}]
  - {name: Mul, actions: [{name: compute, energy: 1}]}
"""


def design(form: str, word: int, block: int, *, ert: bool) -> str:
    key = "_" if form == "nodes" else "-"
    each = "" if ert else f", vector{key}access{key}energy: "
    text = FORMS[form].format(
        word=word,
        width=word * block,
        block=block,
        far=each and f"{each}0",
        near=each and f"{each}8",
        mul="" if ert else f", attributes: {{energy{key}per{key}op: 1}}",
        arithmetic="" if ert else ", energy-per-op: 1",
    )
    return text + REST + (ERT if ert else "")


def energies(file: Path, accounting: str | None) -> dict[tuple[str, ...], float]:
    (row,) = acs.evaluate(file, file, file, accounting=accounting).rows
    evaluation = row.layers[0].evaluation
    assert evaluation is not None
    return dict(evaluation.energy.by("level", "tensor"))


ACCESSES = {
    ("Weights", "read"): 4,
    ("Weights", "fill"): 1,
    ("Inputs", "read"): 4,
    ("Inputs", "fill"): 4,
    ("Outputs", "update"): 4,
}
"""Of the four multiplications, each at another P: sums start, and end, at their only update."""

DRAINED = 4
"""Sums that are read out in the end, which Timeloop does not charge."""

PRICES = {"read": 8, "fill": 80, "update": 800}
"""Of the ERT."""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("word", [4, 8, 12, 32])
@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("ert", [False, True])
def test_a_vector_access_costs_what_is_stated(
    tmp_path: Path, form: str, word: int, block: int, ert: bool
) -> None:
    """17 accesses of 8 pJ in blocks of a word are 136 pJ at every width of a word."""
    file = tmp_path / "all.yaml"
    file.write_text(design(form, word, block, ert=ert), encoding="utf-8")
    price = PRICES if ert else dict.fromkeys(PRICES, 8)
    found = energies(file, "timeloop")
    for tensor in ("Weights", "Inputs", "Outputs"):
        expected = sum(
            -(-words // block) * price[action]
            for (name, action), words in ACCESSES.items()
            if name == tensor
        )
        assert found["Near", tensor] == pytest.approx(expected, rel=1e-12), tensor
    if block > 1:
        return  # this tool's own rules count blocks by visits
    if not ert:
        near = [energy for (level, _), energy in found.items() if level == "Near"]
        assert sum(near) == pytest.approx(17 * 8, rel=1e-12)
    ours = energies(file, None)
    expected = 4 * price["update"] + DRAINED * price["read"]
    assert ours["Near", "Outputs"] == pytest.approx(expected, rel=1e-12)
    expected = 4 * price["read"] + 4 * price["fill"]
    assert ours["Near", "Inputs"] == pytest.approx(expected, rel=1e-12)


def test_an_import_and_what_timeloop_would_print(tmp_path: Path) -> None:
    """4 reads and 4 fills of 8 pJ are 64 pJ; the imported machine says of which word they are."""
    file = tmp_path / "all.yaml"
    file.write_text(design("nodes", 8, 1, ert=False), encoding="utf-8")
    machine = acs.load(file, kind="architecture")
    assert isinstance(machine, Architecture)
    near = machine.memory["Near"]
    assert (near.energy["read"], near.energy_bits, near.word_bits) == (8, 8, 8)
    stats = export("timeloop", file, file, file).texts["timeloop-model.stats.txt"]
    inputs = stats.partition("=== Near ===")[2].partition("    Inputs:")[2].splitlines()
    (total,) = [line for line in inputs[:20] if "Energy (total)" in line]
    assert total.split(":")[1].strip() == "64.00 pJ"
