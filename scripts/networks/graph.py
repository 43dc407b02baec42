"""ONNX graphs, written an operator at a time: what the definitions beside this file are made of.

Weights have shapes and no values: they are declared to stand in a file that is never written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import onnx
from onnx import TensorProto, helper

OPSET = 24

EVERY_SCORE = "scores of all pairs of tokens are computed, those that the mask hides too"
"""What is assumed of attention under a causal mask."""


@dataclass(frozen=True)
class Definition:
    """A network as its publication defines it.

    Parameters
    ----------
    build : function of the parameters, by name, that returns the network
    parameters : whole numbers that the workload leaves open, with their usual values
    source : where the numbers come from
    assumptions : what the definition chose where the source leaves a choice
    """

    name: str
    build: Callable[..., Graph]
    source: str
    parameters: Mapping[str, int] = field(default_factory=lambda: {"batch": 1})
    assumptions: Sequence[str] = ()


class Graph:
    """An ONNX graph under construction; values are known by the names of the nodes that make them.

    ``channels`` holds the extent of the axis along which products sum, of each value: axis 1 of
    images, the last of tokens.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[str] = []
        self.tensors: list[Any] = []
        self.channels: dict[str, int] = {}

    def input(self, name: str, *shape: int, channels: int = 0, integers: bool = False) -> str:
        kind = TensorProto.INT64 if integers else TensorProto.FLOAT
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        self.channels[name] = channels
        return name

    def weights(self, name: str, *shape: int) -> str:
        tensor = TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL
        )
        tensor.external_data.add(key="location", value="weights.bin")
        self.tensors.append(tensor)
        return name

    def numbers(self, name: str, *numbers: int) -> str:
        self.tensors.append(helper.make_tensor(name, TensorProto.INT64, [len(numbers)], numbers))
        return name

    def op(self, op: str, name: str, *inputs: str, channels: int = 0, **attributes: Any) -> str:
        """Add a node; it has the channels of its first input, unless said otherwise."""
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        self.channels[name] = channels or self.channels.get(inputs[0], 0)
        return name

    def relu(self, x: str) -> str:
        return self.op("Relu", f"{x}.relu", x)

    def conv(
        self,
        x: str,
        name: str,
        out: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        pad: int | None = None,
    ) -> str:
        """Add a convolution; ``pad`` is that of each side, half of the filter if not given."""
        weights = self.weights(f"{name}.weight", out, self.channels[x] // groups, kernel, kernel)
        pads = [kernel // 2 if pad is None else pad] * 4
        strides = [stride, stride]
        return self.op(
            "Conv", name, x, weights, channels=out, strides=strides, pads=pads, group=groups
        )

    def batch_norm(self, x: str, name: str) -> str:
        size = self.channels[x]
        held = [self.weights(f"{name}.{part}", size) for part in ("scale", "shift", "mean", "var")]
        return self.op("BatchNormalization", name, x, *held)

    def max_pool(
        self, x: str, name: str, kernel: int, stride: int, pad: int = 0, *, ceil: bool = False
    ) -> str:
        return self.op(
            "MaxPool",
            name,
            x,
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[pad] * 4,
            ceil_mode=int(ceil),
        )

    def concat(self, name: str, *values: str) -> str:
        channels = sum(self.channels[value] for value in values)
        return self.op("Concat", name, *values, channels=channels, axis=1)

    def classifier(self, x: str, name: str, out: int) -> str:
        """Add a fully connected layer over one row of values for each image."""
        weights = self.weights(f"{name}.weight", out, self.channels[x])
        return self.op("Gemm", name, x, weights, channels=out, transB=1)

    def linear(self, x: str, name: str, out: int, *, bias: bool = True) -> str:
        """Add a fully connected layer over each token."""
        weights = self.weights(f"{name}.weight", self.channels[x], out)
        x = self.op("MatMul", name, x, weights, channels=out)
        return self.op("Add", f"{name}.bias", x, self.vectors(x, f"{name}.b", 1)) if bias else x

    def vectors(self, x: str, name: str, count: int) -> str:
        """Declare ``count`` vectors as long as tokens are."""
        return self.weights(name, count, self.channels[x])

    def layer_norm(self, x: str, name: str) -> str:
        held = [self.weights(f"{name}.{part}", self.channels[x]) for part in ("scale", "shift")]
        return self.op("LayerNormalization", name, x, *held)

    def embedding(self, tokens: str, name: str, vocabulary: int, size: int) -> str:
        """Add a look-up: a row of a table for each token."""
        table = self.weights(f"{name}.weight", vocabulary, size)
        return self.op("Gather", name, table, tokens, channels=size)

    def one_token(self, x: str, name: str, place: int) -> str:
        """Take one token of each sequence."""
        return self.op("Gather", name, x, self.numbers(f"{name}.place", place), axis=1)

    def rows(self, x: str, name: str) -> str:
        """Return tokens [batch, 1, size] as rows [batch, size]."""
        return self.op("Squeeze", name, x, self.numbers(f"{name}.axes", 1))

    def split(self, x: str, name: str, parts: int) -> list[str]:
        """Split tokens [batch, seq, parts*size] into values of one size."""
        outputs = [f"{name}.{part}" for part in range(parts)]
        self.nodes.append(
            helper.make_node("Split", [x], outputs, name=name, axis=2, num_outputs=parts)
        )
        self.channels |= dict.fromkeys(outputs, self.channels[x] // parts)
        return outputs

    def attention(
        self, name: str, queries: str, keys: str, values: str, heads: int, *, causal: bool = False
    ) -> str:
        """Add attention between tokens [batch, seq, heads*size]."""
        return self.op(
            "Attention",
            name,
            queries,
            keys,
            values,
            q_num_heads=heads,
            kv_num_heads=heads,
            is_causal=int(causal),
        )

    def model(self) -> onnx.ModelProto:
        """Return the whole as a model."""
        outputs = [helper.make_tensor_value_info(name, 1, None) for name in self.outputs]
        graph = helper.make_graph(self.nodes, "graph", self.inputs, outputs, self.tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
