"""Lifetimes of activations, held against a schedule that is walked layer by layer."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.network.activations import activations, brought_bits
from accelsim.network.graph import layer_graph
from accelsim.workload.records import Edge, Layer, Network, Rank, Tensor, Term
from accelsim.workload.spec import read_workload


def layer(name: str, operands: int, words: int, bits: int) -> Layer:
    rank = (Rank("I", (Term("I"),)),)
    tensors = (
        *(Tensor(f"Inputs{n}", "Inputs", rank, bits=8) for n in range(operands)),
        Tensor("Outputs", "Outputs", rank, bits=bits),
    )
    return Layer(name, "einsum", (("I", words),), tensors, op="alu")


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw layers that each read some of what is above them, and perhaps leave the network."""
    inputs = tuple((f"in{n}", draw(st.integers(1, 50))) for n in range(draw(st.integers(1, 3))))
    layers: list[Layer] = []
    edges: list[Edge] = []
    for number in range(draw(st.integers(1, 9))):
        known = [name for name, _ in inputs] + [its.name for its in layers]
        sources = draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))
        name = f"layer{number}"
        bits = draw(st.sampled_from([4, 8, 16]))
        layers.append(layer(name, len(sources), draw(st.integers(1, 50)), bits))
        beside = draw(st.integers(1, len(sources)))  # so many are laid side by side in one tensor
        places = (max(0, n - beside + 1) for n in range(len(sources)))
        edges += (
            Edge(source, name, f"Inputs{n}") for n, source in zip(places, sources, strict=True)
        )
    outputs = draw(st.sets(st.sampled_from([its.name for its in layers])))
    return Network("net", tuple(layers), edges=tuple(edges), inputs=inputs, outputs=(*outputs,))


def walked(network: Network) -> list[int]:
    """Return the bits in a memory while each layer runs: nothing is there that nobody needs."""
    sizes = {name: words * 8 for name, words in network.inputs}
    reads = [[e.source for e in network.edges if e.target == its.name] for its in network.layers]
    unread = [its.name for its in network.layers if not any(its.name in names for names in reads)]
    leaving = network.outputs or unread
    used = {name for names in reads for name in names}
    memory = {name for name in sizes if name in used}
    held = []
    for step, its in enumerate(network.layers):
        words = next(bound for dim, bound in its.dims if dim == "I")
        sizes[its.name] = words * its.tensors[-1].bits
        memory.add(its.name)
        assert memory.issuperset(reads[step]), "a layer reads what is no longer there"
        held.append(sum(sizes[name] for name in memory))
        needed = {name for names in reads[step + 1 :] for name in names}
        memory = {name for name in memory if name in needed or name in leaving}
    return held


@given(networks())
def test_what_lives_is_what_a_walk_keeps(network: Network) -> None:
    its = activations(network)
    assert its is not None
    held = walked(network)
    assert list(its.live_bits) == held
    assert its.peak_bits == max(held)
    assert its.peak == held.index(max(held))
    assert its.total_bits == sum(brought_bits(network).values())
    assert sum(one.bits for one in its.alive(its.peak)) == its.peak_bits


@given(networks())
def test_the_graph_has_every_edge(network: Network) -> None:
    graph = layer_graph(network)
    assert nx.is_directed_acyclic_graph(graph)
    assert list(graph) == [name for name, _ in network.inputs] + [
        its.name for its in network.layers
    ]
    assert {*graph.edges(keys=True)} == {(e.source, e.target, e.tensor) for e in network.edges}
    bits = brought_bits(network)
    assert all(graph.edges[edge]["bits"] == bits[edge[0]] for edge in graph.edges)


def test_by_hand() -> None:
    """ResNet-18's first residual: pool's output waits for the addition, two convolutions long."""
    network = read_workload("resnet18")
    its = activations(network)
    assert its is not None
    word, image, conv1, pool = 16, 3 * 224 * 224, 64 * 112 * 112, 64 * 56 * 56
    lives = {one.name: (one.bits, one.first, one.last) for one in its.lifetimes}
    assert lives["image"] == (image * word, 0, 0)
    assert lives["conv1"] == (conv1 * word, 0, 1)
    assert lives["maxpool"] == (pool * word, 1, 4)
    assert lives["fc"] == (1000 * word, 30, 30)
    assert its.live_bits[:5] == (
        (image + conv1) * word,
        (conv1 + pool) * word,
        2 * pool * word,
        3 * pool * word,
        3 * pool * word,
    )
    assert (its.peak, its.peak_bits) == (1, (conv1 + pool) * word)


@pytest.mark.parametrize("name", ["gemms", "alexnet:conv*"])
def test_without_a_graph_nothing_is_said(name: str) -> None:
    assert activations(read_workload(name)) is None


@pytest.mark.parametrize(
    "name", ["alexnet", "mobilenet_v1", "resnet18", "resnet50", "transformer_encoder", "vgg16"]
)
def test_shipped_networks_hang_together(name: str) -> None:
    """One way in, one way out, and each layer reads as many words as its sources bring, or fewer
    where padding or unread pixels make a difference."""
    network = read_workload(name)
    graph = layer_graph(network)
    assert [node for node in graph if graph.in_degree(node) == 0] == [network.inputs[0][0]]
    assert [node for node in graph if graph.out_degree(node) == 0] == [network.layers[-1].name]
    words = dict(network.inputs) | {
        its.name: its.tensor_words(its.output) for its in network.layers
    }
    layers = {its.name: its for its in network.layers}
    for edge in network.edges:
        its = layers[edge.target]
        tensor = next(tensor for tensor in its.tensors if tensor.name == edge.tensor)
        window = any(len(rank.terms) > 1 for rank in tensor.ranks)
        read = its.tensor_words(tensor)
        assert read == words[edge.source] or window, edge
        assert read <= 1.7 * words[edge.source], edge
