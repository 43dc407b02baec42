"""Exported programs -> :class:`~accelsim.interchange.graph.Graph`, with operators of ONNX."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from accelsim.interchange.graph import Attribute, Graph, Node, Value
from accelsim.interchange.torch.operators import SAME_INPUTS, VIEWS

BITS = {"torch.int8": 8, "torch.uint8": 8, "torch.int16": 16, "torch.int32": 32}
"""Of quantised values and their sums; other types say nothing of what an accelerator holds."""

Arguments = Mapping[str, Any]


def graph_of(program: Any, name: str, source: str) -> Graph:
    """Return an exported program as a graph.

    Layers are called by the module that they are of, or that has their weights, as
    ``layer1.0.conv1``; where a module has several, or others inside, by that and the operator, as
    ``layer1.0.add``.
    """
    translation = _Translation(program)
    for node in program.graph.nodes:
        translation.node(node)
    return Graph(
        name=name,
        source=source,
        inputs=tuple(program.graph_signature.user_inputs),
        outputs=tuple(filter(None, program.graph_signature.user_outputs)),
        nodes=tuple(translation.nodes),
        values=translation.values,
    )


class _Translation:
    def __init__(self, program: Any) -> None:
        self.inputs = {*program.graph_signature.user_inputs}
        self.parameters = dict(program.graph_signature.inputs_to_parameters)
        self.nodes: list[Node] = []
        self.values: dict[str, Value] = {}
        nodes = [node for node in program.graph.nodes if node.op == "call_function"]
        self.calls = Counter(map(_module, nodes))
        self.holders = {
            str(path) for node in nodes for path, _ in _modules(node)[:-1] if path != _module(node)
        }

    def node(self, node: Any) -> None:
        if node.op == "placeholder":
            self.declare(node.name, node.meta.get("val"), constant=node.name not in self.inputs)
        elif node.op == "get_attr":
            self.declare(node.name, node.meta.get("val"), constant=True)
        elif node.op == "call_function":
            self.call(node)

    def declare(self, name: str, value: Any, constant: bool = False) -> None:
        shape = getattr(value, "shape", None)
        sizes = None
        if shape is not None and all(isinstance(size, int) for size in shape):
            sizes = tuple(int(size) for size in shape)
        bits = BITS.get(str(getattr(value, "dtype", "")))
        self.values[name] = Value(sizes, bits, constant)

    def call(self, node: Any) -> None:
        value = node.meta.get("val")
        if isinstance(value, list | tuple):
            outputs = tuple(f"{node.name}:{index}" for index in range(len(value)))
            for output, one in zip(outputs, value, strict=True):
                self.declare(output, one)
        else:
            outputs = (node.name,)
            self.declare(node.name, value)
        schema = getattr(node.target, "_schema", None)
        if schema is None:  # a Python function: it takes one of several outputs
            read = (f"{node.args[0].name}:{node.args[1]}",) if len(node.args) == 2 else ()
            self.add(node, "Identity", read, outputs)
            return
        if not schema.returns:  # an assertion
            return
        name = _operator(schema)
        given = dict(zip((its.name for its in schema.arguments), node.args, strict=False))
        given |= node.kwargs
        arguments = {its.name: given.get(its.name, its.default_value) for its in schema.arguments}
        if name in TRANSLATE:
            TRANSLATE[name](self, node, arguments, outputs)
        elif name in SAME_INPUTS:
            self.add(node, SAME_INPUTS[name], self.operands(node, arguments), outputs)
        elif name in VIEWS:
            self.add(node, "Identity", tuple(_tensors(arguments.values())), outputs)
        else:
            self.add(node, f"aten.{name}", tuple(_tensors(arguments.values())), outputs)

    def operands(self, node: Any, arguments: Arguments) -> tuple[str, ...]:
        """Return the tensors that a node reads; of an operand that is a number, a constant."""
        read = list(_tensors(arguments.values()))
        if isinstance(arguments.get("other"), int | float):
            number = f"{node.name}.number"
            self.values[number] = Value((), constant=True)
            read.append(number)
        return tuple(read)

    def add(
        self,
        node: Any,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        self.nodes.append(
            Node(self.called(node, op, inputs), op, tuple(inputs), tuple(outputs), attributes or {})
        )

    def called(self, node: Any, op: str, inputs: Sequence[str]) -> str:
        module = _module(node)
        if module and (op == "Attention" or self.is_alone(module)):
            return module
        if op in ("Gemm", "MatMul") and inputs[-1] in self.parameters:
            return re.sub("[._]weight$", "", self.parameters[inputs[-1]])
        schema = getattr(node.target, "_schema", None)
        plain = _operator(schema) if schema else node.name
        return ".".join(filter(None, (module, plain)))

    def is_alone(self, module: str) -> bool:
        """Tell whether a module has one operator, and no module inside."""
        return self.calls[module] == 1 and module not in self.holders

    def derived(self, name: str, shape: Sequence[int], like: str = "") -> str:
        """Declare a value that the program does not have; it is as constant as ``like``."""
        its = self.values.get(like, Value(None))
        self.values[name] = Value(tuple(shape), its.bits, its.constant)
        return name

    def shape(self, name: str) -> tuple[int, ...]:
        return self.values[name].shape or ()


def _operator(schema: Any) -> str:
    """Return the name of an operator, the same in place or not."""
    return str(schema.name).split("::")[-1].removesuffix("_")


def _modules(node: Any) -> list[tuple[str, Any]]:
    """Return the modules that a node is of, the innermost last: paths and classes."""
    return list((node.meta.get("nn_module_stack") or {}).values())


def _module(node: Any) -> str:
    """Return the path of the innermost module that a node is of."""
    stack = _modules(node)
    return str(stack[-1][0]) if stack else ""


def _tensors(arguments: Any) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, list | tuple):
            yield from _tensors(argument)
        elif hasattr(argument, "meta") and hasattr(argument, "name"):
            yield argument.name


def _wide(value: Any, axes: int) -> tuple[int, ...]:
    """Return one number for each axis; a single one is that of all."""
    numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
    return numbers * axes if len(numbers) == 1 else numbers


# --- operators whose arguments differ -------------------------------------------------------------


def _conv(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
    read = (its["input"].name, its["weight"].name)
    axes = len(to.shape(read[1])) - 2
    attributes: dict[str, Attribute] = {
        "strides": _wide(its["stride"], axes),
        "dilations": _wide(its["dilation"], axes),
        "group": its["groups"],
    }
    if isinstance(its["padding"], str):
        attributes["auto_pad"] = {"same": "SAME_UPPER", "valid": "VALID"}[its["padding"]]
    else:
        attributes["pads"] = _wide(its["padding"], axes) * 2
    op = "Conv"
    if "output_padding" in its:
        op = "ConvTranspose"
        attributes["output_padding"] = _wide(its["output_padding"], axes)
    to.add(node, op, read, outputs, attributes)


def _linear(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
    x, weight = its["input"].name, its["weight"].name
    if len(to.shape(x)) == 2:
        to.add(node, "Gemm", (x, weight), outputs, {"transB": 1})
        return
    turned = to.derived(f"{node.name}.turned", to.shape(weight)[::-1], like=weight)
    if weight in to.parameters:
        to.parameters[turned] = to.parameters[weight]
    to.add(node, "Transpose", (weight,), (turned,))
    to.add(node, "MatMul", (x, turned), outputs)


def _plus_product(left: str, right: str) -> Callable[..., None]:
    def translate(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
        to.add(node, "MatMul", (its[left].name, its[right].name), outputs)

    return translate


def _einsum(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
    read = tuple(_tensors(its["tensors"]))
    to.add(node, "Einsum", read, outputs, {"equation": its["equation"]})


def _attention(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
    read = (its["query"].name, its["key"].name, its["value"].name)
    to.add(node, "Attention", read, outputs, {"q_num_heads": 1, "kv_num_heads": 1})


def _pool(op: str) -> Callable[..., None]:
    def translate(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
        x = next(_tensors(its.values()))
        axes = len(to.shape(outputs[0])) - 2
        kernel = _wide(its["kernel_size"], axes)
        attributes: dict[str, Attribute] = {
            "kernel_shape": kernel,
            "strides": _wide(its["stride"], axes) if its.get("stride") else kernel,
            "pads": _wide(its["padding"], axes) * 2,
            "dilations": _wide(its.get("dilation", 1), axes),
            "ceil_mode": int(its["ceil_mode"]),
        }
        to.add(node, op, (x,), outputs, attributes)

    return translate


def _adaptive_pool(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
    x = next(_tensors(its.values()))
    read, written = to.shape(x)[2:], to.shape(outputs[0])[2:]
    if all(size == 1 for size in written):
        to.add(node, "GlobalAveragePool", (x,), outputs)
    elif all(n % m == 0 for n, m in zip(read, written, strict=True)):
        kernel = tuple(n // m for n, m in zip(read, written, strict=True))
        to.add(node, "AveragePool", (x,), outputs, {"kernel_shape": kernel, "strides": kernel})
    else:
        to.add(node, "aten.adaptive_pool of uneven windows", (x,), outputs)


def _recurrent(op: str) -> Callable[..., None]:
    def translate(to: _Translation, node: Any, its: Arguments, outputs: Sequence[str]) -> None:
        parts, directions = 2 + 2 * its["has_biases"], 1 + its["bidirectional"]
        held = list(_tensors(its["params"]))
        if len(held) != parts * directions * its["num_layers"]:  # projections
            to.add(node, f"aten.{op.lower()} with projections", (its["input"].name,), outputs)
            return
        x = its["input"].name
        attributes: dict[str, Attribute] = {
            "layout": int(its["batch_first"]),
            "direction": "bidirectional" if directions == 2 else "forward",
        }
        for layer in range(its["num_layers"]):
            weights = held[layer * parts * directions :]
            w, r = (
                to.derived(f"{node.name}.{part}{layer}", (directions, *to.shape(one)), like=one)
                for part, one in zip("wr", weights, strict=False)
            )
            written = list(outputs)
            if layer < its["num_layers"] - 1:
                hidden = directions * to.shape(r)[2]
                shape = (*to.shape(x)[:2], hidden)
                written = [to.derived(f"{node.name}.y{layer}", shape)]
            to.add(node, op, (x, w, r), written, attributes)
            x = written[0]

    return translate


TRANSLATE: dict[str, Callable[..., None]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _pool("MaxPool")),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _pool("AveragePool")),
    **dict.fromkeys(
        (f"adaptive_{kind}_pool{axes}d" for kind in ("avg", "max") for axes in (1, 2, 3)),
        _adaptive_pool,
    ),
    "linear": _linear,
    "addmm": _plus_product("mat1", "mat2"),
    "baddbmm": _plus_product("batch1", "batch2"),
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
    "lstm": _recurrent("LSTM"),
    "gru": _recurrent("GRU"),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), _recurrent("RNN")),
}
