r"""Transposed convolution, written by phases so that it is one einsum with affine indices.

Along an axis with stride U, output o takes filter r to input i where o + pad = U*i + r.  With
o + pad = U*p' + f and r = U*r' + f, of the same phase f < U, this is i = p' - r'.  So the dims are
p', r' and f (P, R and E for rows), the ranks are P and E of the outputs, R and E of the weights,
P - R of the inputs.  The filter is padded to whole multiples of U, and the outputs to whole
multiples of U from U*floor(pad/U) on; a dilated filter under a stride is padded with the zeros
between its rows.  The operations of all this padding are in the layer and reported apart; as in
a convolution, padded *inputs* are not.
"""

from __future__ import annotations

from math import prod

from accelsim.interchange.lowering.operator import Draft, Operator, Shape, UnmodelledError
from accelsim.interchange.lowering.windows import FILTER, OUT, index_of

PHASE = "DEF"
"""Dims of the phases of frames, rows and columns."""


class _Axis:
    """One spatial axis: bounds of its dims, and the operations of a channel that are not padding.

    Parameters
    ----------
    out, kernel : extents of output and filter
    stride, dilation, pad : of the operator; ``pad`` before the first output
    """

    def __init__(self, out: int, kernel: int, stride: int, dilation: int, pad: int) -> None:
        self.phases = stride
        if stride == 1:
            self.out, self.filter, self.step = out, kernel, dilation
            self.real = out * kernel
            return
        self.step = 1
        extent = (kernel - 1) * dilation + 1
        self.filter = -(-extent // stride)
        self.out = (pad + out - 1) // stride - pad // stride + 1
        per_phase = [0] * stride
        for r in range(0, extent, dilation):
            per_phase[r % stride] += 1
        self.real = sum(
            n * (_multiples(pad + out, f, stride) - _multiples(pad, f, stride))
            for f, n in enumerate(per_phase)
        )

    @property
    def counted(self) -> int:
        return self.out * self.phases * self.filter


def _multiples(stop: int, phase: int, stride: int) -> int:
    """Return how many of 0, 1, ..., stop - 1 are ``phase`` modulo ``stride``."""
    return max(0, -(-(stop - phase) // stride))


def conv_transpose(op: Operator) -> list[Draft]:
    """Lower ConvTranspose."""
    x, w = op.shape(0), op.shape(1)
    out, groups = op.output_shape(), op.whole("group", 1)
    kernel = w[2:]
    axes = len(kernel)
    if len(x) != len(w) or len(x) < 3:
        raise op.refusal(f"has weights of {len(w)} axes for an input of {len(x)}", "equally many")
    if axes > len(OUT):
        raise UnmodelledError(f"{axes} spatial axes")
    if groups < 1 or w[0] != x[1] or x[1] % groups:
        what = f"has weights for {w[0]} channels in {groups} groups, and an input of {x[1]}"
        raise op.refusal(what, "channels that fit")
    if op.wholes("kernel_shape", kernel) != kernel:
        raise op.refusal("has a kernel_shape that is not that of its weights", str(list(kernel)))
    if len(out) != len(x) or out[:2] != (x[0], w[1] * groups):
        expected = f"{[x[0], w[1] * groups]} and {axes} axes"
        raise op.refusal(f"has an output of shape {list(out)}", expected)
    ones = (1,) * axes
    strides, dilations = op.positive("strides", ones), op.positive("dilations", ones)
    pads = _pads(op, x, out, kernel, strides, dilations)
    spatial = [
        _Axis(*numbers) for numbers in zip(out[2:], kernel, strides, dilations, pads, strict=True)
    ]
    sizes = {"N": x[0], "G": groups, "M": w[1], "C": x[1] // groups}
    return [Draft(_einsum(sizes, spatial), _reads(op), (op.output,))]


def _reads(op: Operator) -> dict[str, str]:
    return {"Weights": op.input(1), "Inputs": op.input(0)}


def _pads(
    op: Operator, x: Shape, out: Shape, kernel: Shape, strides: Shape, dilations: Shape
) -> list[int]:
    """Return the outputs cut off before the first of each axis: as stated, or from the shapes."""
    axes = len(kernel)
    auto = op.text("auto_pad", "NOTSET")
    more = op.wholes("output_padding", (0,) * axes)
    stated = op.wholes("pads", (0,) * (2 * axes))
    found = []
    for i in range(axes):
        whole = strides[i] * (x[i + 2] - 1) + more[i] + (kernel[i] - 1) * dilations[i] + 1
        cut = whole - out[i + 2]
        if auto != "NOTSET" or "output_shape" in op.node.attributes:
            half = max(0, cut) // 2
            found.append(max(0, cut) - half if auto == "SAME_LOWER" else half)
        else:
            if stated[i] < 0 or cut != stated[i] + stated[i + axes]:
                what = f"has an output of shape {list(out)} for an input of {list(x)}"
                raise op.refusal(what, "what its filters make of it")
            found.append(stated[i])
    return found


def _einsum(sizes: dict[str, int], spatial: list[_Axis]) -> dict[str, object]:
    axes = len(spatial)
    dims = {dim: bound for dim, bound in sizes.items() if dim != "G" or bound > 1}
    named = list(zip(OUT[-axes:], FILTER[-axes:], PHASE[-axes:], spatial, strict=True))
    written, filters, read = [], [], []
    for p, r, f, its in named:
        dims |= {p: its.out, r: its.filter}
        if its.phases > 1:
            dims[f] = its.phases
        phase = [f] if its.phases > 1 else []
        written += [p, *phase]
        filters += [r, *phase]
        read.append(index_of(((1, p), (-its.step, r))))
    g = ["G"] if sizes["G"] > 1 else []
    keys: dict[str, object] = {
        "shape": "einsum",
        "dims": dims,
        "output": f"Outputs[{', '.join(['N', *g, 'M', *written])}]",
        "inputs": [
            f"Weights[{', '.join([*g, 'C', 'M', *filters])}]",
            f"Inputs[{', '.join(['N', *g, 'C', *read])}]",
        ],
        "group": "conv",
    }
    channels = prod(sizes.values())
    counted = channels * prod(its.counted for its in spatial)
    padded = counted - channels * prod(its.real for its in spatial)
    if padded:
        keys["assumed"] = (
            f"a transposed convolution by phases: {padded:,} of its {counted:,} operations are "
            "those of filters and outputs padded to whole strides"
        )
    return keys
