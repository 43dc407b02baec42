"""The example that ``docs/model.md`` counts by hand is what the counter counts."""

from __future__ import annotations

from pathlib import Path

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.counter.counting import count
from accelsim.counter.layout import (
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    READS,
    REDUCTIONS,
    UPDATES,
)
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.workload.records import Layer, Rank, Tensor, Term

PAGE = Path(__file__).parents[1] / "docs" / "model.md"

TENSORS = ("Inputs", "Weights", "Outputs")
EVERYTHING = frozenset(TENSORS)
DRAM, BUFFER, REGISTER, MAC = range(4)
ARRAY = 0

LAYER = Layer(
    name="example",
    shape="einsum",
    dims=(("M", 2), ("C", 2), ("P", 6), ("R", 3)),
    tensors=(
        Tensor("Inputs", "Inputs", (Rank("C", (Term("C"),)), Rank("H", (Term("P"), Term("R"))))),
        Tensor("Weights", "Weights", tuple(Rank(d, (Term(d),)) for d in "MCR")),
        Tensor("Outputs", "Outputs", tuple(Rank(d, (Term(d),)) for d in "MP")),
    ),
)

MACHINE = Architecture(
    name="example",
    nodes=(
        Place("dram", (Holding("dram", keep=EVERYTHING),)),
        Place("buffer", (Holding("buffer", keep=EVERYTHING),)),
        Fanout("array", "array", "array", mesh_x=2, mesh_y=3),
        Place("register", (Holding("register", keep=frozenset({"Weights"})),)),
        Compute("mac", "mac"),
    ),
    memories=(Memory("dram", "dram"), Memory("buffer", "buffer"), Memory("register", "register")),
)

MAPPING = Mapping(
    (
        Block("dram", (Loop("C", 2), Loop("P", 3)), EVERYTHING),
        Block("buffer", (Loop("M", 2),), EVERYTHING),
        Spread("array", y=(Loop("R", 3),), x=(Loop("P", 2),)),
        Block("register", (), frozenset({"Weights"})),
    )
)


def table_of_the_page() -> dict[str, dict[str, int]]:
    """Read the table of the worked example: row -> tensor -> words; empty cells are left out."""
    section = PAGE.read_text(encoding="utf-8").split("## 6. An example by hand")[1]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert cells[0] == ["words", *TENSORS]
    return {
        name: {t: int(n) for t, n in zip(TENSORS, numbers, strict=True) if n}
        for name, *numbers in cells[2:]
    }


def test_the_example_counted_by_hand() -> None:
    counts = count(LAYER, MACHINE, MAPPING)
    kept_by = {
        "DRAM reads": (counts.words[BUFFER], READS),
        "DRAM updates": (counts.words[BUFFER], UPDATES),
        "buffer fills": (counts.words[BUFFER], FILLS),
        "buffer drains": (counts.words[BUFFER], DRAINS),
        "array deliveries": (counts.network[ARRAY], DELIVERIES),
        "array reductions": (counts.network[ARRAY], REDUCTIONS),
        "array collections": (counts.network[ARRAY], COLLECTIONS),
        "register fills": (counts.words[REGISTER], FILLS),
    }
    found = {
        row: {name: int(words[t, action]) for t, name in enumerate(TENSORS) if words[t, action]}
        for row, (words, action) in kept_by.items()
    }
    # What the buffer serves: the register for weights, the compute for the others.
    child = {"Inputs": MAC, "Weights": REGISTER, "Outputs": MAC}
    for row, action in (("buffer reads", READS), ("buffer updates", UPDATES)):
        served = {name: int(counts.words[child[name], t, action]) for t, name in enumerate(TENSORS)}
        found[row] = {name: words for name, words in served.items() if words}
    found["register reads"] = {"Weights": int(counts.words[MAC, TENSORS.index("Weights"), READS])}
    assert found == table_of_the_page()
    assert counts.steps == 12
    assert int(counts.instances[MAC]) == 6
