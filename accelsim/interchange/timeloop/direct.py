"""Timeloop's files used directly, wherever a spec of ours is expected."""

from __future__ import annotations

from collections.abc import Sequence
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

    Levels and keys are those of :func:`timeloop_machine`, which also knows the data-spaces.

    Raises
    ------
    SpecError
        If it is at fault, or holds nothing of that kind.
    """
    if kind not in KINDS or not looks_like_timeloop(path):
        return None
    return read_bundle([path], any_name=True).document(kind)


def timeloop_kinds(path: Path) -> tuple[str, ...]:
    """Return the kinds of spec that a file of Timeloop's holds; none if it is no such file.

    Constraints beside a machine are the machine's.
    """
    found = read_bundle([path]).kinds if looks_like_timeloop(path) else ()
    return tuple(kind for kind in found if kind != "dataflow" or "architecture" not in found)


def timeloop_machine(path: Path, layers: Sequence[Layer] | None) -> Document:
    """Return the machine of a file; what it says of data-spaces may be those of ``layers``.

    Where no layers are known (None), data-spaces of other names than the roles are passed over.

    Raises
    ------
    SpecError
        If it is at fault, or there is none.
    """
    bundle = read_bundle([path], layers=layers or (), any_name=layers is None)
    return bundle.document("architecture")


def timeloop_constraints(
    paths: Sequence[Path], layers: Sequence[Layer], arch: Architecture | None
) -> Document:
    """Return the constraints of some files, which are read as one, as a dataflow.

    Raises
    ------
    SpecError
        If they are at fault, or there are none.
    """
    return read_bundle(paths, layers=layers, arch=arch).document("dataflow")


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
