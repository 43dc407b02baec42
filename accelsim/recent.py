"""What keeps values that were used last: by key, or of equal ones the first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most ``room`` values by key; those least recently used give way.  Threads may share one.

    >>> kept = Recent[str, int](room=2)
    >>> for key in "abc":
    ...     kept.put(key, 1)
    >>> kept.get("a"), kept.get("c")
    (None, 1)
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Recent[Key, Value]], tuple[int]]:
        return Recent, (self._room,)  # what is sent elsewhere knows nothing yet

    def get(self, key: Key) -> Value | None:
        """Return the value at ``key``, or None."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._room:
                self._values.popitem(last=False)


class Firsts(Generic[Key, Value]):
    """Of equal values the first, for the ``each`` used last of each of ``room`` keys.

    Where equal records are made again and again, what was found out about one
    (:mod:`accelsim.kept`) is found out once.

    >>> kept = Firsts[str, list[int]](room=2, each=2)
    >>> one, other = [1], [1]
    >>> kept.first("a", one) is one, kept.first("a", other) is one, kept.first("b", other) is one
    (True, True, False)
    """

    def __init__(self, room: int, each: int) -> None:
        self._known = Recent[Key, tuple[Value, ...]](room)
        self._each = each

    def first(self, key: Key, value: Value) -> Value:
        """Return the first of the values at ``key`` that equal this one."""
        known = self._known.get(key) or ()
        at = next((at for at, one in enumerate(known) if one == value), None)
        if at is None:
            self._known.put(key, (value, *known[: self._each - 1]))
            return value
        if at:
            self._known.put(key, (known[at], *known[:at], *known[at + 1 :]))
        return known[at]
