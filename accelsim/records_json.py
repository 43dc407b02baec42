"""Frozen records as JSON data and back, guided by their type annotations.

Written for results folders: the machine, the layers, the mapping and the prices of a result are
kept whole, so that it can be priced or counted again without the files that it came from.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, Union

from accelsim.errors import Problem, SpecError

Record = TypeVar("Record")


def to_data(value: object) -> Any:
    """Return a record as dicts, lists, numbers and strings; sets are sorted.

    Raises
    ------
    TypeError
        If something in it has no such form.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_data(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(to_data(item) for item in value)
    if isinstance(value, list | tuple):
        return [to_data(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def from_data(kind: type[Record], data: object, where: str) -> Record:
    """Build a record of type ``kind`` from what :func:`to_data` made of one.

    A field that is not there has its default, so that data from before there was such a field can
    be read; one that there is not is refused.

    Parameters
    ----------
    where : str
        What to call ``data`` in a message.

    Raises
    ------
    SpecError
        If the data does not have the form of ``kind``.
    """
    return typing.cast("Record", _build(kind, data, where))


def _build(hint: Any, data: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _build_record(hint, data, where)
    if origin in (Union, types.UnionType):
        return _build_one_of(arguments, data, where)
    if origin is typing.Literal:
        if data not in arguments:
            raise _misfit(where, data, "one of " + ", ".join(map(str, arguments)))
        return data
    if origin is tuple:
        _expect(data, list, where)
        if arguments[-1] is Ellipsis:
            return tuple(_build(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(data))
        if len(data) != len(arguments):
            raise _misfit(where, data, f"{len(arguments)} entries")
        pairs = zip(arguments, data, strict=True)
        return tuple(_build(one, item, f"{where}[{i}]") for i, (one, item) in enumerate(pairs))
    if origin is frozenset:
        _expect(data, list, where)
        return frozenset(_build(arguments[0], item, where) for item in data)
    if origin is not None and issubclass(origin, Mapping):
        _expect(data, dict, where)
        return {key: _build(arguments[1], item, f"{where}.{key}") for key, item in data.items()}
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if hint is int and isinstance(data, bool):
        raise _misfit(where, data, "an integer")
    _expect(data, type(None) if hint is None else hint, where)
    return data


def _build_record(kind: Any, data: Any, where: str) -> Any:
    _expect(data, dict, where)
    odd = sorted((set(data) - set(_hints(kind))) | (_needed(kind) - set(data)))
    if odd:
        raise SpecError(
            [Problem(f"{where}: not the fields of a {kind.__name__}: {', '.join(odd)}")]
        )
    return kind(
        **{
            name: _build(hint, data[name], f"{where}.{name}")
            for name, hint in _hints(kind).items()
            if name in data
        }
    )


def _build_one_of(choices: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in choices:
        return None
    records = [typing.cast("type", one) for one in choices if dataclasses.is_dataclass(one)]
    if isinstance(data, dict):
        fitting = [one for one in records if _needed(one) <= set(data) <= set(_hints(one))]
        if fitting:
            return _build(max(fitting, key=lambda one: len(_needed(one))), data, where)
    for choice in choices:
        if choice not in records and choice is not type(None):
            return _build(choice, data, where)
    names = " or ".join(getattr(choice, "__name__", str(choice)) for choice in choices)
    raise _misfit(where, data, names)


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@cache
def _needed(kind: type) -> frozenset[str]:
    """Return the fields that have no default."""
    missing = dataclasses.MISSING
    return frozenset(
        field.name
        for field in dataclasses.fields(kind)
        if field.default is missing and field.default_factory is missing
    )


def _expect(data: Any, kind: type, where: str) -> None:
    if not isinstance(data, kind):
        raise _misfit(where, data, kind.__name__)


def _misfit(where: str, data: Any, expected: str) -> SpecError:
    got = repr(data) if len(repr(data)) < 60 else type(data).__name__
    return SpecError([Problem(f"{where}: unexpected {got}", got=got, expected=expected)])
