"""SqueezeNet v1.0."""

from __future__ import annotations

from networks.graph import Definition, Graph

FIRES = {3: (16, 64), 4: (16, 64), 5: (32, 128), 7: (32, 128)}
FIRES |= {8: (48, 192), 9: (48, 192), 10: (64, 256), 12: (64, 256)}
"""Filters that squeeze, and those of each expansion (fire2 to fire9 of the paper)."""

POOLS = (2, 6, 11)


def squeezenet(batch: int) -> Graph:
    """Build table 1 of the paper; its 111 x 111 outputs of conv1 ask for an image of 227 x 227."""
    net = Graph()
    x = net.input("image", batch, 3, 227, 227, channels=3)
    x = net.relu(net.conv(x, "features.0", 96, 7, stride=2, pad=0))
    for index in range(2, 13):
        name = f"features.{index}"
        if index in POOLS:
            x = net.max_pool(x, name, 3, stride=2)
        else:
            squeezed, expanded = FIRES[index]
            narrow = net.relu(net.conv(x, f"{name}.squeeze", squeezed))
            wide = [
                net.relu(net.conv(narrow, f"{name}.expand{side}x{side}", expanded, side))
                for side in (1, 3)
            ]
            x = net.concat(name, *wide)
    x = net.relu(net.conv(x, "classifier.1", 1000))
    net.outputs.append(net.op("GlobalAveragePool", "classifier.3", x))
    return net


DEFINITIONS = [
    Definition(
        "squeezenet",
        squeezenet,
        'Iandola et al., "SqueezeNet", arXiv 1602.07360, table 1 (version 1.0); layers are named '
        "as torchvision.models.squeezenet1_0 names its modules",
        assumptions=(
            "an image of 227 x 227, as the sizes in the table demand (its text says 224 x 224)",
        ),
    )
]
