"""Dictionaries of records: what was found out about a record stays true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn


class FrozenDict(dict[Any, Any]):
    """A dictionary that cannot be changed.

    >>> FrozenDict(mac=1.0)["mac"] = 2.0
    Traceback (most recent call last):
    TypeError: records cannot be changed, nor their dictionaries: dataclasses.replace makes others
    """

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            "records cannot be changed, nor their dictionaries: dataclasses.replace makes others"
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def freeze_dicts(record: Any) -> None:
    """Make the dictionaries of a record, and those in them, such that cannot be changed."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Mapping):
            object.__setattr__(record, field.name, _frozen(value))


def _frozen(value: Mapping[Any, Any]) -> FrozenDict:
    if isinstance(value, FrozenDict):
        return value
    return FrozenDict(
        {key: _frozen(its) if isinstance(its, Mapping) else its for key, its in value.items()}
    )
