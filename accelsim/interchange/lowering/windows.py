"""Convolutions and pooling, in one to three dimensions.

An input of one dimension is a single row; three dimensions are an einsum with output frames O and
filter frames T beside P, Q, R and S.
"""

from __future__ import annotations

from math import gcd, prod

from accelsim.interchange.lowering.operator import Draft, Operator, Shape, UnmodelledError, bounds
from accelsim.workload.records import distinct_words

OUT, FILTER = "OPQ", "TRS"
"""Output and filter dims of frames, rows and columns."""


def conv(op: Operator) -> list[Draft]:
    """Lower Conv and ConvInteger: inputs, weights."""
    return _conv(op, 1)


def quantised_conv(op: Operator) -> list[Draft]:
    """Lower QLinearConv: inputs with scale and zero point, then weights."""
    return _conv(op, 3)


def _conv(op: Operator, weights: int) -> list[Draft]:
    x, w = op.shape(0), op.shape(weights)
    groups, kernel = op.whole("group", 1), w[2:]
    if len(x) != len(w) or len(x) < 3:
        raise op.refusal(f"has weights of {len(w)} axes for an input of {len(x)}", "equally many")
    if groups < 1 or w[1] * groups != x[1] or w[0] % groups:
        channels = f"{w[0]} filters over {w[1]} channels"
        what = f"has {channels} in {groups} groups for an input of {x[1]} channels"
        raise op.refusal(what, "channels that fit")
    if op.wholes("kernel_shape", kernel) != kernel:
        raise op.refusal("has a kernel_shape that is not that of its weights", str(list(kernel)))
    window = _window(op, x, kernel, (x[0], w[0]))
    reads = {"Inputs": op.input(0), "Weights": op.input(weights)}
    if groups == 1 and window.tiles(x[2:]):
        patches = bounds(M=w[0], N=x[0] * prod(window.out), K=w[1] * prod(kernel))
        return [Draft({"shape": "gemm", **patches}, reads, (op.output,))]
    sizes = {"N": x[0], "G": groups, "M": w[0] // groups, "C": w[1]}
    if len(kernel) > 2:
        keys = window.einsum(sizes, "Weights[{G}M, C, {filter}]", "Inputs[N, {G}C, {input}]", "M")
        return [Draft({**keys, "group": "conv"}, reads, (op.output,), unread=window.unread)]
    shape = "conv" if groups == 1 or w[1] > 1 else "depthwise"
    keys = {"shape": shape, **bounds(**sizes), **window.keys()}
    return [Draft(keys, reads, (op.output,), unread=window.unread)]


def pool(op: Operator) -> list[Draft]:
    """Lower MaxPool, AveragePool and LpPool."""
    x = op.shape(0)
    if len(x) < 3:
        raise op.refusal(f"has an input of {len(x)} axes", "3 to 5")
    kernel = op.positive("kernel_shape", _as_long(op, "kernel_shape", len(x) - 2))
    return [_pool(op, _window(op, x, kernel, x[:2]), x)]


def global_pool(op: Operator) -> list[Draft]:
    """Lower pooling over whole channels."""
    x = op.shape(0)
    if len(x) < 3:
        raise op.refusal(f"has an input of {len(x)} axes", "3 or more")
    return [Draft(reduced(x[0], x[1], prod(x[2:])), {"Inputs": op.input(0)}, (op.output,))]


def reduced(batch: int, outputs: int, each: int) -> dict[str, object]:
    """Return an einsum that makes each output of ``each`` values, which need no order."""
    return {
        "shape": "einsum",
        "dims": {"N": batch, "G": outputs, "K": each},
        "output": "Outputs[N, G]",
        "inputs": ["Inputs[N, G, K]"],
        "op": "alu",
        "group": "pool",
    }


def _as_long(op: Operator, name: str, axes: int) -> Shape:
    if name not in op.node.attributes:
        raise op.refusal(f"has no {name}")
    return (1,) * axes


class _Window:
    """What the windows of an operator are along each spatial axis."""

    def __init__(self, out: Shape, kernel: Shape, strides: Shape, dilations: Shape) -> None:
        self.out, self.kernel = out, kernel
        self.strides, self.dilations = strides, dilations
        self.unread = False

    def tiles(self, read: Shape) -> bool:
        """Tell whether windows of several words meet every word of the input, and each once."""
        whole = tuple(n * r for n, r in zip(self.out, self.kernel, strict=True))
        dense = all(d == 1 for d in self.dilations)
        return dense and prod(self.kernel) > 1 and (self.strides, whole) == (self.kernel, read)

    def keys(self) -> dict[str, object]:
        """Return bounds, stride and dilation as a named shape of two dimensions writes them."""
        (p, q), (r, s) = _pair(self.out), _pair(self.kernel)
        keys = bounds(P=p, Q=q, R=r, S=s)
        for name, numbers in (("stride", self.strides), ("dilation", self.dilations)):
            pair = _pair(numbers)
            if pair != (1, 1):
                keys[name] = pair[0] if pair[0] == pair[1] else list(pair)
        return keys

    def einsum(
        self, sizes: dict[str, int], weights: str, inputs: str, to: str
    ) -> dict[str, object]:
        """Return an einsum over frames, rows and columns.

        Parameters
        ----------
        sizes : bounds of the dims that are not spatial; without G if there is one group
        weights, inputs : tensors, with ``{G}``, ``{filter}`` and ``{input}`` to be filled in
        to : the dims of the output between N, G and the spatial ones
        """
        axes = len(self.out)
        out, filters = OUT[-axes:], FILTER[-axes:]
        read = [
            index_of(((stride, p), (dilation, r)))
            for p, r, stride, dilation in zip(
                out, filters, self.strides, self.dilations, strict=True
            )
        ]
        words = {
            "G": "G, " if sizes["G"] > 1 else "",
            "filter": ", ".join(filters),
            "input": ", ".join(read),
        }
        named = {dim: bound for dim, bound in sizes.items() if dim != "G" or bound > 1}
        dims = (
            named
            | dict(zip(out, self.out, strict=True))
            | dict(zip(filters, self.kernel, strict=True))
        )
        written = ", ".join([*to, *out])
        return {
            "shape": "einsum",
            "dims": dims,
            "output": f"Outputs[N, {words['G']}{written}]",
            "inputs": [text.format(**words) for text in (weights, inputs) if text],
        }


def index_of(terms: tuple[tuple[int, str], ...]) -> str:
    """Return an index as text.

    >>> index_of(((2, "P"), (1, "R"))), index_of(((1, "P"), (-3, "R")))
    ('2*P + R', 'P - 3*R')
    """
    text = ""
    for coefficient, dim in terms:
        sign = " + " if coefficient > 0 else " - "
        size = abs(coefficient)
        text += (sign if text else sign.strip(" +")) + (dim if size == 1 else f"{size}*{dim}")
    return text


def _pair(numbers: Shape) -> tuple[int, int]:
    return (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])


