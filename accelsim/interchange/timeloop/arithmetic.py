"""Expressions in Timeloop's files: ``depth * 8``, ``ceil(width / 3)``, over named numbers.

The text is parsed by Python's own parser and walked here; nothing is ever executed.  There are
numbers, names, ``+ - * / // % **``, comparisons and a choice (``a if b > 1 else c``), and calls of
:data:`FUNCTIONS`; no attributes, no subscripts, no other calls.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from accelsim.errors import Problem
from accelsim.units import ValueProblemError, shown

MAX_LENGTH = 500
LARGEST = 2.0**62
MOST_DIGITS = 30

Number = int | float
Lookup = Callable[[str], Number | None]
"""The number that a name stands for, or None."""

FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "abs": abs,
    "ceil": math.ceil,
    "exp": math.exp,
    "float": float,
    "floor": math.floor,
    "gcd": math.gcd,
    "int": int,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "pow": lambda base, exponent: _power(base, exponent),
    "round": lambda value, digits=0: _rounded(value, digits),
    "sqrt": math.sqrt,
    "trunc": math.trunc,
}

_OPERATORS: Mapping[type[ast.AST], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: lambda base, exponent: _power(base, exponent),
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

_FORM = "a number or an expression with + - * / // % ** ( )"


def evaluate(text: str, lookup: Lookup, known: tuple[str, ...] = ()) -> Number:
    """Return the value of ``text``; whole numbers stay whole where they can.

    ``known`` are the names that a message may suggest.

    >>> evaluate("ceil(words / 3) * 2", {"words": 10}.get)
    8

    Raises
    ------
    ValueProblemError
        If it is no such expression, a name is unknown, or the value is none or too large.
    """
    if len(text) > MAX_LENGTH:
        what = f"an expression of {len(text)} characters"
        raise ValueProblemError(Problem(what, expected=f"at most {MAX_LENGTH}"))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _no_expression(text) from None
    try:
        value = _Walk(text, lookup, known).value(tree)
    except ValueProblemError:
        raise
    except (ArithmeticError, ValueError, TypeError, RecursionError) as fault:
        what = f"'{shown(text)}' has no value: {shown(str(fault) or type(fault).__name__)}"
        raise ValueProblemError(Problem(what)) from None
    return int(value) if isinstance(value, bool) else value


class _Walk:
    def __init__(self, text: str, lookup: Lookup, known: tuple[str, ...]) -> None:
        self.text, self.lookup, self.known = text, lookup, known

    def value(self, node: ast.expr) -> Number:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return self.bounded(node.value)
        if isinstance(node, ast.Name):
            return self.named(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = self.value(node.operand)
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return self.applied(type(node.op), self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS:
            right = self.value(node.comparators[0])
            return self.applied(type(node.ops[0]), self.value(node.left), right)
        if isinstance(node, ast.IfExp):
            return self.value(node.body if self.value(node.test) else node.orelse)
        if isinstance(node, ast.Call):
            return self.called(node)
        raise _no_expression(self.text)

    def applied(self, operation: type[ast.AST], left: Number, right: Number) -> Number:
        return self.bounded(_OPERATORS[operation](left, right))

    def called(self, node: ast.Call) -> Number:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS or node.keywords:
            called = f"'{name}'" if name else "something that has no name"
            what = f"'{shown(self.text)}' calls {called}"
            raise ValueProblemError(Problem(what, expected=f"one of {', '.join(FUNCTIONS)}"))
        return self.bounded(FUNCTIONS[name](*map(self.value, node.args)))

    def named(self, name: str) -> Number:
        value = self.lookup(name)
        if value is None:
            close = get_close_matches(name[:40], self.known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else ""
            what = f"unknown name '{shown(name)}' in '{shown(self.text)}'"
            raise ValueProblemError(Problem(what, got=name, hint=hint))
        return value

    def bounded(self, value: Number) -> Number:
        if not abs(value) <= LARGEST:
            what = f"'{shown(self.text)}' is too large"
            raise ValueProblemError(Problem(what, expected="at most 2^62"))
        return value


def _rounded(value: Number, digits: Number) -> Number:
    """Round to a number of digits, to whole numbers without one."""
    if digits != int(digits) or not 0 <= digits <= MOST_DIGITS:
        raise ValueError(f"digits are 0 to {MOST_DIGITS}")
    return round(value, int(digits)) if digits else round(value)


def _power(base: Number, exponent: Number) -> Number:
    """Raise to a power, in floating point first, so that nothing large is ever made."""
    try:
        rough = float(base) ** float(exponent)
    except OverflowError:
        rough = math.inf
    if isinstance(rough, complex) or not abs(rough) <= LARGEST:
        raise OverflowError("it is too large")
    whole = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0
    return base**exponent if whole else rough


def _no_expression(text: str) -> ValueProblemError:
    problem = Problem(f"'{shown(text)}' is not a number", got=text, expected=_FORM)
    return ValueProblemError(problem)
