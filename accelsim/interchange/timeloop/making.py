"""Specs made from foreign files: every value keeps the place that it was read from."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from accelsim.interchange.timeloop.sources import Sources
from accelsim.yamldoc import Mark, Node, Scalar

MOST_NOTES = 30


@dataclass(frozen=True, slots=True)
class Made:
    """Makes values that stand where ``origin`` does."""

    origin: Node | Mark

    @property
    def mark(self) -> Mark:
        return self.origin.mark if isinstance(self.origin, Node) else self.origin

    def value(self, value: Scalar) -> Node:
        return Node(value, self.mark, text="" if value is None else str(value))

    def listed(self, items: Sequence[Node]) -> Node:
        return Node(list(items), self.mark)

    def words(self, items: Sequence[str]) -> Node:
        return self.listed([self.value(item) for item in items])

    def mapping(self, items: Mapping[str, Node]) -> Node:
        marks = {key: node.mark for key, node in items.items()}
        return Node(dict(items), self.mark, marks)


def native_name(name: str) -> str:
    """Return a name as specs may write it.

    >>> native_name("3D stack.GLB")
    '_3D_stack_GLB'
    """
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def layer_name(name: str) -> str:
    """Return a name as layers may have it: also with dots and slashes.

    >>> layer_name("layer1.0/conv 2")
    'layer1.0/conv_2'
    """
    plain = re.sub(r"[^A-Za-z0-9_./-]", "_", name)
    return plain if re.match(r"[A-Za-z0-9_]", plain) else f"_{plain}"


def notes_of(sources: Sources, made: Made, about: Collection[str]) -> dict[str, Node]:
    """Return the notes about kinds of spec as its assumptions; nothing if there are none."""
    said = [str(note) for note in sources.notes if note.about in about]
    if len(said) > MOST_NOTES:
        said = [*said[:MOST_NOTES], f"and {len(said) - MOST_NOTES} notes more"]
    return {"assumptions": made.words(said)} if said else {}
