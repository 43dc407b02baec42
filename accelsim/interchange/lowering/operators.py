"""Which operator becomes what; names are those of ONNX."""

from __future__ import annotations

from collections.abc import Callable

from accelsim.interchange.lowering import pointwise, products, recurrent, transposed, windows
from accelsim.interchange.lowering.operator import Draft, Operator

Lower = Callable[[Operator], list[Draft]]

WINDOWS: dict[str, Lower] = {
    "Conv": windows.conv,
    "ConvInteger": windows.conv,
    "QLinearConv": windows.quantised_conv,
    "ConvTranspose": transposed.conv_transpose,
    "MaxPool": windows.pool,
    "AveragePool": windows.pool,
    "LpPool": windows.pool,
    "GlobalMaxPool": windows.global_pool,
    "GlobalAveragePool": windows.global_pool,
    "GlobalLpPool": windows.global_pool,
}

PRODUCTS: dict[str, Lower] = {
    "Gemm": products.gemm,
    "MatMul": products.matmul,
    "MatMulInteger": products.matmul,
    "QLinearMatMul": products.quantised_matmul,
    "Einsum": products.einsum,
    "Attention": products.attention,
    "LSTM": recurrent.lstm,
    "GRU": recurrent.gru,
    "RNN": recurrent.rnn,
}

IN_PLACE = (
    "BatchNormalization",
    "GroupNormalization",
    "Hardmax",
    "InstanceNormalization",
    "LayerNormalization",
    "LogSoftmax",
    "LpNormalization",
    "MeanVarianceNormalization",
    "PRelu",
    "RMSNormalization",
    "RotaryEmbedding",
    "Softmax",
)
"""One value of each value of the first input; the others are parameters."""

AFFINE = frozenset({"Add", "Sub", "Mul", "Div"})
"""With a constant per channel, part of the layer before, as BatchNormalization is."""

ACTIVATIONS = frozenset({"Clip", "LeakyRelu", "PRelu", "Relu", "ThresholdedRelu"})
"""A comparison with a constant: part of the layer before."""

ELEMENTWISE = (
    *("Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Cos", "Cosh"),
    *(
        "CumProd",
        "CumSum",
        "Elu",
        "Erf",
        "Exp",
        "Floor",
        "Gelu",
        "HardSigmoid",
        "HardSwish",
        "IsInf",
    ),
    *(
        "IsNaN",
        "Log",
        "Mish",
        "Neg",
        "Not",
        "Reciprocal",
        "Round",
        "Selu",
        "Shrink",
        "Sigmoid",
        "Sign",
    ),
    *("Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh"),
    *("And", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Equal"),
    *("Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod", "Or"),
    *("Pow", "Sum", "Where", "Xor"),
    *sorted(AFFINE),
    *sorted(ACTIVATIONS - {"PRelu"}),
)

REDUCTIONS = (
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean"),
    *("ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "ArgMax", "ArgMin"),
)

LOWER: dict[str, Lower] = {
    **WINDOWS,
    **PRODUCTS,
    **dict.fromkeys(IN_PLACE, pointwise.in_place),
    **dict.fromkeys(ELEMENTWISE, pointwise.elementwise),
    **dict.fromkeys(REDUCTIONS, pointwise.reduction),
    **dict.fromkeys(("Gather", "GatherElements", "GatherND"), pointwise.looked_up),
    "LRN": pointwise.across_channels,
    "Resize": pointwise.upsampling,
    "Upsample": pointwise.upsampling,
}

VIEWS = frozenset(
    {
        *("Cast", "CastLike", "Concat", "DepthToSpace", "DequantizeLinear", "Dropout"),
        *("DynamicQuantizeLinear", "Expand", "Flatten", "Identity", "Pad", "QuantizeLinear"),
        *(
            "Reshape",
            "Shape",
            "Size",
            "Slice",
            "SpaceToDepth",
            "Split",
            "Squeeze",
            "Tile",
            "Transpose",
        ),
        *("CenterCropPad", "ReverseSequence", "Trilu", "Unsqueeze"),
    }
)
"""Whoever reads what they make reads the words that they read, in another place or form."""

VIEWS_BY_CONSTANTS = frozenset({"Gather", "GatherElements", "GatherND"})
"""Views where constants say which words; else look-ups."""

QUANTISING = frozenset({"QuantizeLinear", "DynamicQuantizeLinear"})
"""Views that are narrower than what they show."""
