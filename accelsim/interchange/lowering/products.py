"""Products of matrices: fully connected layers, attention, einsums."""

from __future__ import annotations

import re

from accelsim.interchange.lowering.operator import (
    Draft,
    Operator,
    Shape,
    UnmodelledError,
    bounds,
    indexed,
    named_by_role,
)


def gemm(op: Operator) -> list[Draft]:
    """Lower Gemm: a fully connected layer if one side is constant, else a product."""
    a, b = op.shape(0), op.shape(1)
    if len(a) != 2 or len(b) != 2:
        raise op.refusal(f"has inputs of {len(a)} and {len(b)} axes", "two each")
    rows, inner = reversed(a) if op.whole("transA", 0) else a
    other, columns = reversed(b) if op.whole("transB", 0) else b
    if inner != other:
        raise op.refusal(f"multiplies {list(a)} by {list(b)}", "axes that fit")
    swapped = op.is_constant(0) and not op.is_constant(1)
    weights, inputs = (0, 1) if swapped else (1, 0)
    features, batch = (rows, columns) if swapped else (columns, rows)
    reads = {"Inputs": op.input(inputs), "Weights": op.input(weights)}
    if op.is_constant(weights):
        keys = {"shape": "fc", **bounds(N=batch, M=features, C=inner)}
    else:
        keys = {"shape": "gemm", **bounds(M=features, N=batch, K=inner)}
    return [Draft(keys, reads, (op.output,))]


def matmul(op: Operator) -> list[Draft]:
    """Lower MatMul and MatMulInteger."""
    return _matmul(op, 0, 1)


def quantised_matmul(op: Operator) -> list[Draft]:
    """Lower QLinearMatMul: each input is followed by its scale and zero point."""
    return _matmul(op, 0, 3)


def _matmul(op: Operator, left: int, right: int) -> list[Draft]:
    """Lower a product over batches.

    Axes of the batch that only one side has are rows (or columns) of it: [B, m, k] x [k, n] is one
    product of B*m rows.  The constant side is the weights; of two activations, the right one.
    """
    a, b = op.shape(left), op.shape(right)
    if not a or not b:
        raise op.refusal("multiplies a scalar", "one axis or more")
    a = (1, *a) if len(a) == 1 else a
    b = (*b, 1) if len(b) == 1 else b
    if a[-1] != b[-2]:
        raise op.refusal(f"multiplies {list(a)} by {list(b)}", "axes that fit")
    axes = max(len(a), len(b))
    batches_a = (1,) * (axes - len(a)) + a[:-2]
    batches_b = (1,) * (axes - len(b)) + b[:-2]
    shared, rows, columns = 1, a[-2], b[-1]
    for one, other in zip(batches_a, batches_b, strict=True):
        if one == other:
            shared *= one
        elif other == 1:
            rows *= one
        elif one == 1:
            columns *= other
        else:
            raise op.refusal(f"multiplies {list(a)} by {list(b)}", "batches that fit")
    swapped = op.is_constant(left) and not op.is_constant(right)
    features, tokens = (rows, columns) if swapped else (columns, rows)
    weights, inputs = (left, right) if swapped else (right, left)
    reads = {"Inputs": op.input(inputs), "Weights": op.input(weights)}
    return [Draft(_product(shared, features, tokens, a[-1]), reads, (op.output,))]


def _product(products: int, features: int, tokens: int, inner: int) -> dict[str, object]:
    """Return ``products`` times Outputs[M, N] += Weights[M, K] * Inputs[K, N]."""
    shape = "gemm" if products == 1 else "bgemm"
    return {"shape": shape, **bounds(B=products, M=features, N=tokens, K=inner)}


