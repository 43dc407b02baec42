"""Which ATen operator is which operator of ONNX, where only the name differs."""

from __future__ import annotations

SAME_INPUTS = {
    # arithmetic and functions of one value
    **{name: name.capitalize() for name in ("add", "sub", "mul", "div", "pow", "where", "mod")},
    **{name: name.capitalize() for name in ("abs", "ceil", "cos", "elu", "erf", "exp", "floor")},
    **{name: name.capitalize() for name in ("gelu", "log", "mish", "neg", "relu", "round", "selu")},
    **{name: name.capitalize() for name in ("sigmoid", "sign", "sin", "softplus", "sqrt", "tanh")},
    "rsub": "Sub",
    "rsqrt": "Reciprocal",
    "reciprocal": "Reciprocal",
    "clamp": "Clip",
    "clamp_min": "Clip",
    "clamp_max": "Clip",
    "hardtanh": "Clip",
    "relu6": "Clip",
    "leaky_relu": "LeakyRelu",
    "prelu": "PRelu",
    "hardswish": "HardSwish",
    "hardsigmoid": "HardSigmoid",
    "silu": "Swish",
    "maximum": "Max",
    "minimum": "Min",
    "masked_fill": "Where",
    "cumsum": "CumSum",
    "eq": "Equal",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "lt": "Less",
    "le": "LessOrEqual",
    "logical_and": "And",
    "logical_or": "Or",
    "logical_not": "Not",
    # normalisations
    "batch_norm": "BatchNormalization",
    "group_norm": "GroupNormalization",
    "instance_norm": "InstanceNormalization",
    "layer_norm": "LayerNormalization",
    "rms_norm": "RMSNormalization",
    "log_softmax": "LogSoftmax",
    "softmax": "Softmax",
    # reductions
    "mean": "ReduceMean",
    "sum": "ReduceSum",
    "amax": "ReduceMax",
    "amin": "ReduceMin",
    "prod": "ReduceProd",
    "argmax": "ArgMax",
    "argmin": "ArgMin",
    # products
    "matmul": "MatMul",
    "mm": "MatMul",
    "bmm": "MatMul",
    "mv": "MatMul",
    # look-ups
    "embedding": "Gather",
    "gather": "GatherElements",
    "index": "GatherND",
    "index_select": "Gather",
    # resizing
    **dict.fromkeys(
        (
            *("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"),
            *("upsample_bilinear2d", "upsample_bicubic2d", "upsample_linear1d"),
        ),
        "Resize",
    ),
}

VIEWS = frozenset(
    {
        *("_to_copy", "alias", "cat", "chunk", "clone", "concat", "constant_pad_nd", "contiguous"),
        *("detach", "detach_", "dropout", "expand", "expand_as", "feature_dropout", "flatten"),
        *("lift_fresh_copy", "movedim", "narrow", "pad", "permute", "pixel_shuffle", "repeat"),
        *("pixel_unshuffle", "reshape", "select", "slice", "split", "split_with_sizes", "squeeze"),
        *("stack", "swapaxes", "t", "tile", "to", "transpose", "tril", "triu", "type_as"),
        *("unbind", "unflatten", "unsqueeze", "view", "view_as"),
    }
)
"""Whoever reads what they make reads the words that they read."""
