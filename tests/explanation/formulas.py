"""Read a formula of an explanation as the sum that it states."""

from __future__ import annotations

import ast
import operator
import re

SIGNS = {ast.Mult: operator.mul, ast.Add: operator.add, ast.Sub: operator.sub}


def value_of(formula: str) -> int:
    """Work a formula out as a reader would: words are read over, ``x`` multiplies.

    >>> value_of("3 instances x 2 sweeps x (12 words + 2 steps x 4 new)")
    120
    """
    signs = formula.replace(",", "").replace(" x ", " * ")
    return _value(ast.parse(re.sub(r"[A-Za-z_]\w*", "", signs).strip(), mode="eval").body)


def _value(node: ast.expr) -> int:
    if isinstance(node, ast.BinOp):
        return int(SIGNS[type(node.op)](_value(node.left), _value(node.right)))
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    return node.value
