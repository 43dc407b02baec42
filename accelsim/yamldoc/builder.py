"""From parser events to nodes: the bounds, and the traps of YAML 1.1 that are closed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import yaml

from accelsim.errors import Problem, Where
from accelsim.units import shown
from accelsim.yamldoc.document import Document, Mark, Node, Scalar

MAX_VALUES = 50_000
MAX_ALIASED = 10_000
MAX_DEPTH = 50

NO_MERGE = "!nomerge"

MERGES = {"<<": False, "<<<": True}
"""Merge key -> whether it merges what is inside equal keys."""

_MENDS = {
    "tab character": "indent with spaces, not tabs",
    "\t": "indent with spaces, not tabs",
    "mapping values are not allowed": "indent keys alike; quote text that has ': ' in it",
}
"""What a parser says, or what is in its way -> what mends it."""

_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d{0,29})")
_FLOAT = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


def scalar(text: str) -> Scalar:
    """Return what a plain (unquoted) scalar means.

    >>> [scalar(text) for text in ("1e-9", "no", "12:30", "010", "true", "~", "16")]
    [1e-09, 'no', '12:30', '010', True, None, 16]
    """
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= 40 and not text.lstrip("+-").isdigit() and _FLOAT.fullmatch(text):
        value = float(text)
        return value if isfinite(value) else text
    return text


class Position(Protocol):
    """A mark of either of PyYAML's parsers; both count from 0."""

    line: int
    column: int


def start_of(event: yaml.Event) -> Position:
    """Return where an event begins."""
    assert event.start_mark is not None
    return event.start_mark


def end_of(event: yaml.Event) -> Position:
    """Return where an event ends."""
    assert event.end_mark is not None
    return event.end_mark


class _Stop(Exception):  # noqa: N818 - not an error of its own: it ends the reading
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read yet."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_mark: Mark | None = None
    ignore: bool = False
    """The key at hand is a fault; its value is read and dropped."""


