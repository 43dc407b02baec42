"""GPT-2, the smallest of the four."""

from __future__ import annotations

from networks.graph import EVERY_SCORE, Definition, Graph

HIDDEN, LAYERS, HEADS = 768, 12, 12
VOCABULARY = 50257


def gpt2(batch: int, seq: int) -> Graph:
    """Build the model of the paper's section 2.3, 12 layers, with the scores of every word."""
    net = Graph()
    x = net.input("tokens", batch, seq, integers=True)
    x = net.embedding(x, "transformer.wte", VOCABULARY, HIDDEN)
    x = net.op("Add", "transformer.add", x, net.vectors(x, "wpe", seq))
    for layer in range(LAYERS):
        x = _layer(net, x, f"transformer.h.{layer}")
    x = net.layer_norm(x, "transformer.ln_f")
    net.outputs.append(net.linear(x, "lm_head", VOCABULARY, bias=False))
    return net


def _layer(net: Graph, x: str, name: str) -> str:
    y = net.linear(net.layer_norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn", 3 * HIDDEN)
    parts = net.split(y, f"{name}.attn.split", 3)
    y = net.attention(f"{name}.attn", *parts, heads=HEADS, causal=True)
    x = net.op("Add", f"{name}.add", net.linear(y, f"{name}.attn.c_proj", HIDDEN), x)
    y = net.linear(net.layer_norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc", 4 * HIDDEN)
    y = net.op("Gelu", f"{name}.mlp.act", y, approximate="tanh")
    return net.op("Add", f"{name}.add_2", x, net.linear(y, f"{name}.mlp.c_proj", HIDDEN))


DEFINITIONS = [
    Definition(
        "gpt2",
        gpt2,
        'Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.3 '
        "and table 2, 12 layers (hidden size 768, 50257 words; 12 heads in the published model); "
        "layers are named as transformers.GPT2LMHeadModel names its modules",
        parameters={"batch": 1, "seq": 1024},
        assumptions=(
            EVERY_SCORE,
            "lm_head reads the table of words as its weights; transformer.wte looks it up",
        ),
    )
]
