"""MACs and weights of the shipped networks, derived here a second time.

The networks are built from their published definitions (filter, stride, padding; an image of 224 x
224), which a workload file states differently, by its output sizes.  Totals are compared with
published ones where there are any.
"""

from __future__ import annotations

import pytest

from accelsim import shipped
from accelsim.workload.spec import read_workload
from tests.data.built import Built, counts


def alexnet() -> Built:
    """Krizhevsky et al. 2012: an input of 227 gives the published 55 x 55 without padding."""
    net = Built(side=227)
    net.conv("conv1", 96, 11, 4)
    net.pool(3, 2)
    net.conv("conv2", 256, 5, pad=2, groups=2)
    net.pool(3, 2)
    net.conv("conv3", 384, 3, pad=1)
    net.conv("conv4", 384, 3, pad=1, groups=2)
    net.conv("conv5", 256, 3, pad=1, groups=2)
    net.pool(3, 2)
    net.fully_connected("fc6", 4096)
    net.fully_connected("fc7", 4096)
    net.fully_connected("fc8", 1000)
    return net


def vgg16() -> Built:
    """Simonyan and Zisserman 2014, configuration D; indices count ReLUs, as torchvision does."""
    net = Built()
    index = 0
    for blocks, channels in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(blocks):
            net.conv(f"features.{index}", channels, 3, pad=1)
            index += 2
        net.pool(2, 2)
        index += 1
    for index, out in ((0, 4096), (3, 4096), (6, 1000)):
        net.fully_connected(f"classifier.{index}", out)
    return net


def residual(blocks: tuple[int, ...], *, bottleneck: bool) -> Built:
    """He et al. 2015, table 1; strides as in torchvision (in the 3x3 layer of a bottleneck)."""
    net = Built()
    net.conv("conv1", 64, 7, 2, pad=3)
    net.pool(3, 2, pad=1)
    for stage, count in enumerate(blocks):
        for block in range(count):
            stride = 2 if stage and not block else 1
            name = f"layer{stage + 1}.{block}"
            width = 64 * 2**stage
            out = width * (4 if bottleneck else 1)
            entering = (net.channels, net.side)
            if bottleneck:
                net.conv(f"{name}.conv1", width, 1)
                net.conv(f"{name}.conv2", width, 3, stride, pad=1)
                net.conv(f"{name}.conv3", out, 1)
            else:
                net.conv(f"{name}.conv1", width, 3, stride, pad=1)
                net.conv(f"{name}.conv2", width, 3, pad=1)
            if stride > 1 or entering[0] != out:
                leaving = net.side
                net.channels, net.side = entering
                net.conv(f"{name}.downsample.0", out, 1, stride)
                assert net.side == leaving
    net.side = 1  # average pooling
    net.fully_connected("fc", 1000)
    return net


def mobilenet_v1() -> Built:
    """Howard et al. 2017, table 1."""
    net = Built()
    net.conv("conv1", 32, 3, 2, pad=1)
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    for index, stride in enumerate(strides, start=1):
        net.conv(f"dw{index}", net.channels, 3, stride, pad=1, groups=net.channels)
        widen = index == 1 or stride == 2
        net.conv(f"pw{index}", net.channels * (2 if widen else 1), 1)
    net.side = 1
    net.fully_connected("fc", 1000)
    return net