class Builder:
    """Builds nodes from parser events, with a stack of its own: nothing here recurses.

    ``tags`` may stand before values and are kept; with ``merges``, ``<<`` takes over the keys of
    another mapping (or of several, the first winning), and ``<<<`` also those inside equal keys,
    and the items of lists, but for values with the tag ``!nomerge``.  With ``lists``, a list may
    stand at the top.
    """

    def __init__(
        self,
        file: str,
        text: str,
        tags: Collection[str] = (),
        *,
        merges: bool = False,
        lists: bool = False,
    ) -> None:
        self.tags, self.merges, self.lists = tags, merges, lists
        self.text, self.document = text, Document(file, text, Node({}, Mark(1, 1, 1)))
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}
        self.values = self.aliased = 0
        self.root: Node | None = None

    def build(self) -> Node | None:
        try:
            for event in self._events():
                self._take(event)
        except _Stop as stop:
            self.problems.append(stop.problem)
            return None
        return self._checked_root()

    def _events(self) -> Iterator[yaml.Event]:
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        try:
            yield from yaml.parse(self.text, Loader=loader)
        except yaml.MarkedYAMLError as fault:
            raise _Stop(self._syntax(fault)) from None
        except (yaml.YAMLError, RecursionError) as fault:
            raise _Stop(Problem(f"not valid YAML: {fault}", Where(self.document.file))) from None

    def _syntax(self, fault: yaml.MarkedYAMLError) -> Problem:
        """Put what the parser says into one sentence."""
        mark, begun = fault.problem_mark or fault.context_mark, fault.context_mark
        words = [fault.context, fault.problem]
        if fault.context and begun and mark and begun.line != mark.line:
            words.insert(1, f"(begun in line {begun.line + 1})")
        text = " ".join(filter(None, words))
        where = self._where(mark) if mark else Where(self.document.file)
        at_fault = text + where.text[max(0, where.column - 1) : where.column]
        hint = next((mend for sign, mend in _MENDS.items() if sign in at_fault), "")
        return Problem(f"not valid YAML: {text}", where, hint=hint)

    def _where(self, position: Position) -> Where:
        return self.document.at(Mark(position.line + 1, position.column + 1, 1))

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            if self.root is not None:
                raise _Stop(
                    Problem(
                        "a second document starts here",
                        self._where(start_of(event)),
                        expected="one document in a file",
                    )
                )
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        mark = self._mark(event)
        tag = self._tag(event, mark)
        if self._is_key():
            self._key(event.value, mark, plain=event.implicit[0])
            return
        plain = event.implicit[0] or (tag and event.style is None)
        value = scalar(event.value) if plain else event.value
        self._add(Node(value, mark, text=event.value, tag=tag), event.anchor)

    def _is_key(self) -> bool:
        return (
            bool(self.stack)
            and isinstance(self.stack[-1].node.value, dict)
            and (self.stack[-1].key is None)
        )

    def _key(self, key: str, mark: Mark, *, plain: bool) -> None:
        top = self.stack[-1]
        top.key, top.key_mark, top.ignore = key, mark, False
        self._count(mark)
        if key in top.node.keys:
            first = top.node.keys[key]
            self._fault(f"duplicate key '{shown(key)}': already in line {first.line}", mark)
            top.ignore = True
        elif key == "<<" and plain and not self.merges:
            self._fault("merge keys ('<<') are not supported; write the keys out", mark)
            top.ignore = True

    def _fault(self, what: str, mark: Mark) -> None:
        self.problems.append(Problem(what, self.document.at(mark)))

    def _alias(self, event: yaml.AliasEvent) -> None:
        mark = self._mark(event)
        if self._is_key():
            raise _Stop(Problem("an alias cannot be a key", self.document.at(mark)))
        if event.anchor not in self.anchors:
            raise _Stop(Problem(f"unknown anchor '{event.anchor}'", self.document.at(mark)))
        node = self.anchors[event.anchor]
        if node is None:
            raise _Stop(Problem(f"anchor '{event.anchor}' contains itself", self.document.at(mark)))
        self.aliased += node.size
        if self.aliased > MAX_ALIASED:
            raise _Stop(self._too_many_aliased(mark))
        if len(self.stack) + node.height > MAX_DEPTH:
            raise _Stop(self._too_deep(mark))
        self._add(node, None)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        mark = self._mark(event)
        tag = self._tag(event, mark)
        if self._is_key():
            raise _Stop(
                Problem("a key must be a plain word, not a list or mapping", self.document.at(mark))
            )
        self._count(mark)
        if len(self.stack) >= MAX_DEPTH:
            raise _Stop(self._too_deep(mark))
        empty: list[Node] | dict[str, Node] = (
            {} if isinstance(event, yaml.MappingStartEvent) else []
        )
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(Node(empty, mark, tag=tag), event.anchor))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        closed = self.stack.pop()
        node = closed.node
        end = end_of(event)
        if node.mark.length == 1 and end.line + 1 == node.mark.line:
            node.mark = node.mark._replace(length=end.column + 1 - node.mark.column)
        elif node.keys:
            first = next(iter(node.keys.values()))
            if (first.line, first.column) == (node.mark.line, node.mark.column):
                node.mark = first
        if self.merges and node.keys.keys() & MERGES.keys():
            node = self._merged(node)
        self._add(node, closed.anchor, counted=True)

    def _merged(self, node: Node) -> Node:
        """Return a mapping with the keys that its merge keys stand for."""
        assert isinstance(node.value, dict)
        own = {key: inside for key, inside in node.value.items() if key not in MERGES}
        whole = Node(own, node.mark, dict(node.keys), node.height, node.size, tag=node.tag)
        for key, deep in MERGES.items():
            given = node.value.get(key)
            if given is None:
                continue
            del whole.keys[key]
            for other in given.value if isinstance(given.value, list) else [given]:
                if not isinstance(other.value, dict):
                    self._fault(f"'{key}' takes over keys, and this has none", other.mark)
                    continue
                self._take_over(whole, other, deep=deep)
        return whole

    def _take_over(self, into: Node, other: Node, *, deep: bool) -> None:
        assert isinstance(into.value, dict)
        assert isinstance(other.value, dict)
        for key, theirs in other.value.items():
            ours = into.value.get(key)
            both = ours and isinstance(ours.value, dict) and isinstance(theirs.value, dict)
            if ours is None:
                into.value[key], into.keys[key] = theirs, other.keys[key]
                into.size += theirs.size
                self.aliased += 1
            elif deep and ours.tag == NO_MERGE:
                continue
            elif deep and isinstance(ours.value, list) and isinstance(theirs.value, list):
                items = [*ours.value, *theirs.value]
                into.value[key] = Node(items, ours.mark, tag=ours.tag, size=ours.size + theirs.size)
                self.aliased += len(items)
            elif deep and both:
                assert isinstance(ours.value, dict)
                mine = Node(dict(ours.value), ours.mark, dict(ours.keys), ours.height, ours.size)
                self._take_over(mine, theirs, deep=True)
                into.value[key] = mine
        if self.aliased > MAX_ALIASED:
            raise _Stop(self._too_many_aliased(other.mark))

    def _add(self, node: Node, anchor: str | None, *, counted: bool = False) -> None:
        if not counted:
            self._count(node.mark)
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        inside = top.node
        if isinstance(inside.value, list):
            inside.value.append(node)
        else:
            assert isinstance(inside.value, dict)
            assert top.key is not None
            assert top.key_mark is not None
            if not top.ignore:
                inside.value[top.key] = node
                inside.keys[top.key] = top.key_mark
            top.key = None
        inside.height = max(inside.height, node.height + 1)
        inside.size += node.size

    def _count(self, mark: Mark) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise _Stop(
                Problem(f"more than {MAX_VALUES:,} values in one file", self.document.at(mark))
            )

    def _too_deep(self, mark: Mark) -> Problem:
        return Problem(f"nested deeper than {MAX_DEPTH} levels", self.document.at(mark))

    def _too_many_aliased(self, mark: Mark) -> Problem:
        what = f"aliases expand to more than {MAX_ALIASED:,} values"
        return Problem(what, self.document.at(mark))

    def _tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, mark: Mark) -> str:
        """Return the tag of a value; one that is not among those allowed ends the reading."""
        if event.tag and event.tag in self.tags:
            return event.tag
        if event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise _Stop(
                Problem(
                    f"tag '{shown(tag)}' is not allowed; a spec is plain YAML"
                    if not self.tags
                    else f"unknown tag '{shown(tag)}'",
                    self.document.at(mark._replace(length=1)),
                    expected=f"one of {', '.join(self.tags)}" if self.tags else "",
                )
            )
        return ""

    def _mark(self, event: yaml.Event) -> Mark:
        start, end = start_of(event), end_of(event)
        length = 1
        if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            if end.line == start.line:
                length = end.column - start.column
            elif start.line < len(self.document.lines):
                length = len(self.document.lines[start.line].rstrip()) - start.column
        return Mark(start.line + 1, start.column + 1, max(1, length))

    def _checked_root(self) -> Node | None:
        file = self.document.file
        if self.root is None or (self.root.value is None and not self.root.text):
            self.problems.append(
                Problem(
                    "the file is empty", Where(file), expected="a spec that begins with `kind:`"
                )
            )
        elif not isinstance(self.root.value, dict | list if self.lists else dict):
            form = "a list" if isinstance(self.root.value, list) else "a single value"
            self.problems.append(
                Problem(
                    f"the file holds {form}",
                    self.document.at(self.root.mark),
                    expected="keys and values, beginning with `kind:`",
                )
            )
        return self.root
