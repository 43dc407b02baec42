"""Dataflows as data: rules that restrict what a mapper may choose.

Values only; :mod:`accelsim.mapspace.spec` reads them, :mod:`accelsim.mapspace.space` applies them
to a machine and a layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.arch.rules import Axis, Limit, Rule

__all__ = ["Axis", "Dataflow", "Limit", "Rule"]


@dataclass(frozen=True)
class Dataflow:
    """A named set of rules that a user can copy and change."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    source: str = ""
    assumptions: tuple[str, ...] = ()
