"""What the path of a setting means in a machine: ``glb.size``, ``array.mesh_x``, ``clock``."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from accelsim.arch.schema import ArchitectureSpec
from accelsim.errors import Problem
from accelsim.specs.fields import one_of, suggestion
from accelsim.yamldoc import Document, Keys, Node


def resolve_path(document: Document, path: str) -> list[Keys] | Problem:
    """Return what a ``--set`` path means: a key of the file, a parameter, or ``NAME.key...``.

    NAME is a level, or a memory, place or part inside one; ``*`` and ``?`` in it match several.
    """
    head, *rest = path.split(".")
    named = _named_parts(document)
    stated = document.node(("parameters",))
    parameters = list(stated.value) if stated and isinstance(stated.value, dict) else []
    if not rest:
        if head in parameters:
            return [("parameters", head)]
        if head in ArchitectureSpec.keys() and head not in ("kind", "levels"):  # noqa: SIM118
            return [(head,)]
    if head == "parameters" and len(rest) == 1:
        return [("parameters", rest[0])]
    found = [keys for name, keys in named if fnmatchcase(name, head)]
    if found and rest:
        inner = [(*keys, *rest) for keys in found]
        deeper = [keys for name, keys in named if name == rest[0] and len(rest) > 1]
        return [(*keys, *rest[1:]) for keys in deeper] or inner
    known = list(dict.fromkeys(name for name, _ in named))
    if found:
        return Problem(f"'{path}' names a level, not a value", expected=f"{path}.KEY=VALUE")
    if not rest:
        known += parameters
        known += [key for key in ArchitectureSpec.keys() if key not in ("kind", "levels")]  # noqa: SIM118
    noun = "level" if rest else "level, parameter or key"
    return Problem(f"no {noun} '{head}'", expected=one_of(known), hint=suggestion(head, known))


def _named_parts(document: Document) -> list[tuple[str, Keys]]:
    """Return the names of levels, memories, places and parts, with where they are described."""
    found: list[tuple[str, Keys]] = []
    inner = {"memories": "memory", "places": "place", "parts": "fanout"}

    def look(keys: Keys, node: Node, name_keys: Sequence[str]) -> None:
        if not isinstance(node.value, dict):
            return
        for key in name_keys:
            named = node.value.get(key)
            if named and isinstance(named.value, str):
                found.append((named.value, keys))
        for key, name_key in inner.items():
            parts = node.value.get(key)
            if parts and isinstance(parts.value, list):
                for index, part in enumerate(parts.value):
                    look((*keys, key, index), part, (name_key,))

    levels = document.node(("levels",))
    if levels and isinstance(levels.value, list):
        for index, level in enumerate(levels.value):
            look(("levels", index), level, ("memory", "side_by_side", "fanout", "compute"))
    return found
