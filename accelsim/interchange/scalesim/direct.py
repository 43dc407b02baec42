"""SCALE-Sim's files used directly, wherever a spec of ours is expected, and as texts of specs."""

from __future__ import annotations

from pathlib import Path

from accelsim.arch.spec import architecture_of
from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.scalesim.config import SUFFIX as CONFIG
from accelsim.interchange.scalesim.config import Config, looks_like_config
from accelsim.interchange.scalesim.topology import SUFFIX as TOPOLOGY
from accelsim.interchange.scalesim.topology import looks_like_topology, read_topology
from accelsim.interchange.sourced import sourced_text
from accelsim.specs.references import Reference
from accelsim.workload.spec import network_of
from accelsim.yamldoc import Document, shown_path

OF_CONFIG = ("architecture", "dataflow")

KINDS = (*OF_CONFIG, "workload")


def scalesim_kinds(path: Path) -> tuple[str, ...]:
    """Return the kinds of spec that a file of SCALE-Sim's holds; none if it is no such file."""
    if looks_like_topology(path):
        return ("workload",)
    return OF_CONFIG if looks_like_config(path) else ()


def open_scalesim(kind: str, path: Path) -> Document | None:
    """Return what a file of SCALE-Sim's holds of a kind; None if it is no such file.

    Raises
    ------
    SpecError
        If it is at fault, or holds nothing of that kind.
    """
    held = scalesim_kinds(path)
    if not held or kind not in KINDS:
        return None
    if kind not in held:
        what = f"this file of SCALE-Sim's holds no {kind}"
        raise SpecError([Problem(what, Where(shown_path(path), 1, 1), hint=f"it holds {held[0]}")])
    return scalesim_documents(path)[0][kind]


def scalesim_documents(path: Path) -> tuple[dict[str, Document], list[str]]:
    """Return what a file holds: kind -> spec, and what is left out or taken in another way.

    Raises
    ------
    SpecError
        If it is at fault, or is neither a topology nor a configuration.
    """
    if path.suffix == TOPOLOGY:
        workload, page = read_topology(path)
        return {"workload": workload}, page.notes
    if path.suffix == CONFIG:
        config = Config(path)
        found = {"architecture": config.architecture(), "dataflow": config.rules()}
        return found, config.page.notes
    what, expected = "this is no file of SCALE-Sim's", f"a topology ({TOPOLOGY}) or a configuration"
    raise SpecError([Problem(what, Where(shown_path(path), 1, 1), "", f"{expected} ({CONFIG})")])


def scalesim_texts(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return what a file holds: kind -> text of a spec, with its source, and the notes.

    Raises
    ------
    SpecError
        If it is at fault.
    """
    documents, notes = scalesim_documents(path)
    for kind, document in documents.items():
        if kind == "architecture":
            architecture_of(document)
        elif kind == "workload":
            network_of(document, Reference(path.name))
    sources = {one.file: one.text for one in documents.values()}
    return {kind: sourced_text(document, sources) for kind, document in documents.items()}, notes
