"""ZigZag's files parsed, told by their content, and values of them with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from accelsim.errors import Problem, SpecError
from accelsim.interchange.pages import Page
from accelsim.specs.fields import suggestion
from accelsim.units import shown
from accelsim.yamldoc import Mark, Node, parse, read_text, shown_path

SUFFIXES = (".yaml", ".yml")

KINDS = ("architecture", "workload", "dataflow")

_OURS = re.compile(r"^(?:kind|architecture|problem|mapping|ERT)[ \t]*:", re.MULTILINE)
_MACHINE = re.compile(r"^memories[ \t]*:", re.MULTILINE)
_ENTRY = r"^(?:(?:- |  ) *|- *\{(?:[^\n]*[,{])? *)"
"""Before a key of an entry of a list, in lines of its own or between braces."""

_LAYER = re.compile(_ENTRY + r"(?:equation|operator_type)[ \t]*:", re.MULTILINE)
_MAPPING = re.compile(_ENTRY + r"(?:spatial_mapping|memory_operand_links)[ \t]*:", re.MULTILINE)

_TOP = Mark(1, 1, 1)

MOST = 2.0**52
"""No size, width or cost is larger."""

ARRAYS = ("operational_array", "multipliers")


def zigzag_kind(path: Path) -> str:
    """Return the kind of spec that a file of ZigZag's holds; empty if it is no such file.

    A file that cannot be read is none; whoever reads it next says why.
    """
    if path.suffix not in SUFFIXES:
        return ""
    try:
        text = read_text(path)
    except SpecError:
        return ""
    if _OURS.search(text):
        return ""
    told = zip((_MACHINE, _LAYER, _MAPPING), KINDS, strict=True)
    return next((kind for pattern, kind in told if pattern.search(text)), "")


@dataclass
class Source:
    """A file on its way, parsed."""

    page: Page
    root: Node

    def items(self, node: Node | None, name: str, within: Node) -> dict[str, Node]:
        """Return the keys and values of a mapping; anything else is a fault."""
        if node is not None and isinstance(node.value, dict):
            return node.value
        self.page.fault((node or within).mark, f"'{name}' must be keys and values")
        return {}

    def listed(self, node: Node | None, name: str, within: Node) -> list[Node]:
        """Return the items of a list; anything else is a fault."""
        if node is not None and isinstance(node.value, list):
            return node.value
        self.page.fault((node or within).mark, f"'{name}' must be a list")
        return []

    def number(self, node: Node | None, name: str, within: Node, least: float = 0) -> float:
        """Return a number; anything else is a fault."""
        value = node.value if node else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            value = -1.0
        if least <= value <= MOST:
            return float(value)
        got = f"'{shown(node.text)}'" if node and node.text else "no number"
        self.page.fault(
            (node or within).mark, f"'{name}' is {got}", f"a number from {least:g} to {MOST:g}"
        )
        return max(least, 1.0)

    def whole(self, node: Node | None, name: str, within: Node, least: int = 1) -> int:
        """Return a whole number; anything else is a fault."""
        found = self.number(node, name, within, least)
        if found != int(found):
            self.page.fault((node or within).mark, f"'{name}' is {found:g}", "a whole number")
        return int(found)

    def words(self, node: Node | None, name: str, within: Node) -> list[str]:
        """Return the texts of a list."""
        return [item.text for item in self.listed(node, name, within)]

    def unknown(self, node: Node, known: tuple[str, ...], within: str) -> None:
        """Note the keys of a mapping that are not known."""
        if isinstance(node.value, dict):
            for key in node.value:
                if key not in known:
                    close = suggestion(key, known)
                    what = f"unknown key '{shown(key)}' in {within}, left out"
                    self.page.note(node.keys[key], f"{what}; {close}" if close else what)

    def entries(self) -> Iterator[Node]:
        """Yield the entries of a file that is a list of them."""
        for node in self.listed(self.root, "the file", self.root):
            if isinstance(node.value, dict):
                yield node
            else:
                self.page.fault(node.mark, "an entry must be keys and values")


def read_source(path: Path) -> Source:
    """Read a file.

    Raises
    ------
    SpecError
        If it cannot be read or parsed.
    """
    file = shown_path(path)
    text = read_text(path)
    if not text.strip():
        page = Page(file, text)
        raise SpecError([Problem("the file is empty", page.document(Node({}, _TOP)).at(_TOP))])
    return Source(Page(file, text), parse(text, file, lists=True).root)
