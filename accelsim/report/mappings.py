"""Mappings of a result as YAML."""

from __future__ import annotations

from accelsim.mapping.spec import MadeFrom, mapping_yaml
from accelsim.network.records import LayerResult, NetworkResult
from accelsim.report.settings import Origin, Settings
from accelsim.specs.references import parse_reference


def mapping_text(row: NetworkResult, entry: LayerResult, settings: Settings) -> str:
    """Return the mapping of a layer as ``accelsim evaluate`` reads it; empty if there is none.

    It names the machine and the layer by the words, and with the overrides, of the call, so that
    ``accelsim check`` finds them; records of a Python program are named in a comment only.
    """
    if entry.evaluation is None:
        return ""
    origin = settings.origin(row.label) or Origin(row.label, row.arch.name, row.network.name)
    workload = parse_reference(origin.workload).name
    parameters = "".join(f",{name}={value}" for name, value in row.network.parameters)
    made_from = MadeFrom(
        architecture=origin.architecture,
        layer=f"{workload}:{entry.layer.name}{parameters}" if workload else "",
        overrides=origin.overrides,
    )
    return mapping_yaml(entry.evaluation.mapping, row.arch, entry.layer, made_from)
