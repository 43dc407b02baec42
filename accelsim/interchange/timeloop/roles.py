"""Data-spaces by the roles under which our memories know tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accelsim.interchange.timeloop.sources import Sources
from accelsim.roles import ROLES, Role
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import shown
from accelsim.yamldoc import Node


class Roles:
    """By which role memories know each data-space.

    Parameters
    ----------
    any_name : where the problem is not known, pass over data-spaces of other names than the roles
    """

    def __init__(
        self, sources: Sources, known: Mapping[str, Role] | None, any_name: bool = False
    ) -> None:
        self.sources = sources
        self.known: Mapping[str, Role] = known or {role: role for role in ROLES}
        self.guessed = known is None
        self.any_name = any_name and self.guessed

    def of(self, names: Sequence[tuple[str, Node]]) -> set[str]:
        """Return the roles of some data-spaces; one that is not known is a fault."""
        roles: set[str] = set()
        for name, node in names:
            if name == "*":
                roles |= {*self.known.values()}
            elif name in self.known:
                roles.add(self.known[name])
            elif self.any_name:
                what = f"'{shown(name)}' is a data-space of a problem that is not given, left out"
                self.sources.note(node, what)
            else:
                self.unknown(name, node)
        return roles

    def unknown(self, name: str, node: Node) -> None:
        hint = suggestion(name, list(self.known))
        if self.guessed:
            hint = hint or "give the problem together with the architecture"
        what = f"unknown data-space '{shown(name)}'"
        self.sources.fault(node, what, one_of(list(self.known)), hint)