NETWORKS = {
    "alexnet": alexnet(),
    "vgg16": vgg16(),
    "resnet18": residual((2, 2, 2, 2), bottleneck=False),
    "resnet50": residual((3, 4, 6, 3), bottleneck=True),
    "mobilenet_v1": mobilenet_v1(),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_has_the_macs_and_weights_of_its_definition(name: str) -> None:
    assert dict(counts(read_workload(name))) == NETWORKS[name].layers


@pytest.mark.parametrize("name", NETWORKS)
def test_totals(name: str) -> None:
    network, built = read_workload(name), NETWORKS[name]
    assert (network.macs, network.weights) == (built.macs, built.weights)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_multiplies_macs_and_leaves_weights(name: str) -> None:
    network, built = read_workload(f"{name}:batch=3"), NETWORKS[name]
    assert (network.macs, network.weights) == (3 * built.macs, built.weights)


def test_alexnet_totals_are_the_published_ones() -> None:
    # Conv layers: 2.3 M weights, 666 M MACs (Chen et al., ISSCC 2016, abstract).
    network = read_workload("alexnet")
    assert (network.weights, network.macs) == (60_954_656, 724_406_816)
    conv = [built for name, built in counts(network) if name.startswith("conv")]
    assert round(sum(macs for macs, _ in conv) / 1e6) == 666
    assert round(sum(weights for _, weights in conv) / 1e6, 1) == 2.3


BIASES = {
    # torchvision's `num_params` of its weights, minus what the workload leaves out: a bias for
    # each output of VGG; for ResNet two numbers a channel of batch normalisation, and fc's biases.
    "vgg16": 138_357_544 - (NETWORKS["vgg16"].outputs + 4096 + 4096 + 1000),
    "resnet18": 11_689_512 - 2 * NETWORKS["resnet18"].outputs - 1000,
    "resnet50": 25_557_032 - 2 * NETWORKS["resnet50"].outputs - 1000,
    # keras.applications.MobileNet: 4,253,864 parameters, four a channel of batch normalisation.
    "mobilenet_v1": 4_253_864 - 4 * NETWORKS["mobilenet_v1"].outputs - 1000,
}


@pytest.mark.parametrize(("name", "weights"), BIASES.items())
def test_weights_agree_with_published_parameter_counts(name: str, weights: int) -> None:
    assert read_workload(name).weights == weights


@pytest.mark.parametrize(
    ("name", "giga_macs"),
    # torchvision's `_ops` (GFLOPS in its tables, a MAC being one); MobileNet: 569 M, table 4.
    [("vgg16", 15.47), ("resnet18", 1.814), ("resnet50", 4.089), ("mobilenet_v1", 0.569)],
)
def test_macs_agree_with_published_figures(name: str, giga_macs: float) -> None:
    assert read_workload(name).macs / 1e9 == pytest.approx(giga_macs, rel=5e-4)


@pytest.mark.parametrize(
    ("name", "pools", "additions"),
    [
        ("alexnet", 3, 0),
        ("vgg16", 5, 0),
        ("resnet18", 2, 8),
        ("resnet50", 2, 16),
        ("mobilenet_v1", 1, 0),
    ],
)
def test_layers_without_macs_are_there(name: str, pools: int, additions: int) -> None:
    shapes = [layer.shape for layer in read_workload(name).layers if layer.op == "alu"]
    assert (shapes.count("pool"), shapes.count("elementwise")) == (pools, additions)
    assert len(shapes) == pools + additions


def test_residual_additions_read_two_feature_maps() -> None:
    layers = {layer.name: layer for layer in read_workload("resnet18").layers}
    add = layers["layer4.1.add"]
    assert [(t.role, add.tensor_words(t)) for t in add.tensors] == [
        ("Inputs", 512 * 7 * 7),
        ("Inputs", 512 * 7 * 7),
        ("Outputs", 512 * 7 * 7),
    ]


def is_addition(name: str) -> bool:
    """Tell an addition, or a product of two tensors, from what has one operand."""
    return name.rpartition(".")[2].rstrip("_0123456789") in ("add", "mul", "silu_and_mul")


@pytest.mark.parametrize("name", shipped.names("workload"))
def test_additions_have_two_operands_and_other_elementwise_layers_one(name: str) -> None:
    for layer in read_workload(name).layers:
        if layer.shape == "elementwise":
            operands = [tensor.name for tensor in layer.tensors if tensor.role == "Inputs"]
            expected = ["Inputs", "Inputs2"] if is_addition(layer.name) else ["Inputs"]
            assert operands == expected, layer.name


def test_softmax_reads_each_score_once() -> None:
    # 12 heads of 512 x 512 scores in BERT-base; 32 heads of 2048 in one step of Llama 2 7B.
    for name, scores in (("transformer_encoder", 12 * 512 * 512), ("llm_decode", 32 * 2048)):
        (softmax,) = read_workload(f"{name}:softmax").layers
        assert [(t.name, softmax.tensor_words(t)) for t in softmax.tensors] == [
            ("Inputs", scores),
            ("Outputs", scores),
        ]


def test_a_strided_1x1_layer_reads_only_the_pixels_that_it_uses() -> None:
    layers = {layer.name: layer for layer in read_workload("resnet50").layers}
    downsample = layers["layer2.0.downsample.0"]
    inputs = next(t for t in downsample.tensors if t.role == "Inputs")
    assert downsample.tensor_words(inputs) == 256 * 28 * 28


@pytest.mark.parametrize(("batch", "seq"), [(1, 512), (2, 128)])
def test_transformer_encoder(batch: int, seq: int) -> None:
    # BERT-base: 4 matrices of h x h and 2 of h x 4h a layer: 12 h^2 weights; every token meets each
    # of them once, and each of the seq tokens of its sequence twice (scores, weighted sums).
    h = 768
    network = read_workload(f"transformer_encoder:batch={batch},seq={seq}")
    attention = [layer for layer in network.layers if layer.group == "attention"]
    cached = sum(
        layer.tensor_words(t) for layer in attention for t in layer.tensors if t.role == "Weights"
    )
    assert cached == 2 * batch * seq * h
    assert network.weights - cached == 12 * h * h == 7_077_888
    assert network.macs == batch * seq * (12 * h * h + 2 * seq * h)
    softmax = next(layer for layer in network.layers if layer.name == "softmax")
    assert softmax.operations == batch * 12 * seq * seq


@pytest.mark.parametrize(("batch", "context", "kv_heads"), [(1, 2048, 32), (4, 512, 8)])
def test_llm_decode(batch: int, context: int, kv_heads: int) -> None:
    # Llama 2 7B: projections of queries and outputs h x h, of keys and values h x (h kv/heads), and
    # three matrices of h x f; 32 layers of them and two embeddings of 32000 x h are its 6.74 G.
    h, f, heads = 4096, 11008, 32
    per_layer = 2 * h * h + 2 * h * h * kv_heads // heads + 3 * h * f
    if kv_heads == heads:
        norms = 65 * h
        assert 32 * per_layer + 2 * 32000 * h + norms == 6_738_415_616
    network = read_workload(f"llm_decode:batch={batch},context={context},kv_heads={kv_heads}")
    cached = {
        layer.name: layer.tensor_words(t)
        for layer in network.layers
        if layer.group == "attention"
        for t in layer.tensors
        if t.role == "Weights"
    }
    one_tensor = batch * context * h * kv_heads // heads
    assert cached == {"scores": one_tensor, "weighted": one_tensor}
    assert network.weights == per_layer + 2 * one_tensor
    assert network.macs == batch * (per_layer + 2 * context * h)


def test_gemms() -> None:
    layers = {layer.name: layer for layer in read_workload("gemms").layers}
    assert layers["large_2048x4096x16384"].operations == 2**11 * 2**12 * 2**14
    assert layers["composite_5040"].operations == 5040**3
    weights = {
        name: sum(layer.tensor_words(t) for t in layer.tensors if t.role == "Weights")
        for name, layer in layers.items()
    }
    assert weights == {
        "square_1024": 1024 * 1024,
        "large_2048x4096x16384": 2048 * 16384,
        "composite_5040": 5040 * 5040,
        "prime_1021": 1021 * 1021,
        "tall_65536x64x64": 64 * 64,
        "rank_64": 4096 * 64,
        "alexnet_fc7": 4096 * 4096,
        "bert_inner": 3072 * 768,
        "bert_scores": 12 * 512 * 64,
        "llama2_7b_gate": 11008 * 4096,
    }
