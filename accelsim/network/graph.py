"""The graph of a network: layers and inputs as nodes, tensors on edges."""

from __future__ import annotations

import networkx as nx

from accelsim.network.activations import brought_bits
from accelsim.workload.records import Network


def layer_graph(network: Network) -> nx.MultiDiGraph:
    """Return a network as a graph.

    Nodes are names, in the order in which layers run; those of layers have a ``layer``.  An edge
    has as its key the tensor of its target that is read, and ``bits``, the size of what its source
    brings.

    >>> from accelsim.workload.spec import read_workload
    >>> graph = layer_graph(read_workload("resnet18"))
    >>> sorted(graph.predecessors("layer2.0.add"))
    ['layer2.0.conv2', 'layer2.0.downsample.0']
    >>> graph.edges["conv1", "maxpool", "Inputs"]["bits"] == 64 * 112 * 112 * 16
    True
    """
    graph = nx.MultiDiGraph(name=network.name)
    graph.add_nodes_from(name for name, _ in network.inputs)
    for layer in network.layers:
        graph.add_node(layer.name, layer=layer)
    bits = brought_bits(network)
    for edge in network.edges:
        graph.add_edge(edge.source, edge.target, key=edge.tensor, bits=bits[edge.source])
    return graph
