"""What moves data with cheap operations: elementwise, normalisation, reduction, resizing."""

from __future__ import annotations

from math import prod

from accelsim.interchange.lowering.operator import (
    Draft,
    Operator,
    Shape,
    UnmodelledError,
    bounds,
    indexed,
    named_by_role,
)
from accelsim.interchange.lowering.windows import reduced

DIMS = "IJKLABCDEF"
"""Of einsums over broadcast operands, one for each run of axes that the same operands have."""


def elementwise(op: Operator) -> list[Draft]:
    """Lower an operation on values of the same place, some of them perhaps broadcast.

    Constants of one value, and an operand that occurs twice, are not read again.
    """
    out = op.output_shape()
    read: dict[str, tuple[Shape, bool]] = {}
    for index, name in enumerate(op.node.inputs):
        if name and not (op.is_constant(index) and prod(op.shape(index)) == 1):
            read.setdefault(name, (op.shape(index), op.is_constant(index)))
    if len(read) > 7:
        raise UnmodelledError(f"{len(read)} operands")
    for name, (shape, constant) in read.items():
        aligned = _aligned(op, shape, out)
        if any(n not in (1, m) for n, m in zip(aligned, out, strict=True)):
            raise op.refusal(f"makes {list(out)} of {list(shape)}", "shapes that fit")
        read[name] = aligned, constant
    if not read:
        raise UnmodelledError("no operands")
    names = named_by_role([constant for _, constant in read.values()])
    reads = dict(zip(names, read, strict=True))
    if all(prod(shape) == prod(out) and not constant for shape, constant in read.values()):
        keys = {"shape": "elementwise", **axes_of(out), **bounds(operands=len(read))}
        return [Draft(keys, reads, (op.output,))]
    return [
        Draft(_broadcast(out, dict(zip(names, read.values(), strict=True))), reads, (op.output,))
    ]


def _aligned(op: Operator, shape: Shape, out: Shape) -> Shape:
    """Return a shape with as many axes as the output: its own are the last, or begin at ``axis``.

    The latter is how operators before opset 7 broadcast.
    """
    missing = len(out) - len(shape)
    if missing < 0:
        raise op.refusal(f"makes {list(out)} of {list(shape)}", "shapes that fit")
    before = op.whole("axis", missing) if op.whole("broadcast", 0) and missing else missing
    if not 0 <= before <= missing:
        raise op.refusal(f"has axis {before}", f"0 to {missing}")
    return (1,) * before + shape + (1,) * (missing - before)


def _broadcast(out: Shape, operands: dict[str, tuple[Shape, bool]]) -> dict[str, object]:
    """Return an einsum in which each operand has the axes that are longer than 1 in it."""
    runs: list[tuple[tuple[bool, ...], int]] = []
    for axis, size in enumerate(out):
        if size == 1:
            continue
        has = tuple(shape[axis] > 1 for shape, _ in operands.values())
        if runs and runs[-1][0] == has:
            runs[-1] = (has, runs[-1][1] * size)
        else:
            runs.append((has, size))
    if len(runs) > len(DIMS):
        raise UnmodelledError(f"operands broadcast over {len(runs)} runs of axes")
    dims = DIMS[: len(runs)]
    inputs = []
    for number, name in enumerate(operands):
        own = "".join(dim for dim, (has, _) in zip(dims, runs, strict=True) if has[number])
        inputs.append(indexed(name, own))
    return {
        "shape": "einsum",
        "dims": {dim: size for dim, (_, size) in zip(dims, runs, strict=True)} or {"I": 1},
        "output": f"Outputs[{', '.join(dims)}]",
        "inputs": inputs,
        "op": "alu",
        "group": "elementwise",
    }


def axes_of(shape: Shape) -> dict[str, object]:
    """Return a shape as the dims of an elementwise layer: batch, channels, rows, the rest."""
    if len(shape) < 2:
        return bounds(G=prod(shape))
    n, g, *rest = shape
    return bounds(N=n, G=g, P=rest[0] if rest else 1, Q=prod(rest[1:]))


def in_place(op: Operator) -> list[Draft]:
    """Lower what makes one value of each value of its first input: softmax, normalisations."""
    shape = op.shape(0)
    keys = {"shape": "elementwise", **axes_of(shape)}
    return [Draft(keys, {"Inputs": op.input(0)}, (op.output,))]


def looked_up(op: Operator) -> list[Draft]:
    """Lower Gather by indices that are not known: each value of the output is read once.

    It reads words of a table, or of an activation; the indices are left out.
    """
    keys = {"shape": "elementwise", **axes_of(op.output_shape())}
    return [Draft(keys, {"Inputs": op.input(0)}, (op.output,))]


def across_channels(op: Operator) -> list[Draft]:
    """Lower LRN: a window of ``size`` channels makes each value, as if pooled along channels."""
    shape = op.shape(0)
    if len(shape) < 2:
        raise op.refusal(f"has an input of {len(shape)} axes", "two or more")
    size = op.whole("size", 0)
    if not 1 <= size <= shape[1] * 2:
        raise op.refusal(f"has a size of {size}", "1 or more")
    keys = bounds(N=shape[0], G=prod(shape[2:]), P=shape[1], R=size)
    return [
        Draft({"shape": "pool", **keys, "group": "norm"}, {"Inputs": op.input(0)}, (op.output,))
    ]


def reduction(op: Operator) -> list[Draft]:
    """Lower Reduce* and Arg*: each output is made of as many values as the axes reduced have."""
    whole, kept = op.shape(0), op.output_shape()
    if prod(whole) % prod(kept):
        raise op.refusal(f"makes {list(kept)} of {list(whole)}", "shapes that fit")
    batch = whole[0] if kept and whole and kept[0] == whole[0] else 1
    keys = reduced(batch, prod(kept) // batch, prod(whole) // prod(kept))
    return [Draft(keys, {"Inputs": op.input(0)}, (op.output,))]


def upsampling(op: Operator) -> list[Draft]:
    """Lower Resize and Upsample by whole factors: each word is read, and its copies are written."""
    x, out = op.shape(0), op.output_shape()
    if len(x) != len(out) or any(m % n for n, m in zip(x, out, strict=True)):
        raise UnmodelledError("not by whole factors")
    factors = [m // n for n, m in zip(x, out, strict=True)]
    wide = [axis for axis, size in enumerate(out) if size > 1]
    if len(wide) > 5:
        raise UnmodelledError(f"{len(wide)} axes")
    dims: dict[str, int] = {}
    written, read = [], []
    for axis, (source, copies) in zip(wide, zip("NCHWD", "UVXYZ", strict=True), strict=False):
        dims[source] = x[axis]
        read.append(source)
        written.append(source)
        if factors[axis] > 1:
            dims[copies] = factors[axis]
            written.append(copies)
    keys: dict[str, object] = {
        "shape": "einsum",
        "dims": dims or {"N": 1},
        "output": f"Outputs[{', '.join(written)}]",
        "inputs": [f"Inputs[{', '.join(read)}]"],
        "op": "alu",
        "group": "elementwise",
    }
    return [Draft(keys, {"Inputs": op.input(0)}, (op.output,))]
