"""Mappings of a result as YAML, with the names of what they are for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from accelsim.mapping.spec import MadeFrom, mapping_yaml
from accelsim.network.records import LayerResult, NetworkResult
from accelsim.report.settings import Origin, Settings
from accelsim.specs.overrides import override_seen_from
from accelsim.specs.references import parse_reference, seen_from


def mapping_text(
    row: NetworkResult, entry: LayerResult, settings: Settings, folder: Path | None = None
) -> str:
    """Return the mapping of a layer as ``accelsim evaluate`` reads it; empty if there is none.

    It names the machine and the layer by the words, and with the overrides, of the call, so that
    ``accelsim check`` finds them; records of a Python program are named in a comment only.

    Parameters
    ----------
    folder : where the file will stand: paths are written as seen from there; absolute if left out
    """
    if entry.evaluation is None:
        return ""
    origin = settings.origin(row.label) or Origin(row.label, row.arch.name, row.network.name)
    origin = origin_seen_from(origin, Path(), folder)
    workload = parse_reference(origin.workload).name
    parameters = "".join(f",{name}={value}" for name, value in row.network.parameters)
    made_from = MadeFrom(
        architecture=origin.architecture,
        layer=f"{workload}:{entry.layer.name}{parameters}" if workload else "",
        overrides=origin.overrides,
    )
    return mapping_yaml(entry.evaluation.mapping, row.arch, entry.layer, made_from)


def origin_seen_from(origin: Origin, here: Path, there: Path | None) -> Origin:
    """Return an origin with paths relative to another folder; see :func:`seen_from`."""
    return replace(
        origin,
        architecture=seen_from(origin.architecture, here, there),
        workload=seen_from(origin.workload, here, there),
        overrides=tuple(override_seen_from(its, here, there) for its in origin.overrides),
    )
