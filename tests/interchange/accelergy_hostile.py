"""Broken and hostile reference tables of Accelergy's, made from small sound ones."""

from __future__ import annotations

from collections.abc import Iterator

MACHINE = """\
kind: architecture
name: small
assumed: made up for this test
word: 8 b
levels:
- {memory: dram, component: dram, keep: [Weights, Inputs, Outputs]}
- {compute: mac, component: mac}
"""

ERT = """\
ERT:
  version: 0.4
  tables:
  - name: chip.dram
    actions:
    - {name: read, arguments: {}, energy: 200}
    - {name: write, arguments: {address_delta: 1}, energy: 210}
  - {name: "chip.PE[0..3].mac", actions: [{name: compute, energy: 1}]}
ART:
  version: 0.4
  tables:
  - {name: chip.dram, area: 100}
"""

MANY = 20_000


def broken() -> Iterator[tuple[str, str, str]]:
    """Yield what is replaced in the tables by what, and what the message says."""
    yield "energy: 200", "energy: .nan", "the energy of an action is"
    yield "energy: 200", "energy: .inf", "the energy of an action is"
    yield "energy: 200", "energy: -1", "the energy of an action is"
    yield "energy: 200", "energy: two", "the energy of an action is"
    yield "energy: 200", "energy: true", "an action has no energy"
    yield "energy: 200", f"energy: {'9' * 400}", "the energy of an action is"
    yield "energy: 200", f"energy: 0x{'f' * 4000}", "the energy of an action is"
    yield "energy: 200", "energy: 1e999", "the energy of an action is"
    yield "area: 100", "area: -1", "the area of 'chip.dram' is"
    yield "area: 100", "area: .nan", "the area of 'chip.dram' is"
    yield "{name: read, ", "{", "an action has no name"
    yield "name: chip.dram\n", "name: [chip]\n", "a table has no name"
    yield "PE[0..3].mac", "dram", "two components are called 'dram'"
    yield "PE[0..3].mac", "[" * 1_000_000, "a name of 1,000,005 characters"
    yield "  tables:\n  - name", "  table:\n  - name", "has no tables"
    yield "    actions:\n    -", "    actions: read\n    more:\n    -", "must be a list"
    yield "version: 0.4\n  tables:\n  - name", "version: *a\n  tables:\n  - name", "anchor"
    yield "chip.dram\n", "!!python/object/apply:os.getcwd []\n", "tag"
    yield "ERT:\n", "ERT: {}\nERT:\n", "duplicate"
    same = "".join(f"  - {{name: a{n}.x, actions: []}}\n" for n in range(MANY // 3))
    yield "  - name: chip.dram", f"{same}  - name: chip.dram", "two components are called 'x'"
    many = "".join(f"    - {{name: a{n}, energy: -1}}\n" for n in range(MANY // 3))
    yield "    actions:\n", f"    actions:\n{many}", "the energy of an action is"
