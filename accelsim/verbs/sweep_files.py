"""The files of patterns of zeros that a sweep is made from: which they are and what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from accelsim.errors import SpecError
from accelsim.specs.overrides import is_set, parse_override, value_node
from accelsim.specs.zeros import PATTERN
from accelsim.yamldoc import Document, Node

MOST_KEPT = 1024


def patterns_of(document: Document) -> list[Path]:
    """Return the files of patterns of zeros that a spec names."""
    return list(_named(document.root, Path(document.file).parent))


def patterns_set(path: str, value: str) -> tuple[Path, ...]:
    """Return the files of patterns that a setting names."""
    return _patterns_set(path, value) if PATTERN in path + value else ()


@lru_cache(MOST_KEPT)
def _patterns_set(path: str, value: str) -> tuple[Path, ...]:
    try:
        node = value_node(parse_override(f"{path}={value}"))
    except SpecError:
        return ()  # the point itself says what is wrong with it
    return tuple(_named(node, Path(), path.rpartition(".")[2]))


@lru_cache(MOST_KEPT)
def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file; empty if it cannot be read, which the point itself says."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def forget_files() -> None:
    """Forget what files said."""
    file_digest.cache_clear()


def _named(node: Node, folder: Path, key: str = "") -> Iterator[Path]:
    """Yield every file of a pattern below a node; ``folder`` is that of the spec."""
    if isinstance(node.value, dict):
        for name, inner in node.value.items():
            yield from _named(inner, folder, name)
    elif isinstance(node.value, list):
        for inner in node.value:
            yield from _named(inner, folder)
    elif key == PATTERN and isinstance(node.value, str):
        if is_set(node.mark):
            folder = Path()
        elif node.mark.file:
            folder = Path(node.mark.file).parent
        yield folder / node.value
