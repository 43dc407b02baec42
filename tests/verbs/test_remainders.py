"""A mapping file with remainders, from reading to results and back."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.mapping.factors import last_turns, needed_factors, reaching_factors
from accelsim.mapping.records import Loop
from tests.specs import sound

MAPPING = """\
kind: mapping
architecture: machine.yaml
layer: layer.yaml:conv
remainders: true
levels:
- place: dram
  loops: [M 4, C 2]
- place: glb
  loops: [P 2, P 2]
- fanout: array
  y: [R 3]
  x: [C 2, P 2]
- place: spads
  loops: [M 2, S 3]
  keep: [Weights]
"""


@pytest.fixture
def mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("machine.yaml").write_text(sound.ARCHITECTURE, encoding="utf-8")
    Path("layer.yaml").write_text(sound.LAYER, encoding="utf-8")  # P is 5
    Path("mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return Path("mapping.yaml")


def test_a_file_is_evaluated(mapping: Path) -> None:
    (checked,) = acs.check(mapping)
    assert checked.problems == ()
    found = acs.evaluate("machine.yaml", "layer.yaml:conv", mapping)
    # P is 4 + 1: the second turn of the outer loop has one position.  The steps over P are 2 + 1 of
    # the nominal 4, and in the last a lane for each of the two channels is idle.
    assert found.nest == (
        "dram: keeps Weights 288, Inputs 84, Outputs 40 words\n"
        "  for m in 0..4\n"
        "    for c in 0..2\n"
        "glb: keeps Inputs 42, Outputs 10 words\n"
        "      for p in 0..2\n"
        "        for p in 0..2 (last 1)\n"
        "array: 4 x 3 of 4 x 3 lanes (x, y)\n"
        "          parallel-for r in 0..3 on y\n"
        "            parallel-for c in 0..2 on x\n"
        "              parallel-for p in 0..2 (last 1) on x\n"
        "spads: keeps Weights 6 words\n"
        "                for m in 0..2\n"
        "                  for s in 0..3\n"
        "mac: Outputs += Weights * Inputs"
    )
    evaluation = found.evaluation
    assert evaluation is not None
    assert evaluation.cycles == 4 * 2 * 3 * 2 * 3
    assert evaluation.operations == 8 * 4 * 5 * 3 * 3
    assert evaluation.utilization == evaluation.operations / (12 * evaluation.cycles)


def test_what_is_written_is_read_again(mapping: Path, tmp_path: Path) -> None:
    found = acs.evaluate("machine.yaml", "layer.yaml:conv", mapping)
    assert "\nremainders: true\nlevels:\n" in found.yaml
    again = tmp_path / "again.yaml"
    again.write_text(found.yaml, encoding="utf-8")
    assert acs.evaluate("machine.yaml", "layer.yaml:conv", again).mapping == found.mapping
    acs.save(found, tmp_path / "results")
    loaded = acs.load(tmp_path / "results")
    assert loaded.rows[0].layers[0].evaluation.energy_total == (  # type: ignore[union-attr]
        found.evaluation.energy_total  # type: ignore[union-attr]
    )


def test_factors_that_need_no_remainder_cost_the_same(mapping: Path) -> None:
    perfect = MAPPING.replace("loops: [P 2, P 2]", "loops: [P 5]").replace("C 2, P 2", "C 2")
    mapping.write_text(perfect, encoding="utf-8")
    one = acs.evaluate("machine.yaml", "layer.yaml:conv", mapping)
    mapping.write_text(perfect.replace("remainders: true\n", ""), encoding="utf-8")
    other = acs.evaluate("machine.yaml", "layer.yaml:conv", mapping)
    assert one.evaluation is not None
    assert other.evaluation is not None
    assert one.evaluation.traffic.by("level", "tensor", "action") == (
        other.evaluation.traffic.by("level", "tensor", "action")
    )
    assert one.evaluation.cycles == other.evaluation.cycles
    assert one.evaluation.energy_total == pytest.approx(other.evaluation.energy_total, rel=1e-12)
    assert Loop("P", 5) in one.mapping.block("glb").loops  # type: ignore[union-attr]


def test_factors_by_trying_all() -> None:
    """What the helpers say of factors is what walking all positions says."""
    for bound in range(1, 14):
        for outer in range(1, 6):
            for inner in range(1, 6):
                factors = (outer, inner)
                digits = [divmod(position, inner) for position in range(min(bound, outer * inner))]
                if outer * inner < bound:
                    for reaching in reaching_factors(factors, bound):
                        assert reaching[0] * reaching[1] >= bound
                        assert needed_factors(reaching, bound) == reaching
                    continue
                shortest = needed_factors(factors, bound)
                used = tuple(1 + max(digit[at] for digit in digits) for at in (0, 1))
                assert (shortest == factors) == (used == factors)
                assert shortest[0] * shortest[1] >= bound
                if used == factors:
                    last = [digit for digit in digits if digit[0] == outer - 1]
                    assert last_turns(factors, bound) == (outer, len(last))
