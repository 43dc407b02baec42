"""Who is told that kernels are being compiled, which takes a while and happens once."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def tell(listener: Callable[[], None]) -> None:
    """Have ``listener`` called as the first kernel is compiled, if any is: cached ones are not."""
    _listeners.append(listener)


def begins() -> None:
    """Tell everybody, once."""
    while _listeners:
        _listeners.pop()()
