"""The text of a shipped spec, to copy and change."""

from __future__ import annotations

from accelsim import shipped
from accelsim.errors import Problem, UsageError
from accelsim.interchange.workloads import is_foreign
from accelsim.specs.references import parse_reference
from accelsim.verbs.import_ import import_
from accelsim.verbs.words import KINDS, kind_of


def show(name: str, kind: str | None = None) -> str:
    """Return the YAML of a spec, comments included; of an ONNX model, what it becomes.

    Parameters
    ----------
    name : name of a shipped spec, or a path
    kind : which spec is meant where several kinds have one of that name

    Raises
    ------
    SpecError
        If there is no such spec.
    UsageError
        If the name means several specs, or the kind does not exist.
    """
    if kind is not None and kind not in shipped.FOLDERS:
        expected = "one of " + ", ".join(shipped.FOLDERS)
        raise UsageError(Problem(f"unknown kind '{kind}'", expected=expected))
    if is_foreign(parse_reference(name).name):
        return import_("onnx", name).text
    path = shipped.find(kind or kind_of(name, KINDS), name)
    return path.read_text(encoding="utf-8")