def attention(op: Operator) -> list[Draft]:
    """Lower Attention (ONNX opset 23): scores, softmax, weighted sums.

    Queries [batch, heads, seq, size] or [batch, seq, heads*size]; keys and values likewise, with
    fewer heads if several queries share one; past keys and values come first.
    """
    queries, keys, values = (
        _heads(op, index, name)
        for index, name in ((0, "q_num_heads"), (1, "kv_num_heads"), (2, "kv_num_heads"))
    )
    batch, heads, seq, size = queries
    shared = keys[1]
    if keys[0] != batch or keys[3] != size or heads % shared or values[:3] != keys[:3]:
        shapes = ", ".join(str(list(shape)) for shape in (queries, keys, values))
        raise op.refusal(f"has queries, keys and values {shapes}", "shapes that fit")
    context = keys[2] + (op.shape(4)[2] if op.has(4) and len(op.shape(4)) == 4 else 0)
    tokens = seq * (heads // shared)
    past = {index: op.input(index) for index in (4, 5) if op.has(index)}
    present = {
        name: tuple(filter(None, (past.get(index), op.input(index - 3))))
        for name, index in zip(op.node.outputs[1:3], (4, 5), strict=False)
        if name
    }
    scores, softmax = f"{op.output} scores", f"{op.output} softmax"
    group = {"group": "attention"}
    return [
        Draft(
            {**_product(batch * shared, context, tokens, size), **group},
            {"Inputs": op.input(0), "Weights": op.input(1)},
            (scores,),
            "scores",
            beside={"Weights": past[4]} if 4 in past else {},
            shows=present,
        ),
        Draft(
            {"shape": "elementwise", **bounds(N=batch, G=heads, P=seq, Q=context), **group},
            {"Inputs": scores},
            (softmax,),
            "softmax",
        ),
        Draft(
            {**_product(batch * shared, values[3], tokens, context), **group},
            {"Inputs": softmax, "Weights": op.input(2)},
            (op.output,),
            "weighted",
            beside={"Weights": past[5]} if 5 in past else {},
        ),
    ]


def _heads(op: Operator, index: int, attribute: str) -> Shape:
    """Return an input of Attention as [batch, heads, seq, size]."""
    shape = op.shape(index)
    if len(shape) == 4:
        return shape
    heads = op.whole(attribute, 0)
    if len(shape) != 3 or heads < 1 or shape[2] % heads:
        raise op.refusal(f"has an input of shape {list(shape)} in {heads} heads", "shapes that fit")
    return shape[0], heads, shape[1], shape[2] // heads


def einsum(op: Operator) -> list[Draft]:
    """Lower Einsum: each letter is a dim."""
    equation = "".join(op.text("equation", "").split())
    shapes = [op.shape(index) for index in range(len(op.node.inputs))]
    found = re.fullmatch(r"([A-Za-z.,]*)(?:->([A-Za-z.]*))?", equation)
    if not found or found[1].count(",") + 1 != len(shapes):
        raise op.refusal(f"has the equation '{equation[:60]}'", f"one with {len(shapes)} inputs")
    if "..." in equation:
        raise UnmodelledError("an equation with ...")
    terms = found[1].split(",")
    out = found[2]
    if out is None:
        letters = sorted(set(found[1]) - {","})
        out = "".join(letter for letter in letters if found[1].count(letter) == 1)
    dims: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape):
            raise op.refusal(f"indexes {list(shape)} by '{term}'", f"{len(shape)} letters")
        for letter, size in zip(term, shape, strict=True):
            if dims.setdefault(letter, size) != size:
                what = f"has sizes {dims[letter]} and {size} for '{letter}'"
                raise op.refusal(what, "equal ones")
    if not set(out) <= set(dims):
        raise op.refusal(f"writes '{out}'", "letters of its inputs")
    for term in (*terms, out):
        if len(set(term)) < len(term):
            raise UnmodelledError("an equation with a letter twice in one tensor")
    if len(terms) > 7 or len(dims) > 16:
        raise UnmodelledError(f"{len(terms)} inputs over {len(dims)} dims")
    weights = [op.is_constant(index) for index in range(len(terms))]
    if len(terms) == 2 and weights[0] == weights[1]:
        weights = [False, True]
    names = named_by_role(weights)
    keys: dict[str, object] = {
        "shape": "einsum",
        "dims": dims,
        "output": f"Outputs[{', '.join(out)}]",
        "inputs": [indexed(name, term) for name, term in zip(names, terms, strict=True)],
        "op": "mac" if len(terms) > 1 else "alu",
    }
    reads = {name: op.input(index) for index, name in enumerate(names)}
    return [Draft(keys, reads, (op.output,))]
