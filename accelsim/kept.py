"""What is found out about a record, kept with the record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Record = TypeVar("Record")
Value = TypeVar("Value")


def kept(function: Callable[[Record], Value]) -> Callable[[Record], Value]:
    """Let a function of one immutable record be asked once for each.

    As a cached property does, for functions of rooms that the record does not know.  A copy made by
    ``dataclasses.replace`` is another record.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Name:
    ...     text: str
    >>> letters = kept(lambda name: [*name.text])
    >>> name = Name("glb")
    >>> letters(name) is letters(name), letters(Name("glb")) is letters(name)
    (True, False)
    """
    place = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def keeping(record: Record) -> Value:
        its = record.__dict__
        if place not in its:
            its[place] = function(record)
        value: Value = its[place]
        return value

    return keeping
