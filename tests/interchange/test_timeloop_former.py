"""Files of Timeloop's first years: ``arch``, shapes by their names, named constraints."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import SpecError
from accelsim.interchange.timeloop.bundle import Bundle, read_bundle
from accelsim.specs.references import Reference
from accelsim.technology.records import ACTIONS
from accelsim.workload.records import Layer
from accelsim.workload.spec import network_of

FLAT = """\
arch:
  arithmetic: {name: MACs, instances: 4, meshX: 4, word-bits: 16}
  storage:
  - {name: Regs, entries: 8, instances: 4, meshX: 4, word-bits: 16}
  - {name: Buffer, sizeKB: 4, instances: 1, word-bits: 16}
  - {name: DRAM, technology: DRAM, instances: 1, word-bits: 16}
"""

SIZES = "R: 3, S: 1, P: 8, Q: 1, C: 2, K: 4, N: 1, Wstride: 2"

MAPPING = """\
mapping:
- {target: DRAM, type: temporal, factors: C2}
- {target: Buffer, type: spatial, factors: K4}
- {target: Buffer, type: temporal, factors: P8, permutation: P}
- {target: Regs, type: temporal, factors: R3}
"""


def bundle_of(folder: Path, text: str) -> Bundle:
    (folder / "all.yaml").write_text(text, encoding="utf-8")
    return read_bundle([folder / "all.yaml"])


def layer_of(bundle: Bundle) -> Layer:
    (layer,) = network_of(bundle.document("workload"), Reference("x")).layers
    return layer


def shapes(layer: Layer) -> dict[str, list[list[tuple[str, int]]]]:
    return {
        it.name: [[(term.dim, term.coefficient) for term in rank.terms] for rank in it.ranks]
        for it in layer.tensors
    }


def test_arch_with_the_filters_k(tmp_path: Path) -> None:
    """Counts by hand: each PE holds the 3 weights of a filter; all four read the same 3 inputs,
    and a step of P brings 2 new ones."""
    file = tmp_path / "all.yaml"
    text = f"{FLAT}problem: {{shape: cnn-layer, {SIZES}}}\n{MAPPING}"
    file.write_text(text, encoding="utf-8")
    found = acs.evaluate(file, file, file, accounting="timeloop")
    its = found.evaluation
    assert its is not None
    reads = its.words[its.levels.index("Buffer"), :, ACTIONS.index("read")]
    assert list(reads[:2]) == [2 * 4 * 3, 2 * (3 + 7 * 2)]
    assert its.words[its.levels.index("MACs"), -1, ACTIONS.index("mac")] == 4 * 2 * 3 * 8


@pytest.mark.parametrize("filters", ["K", "M"])
def test_the_filters_are_those_with_a_size(tmp_path: Path, filters: str) -> None:
    sizes = SIZES.replace("K:", f"{filters}:")
    layer = layer_of(bundle_of(tmp_path, f"problem: {{shape: cnn_layer, {sizes}}}"))
    assert shapes(layer)["Weights"] == [[("C", 1)], [(filters, 1)], [("R", 1)], [("S", 1)]]
    assert shapes(layer)["Inputs"][2] == [("R", 1), ("P", 2)]


def test_no_shape_is_a_convolution(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, f"problem: {{{SIZES}}}")
    assert layer_of(bundle).bounds["K"] == 4
    (note,) = bundle.sources.notes
    assert note.what == "no 'shape': taken as 'cnn-layer', as Timeloop does"


def test_the_shape_of_products(tmp_path: Path) -> None:
    text = "problem: {shape: gemm-ABZ, instance: {M: 2, N: 3, K: 5}}"
    assert shapes(layer_of(bundle_of(tmp_path, text))) == {
        "A": [[("M", 1)], [("K", 1)]],
        "B": [[("N", 1)], [("K", 1)]],
        "Z": [[("M", 1)], [("N", 1)]],
    }


NAMED = """\
mapspace:
  constraints_few:
  - {target: Regs, type: temporal, factors: R1 P4}
  constraints: few
"""


@pytest.mark.parametrize(
    "text",
    [
        NAMED,
        NAMED.replace("constraints_few", "x")
        .replace("  x:", "  constraints:")
        .replace("  constraints: few\n", ""),
    ],
)
def test_constraints_of_a_mapspace(tmp_path: Path, text: str) -> None:
    bundle = bundle_of(tmp_path, text)
    (directive,) = bundle.constraints
    assert [(one.dim, one.value) for one in directive.factors] == [("R", 1), ("P", 4)]


def test_constraints_of_another_name(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, NAMED.replace(": few", ": fwe"))
    assert bundle.constraints == []
    (problem,) = bundle.sources.problems
    assert problem.what == "no constraints are called 'fwe'"
    assert problem.expected == "'few'"


def test_reuse_in_time_is_no_multicast(tmp_path: Path) -> None:
    """``no_reuse`` of loops in time says nothing of the lanes; Timeloop's counts then differ."""
    said = "constraints: {targets: [{target: Regs, type: %s, no_reuse: %s}]}\n"
    for kind, names, apart, noted in (
        ("temporal", "[Inputs]", [], 1),
        ("spatial", "[Inputs]", ["Inputs"], 0),
        ("spatial", "true", ["*"], 0),
        ("temporal", "[]", [], 0),
    ):
        bundle = bundle_of(tmp_path, said % (kind, names))
        (directive,) = bundle.constraints
        assert [name for name, _ in directive.no_reuse] == apart
        left = [note for note in bundle.sources.notes if "'no_reuse' is left out" in note.what]
        assert len(left) == noted


def test_kept_and_bypassed_at_once(tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    both = "- {target: Regs, type: bypass, keep: [Inputs], bypass: [Inputs]}\n"
    text = f"{FLAT}problem: {{{SIZES}}}\n{MAPPING}{both}"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match="'Inputs' is both kept and bypassed at Regs"):
        acs.evaluate(file, file, file)
