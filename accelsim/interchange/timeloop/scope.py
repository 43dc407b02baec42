"""Values of Timeloop's files: flags, words, lists, and numbers written as expressions.

An expression may use what stands beside it, what the containers around it pass on, and the
``variables:`` of the files; each name is evaluated when it is asked for, in its own place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accelsim.errors import Problem
from accelsim.interchange.timeloop.arithmetic import Number, evaluate
from accelsim.interchange.timeloop.sources import Sources, plain_key
from accelsim.units import ValueProblemError, shown
from accelsim.yamldoc import Node

LONGEST = 2_000
"""Characters of a word, or of a text with several."""

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


class _SaidError(ValueProblemError):
    """What an expression is made of is at fault, which has been said where it stands."""


@dataclass
class Scope:
    """Named values, those nearest first; ``own`` wins over what is passed on from ``outside``.

    A value is found once, so that one which others hang on twice over does not double the work.
    """

    sources: Sources
    own: Mapping[str, Node] = field(default_factory=dict)
    outside: Scope | None = None
    open: set[str] = field(default_factory=set)
    """Names whose value is being found, so that a circle is seen."""
    found: dict[int, Number] = field(default_factory=dict)
    """Values found by the identity of their nodes."""

    @classmethod
    def of(cls, sources: Sources, node: Node | None, outside: Scope | None = None) -> Scope:
        """Return the scope that a mapping makes; without one, an empty scope."""
        inside = node.value if node is not None else None
        if node is not None and inside is not None and not isinstance(inside, dict):
            sources.fault(node, "these must be keys and values")
        own = inside if isinstance(inside, dict) else {}
        return cls(sources, {plain_key(key): value for key, value in own.items()}, outside)

    def find(self, *names: str) -> tuple[Node, Scope] | None:
        """Return the nearest value of any of some names, and where it was found."""
        for name in names:
            if name in self.own:
                return self.own[name], self
        return self.outside.find(*names) if self.outside else None

    def node(self, *names: str) -> Node | None:
        found = self.find(*names)
        return found[0] if found else None

    def names(self) -> tuple[str, ...]:
        return (*self.own, *(self.outside.names() if self.outside else ()))

    def number(self, *names: str) -> Number | None:
        """Return the number under the first of some names that is stated; None if none is."""
        for name in names:
            found = self.find(name)
            if found is not None:
                node, scope = found
                return scope.value(node, name)
        return None

    def whole(self, *names: str, least: int = 0) -> int | None:
        """Return a whole number, as :meth:`number`; another number is a fault."""
        value = self.number(*names)
        if value is None:
            return None
        if value != int(value) or value < least:
            node = self.node(*names)
            assert node is not None
            what = f"'{names[0]}' is {value:g}"
            self.sources.fault(node, what, f"a whole number of at least {least}")
            return None
        return int(value)

    def value(self, node: Node, name: str = "") -> Number | None:
        """Return the number that a value is, or stands for; a fault, and None, if it is none."""
        raw = node.value
        if isinstance(raw, bool) or raw is None or isinstance(raw, list | dict):
            self.sources.fault(node, f"'{name or shown(node.text)}' is not a number")
            return None
        if isinstance(raw, int | float):
            return raw
        if id(node) in self.found:
            return self.found[id(node)]
        if name in self.open:
            self.sources.fault(node, f"the value of '{name}' hangs on itself")
            return None
        self.open.add(name)
        try:
            value = self.found[id(node)] = evaluate(raw, self._named, self.names())
            return value
        except _SaidError:
            return None
        except ValueProblemError as fault:
            problem = fault.problem
            self.sources.fault(node, problem.what, problem.expected, problem.hint)
            return None
        finally:
            self.open.discard(name)

    def _named(self, name: str) -> Number | None:
        scope: Scope | None = self
        while scope is not None:
            node = scope.own.get(name)
            # A value may be named like the one outside that it is made of.
            if node is not None and not (name in scope.open and scope.outside_knows(name)):
                found = scope.value(node, name)
                if found is None:
                    raise _SaidError(Problem(f"'{name}' has no value"))
                return found
            scope = scope.outside
        return None

    def outside_knows(self, name: str) -> bool:
        return self.outside is not None and self.outside.find(name) is not None

    def flag(self, *names: str, default: bool) -> bool:
        node = self.node(*names)
        return default if node is None else flag(self.sources, node)

    def word(self, *names: str) -> str:
        """Return a text; empty if it is not stated."""
        node = self.node(*names)
        return "" if node is None else word(self.sources, node, names[0])


def flag(sources: Sources, node: Node) -> bool:
    """Read true or false in any of their spellings."""
    said = str(node.value).lower()
    if said not in (*_TRUE, *_FALSE) or isinstance(node.value, list | dict):
        sources.fault(node, f"'{shown(node.text)}' is neither true nor false")
    return said in _TRUE


def word(sources: Sources, node: Node, name: str) -> str:
    """Read a text."""
    if isinstance(node.value, list | dict | bool) or node.value is None:
        sources.fault(node, f"'{name}' must be a word")
        return ""
    text = str(node.text or node.value)
    if len(text) > LONGEST:
        what = f"'{name}' has {len(text):,} characters"
        sources.fault(node, what, f"at most {LONGEST:,}")
        return ""
    return text


def words(sources: Sources, node: Node, name: str) -> list[tuple[str, Node]]:
    """Read a list of words, each with its place; one word, or several in a text, are a list too."""
    if isinstance(node.value, list):
        return [(word(sources, item, name), item) for item in node.value]
    if node.value is None:
        return []
    said = word(sources, node, name)
    return [(one, node) for one in said.replace(",", " ").split()]
