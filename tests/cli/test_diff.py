"""``accelsim diff``: the small case counted by hand, and words that make no two sides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import UsageError
from tests.cli.conftest import Call
from tests.small import (
    IMPOSSIBLE,
    INPUTS,
    LAYER,
    MACHINE,
    MAPPING,
    MIXED,
    OUTPUTS,
    TABLE,
    elsewhere,
)

PRICED = ("--technology", TABLE, "-q")

DIFFERENCE = """\
fc: energy by boundary, outputs -> inputs
                                   outputs   inputs
    tensor       from     to           MAC      MAC   difference     share
──────────────────────────────────────────────────────────────────────────
1   Outputs      buffer   mac           66       24          -42   190.9 %
2   Inputs       buffer   mac           24       44          +20   -90.9 %
3   Weights      buffer   mac           44       44            0       0 %
4   Weights      dram     buffer       440      440            0       0 %
5   Inputs       dram     buffer       220      220            0       0 %
6   Outputs      dram     buffer       220      220            0       0 %
    operations                           4        4            0       0 %
    total                            1,018      996          -22   100.0 %

inputs needs 2.2 % less energy than outputs: 1,018 -22 = 996 MAC (by tensor: Outputs -42, Inputs +20, Weights 0).

1. Outputs, buffer to mac: -42 MAC
   added up on the way: no lanes -> over C 2
   reads: 2 at buffer x 10 MAC -> none
   updates: 4 at buffer x 10 MAC -> 2 at buffer x 10 MAC
   deliveries: 2 at array x 1 MAC -> none
   collections: 4 at array x 1 MAC -> 2 at array x 1 MAC
   reductions: none -> 2 at array x 1 MAC

2. Inputs, buffer to mac: +20 MAC
   lanes that one read serves: 2.00 -> 1.00
   reads: 2 at buffer x 10 MAC -> 4 at buffer x 10 MAC

