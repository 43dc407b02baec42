"""``--where``: which points of a space are wanted, as ``area<=2`` or ``array.x*array.y<=256``.

Names are paths that the sweep sets, each worth its number in bits, Hz, pJ, mW, um2 or bits per
cycle, and figures: ``area`` in mm2 and ``pes``, the compute instances of a machine, and what a
search finds out.  A number may have a unit that something which is named can be given in.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from accelsim.errors import Problem, UsageError, Where
from accelsim.explore.parameters import DIMENSIONS, quantity
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import CHIP_AREA, IN_WORDS, POWER, TIME, Dimension, number, split_unit

AREA, PES = FIGURES = ("area", "pes")

OF_FIGURES = {AREA: CHIP_AREA, "latency": TIME, "seconds": TIME, "power": POWER}
"""Figure -> what it is given in; energies are in the unit of the table."""

MIXED = Dimension("units of different kinds", {}, "", {})
"""Of a path some of whose values are in words, say, and others in bytes."""

_SIGNS = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
_WITH_UNIT = re.compile(
    r"(?<![\w.])(?P<amount>(?>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))"
    r"\s*(?P<unit>[^\W\d_]\w*(?:/cycle\b)?)"
)
"""The group is atomic: the ``e`` of 1e-2 is never a unit."""
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
            value = number(str(node.value))
            if value is None:
                raise self.fault(f"{node.value!r} is out of range")
            return value
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
                found: Fraction | float = _OPERATORS[type(node.op)](left, right)
                return found
            if isinstance(node.op, ast.Div):
                if right == 0:
                    raise self.fault("it divides by 0")
                return left / right
        raise self.fault("not a constraint", _FORM)


def read_constraint(
    words: str,
    paths: Collection[str],
    measures: Collection[str] = (),
    dimensions: Mapping[str, Dimension] = MappingProxyType({}),
) -> Constraint:
    """Read a ``--where`` option.

    >>> sized = dimensions_of([("glb.size", "1MiB")])
    >>> size = read_constraint("glb.size <= 64KiB", ["glb.size"], dimensions=sized)
    >>> size.holds(values_of({"glb.size": "0.5MiB"})), size.holds(values_of({"glb.size": "1KiB"}))
    (False, True)

    Parameters
    ----------
    paths : those that are set
    measures : what is found out
    dimensions : what paths and measures are given in, besides :data:`OF_FIGURES`; others have no
        unit

    Raises
    ------
    UsageError
        If it is no constraint, names something else, or a unit fits nothing that it names.
    """
    parts = re.split("(" + "|".join(_SIGNS) + ")", words)
    if len(parts) != 3:
        problem = Problem("not a constraint", Where(f"--where {words}"), expected=_FORM)
        raise UsageError(problem)
    left, sign, right = parts
    bare = Constraint(words, _WITH_UNIT.sub("1", left), sign, _WITH_UNIT.sub("1", right))
    known = dict.fromkeys([*paths, *FIGURES, *measures])
    for name in sorted(bare.names):
        if name not in known:
            raise bare.fault(
                f"'{name}' is not varied or set here", one_of([*known]), suggestion(name, [*known])
            )
    given_in = {**OF_FIGURES, **dimensions}
    its = {name: given_in[name] for name in sorted(bare.names) if name in given_in}
    for name, dimension in its.items():
        if dimension is MIXED:
            raise bare.fault(
                f"the values of '{name}' are in {MIXED.name}, which cannot be compared",
                hint="give all of them in one unit",
            )
    left, right = (_in_first_unit(side, its, bare) for side in (left, right))
    found = Constraint(words, left, sign, right)
    found_values = dict.fromkeys(known, Fraction(1, 7))
    found.holds(found_values)  # whatever has no sense shows now
    return found


def dimensions_of(settings: Iterable[tuple[str, str]]) -> dict[str, Dimension]:
    """Return what settings are given in, by path; those without a unit are not there.

    :data:`MIXED` stands for more than one.

    >>> {path: its.name for path, its in dimensions_of([("a.size", "1KiB"), ("a.x", "4")]).items()}
    {'a.size': 'a size'}
    """
    found: dict[str, Dimension] = {}
    for path, value in settings:
        unit = split_unit(value)[1]
        dimension = next((its for its in (IN_WORDS, *DIMENSIONS) if unit in its.units), None)
        if dimension is not None and found.setdefault(path, dimension) is not dimension:
            found[path] = MIXED
    return found


def values_of(settings: Mapping[str, str]) -> dict[str, Fraction]:
    """Return the numbers among settings, in the first unit of their dimension.

    What is in words counts words.
    """
    worths = {path: quantity(value) for path, value in settings.items()}
    return {path: worth for path, worth in worths.items() if worth is not None}


def _in_first_unit(side: str, given_in: Mapping[str, Dimension], its: Constraint) -> str:
    """Write numbers with units as numbers in the unit of what is named: ``given_in``, by name."""

    def plain(found: re.Match[str]) -> str:
        amount, unit = number(found["amount"]), found["unit"]
        worths = {dimension.units.get(unit) or 0 for dimension in given_in.values()} - {0}
        if amount is None or not worths:
            raise _unknown_unit(unit, given_in, its)
        if len(worths) > 1:
            hint = "write the number without a unit: area is in mm2, a path in um2"
            raise its.fault(f"'{unit}' could be of {' or of '.join(given_in)}", hint=hint)
        worth = amount * worths.pop()
        return f"({worth.numerator}/{worth.denominator})"

    return _WITH_UNIT.sub(plain, side)


def _unknown_unit(unit: str, given_in: Mapping[str, Dimension], its: Constraint) -> UsageError:
    said, advice = [], dict[str, str]()
    for name, dimension in given_in.items():
        units = [known for known, worth in dimension.units.items() if worth]
        said.append(f"{dimension.name} in one of {', '.join(units)} for '{name}'")
        advice |= {known.lower(): f"did you mean '{known}'?" for known in units}
    bare = ", ".join(f"'{name}'" for name in sorted(its.names) if name not in given_in)
    said += [f"a number without a unit for {bare}"] if bare else []
    hints = [dimension.advice.get(unit, "") for dimension in given_in.values()]
    hint = next(filter(None, hints), advice.get(unit.lower(), ""))
    return its.fault(f"unknown unit '{unit}'", " or ".join(said), hint)


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name | ast.Attribute):
        return [ast.unparse(node)]
    inner = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return [name for child in inner for name in _names(child)]
