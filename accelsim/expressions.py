"""Whole numbers written as expressions over a spec's parameters: ``pes/16``, ``2*batch + 1``.

The text is parsed by Python's own parser and walked here; nothing is ever executed.  Division must
come out whole.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from difflib import get_close_matches

from accelsim.errors import Problem
from accelsim.units import ValueProblemError, shown

MAX_LENGTH = 200
MAX_VALUE = 2**62

_FORM = "a whole number or an expression of parameters with + - * / ( )"


def evaluate(text: str, parameters: Mapping[str, int]) -> int:
    """Return the value of ``text``.

    >>> evaluate("pes/16 - 1", {"pes": 256})
    15

    Raises
    ------
    ValueProblemError
        If it is no such expression, a parameter is unknown, or a division leaves a remainder.
    """
    if len(text) > MAX_LENGTH:
        raise ValueProblemError(
            Problem(f"an expression of {len(text)} characters", expected=f"at most {MAX_LENGTH}")
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueProblemError(
            Problem(f"'{shown(text)}' is not a number", got=text, expected=_FORM)
        ) from None
    return _value(tree, text, parameters)


def _value(node: ast.expr, text: str, parameters: Mapping[str, int]) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return _bounded(node.value, text)
    if isinstance(node, ast.Name):
        if node.id not in parameters:
            raise ValueProblemError(_unknown_parameter(node.id, text, parameters))
        return parameters[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand, text, parameters)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left = _value(node.left, text, parameters)
        right = _value(node.right, text, parameters)
        if isinstance(node.op, ast.Add):
            return _bounded(left + right, text)
        if isinstance(node.op, ast.Sub):
            return _bounded(left - right, text)
        if isinstance(node.op, ast.Mult):
            return _bounded(left * right, text)
        if isinstance(node.op, ast.Div | ast.FloorDiv):
            if right == 0:
                raise ValueProblemError(Problem(f"'{shown(text)}' divides by 0"))
            if left % right:
                raise ValueProblemError(
                    Problem(f"'{shown(text)}' is not whole: {left}/{right} leaves a remainder")
                )
            return left // right
    raise ValueProblemError(Problem(f"'{shown(text)}' is not a number", got=text, expected=_FORM))


def _bounded(value: int, text: str) -> int:
    if abs(value) > MAX_VALUE:
        raise ValueProblemError(Problem(f"'{shown(text)}' is too large", expected="at most 2^62"))
    return value


def _unknown_parameter(name: str, text: str, parameters: Mapping[str, int]) -> Problem:
    what = (
        f"unknown parameter '{shown(name)}' in '{shown(text)}'"
        if text.strip() != name
        else (f"'{shown(name)}' is neither a number nor a parameter")
    )
    known = sorted(parameters)
    close = get_close_matches(name[:40], known, n=1)
    return Problem(
        what,
        got=name,
        expected=_one_of(known) if known else "a whole number: there are no parameters",
        hint=f"did you mean '{close[0]}'?" if close and len(known) > 1 else "",
    )


def _one_of(known: list[str]) -> str:
    return f"one of {', '.join(known)}" if len(known) > 1 else f"'{known[0]}'"


def linear(
    text: str, dims: Mapping[str, object], parameters: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    """Read an index: a sum of dims, each times a whole number.

    >>> linear("stride*P + R", {"P": 1, "R": 1}, {"stride": 2})
    (('P', 2), ('R', 1))

    Raises
    ------
    ValueProblemError
        If it is no such sum, has a constant part, or names an unknown dim.
    """
    text = text.strip()
    try:
        if len(text) > MAX_LENGTH:
            raise ValueError
        tree = ast.parse(text, mode="eval").body
        coefficients, constant = _linear(tree, text, dims, parameters)
    except ValueProblemError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueProblemError(_not_an_index(text)) from None
    if constant:
        raise ValueProblemError(
            Problem(
                f"index '{shown(text)}' has a constant part",
                hint="leave it out: a shifted tensor has as many words",
            )
        )
    return tuple((dim, factor) for dim, factor in coefficients.items() if factor)


def _linear(
    node: ast.expr, text: str, dims: Mapping[str, object], parameters: Mapping[str, int]
) -> tuple[dict[str, int], int]:
    """Return coefficients and constant of a linear form."""
    if isinstance(node, ast.Name) and node.id in dims:
        return {node.id: 1}, 0
    if isinstance(node, ast.Name) and node.id not in parameters:
        known = [*dims, *parameters]
        close = get_close_matches(node.id[:40], known, n=1)
        raise ValueProblemError(
            Problem(
                f"unknown dim '{shown(node.id)}' in index '{shown(text)}'",
                got=node.id,
                expected=_one_of(known) if known else "",
                hint=f"did you mean '{close[0]}'?" if close and len(known) > 1 else "",
            )
        )
    if isinstance(node, ast.Constant | ast.Name):
        return {}, _value(node, text, parameters)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _scaled(_linear(node.operand, text, dims, parameters), -1)
    if isinstance(node, ast.BinOp):
        left = _linear(node.left, text, dims, parameters)
        right = _linear(node.right, text, dims, parameters)
        if isinstance(node.op, ast.Add | ast.Sub):
            right = _scaled(right, -1 if isinstance(node.op, ast.Sub) else 1)
            names = dict.fromkeys([*left[0], *right[0]])
            summed = {dim: left[0].get(dim, 0) + right[0].get(dim, 0) for dim in names}
            return summed, left[1] + right[1]
        if isinstance(node.op, ast.Mult) and not (left[0] and right[0]):
            return _scaled(left, right[1]) if left[0] else _scaled(right, left[1])
    raise ValueProblemError(_not_an_index(text))


def _scaled(form: tuple[dict[str, int], int], factor: int) -> tuple[dict[str, int], int]:
    return {dim: value * factor for dim, value in form[0].items()}, form[1] * factor


def _not_an_index(text: str) -> Problem:
    return Problem(
        f"'{shown(text)}' is not an index", got=text, expected="a sum of dims, as P or 2*P + R"
    )
