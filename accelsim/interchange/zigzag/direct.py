"""ZigZag's files used directly, wherever a spec of ours is expected, and as texts of specs."""

from __future__ import annotations

from pathlib import Path

from accelsim.arch.spec import architecture_of
from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.sourced import sourced_text
from accelsim.interchange.zigzag.accelerator import architecture
from accelsim.interchange.zigzag.layers import workload
from accelsim.interchange.zigzag.reading import KINDS, read_source, zigzag_kind
from accelsim.interchange.zigzag.spatial import dataflow
from accelsim.specs.references import Reference
from accelsim.workload.spec import network_of
from accelsim.yamldoc import Document, shown_path


def open_zigzag(kind: str, path: Path) -> Document | None:
    """Return what a file of ZigZag's holds of a kind; None if it is no such file.

    Raises
    ------
    SpecError
        If it is at fault, or holds nothing of that kind.
    """
    held = zigzag_kind(path)
    if not held or kind not in KINDS:
        return None
    if kind != held:
        what = f"this file of ZigZag's holds no {kind}"
        raise SpecError([Problem(what, Where(shown_path(path), 1, 1), hint=f"it holds a {held}")])
    return zigzag_document(path)[1]


def zigzag_document(path: Path) -> tuple[str, Document, list[str]]:
    """Return the kind of spec that a file holds, the spec, and what is left out of it.

    Raises
    ------
    SpecError
        If it is at fault, or no file of ZigZag's.
    """
    source = read_source(path)
    kind = zigzag_kind(path)
    makers = {"architecture": architecture, "workload": workload, "dataflow": dataflow}
    if kind not in makers:
        what = "this is no file of ZigZag's"
        expected = "`memories:` and an array, layers with an `equation:`, or a `spatial_mapping:`"
        raise SpecError([Problem(what, Where(shown_path(path), 1, 1), "", expected)])
    return kind, makers[kind](source, path.stem), source.page.notes


def zigzag_text(path: Path) -> tuple[str, str, list[str]]:
    """Return the kind of spec that a file holds, its text with its source, and the notes.

    Raises
    ------
    SpecError
        If it is at fault.
    """
    kind, document, notes = zigzag_document(path)
    if kind == "architecture":
        architecture_of(document)
    elif kind == "workload":
        network_of(document, Reference(path.name))
    return kind, sourced_text(document, {document.file: document.text}), notes
