"""``accelsim explain``: what it prints for the small case counted by hand, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Call
from tests.small import IMPOSSIBLE, LAYER, MACHINE, MAPPING, MIXED, OUTPUTS, TABLE

PRICED = ("--technology", TABLE)

EXPLAINED = """\
dram: keeps Weights 4, Inputs 2, Outputs 2 words
buffer: keeps Weights 4, Inputs 2, Outputs 2 words
  for c in 0..2
array: 2 x 1 of 2 x 1 lanes (x, y)
    parallel-for m in 0..2 on x
mac: Outputs += Weights * Inputs

energy by boundary
                                                words    actions   energy
    tensor       from     to       moves with    held   paid for      MAC    share
──────────────────────────────────────────────────────────────────────────────────
1   Weights      dram     buffer   once             4          8      440   43.2 %
2   Inputs       dram     buffer   once             2          4      220   21.6 %
3   Outputs      dram     buffer   once             2          4      220   21.6 %
4   Outputs      buffer   mac      every step       –         12       66    6.5 %
5   Weights      buffer   mac      every step       –          8       44    4.3 %
6   Inputs       buffer   mac      every step       –          6       24    2.4 %
    operations   mac                                           4        4    0.4 %
    total                                                           1,018    100 %

1. Weights, dram to buffer: 43.2 % of the energy
   buffer holds a tile of 4 words (M 2 x C 2).
   No loop outside moves it: it is held once, from beginning to end.
     reads of Weights at dram = 4 words; x 100 MAC = 400 MAC, 39.3 %
     fills of Weights at buffer = 4 words; x 10 MAC = 40 MAC, 3.9 %

"""
"""The counts are those that ``tests/small`` derives for ``outputs``; 1018 in all."""

SUMS = """\
4. Outputs, buffer to mac: 6.5 % of the energy
   The compute keeps nothing: at every step each of 2 lanes adds to a sum of Outputs (2 steps).
     reads of Outputs at buffer = 2 sums x 2 over C - 2 that start from zero = 2; x 10 MAC = 20 MAC, 2.0 %
     first reads of Outputs at buffer = 2 sums that start from zero; free
     updates of Outputs at buffer = 2 sums x 2 over C = 4; x 10 MAC = 40 MAC, 3.9 %
     deliveries of Outputs at array = 2 sums x 2 over C - 2 that start from zero = 2; x 1 MAC = 2 MAC, 0.2 %
     collections of Outputs at array = 2 sums x 2 over C = 4; x 1 MAC = 4 MAC, 0.4 %

"""  # noqa: E501

INPUTS_SHARED = """\
6. Inputs, buffer to mac: 2.4 % of the energy
   The compute keeps nothing: at every step each of 2 lanes takes a word of Inputs anew (2 steps).
   Lanes over M 2 (array.x) want the same words. One word read serves 2.00 lanes on average (multicast).
     reads of Inputs at buffer = 2 steps x 1 word = 2; x 10 MAC = 20 MAC, 2.0 %
     deliveries of Inputs at array = 2 lanes x 2 steps x 1 word = 4; x 1 MAC = 4 MAC, 0.4 %

