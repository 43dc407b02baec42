"""MACs and weights of the networks that the importer writes, derived here a second time.

Convolutional networks are built from the tables of their publications, by the arithmetic of
shapes; transformers are closed forms of their sizes.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accelsim.workload.records import Network
from accelsim.workload.spec import read_workload
from tests.data.built import Built, counts

DOCS = Path(__file__).parents[2] / "docs" / "onnx.md"


def squeezenet() -> Built:
    """Iandola et al. 2016, table 1: filters that squeeze, and those of either expansion."""
    net = Built(side=227)
    net.conv("features.0", 96, 7, 2)
    net.pool(3, 2)
    fires = {3: (16, 64), 4: (16, 64), 5: (32, 128), 7: (32, 128)}
    fires |= {8: (48, 192), 9: (48, 192), 10: (64, 256), 12: (64, 256)}
    for index, (squeeze, expand) in fires.items():
        net.conv(f"features.{index}.squeeze", squeeze, 1)
        net.conv(f"features.{index}.expand1x1", expand, 1)
        net.channels = squeeze
        net.conv(f"features.{index}.expand3x3", expand, 3, pad=1)
        net.channels = 2 * expand
        if index in (5, 10):
            net.pool(3, 2)
    net.conv("classifier.1", 1000, 1)
    return net


def googlenet() -> Built:
    """Szegedy et al. 2015, table 1; pooling rounds up, which an end padding of 1 does here."""
    table = """
        3a 64 96 128 16 32 32; 3b 128 128 192 32 96 64; 4a 192 96 208 16 48 64
        4b 160 112 224 24 64 64; 4c 128 128 256 24 64 64; 4d 112 144 288 32 64 64
        4e 256 160 320 32 128 128; 5a 256 160 320 32 128 128; 5b 384 192 384 48 128 128
    """
    net = Built()
    net.conv("conv1.conv", 64, 7, 2, pad=3)
    net.side = 56
    net.conv("conv2.conv", 64, 1)
    net.conv("conv3.conv", 192, 3, pad=1)
    net.side = 28
    for row in re.split(r"[;\n]", table):
        if not row.strip():
            continue
        name, *widths = row.split()
        one, narrow3, three, narrow5, five, projected = map(int, widths)
        net.side = {"3": 28, "4": 14, "5": 7}[name[0]]
        entering, prefix = net.channels, f"inception{name}"
        for branch, layers in (
            ("branch1.conv", [(one, 1)]),
            ("branch2.{}.conv", [(narrow3, 1), (three, 3)]),
            ("branch3.{}.conv", [(narrow5, 1), (five, 5)]),
        ):
            net.channels = entering
            for index, (out, side) in enumerate(layers):
                net.conv(f"{prefix}.{branch.format(index)}", out, side, pad=side // 2)
        net.channels = entering
        net.conv(f"{prefix}.branch4.1.conv", projected, 1)
        net.channels = one + three + five + projected
    net.side = 1
    net.fully_connected("fc", 1000)
    return net


def densenet121() -> Built:
    """Huang et al. 2017, table 1: growth 32, bottlenecks of 128, transitions that halve."""
    net = Built()
    net.conv("features.conv0", 64, 7, 2, pad=3)
    net.pool(3, 2, pad=1)
    for block, layers in enumerate((6, 12, 24, 16), start=1):
        for layer in range(1, layers + 1):
            entering, name = net.channels, f"features.denseblock{block}.denselayer{layer}"
            net.conv(f"{name}.conv1", 128, 1)
            net.conv(f"{name}.conv2", 32, 3, pad=1)
            net.channels = entering + 32
        if block < 4:
            net.conv(f"features.transition{block}.conv", net.channels // 2, 1)
            net.pool(2, 2)
    net.side = 1
    net.fully_connected("classifier", 1000)
    return net


def mobilenet_v2() -> Built:
    """Sandler et al. 2018, table 2: expansion, channels, repetitions, stride."""
    net = Built()
    net.conv("features.0.0", 32, 3, 2, pad=1)
    block = 1
    for t, c, n, s in (
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ):
        for repetition in range(n):
            name, wide = f"features.{block}.conv", net.channels * t
            if t > 1:
                net.conv(f"{name}.0.0", wide, 1)
            stride = s if repetition == 0 else 1
            net.conv(f"{name}.{int(t > 1)}.0", wide, 3, stride, pad=1, groups=wide)
            net.conv(f"{name}.{1 + (t > 1)}", c, 1)
            block += 1
    net.conv("features.18.0", 1280, 1)
    net.side = 1
    net.fully_connected("classifier.1", 1000)
    return net


def efficientnet_b0() -> Built:
    """Tan and Le 2019, table 1: expansion, filter, stride, channels, blocks."""
    net = Built()
    net.conv("features.0.0", 32, 3, 2, pad=1)
    for stage, (t, k, s, c, n) in enumerate(
        (
            *((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)),
            *((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)),
        ),
        start=1,
    ):
        for block in range(n):
            name, entering = f"features.{stage}.{block}.block", net.channels
            first, wide = int(t > 1), entering * t
            if t > 1:
                net.conv(f"{name}.0.0", wide, 1)
            stride = s if block == 0 else 1
            net.conv(f"{name}.{first}.0", wide, k, stride, pad=k // 2, groups=wide)
            side, net.side = net.side, 1
            net.conv(f"{name}.{first + 1}.fc1", entering // 4, 1)
            net.conv(f"{name}.{first + 1}.fc2", wide, 1)
            net.side = side
            net.conv(f"{name}.{first + 2}.0", c, 1)
    net.conv("features.8.0", 1280, 1)
    net.side = 1
    net.fully_connected("classifier.1", 1000)
    return net


CONVOLUTIONAL = {
    "squeezenet": squeezenet(),
    "googlenet": googlenet(),
    "densenet121": densenet121(),
    "mobilenet_v2": mobilenet_v2(),
    "efficientnet_b0": efficientnet_b0(),
}


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_every_layer_has_the_macs_and_weights_of_its_definition(name: str) -> None:
    assert dict(counts(read_workload(name))) == CONVOLUTIONAL[name].layers


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_a_batch_multiplies_macs_and_leaves_weights(name: str) -> None:
    network, built = read_workload(f"{name}:batch=3"), CONVOLUTIONAL[name]
    assert (network.macs, network.weights) == (3 * built.macs, built.weights)


# --- transformers ---------------------------------------------------------------------------------


def vit_b_16(batch: int = 1) -> tuple[int, int]:
    """196 patches of 768 values and a class token; 12 h^2 weights a layer; a head of 1000."""
    h, patches, seq = 768, 196, 197
    macs = patches * h * h + 12 * (seq * 12 * h * h + 2 * seq * seq * h) + 1000 * h
    return batch * macs, h * h + 12 * 12 * h * h + 1000 * h


def bert_base(batch: int = 1, seq: int = 512) -> tuple[int, int]:
    """12 h^2 weights a layer, met by every token; the pooler is met by one token a sequence."""
    h = 768
    macs = 12 * seq * (12 * h * h + 2 * seq * h) + h * h
    return batch * macs, 12 * 12 * h * h + h * h


def gpt2(batch: int = 1, seq: int = 1024) -> tuple[int, int]:
    """As BERT-base, but with the scores of 50257 words for every token."""
    h, words = 768, 50257
    macs = 12 * seq * (12 * h * h + 2 * seq * h) + seq * h * words
    return batch * macs, 12 * 12 * h * h + h * words


def llama_7b(batch: int, tokens: int, context: int) -> tuple[int, int]:
    """4 h^2 + 3 h i weights a layer; ``tokens`` new ones meet ``context``; one scores words."""
    h, inner, words = 4096, 11008, 32000
    a_layer = 4 * h * h + 3 * h * inner
    macs = 32 * tokens * (a_layer + 2 * context * h) + h * words
    return batch * macs, 32 * a_layer + h * words


TRANSFORMERS = {
    "vit_b_16": vit_b_16(),
    "vit_b_16:batch=4": vit_b_16(4),
    "bert_base": bert_base(),
    "bert_base:batch=2,seq=128": bert_base(2, 128),
    "gpt2": gpt2(),
    "gpt2:batch=3,seq=300": gpt2(3, 300),
    "llama_7b_prefill": llama_7b(1, 2048, 2048),
    "llama_7b_prefill:batch=2,seq=100": llama_7b(2, 100, 100),
    "llama_7b_decode": llama_7b(1, 1, 2048),
    "llama_7b_decode:batch=5,context=77": llama_7b(5, 1, 77),
}


def parameters_of(network: Network) -> int:
    """Return the weights of products; keys and values, whose role is that of weights, are none."""
    return sum(
        layer.tensor_words(tensor)
        for layer in network.layers
        if layer.op == "mac" and layer.group != "attention"
        for tensor in layer.tensors
        if tensor.role == "Weights"
    )


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_macs_and_weights_are_those_of_the_sizes(name: str) -> None:
    network = read_workload(name)
    assert (network.macs, parameters_of(network)) == TRANSFORMERS[name]


@pytest.mark.parametrize("name", ["bert_base", "gpt2", "llama_7b_prefill", "llama_7b_decode"])
def test_keys_and_values_are_the_only_other_weights(name: str) -> None:
    """Those of all layers, and of ViT and the like the vectors that are added to tokens."""
    network = read_workload(f"{name}:batch=2")
    (size,) = (size for key, size in network.parameters if key in ("seq", "context"))
    hidden, layers = (4096, 32) if "llama" in name else (768, 12)
    vectors = 0 if "llama" in name else size * hidden
    others = network.weights - parameters_of(network)
    assert others == layers * 2 * 2 * size * hidden + vectors


# --- published figures ----------------------------------------------------------------------------

EXCITED = sum(
    out
    for name, out in CONVOLUTIONAL["efficientnet_b0"].widths.items()
    if name.endswith((".fc1", ".fc2"))
)
"""Outputs in EfficientNet-B0 that have a bias in place of two numbers of a normalisation."""

DENSE_NORMS = 64 + sum(
    sum(entering + 32 * layer + 128 for layer in range(layers)) + entering + 32 * layers
    for entering, layers in ((64, 6), (128, 12), (256, 24), (512, 16))
)
"""Channels that DenseNet-121 normalises: those that a layer reads, its 128, those of a block."""

LEFT_OUT = {
    "squeezenet": CONVOLUTIONAL["squeezenet"].outputs,
    "densenet121": 2 * DENSE_NORMS + 1000,
    "mobilenet_v2": 2 * CONVOLUTIONAL["mobilenet_v2"].outputs + 1000,
    "efficientnet_b0": 2 * CONVOLUTIONAL["efficientnet_b0"].outputs - EXCITED + 1000,
    "vit_b_16": 197 * 768 + 2 * 768 + 12 * 9 * 768 + 25 * 2 * 768 + 1000,
    "bert_base": (30522 + 512 + 2) * 768 + 12 * 9 * 768 + 768 + 25 * 2 * 768,
    "gpt2": 1024 * 768 + 12 * 9 * 768 + 25 * 2 * 768,
    "llama_7b_decode": 32000 * 4096 + 65 * 4096,
}
"""What counts of parameters have and workloads leave out: a bias for each output of a convolution,
or two numbers for each channel that is normalised; tables and vectors of tokens; 9 h biases of a
transformer's layer and 2 h numbers of each of its normalisations (in LLaMA h, and no biases)."""

