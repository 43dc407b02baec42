"""``--set PATH=VALUE``: changes of the raw document, made before it is judged.

A changed value is marked with the words of the option, so that a fault in it is reported against
those and not against a line of the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from accelsim.errors import Problem, SpecError, Where
from accelsim.recent import Recent
from accelsim.specs.zeros import PATTERN
from accelsim.yamldoc import Document, Keys, Mark, Node, parse

Resolve = Callable[[Document, str], "Sequence[Keys] | Problem"]
"""Return the places that a path means in a document (the last key may be new), or what is wrong."""


OPTION = "--set "

MOST_KEPT = 1024
"""Values that are read once; those of a sweep come again and again."""


@dataclass(frozen=True, slots=True)
class Override:
    """A setting, cut at its ``=``, and its words as given."""

    path: str
    value: str
    words: str

    @property
    def where(self) -> Where:
        return Where(f"{OPTION}{self.words}")


def is_set(mark: Mark) -> bool:
    """Tell whether a value comes from a setting: paths in it are seen from where that was made."""
    return mark.file.startswith(OPTION)


def is_pattern(name: str) -> bool:
    """Tell whether a name in a path may match several."""
    return any(sign in name for sign in "*?[")


def parse_override(words: str) -> Override:
    """Cut ``PATH=VALUE``.

    Raises
    ------
    SpecError
        If there is no ``=``, or nothing before or after it.
    """
    path, equals, value = words.partition("=")
    if not equals or not path.strip() or not value.strip():
        raise SpecError(
            [
                Problem(
                    "not a setting",
                    Where(f"--set {words}"),
                    expected="PATH=VALUE, as glb.size=64KiB",
                )
            ]
        )
    return Override(path.strip(), value.strip(), words)


def override_seen_from(words: str, here: Path, there: Path | None) -> str:
    """Return a setting made in one folder as it reads in another, as ``references.seen_from``.

    Only files of patterns are paths.

    >>> override_seen_from("fc.density.weights={pattern: w.npy}", Path("a"), Path("b"))
    'fc.density.weights={"pattern": "../a/w.npy"}'
    >>> override_seen_from("glb.size=64KiB", Path("a"), Path("b"))
    'glb.size=64KiB'
    """

    def moved(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: moved(inner, name) for name, inner in value.items()}
        if key != PATTERN or not isinstance(value, str) or Path(value).is_absolute():
            return value
        file = (here / value).resolve()
        return (file if there is None else Path(os.path.relpath(file, there.resolve()))).as_posix()

    try:
        override = parse_override(words)
        stated = value_node(override).plain()
    except SpecError:
        return words  # whoever applies it says what is wrong with it
    found = moved(stated, override.path.rpartition(".")[2])
    return words if found == stated else f"{override.path}={json.dumps(found)}"


def overridden(
    document: Document, overrides: Sequence[str], resolve: Resolve
) -> tuple[Document, list[Problem]]:
    """Apply overrides in their order; the later one wins."""
    problems: list[Problem] = []
    for words in overrides:
        try:
            override = parse_override(words)
            value = value_node(override)
        except SpecError as fault:
            problems += fault.problems
            continue
        found = resolve(document, override.path)
        if isinstance(found, Problem):
            problems.append(replace(found, where=override.where))
            continue
        for keys in found:
            root = with_value(document.root, keys, value)
            document = replace(document, root=root)
    return document, problems


@lru_cache(MOST_KEPT)
def value_node(override: Override) -> Node:
    """Read the value of an override as YAML, marked with the override's words.

    Nobody changes a node: documents share it.

    Raises
    ------
    SpecError
        If it is not YAML.
    """
    try:
        node = parse(f"value: {override.value}").root.value
        assert isinstance(node, dict)
        return marked(node["value"], override.where.file)
    except SpecError as fault:
        raise SpecError(
            [Problem(problem.what, override.where) for problem in fault.problems]
        ) from None


def marked(node: Node, file: str) -> Node:
    """Return ``node`` as if it stood in ``file`` as a whole."""
    mark = Mark(0, 0, 0, file)
    if isinstance(node.value, dict):
        inside = {key: marked(value, file) for key, value in node.value.items()}
        return Node(inside, mark, dict.fromkeys(inside, mark))
    if isinstance(node.value, list):
        return Node([marked(value, file) for value in node.value], mark)
    return Node(node.value, mark, text=node.text)


def with_value(node: Node, keys: Keys, value: Node) -> Node:
    """Return ``node`` with ``value`` at ``keys``; only what lies on the way is copied.

    Mappings that do not exist yet are made.  Copying keeps a node that an alias shares as it is
    elsewhere.
    """
    if not keys:
        return value
    first, rest = keys[0], keys[1:]
    if isinstance(node.value, list) and isinstance(first, int):
        items = list(node.value)
        items[first] = _item_with_value(items[first], rest, value)
        return node.with_inside(items, node.keys)
    inside = dict(node.value) if isinstance(node.value, dict) else {}
    marks = dict(node.keys)
    key = str(first)
    if key not in inside or not rest:
        marks[key] = value.mark
    inside[key] = with_value(inside.get(key) or Node({}, value.mark), rest, value)
    return node.with_inside(inside, marks)


_items = Recent[tuple[int, Keys, int], tuple[Node, Node, Node]](MOST_KEPT)
"""Items of lists with a value set in them, by the identity of both, which are kept with them."""


def _item_with_value(item: Node, keys: Keys, value: Node) -> Node:
    """Do as :func:`with_value` does, and return what it returned before of the same nodes.

    The values of a sweep come again and again: what is known of a node is then known of its copies.
    """
    known = _items.get((id(item), keys, id(value)))
    if known is None:
        known = item, value, with_value(item, keys, value)
        _items.put((id(item), keys, id(value)), known)
    return known[2]