"""  # noqa: E501


def test_a_given_mapping(call: Call) -> None:
    done = call("explain", MACHINE, LAYER, MAPPING, *PRICED)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(EXPLAINED)
    assert SUMS in done.out
    assert INPUTS_SHARED in done.out


def test_the_best_under_a_dataflow(call: Call) -> None:
    """``outputs`` allows no cheaper mapping than the given one."""
    done = call("explain", MACHINE, LAYER, "--dataflow", OUTPUTS, *PRICED, "-q")
    assert done.code == 0
    assert "total                                                           1,018" in done.out
    assert "proved optimal" in done.out


def test_as_json(call: Call) -> None:
    done = call("explain", MACHINE, LAYER, MAPPING, *PRICED, "--json")
    data = json.loads(done.out)
    assert (data["verb"], data["exit_code"], done.code) == ("explain", 0, 0)
    explained = data["explanation"]
    assert explained["energy"] == 1018
    assert sum(link["energy"] for link in explained["boundaries"]) + 4 == 1018
    first = explained["boundaries"][0]
    assert (first["tensor"], first["parent"], first["child"]) == ("Weights", "dram", "buffer")
    assert first["terms"][0] == {
        "level": "dram",
        "action": "read",
        "words": 4,
        "accesses": 4,
        "energy_each": 100.0,
        "energy": 400.0,
        "formula": "4 words",
        "block": 1,
        "energy_share": 400 / 1018,
    }
    inputs = explained["boundaries"][5]
    assert inputs["lanes"] == [
        {
            "dim": "M",
            "bound": 2,
            "stride": 1,
            "node": "array",
            "axis": "x",
            "needs": "same",
            "united": True,
        }
    ]


def test_several_layers_are_refused(call: Call) -> None:
    done = call("explain", MACHINE, f"{MIXED}:fc*", *PRICED)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"'{MIXED}:fc*' selects 2 layers: fc1, fc2; expected one layer; name one, as {MIXED}:fc1\n"
    )


def test_a_mapping_and_a_dataflow_are_refused(call: Call) -> None:
    done = call("explain", MACHINE, LAYER, MAPPING, "--dataflow", OUTPUTS, *PRICED)
    assert done == (
        2,
        "",
        (
            "both a mapping and a dataflow are given; expected one of them;"
            " a dataflow is what a mapping is searched under\n"
        ),
    )


def test_a_mapping_that_does_not_fit(call: Call, tmp_path: Path) -> None:
    words = ("explain", MACHINE, LAYER, MAPPING, *PRICED)
    assert call(*words, "--set", "buffer.size=4 words") == (
        4,
        "",
        "buffer needs 8 words for its tiles, has 4\n",
    )
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(MAPPING.read_text("utf-8").replace("[M 2]", "[K 2]"), encoding="utf-8")
    done = call("explain", MACHINE, LAYER, wrong, *PRICED)
    assert (done.code, done.out) == (3, "")
    assert "'K'" in done.err


def test_no_legal_mapping(call: Call) -> None:
    done = call("explain", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *PRICED, "-q")
    assert done.code == 4
    assert "no mapping for fc: array needs 4 lanes" in done.out
    data = json.loads(
        call("explain", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *PRICED, "-q", "--json").out
    )
    assert (data["explanation"], data["exit_code"]) == (None, 4)


def test_an_uneven_mapping(call: Call) -> None:
    """A buffer in which each tensor has a place of its own is still one level."""
    done = call(
        "explain", MACHINE, LAYER, "--dataflow", OUTPUTS, *PRICED, "-q", "--uneven", "buffer"
    )
    assert done.code == 0
    assert "total                                                           1,018" in done.out


def test_another_accounting_is_refused_before_a_search(call: Call) -> None:
    done = call("explain", "eyeriss", "alexnet:conv3", "--accounting", "timeloop")
    assert done.code == 2
    assert "only counts under the default conventions are explained" in done.err
    assert "considered" not in done.err


def test_a_mapping_and_options_of_a_search_are_refused(call: Call, tmp_path: Path) -> None:
    words = ("--objective", "latency", "--seed", "3", "--remainders")
    done = call("explain", MACHINE, LAYER, MAPPING, *PRICED, *words)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "--objective, --seed and --remainders given, and nothing is searched: a mapping is given; "
        "leave out --objective, --seed and --remainders\n"
    )
    other = tmp_path / "other.yaml"
    other.write_bytes(MAPPING.read_bytes())
    done = call("diff", MACHINE, LAYER, MAPPING, other, *PRICED, "--samples", "9")
    assert done.err == (
        "--samples given, and nothing is searched: both mappings are given; leave out --samples\n"
    )


def test_a_search_with_remainders(call: Call) -> None:
    words = ("explain", MACHINE, LAYER, "--dataflow", OUTPUTS, *PRICED, "-q")
    plain = call(*words, "--json")
    done = call(*words, "--remainders", "--json")
    assert (plain.code, done.code) == (0, 0)
    assert json.loads(done.out)["settings"] != json.loads(plain.out)["settings"]


def test_an_option_of_one_value_is_given_once(call: Call) -> None:
    done = call("explain", MACHINE, LAYER, *PRICED, "--objective", "edp", "--objective=energy")
    assert done == (2, "", "--objective is given twice; expected one value\n")
    assert call("list", "archs", "--json", "--json").code == 0
