"""What the path of a setting means in a workload: ``conv*.bits.weights``, ``batch``."""

from __future__ import annotations

from fnmatch import fnmatchcase

from accelsim.errors import Problem
from accelsim.specs.fields import one_of, suggestion
from accelsim.specs.join import models_in
from accelsim.specs.overrides import is_pattern
from accelsim.workload.schema import LayerSpec, WorkloadSpec, layer_tag
from accelsim.yamldoc import Document, Keys


def resolve_path(document: Document, path: str) -> list[Keys] | Problem:
    """Return what a ``--set`` path means: a key of the file, a parameter, or ``LAYER.key...``.

    LAYER may have ``*`` and ``?``, and then means those layers that can have the key; names of
    layers may themselves have dots.
    """
    parameters = document.node(("parameters",))
    known_parameters = (
        list(parameters.value) if parameters and isinstance(parameters.value, dict) else []
    )
    parts = path.split(".")
    if path in known_parameters:
        return [("parameters", path)]
    if parts[0] == "parameters" and len(parts) == 2:
        return [("parameters", parts[1])]
    names = _layer_names(document)
    for cut in range(len(parts) - 1, 0, -1):
        found = _layers(document, names, ".".join(parts[:cut]), parts[cut:])
        if found:
            return [(*keys, *parts[cut:]) for keys in found]
    top = [key for key in WorkloadSpec.keys() if key not in ("kind", "layers", "inputs", "outputs")]  # noqa: SIM118
    if parts[0] in top and (len(parts) == 1 or parts[0] == "bits"):
        return [tuple(parts)]
    head = parts[0]
    known = [name for name, _ in names]
    if len(parts) == 1:
        known = [*known_parameters, *top]
    noun = "layer" if len(parts) > 1 else "parameter or key"
    expected = one_of(known) if len(known) <= 12 else f"one of the {len(known)} layers"
    return Problem(f"no {noun} '{head}'", expected=expected, hint=suggestion(head, known))


def path_problem(document: Document, path: str) -> Problem | None:
    """Return what is wrong with a path whose key no layer can have, or None if there may be one."""
    found = resolve_path(document, path)
    if isinstance(found, Problem):
        return found
    models = {model.tag: model for model in models_in(LayerSpec)}
    for place in found:
        node = document.node(place[:2]) if place[0] == "layers" else None
        tag = layer_tag(node.plain()) if node else None
        keys = [str(key) for key in place[2:]]
        if tag is not None and keys and not models[tag].knows(keys):
            return models[tag].unknown_key(keys[0], f"the layer of '{path}'")
    return None


def matched_names(document: Document, path: str) -> tuple[str, ...]:
    """Return the names of the layers that a ``--set`` path changes; none for any other path."""
    found = resolve_path(document, path)
    changed = set() if isinstance(found, Problem) else {keys[:2] for keys in found}
    return tuple(name for name, keys in _layer_names(document) if keys in changed)


def _layers(
    document: Document, names: list[tuple[str, Keys]], pattern: str, rest: list[str]
) -> list[Keys]:
    """Return the layers of a name, or those that a pattern matches and that can have the keys."""
    matched = [keys for name, keys in names if fnmatchcase(name, pattern)]
    if not is_pattern(pattern):
        return matched
    models = {model.tag: model for model in models_in(LayerSpec)}
    found = []
    for keys in matched:
        node = document.node(keys)
        tag = layer_tag(node.plain()) if node else None
        if tag is None or models[tag].knows(rest):
            found.append(keys)
    return found


def _layer_names(document: Document) -> list[tuple[str, Keys]]:
    layers = document.node(("layers",))
    found: list[tuple[str, Keys]] = []
    if layers and isinstance(layers.value, list):
        for index, layer in enumerate(layers.value):
            named = layer.value.get("name") if isinstance(layer.value, dict) else None
            if named and isinstance(named.value, str | int):
                found.append((str(named.value), ("layers", index)))
    return found
