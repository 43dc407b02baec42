"""The light models that the onnx wheel ships: real graphs, whose weights are left out."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections import Counter
from functools import cache
from math import prod
from pathlib import Path
from typing import NamedTuple

import pytest

import accelsim as acs
from accelsim.workload.records import Network
from tests.interchange.models import onnx
from tests.interchange.walked import count

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
DOCS = Path(__file__).parents[2] / "docs" / "onnx.md"

MOST_SECONDS = 2
MOST_SECONDS_OF_RUN = 5


class Stated(NamedTuple):
    """A row of the table of docs/onnx.md."""

    convolutions: int
    their_macs: int
    fully_connected: int
    macs_of_those: int
    macs: int
    weights: int


def stated() -> dict[str, Stated]:
    """Read that table."""
    rows = re.findall(
        r"^\| `light_(\w+)` \|" + r" ([\d,]+) \|" * 6, DOCS.read_text(encoding="utf-8"), re.M
    )
    return {
        name: Stated(*(int(number.replace(",", "")) for number in numbers))
        for name, *numbers in rows
    }


MODELS = sorted(path.stem.removeprefix("light_") for path in FOLDER.glob("*.onnx"))

GIGA_MACS = {"densenet121": 2.83, "resnet50": 4.09, "squeezenet": 0.35, "vgg19": 19.63}
"""As the documentation of torchvision 0.20 states for its densenet121, resnet50, squeezenet1_1 and
vgg19 ("GFLOPS", which are multiply-accumulates there), which have the same layers."""


def path_of(name: str) -> Path:
    return FOLDER / f"light_{name}.onnx"


@cache
def read(name: str) -> Network:
    network = acs.load(path_of(name))
    assert isinstance(network, Network)
    return network


def test_there_are_nine() -> None:
    assert len(MODELS) == 9
    assert sorted(stated()) == MODELS


@pytest.mark.parametrize("name", MODELS)
def test_macs_are_those_of_a_second_count(name: str) -> None:
    network, counted = read(name), count(onnx.load(path_of(name)))
    products = {its.name: its for its in network.layers if its.op == "mac"}
    assert {key: its.operations for key, its in products.items()} == counted.macs
    weights = {
        key: its.tensor_words(tensor)
        for key, its in products.items()
        for tensor in its.tensors
        if tensor.role == "Weights"
    }
    assert weights == counted.weights
    row, kinds = stated()[name], Counter[str]()
    for its in products.values():
        kinds["fc" if its.shape == "fc" else "conv"] += its.operations
    assert (row.convolutions + row.fully_connected, row.macs, row.weights) == (
        len(counted.macs),
        network.macs,
        network.weights,
    )
    assert (row.their_macs, row.macs_of_those) == (kinds["conv"], kinds["fc"])


def test_the_derivation_of_alexnet_is_its_layers() -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (conv\d|fc6.*?) \| ([\d x+]+) \| ([\d,]+) \|", text, re.M)
    macs = [int(number.replace(",", "")) for _, _, number in rows]
    for (_, product, _), number in zip(rows, macs, strict=True):
        terms = [prod(map(int, term.split(" x "))) for term in product.split(" + ")]
        assert sum(terms) == number
    found = [its.operations for its in read("bvlc_alexnet").layers if its.op == "mac"]
    assert macs == [*found[:5], sum(found[5:])]


@pytest.mark.parametrize("name", GIGA_MACS)
def test_macs_are_those_that_are_published(name: str) -> None:
    assert read(name).macs / 1e9 == pytest.approx(GIGA_MACS[name], abs=0.006)


def products(network: Network) -> list[tuple[int, int]]:
    """Return operations and weights of each product, in order of size."""
    return sorted(
        (
            layer.operations,
            sum(layer.tensor_words(its) for its in layer.tensors if its.role == "Weights"),
        )
        for layer in network.layers
        if layer.op == "mac"
    )


@pytest.mark.parametrize("name", ["densenet121", "resnet50"])
def test_shipped_networks_have_the_same_products(name: str) -> None:
    shipped = acs.load(name, kind="workload")
    assert isinstance(shipped, Network)
    assert products(shipped) == products(read(name))


def test_the_shipped_googlenet_has_the_same_weights() -> None:
    """The light model's pooling rounds down, the paper's up; so the maps are of other sizes."""
    shipped = acs.load("googlenet", kind="workload")
    assert isinstance(shipped, Network)
    weights = [sorted(its for _, its in products(net)) for net in (shipped, read("inception_v1"))]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_a_second_walk(name: str) -> None:
    """Every layer writes as many words as the node that it is named after."""
    network, model = read(name), onnx.load(path_of(name))
    shapes = count(model).shapes
    nodes = {node.name or node.output[0]: node for node in model.graph.node}
    for layer in network.layers:
        words = 1
        for size in shapes[nodes[layer.name].output[0]]:
            words *= size
        assert layer.tensor_words(layer.output) == words, layer.name


@pytest.mark.parametrize("name", MODELS)
def test_every_node_is_a_layer_or_listed(name: str) -> None:
    network = read(name)
    listed = [text for text in network.assumptions if re.match("at no cost|not run|not mod", text)]
    others = sum(int(number) for text in listed for number in re.findall(r"\b(\d+) [A-Z]", text))
    assert not any(text.startswith("not modelled") for text in listed)
    assert len(network.layers) + others == len(onnx.load(path_of(name)).graph.node)


@pytest.mark.parametrize("name", MODELS)
def test_an_import_takes_no_time(name: str) -> None:
    acs.import_("onnx", path_of("squeezenet"))
    started = time.process_time()
    acs.import_("onnx", path_of(name))
    assert time.process_time() - started < MOST_SECONDS


@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_is_what_is_read(name: str, tmp_path: Path) -> None:
    imported = acs.import_("onnx", path_of(name))
    file = tmp_path / "model.yaml"
    file.write_text(imported.text, encoding="utf-8")
    assert acs.load(file) == imported.network == read(name)


@pytest.mark.parametrize("name", MODELS)
def test_a_run_to_a_total(name: str) -> None:
    result = acs.run("eyeriss", path_of(name))
    assert result.complete
    assert result.total.macs == stated()[name].macs
    assert result.total.energy_total > 0
    assert any(note.startswith("Activations: at most") for note in result.notes())


def test_a_second_run_is_a_short_process() -> None:
    """Start-up, import, look-ups of results and report, in seconds of one processor."""
    acs.run("eyeriss", path_of("resnet50"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "accelsim", "run", "eyeriss", path_of("resnet50"), "-q"],
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "31 of 31 searches proved optimal" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MOST_SECONDS_OF_RUN
