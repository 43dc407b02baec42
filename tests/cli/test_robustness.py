"""``accelsim robustness``: on words of compare, on a folder of results, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import accelsim as acs
from tests.cli.conftest import Call
from tests.small import INPUTS, LAYER, MACHINE, OUTPUTS, TABLE
from tests.small.results import comparison, network_run

WORDS = (MACHINE, LAYER, "--dataflow", OUTPUTS, "--dataflow", INPUTS, "--technology", TABLE, "-q")


def test_words_of_compare(call: Call, tmp_path: Path) -> None:
    figure = tmp_path / "tornado.png"
    done = call("robustness", *WORDS, "-o", figure)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("order by energy of all layers: inputs < outputs\n")
    (reduce,) = [line for line in done.out.splitlines() if line.startswith("array.reduce")]
    assert " ".join(reduce.split()) == "array.reduce 0.2 % – +1100 % inputs, outputs yes"
    assert (
        "The order inputs < outputs holds under every single change of 30 %;"
        " first, inputs and outputs swap when array.reduce rises by 1100 %.\n"
    ) in done.out
    assert figure.stat().st_size > 1000


def test_a_folder_of_results(call: Call, tmp_path: Path) -> None:
    acs.save(comparison(), tmp_path / "out")
    done = call("robustness", tmp_path / "out", "--change", "50", "--json")
    data = json.loads(done.out)
    assert (data["verb"], data["exit_code"]) == ("robustness", 0)
    found = data["robustness"]
    assert (found["order"], found["holds"], found["change"]) == (["inputs", "outputs"], True, 0.5)
    assert found["swaps"] == [
        {"better": "inputs", "worse": "outputs", "price": "array.reduce", "change": 11.0}
    ]
    (dram,) = [its for its in found["prices"] if its["price"] == "dram.access"]
    assert dram["paid"] == {"inputs": 800.0, "outputs": 800.0}


def test_what_has_no_order(call: Call, tmp_path: Path) -> None:
    acs.save(network_run(), tmp_path / "out")
    assert call("robustness", tmp_path / "out") == (
        2,
        "",
        (
            "one row: there is no order to break; expected a result of compare;"
            " as in: accelsim robustness eyeriss alexnet\n"
        ),
    )
    done = call("robustness", *WORDS, "--change", "130")
    assert (done.code, done.err) == (
        2,
        "a change of 130 %; expected more than 0, less than 100 %\n",
    )
    done = call("robustness", *WORDS, "--group", "conv")
    assert (done.code, done.err) == (2, "no layers of group 'conv'; expected one of fc\n")
    done = call("robustness", "eyeris", "alexnet")
    assert done.code == 3
    done = call("robustness", MACHINE, LAYER, "--dataflow", OUTPUTS, "--technology", TABLE, "-q")
    assert done.code == 0
    assert "The order unconstrained < outputs holds" in done.out  # nothing else is there to rank
