"""PyTorch networks give the layers of the shipped workloads, which others wrote."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import accelsim as acs
from accelsim.workload.records import Layer, Network

torch = pytest.importorskip("torch", reason="needs the extra 'torch'")

pytestmark = pytest.mark.filterwarnings("default")

BATCH = 2


def canonical(layer: Layer) -> object:
    """Return what a layer computes, whichever of its shapes it is written in.

    A fully connected layer is a product; a mean of whole channels has windows as large as they are.
    """
    bounds = {dim: bound for dim, bound in layer.bounds.items() if bound > 1}
    if layer.shape == "fc":
        bounds = {{"C": "K"}.get(dim, dim): bound for dim, bound in bounds.items()}
    if layer.group == "pool" and not bounds.keys() & {"P", "Q"}:
        each = bounds.pop("R", 1) * bounds.pop("S", 1)
        bounds.setdefault("K", each)
    words = [(tensor.role, layer.tensor_words(tensor)) for tensor in layer.tensors]
    return layer.op, sorted(bounds.items()), sorted(words)


def edges(network: Network) -> set[tuple[int, int, str]]:
    places = {layer.name: place for place, layer in enumerate(network.layers)}
    return {(places.get(e.source, -1), places[e.target], e.tensor) for e in network.edges}


def assert_same(imported: Network, shipped: Network) -> None:
    assert list(map(canonical, imported.layers)) == list(map(canonical, shipped.layers))
    assert edges(imported) == edges(shipped)
    assert (imported.macs, imported.weights) == (shipped.macs, shipped.weights)


def names(network: Network) -> list[str]:
    return [layer.name for layer in network.layers if layer.op == "mac"]


def shipped(name: str) -> Network:
    network = acs.load(f"{name}:batch={BATCH}", kind="workload")
    assert isinstance(network, Network)
    return network


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "resnet50", "mobilenet_v2"])
def test_convolutional_networks_are_the_shipped_ones(name: str) -> None:
    imported = acs.import_("torch", f"tests.interchange.torch_networks:{name}").network
    assert_same(imported, shipped(name))
    assert names(imported) == names(shipped(name))


def test_a_vision_transformer_is_the_shipped_one() -> None:
    imported = acs.import_("torch", "tests.interchange.torch_networks:vit_b_16").network
    assert_same(imported, shipped("vit_b_16"))
    assert names(imported)[1:7] == [
        "layers.0.self_attention.in_proj",
        "layers.0.self_attention.scores",
        "layers.0.self_attention.weighted",
        "layers.0.self_attention.out_proj",
        "layers.0.mlp.0",
        "layers.0.mlp.3",
    ]


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Network]:
    """Return a function that imports what a function returns."""

    def imported(made: Callable[[], Any]) -> Network:
        module = ModuleType("a_network_of_others")
        module.net = made  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return acs.import_("torch", f"{module.__name__}:net").network

    return imported


OF_TORCHVISION = {
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "squeezenet1_0": "squeezenet",
    "densenet121": "densenet121",
    "mobilenet_v2": "mobilenet_v2",
    "efficientnet_b0": "efficientnet_b0",
    "vit_b_16": "vit_b_16",
}


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_torchvisions_networks_are_the_shipped_ones(
    name: str, imports: Callable[[Callable[[], Any]], Network]
) -> None:
    models = pytest.importorskip("torchvision.models", reason="needs torchvision")
    side = 227 if name == "squeezenet1_0" else 224
    network = imports(lambda: (getattr(models, name)(), (torch.empty(BATCH, 3, side, side),)))
    assert_same(network, shipped(OF_TORCHVISION[name]))
    assert names(network) == names(shipped(OF_TORCHVISION[name]))


def tokens(size: int) -> Any:
    return torch.zeros(BATCH, size, dtype=torch.long)


def test_transformers_bert_is_the_shipped_one(
    imports: Callable[[Callable[[], Any]], Network],
) -> None:
    transformers = pytest.importorskip("transformers", reason="needs transformers")

    def bert() -> Any:
        made = transformers.BertModel(transformers.BertConfig(attn_implementation="sdpa"))
        made.forward = pooled(made.forward)
        return made, (tokens(512), tokens(512))

    def pooled(forward: Callable[..., Any]) -> Callable[[Any, Any], Any]:
        return lambda ids, segments: forward(ids, token_type_ids=segments).pooler_output

    network = imports(bert)
    assert_same(network, shipped("bert_base"))
    assert names(network) == names(shipped("bert_base"))


@pytest.mark.parametrize("name", ["gpt2", "llama_7b_prefill"])
def test_transformers_decoders_have_the_shipped_products(
    name: str, imports: Callable[[Callable[[], Any]], Network]
) -> None:
    """GELU and rotations are written out there; LLaMA's scores of words are those of all tokens."""
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    kind, config, size = {
        "gpt2": (transformers.GPT2LMHeadModel, transformers.GPT2Config, 1024),
        "llama_7b_prefill": (transformers.LlamaForCausalLM, transformers.LlamaConfig, 2048),
    }[name]

    def decoder() -> Any:
        made = kind(config(attn_implementation="sdpa"))
        forward = made.forward
        made.forward = lambda ids: forward(ids, use_cache=False).logits
        return made, (tokens(size),)

    def products(network: Network) -> list[object]:
        return [
            canonical(layer)
            for layer in network.layers
            if layer.op == "mac" and "rotary" not in layer.name and layer.name != "lm_head"
        ]

    network = imports(decoder)
    assert products(network) == products(shipped(name))
