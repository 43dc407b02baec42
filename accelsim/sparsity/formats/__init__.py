"""Compressed formats: one file each, found by its name.

A format ``kind`` is the module of that name in this folder; its class is a frozen dataclass with
the verb of :class:`~accelsim.sparsity.contract.Encoder`.  A new format is a new file.
"""

from __future__ import annotations

import dataclasses
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, cast

from accelsim.sparsity.contract import Encoder


@dataclass(frozen=True, slots=True)
class Format:
    """A format as a machine states it: its kind, and its parameters by name."""

    kind: str
    parameters: tuple[tuple[str, int], ...] = ()

    @property
    def text(self) -> str:
        """Return it as a person writes it.

        >>> Format("run_length", (("run_bits", 5), ("pack_bits", 64))).text
        'run_length (run_bits 5, pack_bits 64)'
        """
        stated = ", ".join(f"{name} {value}" for name, value in self.parameters)
        return f"{self.kind} ({stated})" if stated else self.kind


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number that a format may be given; without a default it must be."""

    name: str
    meaning: str
    least: int
    default: int | None


def _formats() -> Iterator[tuple[str, type[Any]]]:
    for kind, module in _MODULES.items():
        (its,) = (
            one
            for one in vars(module).values()
            if dataclasses.is_dataclass(one) and getattr(one, "__module__", "") == module.__name__
        )
        yield kind, cast("type[Any]", its)


_MODULES = {
    info.name: import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)
}

KINDS: Mapping[str, type[Any]] = dict(sorted(_formats()))
"""Every format's class by its kind."""


def parameters(kind: str) -> tuple[Parameter, ...]:
    """Return what a kind of format may be given."""
    return tuple(
        Parameter(
            field.name,
            str(field.metadata["meaning"]),
            int(field.metadata.get("least", 1)),
            None if field.default is dataclasses.MISSING else cast("int", field.default),
        )
        for field in dataclasses.fields(KINDS[kind])
    )


@cache
def encoder(form: Format) -> Encoder:
    """Return what encodes in a format."""
    return cast("Encoder", KINDS[form.kind](**dict(form.parameters)))