PARAMETERS = {
    # torchvision 0.20, `num_params` of squeezenet1_0, densenet121, mobilenet_v2 and so on.
    "squeezenet": 1_248_424,
    "densenet121": 7_978_856,
    "mobilenet_v2": 3_504_872,
    "efficientnet_b0": 5_288_548,
    "vit_b_16": 86_567_656,
    # transformers' `num_parameters()` of bert-base-uncased, gpt2 and llama-7b, as widely printed.
    "bert_base": 109_482_240,
    "gpt2": 124_439_808,
    "llama_7b_decode": 6_738_415_616,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_weights_agree_with_published_parameter_counts(name: str) -> None:
    assert parameters_of(read_workload(name)) + LEFT_OUT[name] == PARAMETERS[name]


@pytest.mark.parametrize(
    ("name", "giga_macs"),
    # torchvision 0.20, `_ops` ("GFLOPS" in its tables, a MAC being one).
    [
        ("densenet121", 2.834),
        ("mobilenet_v2", 0.301),
        ("efficientnet_b0", 0.386),
        ("vit_b_16", 17.564),
    ],
)
def test_macs_agree_with_published_figures(name: str, giga_macs: float) -> None:
    assert round(read_workload(name).macs / 1e9, 3) == giga_macs


@pytest.mark.parametrize(
    ("module", "mega_macs"),
    # Szegedy et al. 2015, table 1, column "ops".  Its 34 M of conv1 and 54 M of inception 5a are
    # not what the filters of these rows do: 118 M and 51 M.
    [
        *(("conv[23]", 360), ("inception3a", 128), ("inception3b", 304), ("inception4a", 73)),
        *(("inception4b", 88), ("inception4c", 100), ("inception4d", 119), ("inception4e", 170)),
        ("inception5b", 71),
    ],
)
def test_modules_of_googlenet_have_the_published_macs(module: str, mega_macs: int) -> None:
    network = read_workload(f"googlenet:{module}.*")
    assert network.macs / 1e6 == pytest.approx(mega_macs, abs=1)


def test_the_table_of_the_docs_is_what_is_counted() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+=[\w=,]+) \|" + r" ([\d,]+) \|" * 3,
        DOCS.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    transformers = {name for name in TRANSFORMERS if ":" not in name}
    assert {name for name, *_ in rows} == {*CONVOLUTIONAL, *transformers}
    for name, parameters, *numbers in rows:
        network = read_workload(f"{name}:{parameters}")
        assert network == read_workload(name)
        counted = (len(network.layers), network.macs, parameters_of(network))
        assert counted == tuple(int(number.replace(",", "")) for number in numbers)
