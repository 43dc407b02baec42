"""EfficientNet-B0."""

from __future__ import annotations

from networks.graph import Definition, Graph

STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
"""Table 1, stages 2 to 8: expansion, filter, stride of the first block, channels, blocks."""


class _EfficientNet(Graph):
    def normalised(
        self, x: str, name: str, out: int, kernel: int = 1, stride: int = 1, groups: int = 1
    ) -> str:
        """Add a convolution and its normalisation, as the modules 0 and 1 of ``name``."""
        x = self.conv(x, f"{name}.0", out, kernel, stride, groups)
        return self.batch_norm(x, f"{name}.1")

    def swish(self, x: str, name: str) -> str:
        return self.op("Swish", name, x)

    def excited(self, x: str, name: str, squeezed: int) -> str:
        """Add a squeeze-and-excitation: each channel is scaled by what all channels say."""
        scale = self.op("GlobalAveragePool", f"{name}.avgpool", x)
        scale = self.swish(self.conv(scale, f"{name}.fc1", squeezed), f"{name}.activation")
        scale = self.conv(scale, f"{name}.fc2", self.channels[x])
        scale = self.op("Sigmoid", f"{name}.scale_activation", scale)
        return self.op("Mul", f"{name}.mul", scale, x)

    def block(self, x: str, name: str, out: int, expansion: int, kernel: int, stride: int) -> str:
        """Add an inverted residual (MBConv); a quarter of its input's channels are squeezed."""
        entering = self.channels[x]
        wide, y, index = entering * expansion, x, 0
        if expansion > 1:
            y = self.swish(self.normalised(y, f"{name}.block.0", wide), f"{name}.block.0.2")
            index = 1
        part = f"{name}.block.{index}"
        y = self.swish(self.normalised(y, part, wide, kernel, stride, groups=wide), f"{part}.2")
        y = self.excited(y, f"{name}.block.{index + 1}", entering // 4)
        y = self.normalised(y, f"{name}.block.{index + 2}", out)
        return self.op("Add", f"{name}.add", y, x) if stride == 1 and entering == out else y


def efficientnet_b0(batch: int) -> Graph:
    """Build table 1 of the paper."""
    net = _EfficientNet()
    x = net.input("image", batch, 3, 224, 224, channels=3)
    x = net.swish(net.normalised(x, "features.0", 32, 3, stride=2), "features.0.2")
    for stage, (expansion, kernel, stride, out, blocks) in enumerate(STAGES, start=1):
        for block in range(blocks):
            name = f"features.{stage}.{block}"
            x = net.block(x, name, out, expansion, kernel, 1 if block else stride)
    x = net.swish(net.normalised(x, "features.8", 1280), "features.8.2")
    x = net.op("Flatten", "flatten", net.op("GlobalAveragePool", "avgpool", x))
    net.outputs.append(net.classifier(x, "classifier.1", 1000))
    return net


DEFINITIONS = [
    Definition(
        "efficientnet_b0",
        efficientnet_b0,
        'Tan and Le, "EfficientNet", ICML 2019 (arXiv 1905.11946), table 1 and section 4 '
        "(squeeze-and-excitation, SiLU); a quarter of a block's input channels are squeezed, and "
        "layers are named, as in torchvision.models.efficientnet_b0",
    )
]
