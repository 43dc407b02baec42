"""Broken and hostile ONNX files, made from small seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.interchange.models import FLOAT, INT64, model, named, node, onnx, weights

Case = tuple[str, Callable[[], bytes]]

SMALL = {"x": (1, 4, 8, 8)}


def sound() -> Any:
    return model([node("Conv", "x w", "y")], SMALL, {"w": (8, 4, 3, 3)})


def conv(**attributes: Any) -> Any:
    return model([node("Conv", "x w", "y", **attributes)], SMALL, {"w": (8, 4, 3, 3)})


def operator(op: str, *shapes: tuple[int, ...], opset: int = 18, **attributes: Any) -> Any:
    inputs = {f"i{number}": shape for number, shape in enumerate(shapes)}
    stated = onnx.helper.make_tensor_value_info("z", FLOAT, (1,))
    made = [node(op, " ".join(inputs), "z", **attributes), named("end", node("Relu", "z", "y"))]
    return model(made, inputs, opset=opset, value_info=[stated])


def key(number: int, wire: int = 2) -> bytes:
    return varint(number << 3 | wire)


def varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def message(number: int, body: bytes) -> bytes:
    return key(number) + varint(len(body)) + body


def many(part: bytes, times: int, *around: int) -> bytes:
    """Return a model with ``part`` repeated inside messages of these field numbers."""
    body = part * times
    for number in reversed(around):
        body = message(number, body)
    return body


def truncated() -> Iterator[Case]:
    whole = model(
        [node("Conv", "x w", "a", strides=[2, 2]), named("r", node("Relu", "a", "y"))],
        SMALL,
        {"w": (8, 4, 3, 3)},
    ).graph.SerializeToString()
    whole = message(7, whole)
    for stop in range(1, len(whole), len(whole) // 36):
        yield f"cut after byte {stop}", partial(bytes, whole[:stop])


def no_model() -> Iterator[Case]:
    texts = {
        "empty": b"",
        "a text": b"kind: workload\nname: x\n",
        "an archive": b"PK\x03\x04" + bytes(60),
        "compressed": b"\x1f\x8b\x08\x00" + bytes(range(200)),
        "zeros": bytes(1000),
        "ones": b"\xff" * 1000,
        "no graph": b"\x08\x08",
        "a claim of 10^18 bytes": key(7) + varint(10**18),
        "a number without an end": b"\x08" + b"\x80" * 20,
        "group fields": b"\x0b\x0c" * 20,
        "names that are no text": message(
            7, message(1, message(1, b"\xff\xfe") + message(4, b"Relu"))
        ),
    }
    for name, raw in texts.items():
        yield name, partial(bytes, raw)


def too_many() -> Iterator[Case]:
    yield "10^7 nodes", lambda: many(b"\x0a\x00", 10**7, 7)
    yield "10^7 initializers", lambda: many(b"\x2a\x00", 10**7, 7)
    yield "10^7 inputs of a node", lambda: many(b"\x0a\x00", 10**7, 7, 1)
    yield "10^7 attributes", lambda: many(b"\x2a\x00", 10**7, 7, 1)
    yield "10^7 dims one by one", lambda: many(b"\x08\x01", 10**7, 7, 5)
    yield "a name of 40 MiB", lambda: many(b"x", 40 * 2**20, 7, 1, 3)
    yield "200 graphs in each other", lambda: _nested(200)
    yield "a function that calls itself", lambda: _functions({"f": ["f"]}).SerializeToString()
    yield (
        "functions in a circle",
        lambda: _functions({"f": ["g"], "g": ["h"], "h": ["f"]}).SerializeToString(),
    )
    chain = {f"f{n}": [f"f{n + 1}"] * 10 for n in range(40)} | {"f40": ["Relu"]}
    yield "functions of 10^40 nodes", lambda: _functions(chain, "f0").SerializeToString()


def large() -> Iterator[tuple[str, Any]]:
    """Yield sound graphs that would grow without end once they are read."""
    same = [node("Sigmoid", "x", f"y{n}") for n in range(20_000)]
    yield "20,000 nodes of one name", model(same, SMALL, outputs=["y7"])
    parts, joined = [], "x"
    for n in range(1500):
        parts += [node("Sigmoid", "x", f"s{n}"), node("Concat", f"{joined} s{n}", f"c{n}", axis=0)]
        joined = f"c{n}"
    yield "1,500 layers joined one by one", model(parts, SMALL, outputs=[joined])
    many_inputs = {f"x{n}": (1,) for n in range(3000)}
    yield "3,000 inputs", model([node("Max", " ".join(many_inputs), "y")], many_inputs)
    yield "100,000 axes", model([node("Relu", "x", "y")], {"x": (2,) * 100_000})
    held = {"w": (3,) * 1000}
    yield "weights of 1,000 axes", model([node("Mul", "x w", "y")], SMALL, held)
    more = [node("Unsqueeze", "x axes", "y")]
    axes = onnx.helper.make_tensor("axes", INT64, [200], list(range(200)))
    yield "200 axes more", model(more, SMALL, tensors=[axes])


def _nested(depth: int) -> bytes:
    body = message(1, message(4, b"Relu"))
    for _ in range(depth):
        body = message(1, message(4, b"If") + message(5, message(6, body) + b"\xa0\x01\x05"))
    return message(7, body)


def _functions(bodies: dict[str, list[str]], called: str = "f") -> Any:
    made = []
    for name, calls in bodies.items():
        domains = {True: "custom", False: ""}
        body = [
            onnx.helper.make_node(call, ["a"], [f"b{n}"], domain=domains[call in bodies])
            for n, call in enumerate(calls)
        ]
        opsets = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("custom", 1)]
        made.append(onnx.helper.make_function("custom", name, ["a"], ["b0"], body, opsets))
    return model(
        [onnx.helper.make_node(called, ["x"], ["y"], domain="custom")], SMALL, functions=made
    )


def graphs() -> Iterator[tuple[str, Any]]:
    relu = [named(f"r{n}", node("Relu", f"a{n}", f"a{(n + 1) % 5}")) for n in range(5)]
    yield "a circle", model([*relu, node("Add", "x a0", "y")], SMALL)
    yield "a node that reads itself", model([node("Add", "x y", "y")], SMALL)
    yield "a value that nothing writes", model([node("Add", "x gone", "y")], SMALL)
    yield "an output that nothing writes", model([node("Relu", "x", "z")], SMALL)
    twice = [named("a", node("Relu", "x", "y")), named("b", node("Neg", "x", "y"))]
    yield "a value written twice", model(twice, SMALL)
    yield "an input that is written", model([node("Relu", "x", "x")], SMALL, outputs=["x"])
    yield "no nodes", model([], SMALL, outputs=["x"])
    yield "no layers", model([node("Identity", "x", "y")], SMALL)
    yield "a dim without a size", model([node("Relu", "x", "y")], {"x": ("batch", 3)})
    yield "a dim without a name", model([node("Relu", "x", "y")], {"x": (None, 3)})
    for size in (-1, 0, -(10**18), 10**18, 2**63 - 1):
        yield f"an input of {size}", model([node("Relu", "x", "y")], {"x": (1, size)})
        if size:
            held = {"w": (8, size, 3, 3)}
            yield f"weights of {size}", model([node("Conv", "x w", "y")], SMALL, held)
    stated = onnx.helper.make_tensor_value_info("y", FLOAT, (1, -5))
    other = [node("Other", "x", "y", domain="custom"), named("r", node("Relu", "y", "z"))]
    yield "a value of -5", model(other, SMALL, outputs=["z"], value_info=[stated])
    wide = {"a": (2**20, 2**20), "b": (2**20, 2**21)}
    yield "2^61 operations", model([node("MatMul", "a b", "y")], wide)
    yield "a bound of 2^60", model([node("ReduceSum", "x", "y")], {"x": (2**20, 2**20, 2**20)})


def external() -> Iterator[tuple[str, Any]]:
    places = (
        "../weights.bin",
        "/etc/passwd",
        "a/../../b",
        "C:\\weights",
        "..\\..\\x",
        "\\\\host\\x",
    )
    for place in places:
        tensor = weights("w", (8, 4, 3, 3))
        tensor.external_data[0].value = place
        yield f"weights at {place}", model([node("Conv", "x w", "y")], SMALL, tensors=[tensor])


def contradictions() -> Iterator[tuple[str, Any]]:
    yield "strides that are no numbers", conv(strides=["a", "b"])
    yield "strides with a point", conv(strides=[1.5, 2.0])
    yield "strides of one", conv(strides=[2])
    yield "strides of 0", conv(strides=[0, 0])
    yield "strides of -1", conv(strides=[-1, -1])
    yield "dilations of 0", conv(dilations=[0, 1])
    yield "dilations of 10^12", conv(dilations=[10**12, 1])
    yield "too few pads", conv(pads=[1, 1])
    yield "pads of 10^18", conv(pads=[10**18] * 4)
    yield "a group of 0", conv(group=0)
    yield "a group of -2", conv(group=-2)
    yield "a group of 3", conv(group=3)
    yield "a group that is a list", conv(group=[1, 1])
    yield "a group with a point", conv(group=1.0)
    yield "another kernel", conv(kernel_shape=[5, 5])
    yield "a kernel of 10^9", conv(kernel_shape=[10**9, 10**9])
    yield "auto_pad that is a number", conv(auto_pad=1)
    held: dict[str, tuple[int, ...]] = {"w": (8, 3, 3, 3)}
    yield "channels that do not fit", model([node("Conv", "x w", "y")], SMALL, held)
    held = {"w": (8, 4, 3)}
    yield "weights of three axes", model([node("Conv", "x w", "y")], SMALL, held)
    held = {"w": (8, 4, 9, 9)}
    yield "a filter larger than the input", model([node("Conv", "x w", "y")], SMALL, held)
    yield "a matrix by another", operator("MatMul", (3, 4), (5, 6))
    yield "batches that do not fit", operator("MatMul", (2, 3, 4), (5, 4, 6))
    yield "a scalar by a matrix", operator("MatMul", (), (5, 6))
    yield "Gemm of three axes", operator("Gemm", (2, 3, 4), (4, 5))
    yield "Gemm that does not fit", operator("Gemm", (2, 3), (4, 5))
    yield "Gemm turned by a text", operator("Gemm", (2, 3), (3, 5), transA="x")
    yield "no equation", operator("Einsum", (2, 3), (3, 4), equation="")
    yield "an equation of too many", operator("Einsum", (2, 3), (3, 4), equation="ij,jk,kl->il")
    yield "an equation of too few letters", operator("Einsum", (2, 3), (3, 4), equation="i,jk->ik")
    yield "letters of two sizes", operator("Einsum", (2, 3), (4, 5), equation="ij,jk->ik")
    yield "a letter from nowhere", operator("Einsum", (2, 3), (3, 4), equation="ij,jk->iz")
    yield (
        "an equation in runes",
        operator("Einsum", (2, 3), (3, 4), equation="\u16a0,\u16a2->\u16a6"),
    )
    yield "LSTM of two axes", operator("LSTM", (5, 1), (1, 8, 3), (1, 8, 2))
    yield "LSTM with three gates", operator("LSTM", (5, 1, 3), (1, 6, 3), (1, 6, 2))
    yield "LSTM of three directions", operator("LSTM", (5, 1, 3), (3, 8, 3), (3, 8, 2))
    yield "GRU of another size", operator("GRU", (5, 1, 3), (1, 6, 3), (1, 6, 2), hidden_size=7)
    yield "pooling without a kernel", operator("MaxPool", (1, 2, 8, 8))
    yield "pooling by 10^9", operator("MaxPool", (1, 2, 8, 8), kernel_shape=[10**9, 1])
    yield "pooling of a vector", operator("GlobalMaxPool", (8,))
    yield "a norm across 0 channels", operator("LRN", (1, 2, 8, 8), size=0)
    yield (
        "transposed by another kernel",
        operator("ConvTranspose", (1, 4, 8, 8), (4, 2, 3, 3), kernel_shape=[2, 2]),
    )
    yield "transposed channels", operator("ConvTranspose", (1, 4, 8, 8), (5, 2, 3, 3))
    yield "transposed by -1", operator("ConvTranspose", (1, 4, 8, 8), (4, 2, 3, 3), strides=[-1, 1])
    yield "shapes that do not broadcast", operator("Add", (3, 4), (5, 4))
    yield (
        "attention in 3 heads of 8",
        operator(
            "Attention", (1, 5, 8), (1, 5, 8), (1, 5, 8), opset=23, q_num_heads=3, kv_num_heads=3
        ),
    )


def cases() -> list[Case]:
    """Return files that must be refused, as (name, what makes the bytes)."""
    models = [*graphs(), *large(), *external(), *contradictions()]
    made: list[Case] = [(name, its.SerializeToString) for name, its in models]
    return [*truncated(), *no_model(), *too_many(), *made]


def bomb(times: int) -> bytes:
    """Return a sound model in which a vector of shapes is doubled that many times."""
    parts = [node("Shape", "x", "s0")]
    for n in range(times):
        parts.append(named(f"c{n}", node("Concat", f"s{n} s{n}", f"s{n + 1}", axis=0)))
    parts += [named("g", node("ReduceSum", f"s{times}", "n")), named("r", node("Relu", "x", "y"))]
    made = model(parts, SMALL, outputs=["y", "n"], kinds={"n": INT64})
    return bytes(made.SerializeToString())
