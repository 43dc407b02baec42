"""DenseNet-121."""

from __future__ import annotations

from networks.graph import Definition, Graph

BLOCKS = (6, 12, 24, 16)
GROWTH = 32


def densenet121(batch: int) -> Graph:
    """Build table 1 of the paper, column DenseNet-121, with bottlenecks and compression 0.5."""
    net = Graph()

    def normalised(x: str, name: str) -> str:
        return net.relu(net.batch_norm(x, name))

    x = net.input("image", batch, 3, 224, 224, channels=3)
    x = normalised(net.conv(x, "features.conv0", 64, 7, stride=2), "features.norm0")
    x = net.max_pool(x, "features.pool0", 3, stride=2, pad=1)
    for block, layers in enumerate(BLOCKS, start=1):
        values = [x]
        for layer in range(1, layers + 1):
            name = f"features.denseblock{block}.denselayer{layer}"
            joined = net.concat(f"{name}.concat", *values) if len(values) > 1 else values[0]
            y = net.conv(normalised(joined, f"{name}.norm1"), f"{name}.conv1", 4 * GROWTH)
            y = net.conv(normalised(y, f"{name}.norm2"), f"{name}.conv2", GROWTH, 3)
            values.append(y)
        x = net.concat(f"features.denseblock{block}", *values)
        if block < len(BLOCKS):
            name = f"features.transition{block}"
            x = net.conv(normalised(x, f"{name}.norm"), f"{name}.conv", net.channels[x] // 2)
            x = net.op("AveragePool", f"{name}.pool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.op("GlobalAveragePool", "avgpool", normalised(x, "features.norm5"))
    net.outputs.append(net.classifier(net.op("Flatten", "flatten", x), "classifier", 1000))
    return net


DEFINITIONS = [
    Definition(
        "densenet121",
        densenet121,
        'Huang et al., "Densely Connected Convolutional Networks", CVPR 2017 (arXiv 1608.06993), '
        "table 1, growth rate 32; layers are named as torchvision.models.densenet121 names its "
        "modules",
        assumptions=(
            "what a dense layer reads is stored once, and its normalisation reads all of it",
        ),
    )
]