def _window(op: Operator, x: Shape, kernel: Shape, head: Shape) -> _Window:
    """Read strides, dilations and pads, and hold the output's shape against them.

    Parameters
    ----------
    x : shape of the input
    head : what the output's batch and channels must be
    """
    axes = len(kernel)
    if axes > len(OUT):
        raise UnmodelledError(f"{axes} spatial axes")
    ones = (1,) * axes
    strides, dilations = op.positive("strides", ones), op.positive("dilations", ones)
    pads = op.wholes("pads", (0,) * (2 * axes))
    out = op.output_shape()
    if len(out) != len(x) or out[:2] != head:
        raise op.refusal(f"has an output of shape {list(out)}", f"{list(head)} and {axes} axes")
    window = _Window(out[2:], kernel, strides, dilations)
    if op.text("auto_pad", "NOTSET") == "NOTSET":
        padded = [size + pads[i] + pads[i + axes] for i, size in enumerate(x[2:])]
        ceil = bool(op.whole("ceil_mode", 0))
        for size, n, r, u, d in zip(padded, out[2:], kernel, strides, dilations, strict=True):
            steps = size - (r - 1) * d - 1
            fewest, most = steps // u + 1, (-(-steps // u) if ceil else steps // u) + 1
            if steps < 0 or not fewest <= n <= most:
                what = f"has an output of shape {list(out)} for an input of {list(x)}"
                raise op.refusal(what, "what its windows make of it")
        window.unread = any(
            _touched(n, r, u, d) < size
            for size, n, r, u, d in zip(padded, out[2:], kernel, strides, dilations, strict=True)
        )
    return window


def _touched(n: int, r: int, u: int, d: int) -> int:
    divisor = gcd(u, d)
    return distinct_words(u // divisor, d // divisor, n, r)


def _pool(op: Operator, window: _Window, x: Shape) -> Draft:
    reads = {"Inputs": op.input(0)}
    if len(window.out) <= 2:
        keys = {"shape": "pool", **bounds(N=x[0], G=x[1]), **window.keys()}
    else:
        sizes = {"N": x[0], "G": x[1]}
        keys = window.einsum(sizes, "", "Inputs[N, {G}{input}]", "")
        keys |= {"op": "alu", "group": "pool"}
    return Draft(keys, reads, (op.output,), unread=window.unread)
