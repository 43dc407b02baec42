"""What a parsed file is: values that remember where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import NamedTuple

from accelsim.errors import Problem, Where

MAX_PROBLEMS = 20
"""Problems of a file that are shown; the others are counted."""

Scalar = str | int | float | bool | None
Keys = tuple[str | int, ...]
"""The way to a value: keys of mappings and positions in lists, from the top."""


class Mark(NamedTuple):
    """Where a value stands: from 1, like an editor; ``file`` only if it is not the document's.

    A ``file`` with line 0 is meant as a whole.
    """

    line: int
    column: int
    length: int
    file: str = ""


@dataclass(slots=True)
class Node:
    """A value with its mark; the keys of a mapping have marks of their own."""

    value: Scalar | list[Node] | dict[str, Node]
    mark: Mark
    keys: dict[str, Mark] = field(default_factory=dict)
    height: int = 0
    size: int = 1
    text: str = ""
    """A scalar as written."""
    tag: str = ""
    """``!Name``, where the parser was told to let it pass."""

    def inside(self, key: str | int) -> Node | None:
        """Return what stands at a key or position of a mapping or list; None if nothing does."""
        if isinstance(self.value, dict) and isinstance(key, str):
            return self.value.get(key)
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None

    def with_inside(self, value: list[Node] | dict[str, Node], keys: dict[str, Mark]) -> Node:
        """Return the node with another list or mapping in place of its own."""
        return Node(value, self.mark, keys, self.height, self.size, self.text, self.tag)

    def plain(self) -> object:
        """Return the value as plain lists, dicts and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


@dataclass(frozen=True)
class Document:
    """A parsed file, or several as one.  ``root`` is a mapping.

    ``texts`` are those of the other files that marks may name.
    """

    file: str
    text: str
    root: Node
    texts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[str]:
        return lines_of(self.text)

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {file: lines_of(text) for file, text in self.texts.items()}

    @cached_property
    def data(self) -> dict[str, object]:
        plain = self.root.plain()
        assert isinstance(plain, dict)
        return plain

    def node(self, keys: Keys) -> Node | None:
        """Return the node at ``keys``, or None if there is none."""
        node: Node | None = self.root
        for key in keys:
            node = node.inside(key) if node else None
        return node

    def where(self, keys: Keys = ()) -> Where:
        """Return where the value at ``keys`` stands, or the nearest thing around it that exists."""
        return self.at(self.mark(keys))

    def mark(self, keys: Keys = ()) -> Mark:
        """Return the mark of the value at ``keys``, or of the nearest thing around it."""
        node = self.root
        for key in keys:
            inner = node.inside(key)
            if inner is None:
                break
            node = inner
        return node.mark

    def mark_key(self, keys: Keys) -> Mark:
        """Return the mark of the last of ``keys`` itself."""
        around = self.node(keys[:-1])
        mark = around.keys.get(str(keys[-1])) if around else None
        return mark or self.mark(keys)

    def where_key(self, keys: Keys) -> Where:
        """Return where the last of ``keys`` itself is written."""
        return self.at(self.mark_key(keys))

    def at(self, mark: Mark) -> Where:
        lines = self._lines.get(mark.file, []) if mark.file else self.lines
        line = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
        length = max(1, mark.length)
        return Where(mark.file or self.file, mark.line, mark.column, length, line)


def lines_of(text: str) -> list[str]:
    """Cut a text into lines as a YAML parser counts them."""
    return re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)


def unwritten(data: Mapping[str, object], file: str) -> Document:
    """Return data that is no text as a document; its problems are those of ``file`` as a whole."""
    return Document(file, "", _unwritten(data, Mark(0, 0, 0, file)))


def _unwritten(data: object, mark: Mark) -> Node:
    if isinstance(data, Mapping):
        inside = {str(key): _unwritten(value, mark) for key, value in data.items()}
        return Node(inside, mark, dict.fromkeys(inside, mark))
    if isinstance(data, list | tuple):
        return Node([_unwritten(item, mark) for item in data], mark)
    assert data is None or isinstance(data, str | int | float | bool)
    return Node(data, mark, text=str(data))


def _place(problem: Problem) -> tuple[float, int]:
    """Return what problems are ordered by: line and column; how many more there are comes last."""
    where = problem.where
    return (where.line or inf, where.column) if where else (0, 0)


def capped(problems: list[Problem], file: str, more: int = 0) -> list[Problem]:
    """Return the first 20 problems in the order of their places, and how many more there are.

    ``more`` problems, further on, are not in the list.
    """
    ordered = sorted(problems, key=_place)
    more += max(0, len(ordered) - MAX_PROBLEMS)
    if not more:
        return ordered
    tail = Problem(f"and {more} more problem{'s' if more > 1 else ''}", Where(file))
    return [*ordered[:MAX_PROBLEMS], tail]
