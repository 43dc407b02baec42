"""What the path of a setting means in a machine: ``glb.size``, ``array.mesh_x``, ``clock``."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from accelsim.arch.schema import (
    ArchitectureSpec,
    LevelSpec,
    PartSpec,
    PlaceSpec,
    PrivateMemorySpec,
)
from accelsim.errors import Problem
from accelsim.recent import Recent
from accelsim.specs.fields import one_of, suggestion
from accelsim.specs.join import SpecModel, models_in
from accelsim.specs.overrides import is_pattern
from accelsim.yamldoc import Document, Keys, Node


def resolve_path(document: Document, path: str) -> list[Keys] | Problem:
    """Return what a ``--set`` path means: a key of the file, a parameter, or ``NAME.key...``.

    NAME is a level, or a memory, place or part inside one; ``*`` and ``?`` in it match several, of
    which those are meant that can have the key.
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
    matched = [part for part in named if fnmatchcase(part.name, head)]
    found = [
        part.keys for part in matched if not (rest and is_pattern(head)) or part.model.knows(rest)
    ]
    if found and rest:
        inner = [(*keys, *rest) for keys in found]
        deeper = [part.keys for part in named if part.name == rest[0] and len(rest) > 1]
        return [(*keys, *rest[1:]) for keys in deeper] or inner
    known = list(dict.fromkeys(part.name for part in named))
    if matched and not found:
        return _no_key(head, ".".join(rest), [part.model for part in matched])
    if found:
        return Problem(f"'{path}' names a level, not a value", expected=f"{path}.KEY=VALUE")
    if not rest:
        known += parameters
        known += [key for key in ArchitectureSpec.keys() if key not in ("kind", "levels")]  # noqa: SIM118
    noun = "level" if rest else "level, parameter or key"
    return Problem(f"no {noun} '{head}'", expected=one_of(known), hint=suggestion(head, known))


def _no_key(pattern: str, key: str, models: Sequence[type[SpecModel]]) -> Problem:
    known = list(dict.fromkeys(key for model in models for key in model.keys()))  # noqa: SIM118
    return Problem(f"no level that '{pattern}' matches has '{key}'", hint=suggestion(key, known))


def matched_names(document: Document, path: str) -> tuple[str, ...]:
    """Return the names of what a ``--set`` path changes: the innermost part that each place is in.

    Nothing for a path that means no part.
    """
    found = resolve_path(document, path)
    names = dict[str, None]()
    for place in [] if isinstance(found, Problem) else found:
        around = [part for part in _named_parts(document) if place[: len(part.keys)] == part.keys]
        if around:
            names[max(around, key=lambda part: len(part.keys)).name] = None
    return tuple(names)


def path_problem(document: Document, path: str) -> Problem | None:
    """Return what is wrong with a path whose key no level can have, or None if there may be one."""
    found = resolve_path(document, path)
    if isinstance(found, Problem):
        return found
    for place in found:
        around = [part for part in _named_parts(document) if place[: len(part.keys)] == part.keys]
        if around:
            inner = max(around, key=lambda part: len(part.keys))
            keys = [str(key) for key in place[len(inner.keys) :]]
            if not inner.model.knows(keys):
                return inner.model.unknown_key(keys[0], f"{inner.model.noun} '{inner.name}'")
    return None


_LEVELS: tuple[type[SpecModel], ...] = tuple(models_in(LevelSpec))
_INNER: dict[str, type[SpecModel]] = {
    "memories": PrivateMemorySpec,
    "places": PlaceSpec,
    "parts": PartSpec,
}


class _Part(NamedTuple):
    """A level, or a memory, place or part inside one: where it is described, and by what model."""

    name: str
    keys: Keys
    model: type[SpecModel]


def _named_parts(document: Document) -> list[_Part]:
    """Return the levels, memories, places and parts of arrays that have a name."""
    listed = document.node(("levels",))
    levels = listed.value if listed and isinstance(listed.value, list) else []
    return [part for index, level in enumerate(levels) for part in _parts_of(index, level)]


_known_parts = Recent[tuple[int, int], tuple[Node, list[_Part]]](256)
"""Of levels, by where they stand and the identity of their nodes, which are kept with them."""


def _parts_of(index: int, level: Node) -> list[_Part]:
    known = _known_parts.get((index, id(level)))
    if known is None:
        known = level, _parts_within(("levels", index), level)
        _known_parts.put((index, id(level)), known)
    return known[1]


def _parts_within(place: Keys, level: Node) -> list[_Part]:
    found: list[_Part] = []

    def look(keys: Keys, node: Node, models: Sequence[type[SpecModel]]) -> None:
        if not isinstance(node.value, dict):
            return
        for model in models:
            named = node.value.get(model.name_keys[0])
            if named and isinstance(named.value, str):
                found.append(_Part(named.value, keys, model))
        for key, part_model in _INNER.items():
            parts = node.value.get(key)
            if parts and isinstance(parts.value, list):
                for index, part in enumerate(parts.value):
                    look((*keys, key, index), part, (part_model,))

    look(place, level, _LEVELS)
    return found
