"""Content keys: equal contents, equal key, on every machine and in every run.

A key is the SHA-256 of a canonical JSON text.  Whoever keeps results under a key decides what goes
in; see :func:`accelsim.mapper.search_key.search_key`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


def content_key(content: object, omit: Collection[str] = ()) -> str:
    """Return the key of ``content``: records, mappings, sequences, sets, numbers and strings.

    Parameters
    ----------
    omit : collection of str
        Names of record fields that do not count, wherever they occur.

    Raises
    ------
    TypeError
        If something in ``content`` has no canonical form.

    >>> content_key({"a": 1, "b": (2, 3)}) == content_key({"b": [2, 3], "a": 1})
    True
    """
    return hashlib.sha256(canonical_json(content, omit).encode()).hexdigest()


def joined_key(keys: Iterable[str]) -> str:
    """Return the key of several keys in their order.

    >>> joined_key(["a", "b"]) == joined_key(["b", "a"])
    False
    """
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def arrays_key(arrays: Iterable[object]) -> str:
    """Return the key of arrays and numbers in their order, shapes and types included.

    >>> arrays_key([np.zeros(2), 1.0]) == arrays_key([np.zeros(2), 1.0])
    True
    >>> arrays_key([np.zeros(2)]) == arrays_key([np.zeros((2, 1))])
    False
    """
    parts: list[bytes] = []
    for array in arrays:
        if type(array) is float or type(array) is int:
            parts.append(f"{array!r};".encode())
        else:
            its = np.asarray(array)
            parts += (f"{its.dtype.char}{its.shape}".encode(), its.tobytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def canonical_json(content: object, omit: Collection[str] = ()) -> str:
    """Return ``content`` as JSON with sorted names and without spaces.

    >>> canonical_json({"b": frozenset("yx"), "a": 0.1})
    '{"a":0.1,"b":["x","y"]}'
    """
    return _encoded(_plain(content, frozenset(omit)))


@cache
def sources_digest() -> str:
    """Return a digest of this package's sources.

    Results that outlive a process are kept under it too: between two releases the version stays the
    same while the code changes.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode

_AS_THEY_ARE = frozenset({str, bool, int, float, type(None)})


def _plain(value: object, omit: frozenset[str]) -> Any:
    kind: Any = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, list | tuple):
        return [item if type(item) in _AS_THEY_ARE else _plain(item, omit) for item in value]
    names = _fields(kind, omit)
    if names is not None:
        its = [(name, getattr(value, name)) for name in names]
        return {name: v if type(v) in _AS_THEY_ARE else _plain(v, omit) for name, v in its}
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        # Keys of any canonical kind, told apart from each other by their JSON text.
        return {
            key if isinstance(key, str) else canonical_json(key, omit): _plain(item, omit)
            for key, item in value.items()
        }
    if isinstance(value, set | frozenset):
        return sorted((_plain(item, omit) for item in value), key=canonical_json)
    raise TypeError(f"{kind.__name__} has no canonical form")


@cache
def _fields(kind: Any, omit: frozenset[str]) -> tuple[str, ...] | None:
    """Return the names of a record's fields that count; None if it is no record."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in omit)
