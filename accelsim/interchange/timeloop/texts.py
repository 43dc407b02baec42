"""Specs made from Timeloop's files as texts that say where each part comes from."""

from __future__ import annotations

from dataclasses import replace

from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.sourced import sourced_text
from accelsim.interchange.timeloop.bundle import Bundle
from accelsim.specs.references import Reference
from accelsim.workload.spec import network_of
from accelsim.yamldoc import Document, Node

FILES = {
    "architecture": "architecture.yaml",
    "workload": "workload.yaml",
    "mapping": "mapping.yaml",
    "dataflow": "dataflow.yaml",
}
"""Kind of spec -> the file that it is written to."""


def texts(bundle: Bundle) -> dict[str, str]:
    """Return what some files hold as specs: kind -> text; the source follows as comments.

    Raises
    ------
    SpecError
        If they hold nothing that can be imported, or it is at fault.
    """
    kinds = bundle.kinds
    found: dict[str, Document] = {}
    for kind in ("architecture", "workload", "dataflow"):
        whole = kind == "dataflow" and "architecture" in kinds and not bundle.of_search
        if kind in kinds and not whole:
            found[kind] = bundle.document(kind, apart="architecture" in kinds)
    if "mapping" in kinds:
        found["mapping"] = _mapping(bundle)
    if not found:
        hold = f"these files hold {bundle.held}, which cannot be imported alone"
        where = Where(bundle.sources.files[0], 1, 1)
        raise SpecError([Problem(hold, where, expected="an architecture, a problem or a mapping")])
    for kind, document in found.items():
        _checked(kind, document)
    return {kind: sourced_text(it, bundle.sources.texts) for kind, it in found.items()}


def _mapping(bundle: Bundle) -> Document:
    missing = [kind for kind in ("architecture", "workload") if kind not in bundle.kinds]
    where = Where(bundle.sources.files[0], 1, 1)
    if missing:
        what = "a mapping is imported together with its architecture and its problem"
        raise SpecError([Problem(what, where, hint=f"there is no {' and no '.join(missing)} here")])
    (layer,) = network_of(bundle.document("workload"), Reference("timeloop")).layers
    arch = bundle.machine()
    document = bundle.mapping_document(arch, layer)
    bundle.mapping(arch, layer)
    made = {
        key: Node(f"./{FILES[kind]}", document.root.mark)
        for key, kind in (("architecture", "architecture"), ("layer", "workload"))
    }
    root = document.root
    assert isinstance(root.value, dict)
    levels = root.value.pop("levels")
    return replace(document, root=replace(root, value={**root.value, **made, "levels": levels}))


def _checked(kind: str, document: Document) -> None:
    if kind == "workload":
        network_of(document, Reference("timeloop"))