"""  # noqa: E501


def test_two_dataflows(call: Call) -> None:
    done = call("diff", MACHINE, LAYER, OUTPUTS, INPUTS, *PRICED)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(DIFFERENCE)


def test_a_mapping_against_a_dataflow(call: Call) -> None:
    """The mapping of the file is what ``outputs`` allows."""
    done = call("diff", LAYER, MAPPING, MACHINE, INPUTS, *PRICED)
    assert done.out.startswith(DIFFERENCE.replace("outputs", "mapping"))


def test_one_way_is_held_against_the_best(call: Call) -> None:
    """``inputs`` has the least energy that there is: 996."""
    done = call("diff", MACHINE, LAYER, INPUTS, *PRICED)
    assert "unconstrained needs the same energy as inputs: 996 MAC.\n" in done.out


def test_two_machines(call: Call, tmp_path: Path) -> None:
    """The second has no buffer: every word comes from the DRAM.

    Under ``outputs`` that is 4 weights, 2 inputs for both lanes, 2 sums back: 400 + 200 + 200 read,
    4 sums written: 400; the array moves what it did, 14; 4 MACs: 1218.
    """
    text = elsewhere(MACHINE).replace("name: small", "name: bare")
    head, _, rest = text.partition("- memory: buffer")
    bare = tmp_path / "bare.yaml"
    bare.write_text(head + "- fanout" + rest.partition("- fanout")[2], encoding="utf-8")
    done = call("diff", MACHINE, bare, LAYER, MAPPING, *PRICED)
    assert done.code == 3  # the mapping has a place for the buffer
    assert "the mapping" in done.err or "buffer" in done.err
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "kind: mapping\narchitecture: bare.yaml\nlevels:\n"
        "- {place: dram, loops: [C 2], keep: [Weights, Inputs, Outputs]}\n"
        "- {fanout: array, x: [M 2]}\n",
        encoding="utf-8",
    )
    data = json.loads(call("diff", MACHINE, bare, LAYER, MAPPING, mine, *PRICED, "--json").out)
    found = data["difference"]
    assert found["rows"] == ["machine mapping", "bare mine"]
    assert (found["energy_before"], found["energy_after"]) == (1018, 1218)
    changes = found["changes"]
    assert sum(change["energy_difference"] for change in changes) == 200
    only = [(c["tensor"], c["energy_before"]) for c in changes if c["after"] is None]
    assert sorted(only) == [("Inputs", 220), ("Outputs", 220), ("Weights", 440)]
    text = call("diff", MACHINE, bare, LAYER, MAPPING, mine, *PRICED).out
    assert "   Only in machine mapping: buffer keeps Weights; bare mine has none.\n" in text
    assert "   given by: buffer -> dram\n" in text


def test_no_legal_mapping_on_one_side(call: Call) -> None:
    done = call("diff", MACHINE, LAYER, OUTPUTS, IMPOSSIBLE, *PRICED)
    assert done.code == 4
    assert "impossible: no mapping for fc: array needs 4 lanes" in done.out
    data = json.loads(call("diff", MACHINE, LAYER, OUTPUTS, IMPOSSIBLE, *PRICED, "--json").out)
    assert (data["difference"], data["exit_code"]) == (None, 4)


AS_IN = "as in: accelsim diff eyeriss alexnet:conv3 rs ws"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("eyeriss", "rs", "ws"), f"no layer to compare; expected one; {AS_IN}"),
        (("alexnet:conv3", "rs", "ws"), f"no machine to compare; expected one or two; {AS_IN}"),
        (
            ("eyeriss", "alexnet:conv2", "alexnet:conv3", "rs"),
            f"2 layers to compare; expected one; {AS_IN}",
        ),
        (
            ("eyeriss", "alexnet:conv3", "rs", "ws", "os_a"),
            f"3 dataflows or mappings to compare; expected two at most; {AS_IN}",
        ),
        (
            ("eyeriss", "alexnet:conv3"),
            (
                "one side only: 'eyeriss' under no constraint; expected two dataflows, mappings"
                f" or machines; {AS_IN}"
            ),
        ),
        (
            ("eyeriss", "alexnet:conv3", "rs", "rs"),
            "'rs' is compared with itself; expected two that differ",
        ),
        (
            (MACHINE, f"{MIXED}:fc*", OUTPUTS, INPUTS),
            (
                f"'{MIXED}:fc*' selects 2 layers: fc1, fc2; expected one layer; name one, as"
                f" {MIXED}:fc1"
            ),
        ),
    ],
)
def test_words_that_make_no_two_sides(
    call: Call, words: tuple[str | Path, ...], message: str
) -> None:
    assert call("diff", *words, *PRICED) == (2, "", f"{message}\n")


def test_two_results_in_python(call: Call) -> None:
    assert call("list", "archs").code == 0  # from the root of the checkout
    outputs, inputs = (
        acs.map(MACHINE, LAYER, dataflow=flow, technology=TABLE) for flow in (OUTPUTS, INPUTS)
    )
    found = acs.diff(outputs, inputs)
    assert found.labels == ("outputs", "inputs")
    assert found.difference is not None
    assert found.difference.energy == -22
    fc1 = acs.map(MACHINE, f"{MIXED}:fc1", technology=TABLE)
    with pytest.raises(UsageError, match="'fc' and 'fc1' are different layers"):
        _ = acs.diff(outputs, fc1).difference
    with pytest.raises(UsageError, match="a result is compared with one other"):
        acs.diff(outputs, MACHINE)


def test_a_mapping_for_another_layer_is_said_to_be_one(call: Call, tmp_path: Path) -> None:
    """It can be counted, for the layers are of one shape; ``mixed:fc1`` is called otherwise."""
    path = tmp_path / "other.yaml"
    text = elsewhere(MAPPING).replace(f"layer: {LAYER}", f"layer: {MIXED}:fc1")
    path.write_text(text, encoding="utf-8")
    done = call("diff", MACHINE, LAYER, path, INPUTS, *PRICED)
    assert done.code == 0
    assert f"the mapping is for the layer '{MIXED}:fc1', which is not the 'fc' here" in done.out
