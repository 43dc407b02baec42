"""Prices that one technology file states twice, in two ways."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from accelsim.errors import Problem
from accelsim.technology.estimators.contract import without_kind
from accelsim.technology.estimators.stated import IN_ACCESS
from accelsim.yamldoc import Document, Keys

SECTIONS = ("prices", "curves", "macs", "compounds")

T = TypeVar("T")


def contradictions(document: Document) -> list[Problem]:
    """Return a problem for every action of a component that a file prices in two places.

    ``access`` stands for what is not spelt out, in the same section or an earlier one of
    :data:`SECTIONS`; one that stands before what is spelt out would hide it.
    """
    problems: list[Problem] = []
    seen: dict[tuple[str, str], Keys] = {}
    for keys, component, action in _priced(document):
        same = seen.get((component, action))
        hidden = seen.get((component, "access")) if action in IN_ACCESS else None
        earlier = same or (hidden if hidden and hidden[0] != keys[0] else None)
        if earlier is not None:
            first = document.where_key(earlier)
            what = f"{component}.{action} has two prices"
            also = f"the other: `{earlier[0]}` in line {first.line}"
            problems.append(Problem(what, document.where_key(keys), expected=f"one; {also}"))
        seen.setdefault((component, action), keys)
    return problems


def _priced(document: Document) -> Iterator[tuple[Keys, str, str]]:
    """Yield (place, component, action) of every price of a file."""
    for section in SECTIONS:
        described = document.node((section,))
        components = described.value if described else None
        for component, its in components.items() if isinstance(components, dict) else ():
            inside = ("actions",) if section == "compounds" else ()
            actions = its.inside("actions") if inside else its
            for action in actions.value if actions and isinstance(actions.value, dict) else ():
                yield (section, component, *inside, action), component, without_kind(action)


def without(
    below: Mapping[str, Mapping[str, T]], *above: Mapping[str, object]
) -> dict[str, dict[str, T]]:
    """Return prices of a table that another starts from, without what that one prices itself.

    Parameters
    ----------
    above : the sections of the other table; its ``access`` wins over all that is in it
    """
    kept = {}
    for component, actions in below.items():
        priced = {action for section in above for action in _actions(section.get(component))}
        spelt = dict(actions)
        if "access" in spelt and priced & {"access", *IN_ACCESS}:
            whole = spelt.pop("access")
            spelt = {**dict.fromkeys(IN_ACCESS, whole), **spelt}
        gone = priced | (set(IN_ACCESS) if "access" in priced else set())
        kept[component] = {
            action: its for action, its in spelt.items() if without_kind(action) not in gone
        }
    return kept


def _actions(stated: object) -> Collection[str]:
    """Return the actions that a section, or a compound in it, prices of a component."""
    actions = getattr(stated, "actions", stated)
    return {without_kind(action) for action in actions} if isinstance(actions, Mapping) else set()
