"""Timeloop's files used directly, wherever a spec of ours is expected."""

from __future__ import annotations

from pathlib import Path

from accelsim.arch.records import Architecture
from accelsim.interchange.timeloop.bundle import read_bundle
from accelsim.interchange.timeloop.sources import looks_like_timeloop
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer
from accelsim.yamldoc import Document

KINDS = ("architecture", "workload", "dataflow", "technology")


def open_timeloop(kind: str, path: Path) -> Document | None:
    """Return what a file of Timeloop's holds of a kind; None if it is no such file.

    Raises
    ------
    SpecError
        If it is at fault, or holds nothing of that kind.
    """
    if kind not in KINDS or not looks_like_timeloop(path):
        return None
    return read_bundle([path]).document(kind)


def kinds_of(path: Path) -> tuple[str, ...]:
    """Return the kinds of spec that a file of Timeloop's holds; none if it is no such file."""
    return read_bundle([path]).kinds if looks_like_timeloop(path) else ()


def timeloop_mapping(path: Path, arch: Architecture, layer: Layer) -> tuple[Mapping, list[str]]:
    """Return the mapping that a file of Timeloop's holds, and what of it is left out.

    Raises
    ------
    SpecError
        If it is at fault or does not fit the machine and the layer.
    """
    bundle = read_bundle([path])
    found = bundle.mapping(arch, layer)
    return found, [str(note) for note in bundle.sources.notes]
