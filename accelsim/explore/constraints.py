"""``--where``: which points of a space are wanted, as ``area<=2`` or ``array.x*array.y<=256``.

Names are paths that the sweep sets, each worth its number in bits, Hz, pJ, mW or um2, and two
figures of the machine: ``area`` in mm2 and ``pes``, its compute instances.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from accelsim.errors import Problem, UsageError, Where
from accelsim.explore.parameters import quantity
from accelsim.specs.fields import one_of, suggestion

AREA, PES = FIGURES = ("area", "pes")

_SIGNS = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
_WITH_UNIT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?([A-Za-z][\w/]*)")
_FORM = "EXPRESSION <= EXPRESSION (or >=, <, >, ==, !=), as 'array.mesh_x*array.mesh_y<=256'"


@dataclass(frozen=True, slots=True)
class Constraint:
    """A comparison of two expressions."""

    words: str
    left: str
    sign: str
    right: str

    @property
    def names(self) -> frozenset[str]:
        """What it depends on."""
        return frozenset(_names(self._tree(self.left))) | set(_names(self._tree(self.right)))

    @property
    def needs_machine(self) -> bool:
        """Whether the paths alone do not decide it."""
        return bool(self.names & {*FIGURES})

    def holds(self, values: Mapping[str, Fraction | float]) -> bool:
        """Tell whether it holds.

        Raises
        ------
        UsageError
            If it divides by zero, or a value that it names is no number.
        """
        left, right = (self._value(self._tree(side), values) for side in (self.left, self.right))
        return bool(_SIGNS[self.sign](left, right))

    def violation(self, values: Mapping[str, Fraction | float]) -> float:
        """Return by how much it is violated, as a share of the greater side; 0 if it holds.

        >>> read_constraint("pes<=100", []).violation({"pes": 200})
        0.5
        """
        if self.holds(values):
            return 0.0
        left, right = (self._value(self._tree(side), values) for side in (self.left, self.right))
        apart = abs(float(left) - float(right)) / max(abs(float(left)), abs(float(right)), 1e-300)
        return max(apart, 1e-9)

    def fault(self, what: str, expected: str = "", hint: str = "") -> UsageError:
        """Return the error of something wrong with it."""
        where = Where(f"--where {self.words}")
        return UsageError(Problem(what, where, expected=expected, hint=hint))

    def _tree(self, side: str) -> ast.expr:
        try:
            return ast.parse(side.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self.fault("not a constraint", _FORM) from None

    def _value(self, node: ast.expr, values: Mapping[str, Fraction | float]) -> Fraction | float:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return Fraction(str(node.value))
        if isinstance(node, ast.Name | ast.Attribute):
            name = ast.unparse(node)
            if name not in values:
                raise self.fault(f"'{name}' is not a number at every point")
            return values[name]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._value(node.operand, values)
        if isinstance(node, ast.BinOp):
            left, right = self._value(node.left, values), self._value(node.right, values)
            if type(node.op) in _OPERATORS:
                value: Fraction | float = _OPERATORS[type(node.op)](left, right)
                return value
            if isinstance(node.op, ast.Div):
                if right == 0:
                    raise self.fault("it divides by 0")
                return left / right
        raise self.fault("not a constraint", _FORM)


def read_constraint(
    words: str, paths: Collection[str], measures: Collection[str] = ()
) -> Constraint:
    """Read a ``--where`` option; ``paths`` are those that are set, ``measures`` what is found out.

    >>> size = read_constraint("glb.size <= 64KiB", ["glb.size"])
    >>> size.holds(values_of({"glb.size": "0.5MiB"})), size.holds(values_of({"glb.size": "1KiB"}))
    (False, True)

    Raises
    ------
    UsageError
        If it is no constraint, or names something else.
    """
    parts = re.split("(" + "|".join(_SIGNS) + ")", words)
    if len(parts) != 3:
        problem = Problem("not a constraint", Where(f"--where {words}"), expected=_FORM)
        raise UsageError(problem)
    left, sign, right = parts
    area = "area" in re.findall(r"\w+", words)
    found = Constraint(words, _in_first_unit(left, area), sign, _in_first_unit(right, area))
    known = dict.fromkeys([*paths, *FIGURES, *measures])
    for name in sorted(found.names):
        if name not in known:
            raise found.fault(
                f"'{name}' is not varied or set here", one_of([*known]), suggestion(name, [*known])
            )
    found_values = dict.fromkeys(known, Fraction(1, 7))
    found.holds(found_values)  # whatever has no sense shows now
    return found


def values_of(settings: Mapping[str, str]) -> dict[str, Fraction]:
    """Return the numbers among settings, in the first unit of their dimension."""
    worths = {path: quantity(value) for path, value in settings.items()}
    return {path: worth for path, worth in worths.items() if worth is not None}


def _in_first_unit(side: str, area: bool) -> str:
    """Write numbers with units as numbers: bits, Hz, pJ, mW, um2; areas of chips in mm2."""

    def plain(found: re.Match[str]) -> str:
        worth = quantity(found[1] + found[2])
        if worth is None:
            return found[0]
        if area and found[2] in ("um2", "mm2"):
            worth /= 10**6
        return f"({worth.numerator}/{worth.denominator})"

    return _WITH_UNIT.sub(plain, side)


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name | ast.Attribute):
        return [ast.unparse(node)]
    inner = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return [name for child in inner for name in _names(child)]
