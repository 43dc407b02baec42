"""Packages that only an extra brings, imported when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from accelsim.errors import MissingExtraError


def optional(module: str, extra: str) -> Any:
    """Return a module of an optional package.

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    """
    package = module.split(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as fault:
        if fault.name != package:
            raise
        raise MissingExtraError(package, extra) from None
