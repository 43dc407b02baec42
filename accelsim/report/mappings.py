"""Mappings of a result as YAML."""

from __future__ import annotations

from dataclasses import replace

from accelsim.mapping.spec import mapping_yaml
from accelsim.network.records import LayerResult, NetworkResult
from accelsim.workload.records import Layer, Network


def mapping_text(row: NetworkResult, entry: LayerResult) -> str:
    """Return the mapping of a layer as ``accelsim evaluate`` reads it; empty if there is none."""
    if entry.evaluation is None:
        return ""
    named = replace(entry.layer, name=reference(row.network, entry.layer))
    return mapping_yaml(entry.evaluation.mapping, row.arch, named)


def reference(network: Network, layer: Layer) -> str:
    """Return what selects a layer, as ``alexnet:conv3,batch=16``."""
    parameters = "".join(f",{name}={value}" for name, value in network.parameters)
    return f"{network.name}:{layer.name}{parameters}"
