"""MobileNetV2, width 1.0."""

from __future__ import annotations

from networks.graph import Definition, Graph

BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Table 2: expansion t, output channels c, repetitions n, stride s of the first one."""


def mobilenet_v2(batch: int) -> Graph:
    """Build table 2 of the paper, with the inverted residuals of its figure 4d."""
    net = Graph()
    limits = [net.weights(name) for name in ("zero", "six")]

    def conv(x: str, name: str, out: int, kernel: int, stride: int = 1, groups: int = 1) -> str:
        x = net.batch_norm(net.conv(x, name, out, kernel, stride, groups), f"{name}.norm")
        return net.op("Clip", f"{name}.relu6", x, *limits)

    def residual(x: str, name: str, expansion: int, out: int, stride: int) -> str:
        y, index, wide = x, 0, net.channels[x] * expansion
        if expansion > 1:
            y, index = conv(y, f"{name}.conv.0.0", wide, 1), 1
        y = conv(y, f"{name}.conv.{index}.0", wide, 3, stride, groups=wide)
        y = net.conv(y, f"{name}.conv.{index + 1}", out)
        y = net.batch_norm(y, f"{name}.conv.{index + 2}")
        same = stride == 1 and net.channels[x] == out
        return net.op("Add", f"{name}.add", x, y) if same else y

    x = net.input("image", batch, 3, 224, 224, channels=3)
    x = conv(x, "features.0.0", 32, 3, stride=2)
    index = 1
    for expansion, out, repetitions, stride in BLOCKS:
        for repetition in range(repetitions):
            its_stride = 1 if repetition else stride
            x = residual(x, f"features.{index}", expansion, out, its_stride)
            index += 1
    x = conv(x, f"features.{index}.0", 1280, 1)
    x = net.op("Flatten", "flatten", net.op("GlobalAveragePool", "avgpool", x))
    net.outputs.append(net.classifier(x, "classifier.1", 1000))
    return net


DEFINITIONS = [
    Definition(
        "mobilenet_v2",
        mobilenet_v2,
        'Sandler et al., "MobileNetV2", CVPR 2018 (arXiv 1801.04381), table 2, width 1.0 at 224 x '
        "224; layers are named as torchvision.models.mobilenet_v2 names its modules",
    )
]
