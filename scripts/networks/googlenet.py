"""GoogLeNet (Inception v1)."""

from __future__ import annotations

from networks.graph import Definition, Graph

MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj."""

POOLED_AFTER = {"3b": "maxpool3", "4e": "maxpool4"}


def googlenet(batch: int) -> Graph:
    """Build table 1 of the paper, without the classifiers that only help training."""
    net = Graph()

    def conv(x: str, name: str, out: int, kernel: int = 1, stride: int = 1) -> str:
        return net.relu(net.conv(x, f"{name}.conv", out, kernel, stride))

    def inception(x: str, name: str, widths: tuple[int, ...]) -> str:
        one, narrow3, three, narrow5, five, projected = widths
        branches = [
            conv(x, f"{name}.branch1", one),
            conv(conv(x, f"{name}.branch2.0", narrow3), f"{name}.branch2.1", three, 3),
            conv(conv(x, f"{name}.branch3.0", narrow5), f"{name}.branch3.1", five, 5),
            conv(
                net.max_pool(x, f"{name}.branch4.0", 3, stride=1, pad=1),
                f"{name}.branch4.1",
                projected,
            ),
        ]
        return net.concat(name, *branches)

    x = net.input("image", batch, 3, 224, 224, channels=3)
    x = conv(x, "conv1", 64, 7, stride=2)
    x = net.max_pool(x, "maxpool1", 3, stride=2, ceil=True)
    x = net.op("LRN", "norm1", x, size=5)
    x = conv(conv(x, "conv2", 64), "conv3", 192, 3)
    x = net.op("LRN", "norm2", x, size=5)
    x = net.max_pool(x, "maxpool2", 3, stride=2, ceil=True)
    for name, widths in MODULES.items():
        x = inception(x, f"inception{name}", widths)
        if name in POOLED_AFTER:
            x = net.max_pool(x, POOLED_AFTER[name], 3, stride=2, ceil=True)
    x = net.op("Flatten", "flatten", net.op("GlobalAveragePool", "avgpool", x))
    net.outputs.append(net.classifier(x, "fc", 1000))
    return net


DEFINITIONS = [
    Definition(
        "googlenet",
        googlenet,
        'Szegedy et al., "Going Deeper with Convolutions", CVPR 2015 (arXiv 1409.4842), table 1 '
        "and figure 3; layers are named as torchvision.models.googlenet names its modules (whose "
        "branch3.1 has filters of 3 x 3; here they are 5 x 5, as in the paper)",
        assumptions=("the two auxiliary classifiers, which only training needs, are left out",),
    )
]
