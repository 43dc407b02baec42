"""ViT-B/16."""

from __future__ import annotations

from networks.graph import Definition, Graph

HIDDEN, LAYERS, HEADS = 768, 12, 12
PATCH, IMAGE = 16, 224


def vit_b_16(batch: int) -> Graph:
    """Build section 3.1 of the paper: 196 patches and the class token, equations 1 to 4."""
    net = Graph()
    patches = (IMAGE // PATCH) ** 2
    image = net.input("image", batch, 3, IMAGE, IMAGE, channels=3)
    x = net.conv(image, "conv_proj", HIDDEN, PATCH, stride=PATCH, pad=0)
    x = net.op("Reshape", "patches", x, net.numbers("patches.shape", batch, HIDDEN, patches))
    x = net.op("Transpose", "tokens", x, perm=[0, 2, 1])
    token = net.weights("class_token", 1, 1, HIDDEN)
    token = net.op("Expand", "class", token, net.numbers("class.shape", batch, 1, HIDDEN))
    x = net.op("Concat", "sequence", token, x, channels=HIDDEN, axis=1)
    x = net.op("Add", "encoder.add", x, net.vectors(x, "pos_embedding", patches + 1))
    for layer in range(LAYERS):
        x = _layer(net, x, f"encoder.layers.encoder_layer_{layer}")
    first = net.one_token(net.layer_norm(x, "encoder.ln"), "first", 0)
    net.outputs.append(net.classifier(net.rows(first, "row"), "heads.head", 1000))
    return net


def _layer(net: Graph, x: str, name: str) -> str:
    attention = f"{name}.self_attention"
    y = net.linear(net.layer_norm(x, f"{name}.ln_1"), f"{attention}.in_proj", 3 * HIDDEN)
    y = net.attention(attention, *net.split(y, f"{attention}.split", 3), heads=HEADS)
    x = net.op("Add", f"{name}.add", net.linear(y, f"{attention}.out_proj", HIDDEN), x)
    y = net.linear(net.layer_norm(x, f"{name}.ln_2"), f"{name}.mlp.0", 4 * HIDDEN)
    y = net.linear(net.op("Gelu", f"{name}.mlp.1", y), f"{name}.mlp.3", HIDDEN)
    return net.op("Add", f"{name}.add_2", x, y)


DEFINITIONS = [
    Definition(
        "vit_b_16",
        vit_b_16,
        'Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021 (arXiv 2010.11929), '
        "section 3.1 and table 1, ViT-Base with patches of 16 x 16, fine-tuned (a head of one "
        "layer, 1000 classes); layers are named as torchvision.models.vit_b_16 names its modules, "
        "whose in_proj makes queries, keys and values",
    )
]
