"""Networks as PyTorch users write them: plain modules, by the tables of their publications.

Modules are called as torchvision calls them, AlexNet's as published.  Batches are of two: in one of
one, axes that a batch has are missing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

Made = tuple[nn.Module, tuple[Tensor, ...]]

BATCH = 2


class AlexNet(nn.Module):
    """Krizhevsky et al. 2012, two groups; fc6 as the convolution that it is."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4)
        self.pool1 = nn.MaxPool2d(3, stride=2)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=2)
        self.pool2 = nn.MaxPool2d(3, stride=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=2)
        self.pool5 = nn.MaxPool2d(3, stride=2)
        self.fc6 = nn.Conv2d(256, 4096, 6)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.conv1(x).relu())
        x = self.pool2(self.conv2(x).relu())
        x = self.conv4(self.conv3(x).relu()).relu()
        x = self.pool5(self.conv5(x).relu())
        x = self.fc7(self.fc6(x).relu().flatten(1)).relu()
        return self.fc8(x)


class Block(nn.Module):
    """He et al. 2016: two layers of 3 x 3, or a bottleneck of 1 x 1, 3 x 3 and 1 x 1."""

    def __init__(self, entering: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        leaving = 4 * width if bottleneck else width
        layers = [(width, 3, stride), (width, 3, 1)]
        if bottleneck:
            layers = [(width, 1, 1), (width, 3, stride), (leaving, 1, 1)]
        self.count = len(layers)
        channels = entering
        for index, (out, side, its_stride) in enumerate(layers, start=1):
            conv = nn.Conv2d(channels, out, side, its_stride, padding=side // 2, bias=False)
            self.add_module(f"conv{index}", conv)
            self.add_module(f"bn{index}", nn.BatchNorm2d(out))
            channels = out
        self.downsample = None
        if stride > 1 or entering != leaving:
            self.downsample = nn.Sequential(
                nn.Conv2d(entering, leaving, 1, stride, bias=False), nn.BatchNorm2d(leaving)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for index in range(1, self.count + 1):
            y = self.get_submodule(f"bn{index}")(self.get_submodule(f"conv{index}")(y))
            y = y.relu() if index < self.count else y
        return (y + (self.downsample(x) if self.downsample else x)).relu()


class ResNet(nn.Module):
    """He et al. 2016, table 1."""

    def __init__(self, blocks: tuple[int, ...], bottleneck: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        channels = 64
        for stage, count in enumerate(blocks):
            width = 64 * 2**stage
            made = []
            for block in range(count):
                made.append(Block(channels, width, 2 if stage and not block else 1, bottleneck))
                channels = 4 * width if bottleneck else width
            self.add_module(f"layer{stage + 1}", nn.Sequential(*made))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return self.fc(self.avgpool(x).flatten(1))


def conv_norm(
    entering: int, leaving: int, side: int, stride: int = 1, groups: int = 1
) -> nn.Module:
    conv = nn.Conv2d(entering, leaving, side, stride, side // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(leaving), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Sandler et al. 2018, figure 4d."""

    def __init__(self, entering: int, leaving: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = entering * expansion
        layers = [] if expansion == 1 else [conv_norm(entering, wide, 1)]
        layers += [
            conv_norm(wide, wide, 3, stride, groups=wide),
            nn.Conv2d(wide, leaving, 1, bias=False),
            nn.BatchNorm2d(leaving),
        ]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and entering == leaving

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    """Sandler et al. 2018, table 2."""

    def __init__(self) -> None:
        super().__init__()
        layers = [conv_norm(3, 32, 3, stride=2)]
        channels = 32
        for t, c, n, s in (
            *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
            *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
        ):
            for repetition in range(n):
                layers.append(InvertedResidual(channels, c, 1 if repetition else s, t))
                channels = c
        layers.append(conv_norm(channels, 1280, 1))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class VitLayer(nn.Module):
    """Dosovitskiy et al. 2021, equations 2 and 3."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(hidden)
        self.self_attention = nn.MultiheadAttention(hidden, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(hidden)
        self.mlp = nn.Sequential(
            nn.Linear(hidden, 4 * hidden), nn.GELU(), nn.Dropout(0.1), nn.Linear(4 * hidden, hidden)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.ln_1(x)
        x = self.self_attention(y, y, y, need_weights=False)[0] + x
        return x + self.mlp(self.ln_2(x))


class Vit(nn.Module):
    """Dosovitskiy et al. 2021, ViT-B/16."""

    def __init__(self, hidden: int = 768, side: int = 16) -> None:
        super().__init__()
        tokens = (224 // side) ** 2 + 1
        self.conv_proj = nn.Conv2d(3, hidden, side, stride=side)
        self.class_token = nn.Parameter(torch.zeros(1, 1, hidden))
        self.pos_embedding = nn.Parameter(torch.zeros(1, tokens, hidden))
        self.layers = nn.Sequential(*(VitLayer(hidden, 12) for _ in range(12)))
        self.ln = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)
        x = self.ln(self.layers(x + self.pos_embedding))
        return self.head(x[:, 0])


def images(side: int = 224) -> tuple[Tensor]:
    return (torch.empty(BATCH, 3, side, side),)


def alexnet() -> Made:
    return AlexNet(), images(227)


def resnet18() -> Made:
    return ResNet((2, 2, 2, 2), bottleneck=False), images()


def resnet50() -> Made:
    return ResNet((3, 4, 6, 3), bottleneck=True), images()


def mobilenet_v2() -> Made:
    return MobileNetV2(), images()


def vit_b_16() -> Made:
    return Vit(), images()
