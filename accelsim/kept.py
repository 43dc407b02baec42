"""What is found out about a record, kept with the record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Record = TypeVar("Record")
Other = TypeVar("Other")
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


def kept_with(function: Callable[[Record, Other], Value]) -> Callable[[Record, Other], Value]:
    """Let a function of an immutable record and another be asked once, as long as that one stays.

    >>> from types import SimpleNamespace
    >>> pair = kept_with(lambda one, other: [one, other])
    >>> one, other = SimpleNamespace(), SimpleNamespace()
    >>> pair(one, other) is pair(one, other), pair(one, one) is pair(one, other)
    (True, False)
    """
    place = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def keeping(record: Record, other: Other) -> Value:
        its = record.__dict__
        last = its.get(place)
        if last is None or last[0] is not other:
            last = its[place] = other, function(record, other)
        value: Value = last[1]
        return value

    return keeping
