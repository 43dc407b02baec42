"""Compound components in whole evaluations, against sums made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs

MACHINE = """\
kind: architecture
name: chip
source: a test
word: 16 b
levels:
- {memory: dram, component: dram, keep: [Weights, Inputs, Outputs]}
- {memory: spad, component: spad, size: 1 KiB, keep: [Weights, Inputs, Outputs]}
- {compute: pe, component: pe}
"""

TABLE = """\
kind: technology
name: parts
unit: pJ
source: a test
prices:
  dram: {access: 0}
  cells: {access: 0.75, access.gated: 0.0625}
  adder: {add: {energy: 0.5, width: 32 b}}
  pe: {alu.random: 1}
curves:
  ram: {access: {width: 64 b, points: [{size: 512 B, energy: 4}, {size: 2 KiB, energy: 10}]}}
macs:
  units: {mac: {multiplier: {energy: 4, width: 32 b}, adder: {energy: 0.5, width: 32 b}}}
compounds:
  spad:
    parts:
      data: {component: ram}
      tag: {component: ram, width: 8 b, size: 1 KiB}
      generator: {component: adder, width: 8 b}
    actions:
      access: {data.access: 1, tag.read: 1, generator.add: 2}
      access.gated: {generator.add: 1}
  pe:
    parts: {unit: {component: units}, latch: {component: cells, width: 24 b}}
    actions: {mac: {unit.mac: 1, latch.read: 2}}
"""

LAYER = """\
kind: workload
name: layers
source: a test
layers:
- {name: g, shape: gemm, M: 4, N: 4, K: 4}
"""

MAPPING = """\
kind: mapping
levels:
- {place: dram, keep: [Weights, Inputs, Outputs]}
- {place: spad, loops: [M 4, N 4, K 4], keep: [Weights, Inputs, Outputs]}
"""

ACCESS = 6 * 16 / 64
"""Of a word in 1 KiB of ``ram``: 4 + 6 * 512 / 1536 pJ for 64 b."""
FIXED = 6 * 8 / 64 + 2 * 0.5 * 8 / 32
"""Of its tag and of two additions of 8 b."""
LATCHES = 2 * 0.75 * 24 / 16


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = {"chip": MACHINE, "parts": TABLE, "layers": LAYER, "by_hand": MAPPING}
    for name, text in written.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


def energies(*settings: str) -> dict[str, float]:
    """Return what the levels of one evaluation take, by (level, tensor)."""
    found = acs.evaluate(
        "chip.yaml", "layers.yaml:g", "by_hand.yaml", technology="parts.yaml", overrides=settings
    )
    evaluation = found.evaluation
    assert evaluation is not None
    split = evaluation.energy.by("level", "tensor")
    return {"/".join(its): energy for its, energy in split.items()}


def test_parts_have_widths_of_their_own_whatever_prices_them() -> None:
    """64 operations; weights: 64 reads, 16 fills; sums: 48 reads, 64 updates, 16 drains."""
    found = energies()
    assert found["spad/Weights"] == pytest.approx(80 * (ACCESS + FIXED))
    assert found["spad/Outputs"] == pytest.approx(128 * (ACCESS + FIXED))
    # A product of 16 b is a quarter of one of 32 b, a sum of 16 b half of one of 32 b.
    assert found["pe/compute"] == pytest.approx(64 * (4 / 4 + 0.5 / 2 + LATCHES))


def test_the_widths_of_operands_count_once() -> None:
    found = energies("g.bits.weights=8", "g.bits.inputs=4")
    assert found["spad/Weights"] == pytest.approx(80 * (ACCESS / 2 + FIXED))
    assert found["pe/compute"] == pytest.approx(64 * (4 * 8 * 4 / 32**2 + 0.5 / 2 + LATCHES))


def test_what_is_fixed_is_paid_once_for_a_block() -> None:
    """16 words are filled in 4 blocks of 64 b; each operation reads a block for its word."""
    found = energies("spad.block=64 b")
    assert found["spad/Weights"] == pytest.approx(68 * (4 * ACCESS + FIXED))
    # Of 24 b a block holds two sums, and is paid as a block: 48 + 64 visits of one, 8 of two.
    found = energies("spad.block=64 b", "g.bits.outputs=24")
    assert found["spad/Outputs"] == pytest.approx(120 * (4 * ACCESS + FIXED))
    # Of 72 b a sum takes two blocks.
    found = energies("spad.block=64 b", "g.bits.outputs=72")
    assert found["spad/Outputs"] == pytest.approx(128 * (8 * ACCESS + FIXED))


def test_access_stands_for_what_is_not_spelt_out_of_every_kind() -> None:
    found = energies("spad.gating={Weights: [Inputs]}", "g.density.inputs=0.75")
    gated = 16 * 0.5 * 8 / 32
    assert found["spad/Weights"] == pytest.approx(64 * (ACCESS + FIXED) + gated)
