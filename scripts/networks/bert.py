"""BERT-base."""

from __future__ import annotations

from networks.graph import Definition, Graph

HIDDEN, LAYERS, HEADS, INNER = 768, 12, 12, 3072
VOCABULARY, SEGMENTS = 30522, 2


def bert_base(batch: int, seq: int) -> Graph:
    """Build the encoder of the paper's section 3, BERT-base, and what pools its first token."""
    net = Graph()
    tokens = net.input("tokens", batch, seq, integers=True)
    segments = net.input("segments", batch, seq, integers=True)
    x = net.embedding(tokens, "embeddings.word_embeddings", VOCABULARY, HIDDEN)
    y = net.embedding(segments, "embeddings.token_type_embeddings", SEGMENTS, HIDDEN)
    x = net.op("Add", "embeddings.add", x, y)
    x = net.op("Add", "embeddings.add_2", x, net.vectors(x, "position_embeddings", seq))
    x = net.layer_norm(x, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        x = _layer(net, x, f"encoder.layer.{layer}")
    x = net.rows(net.one_token(x, "first", 0), "row")
    x = net.op("Tanh", "pooler.activation", net.classifier(x, "pooler.dense", HIDDEN))
    net.outputs.append(x)
    return net


def _layer(net: Graph, x: str, name: str) -> str:
    attention = f"{name}.attention.self"
    made = [net.linear(x, f"{attention}.{part}", HIDDEN) for part in ("query", "key", "value")]
    y = net.attention(attention, *made, heads=HEADS)
    y = net.linear(y, f"{name}.attention.output.dense", HIDDEN)
    y = net.op("Add", f"{name}.attention.output.add", y, x)
    x = net.layer_norm(y, f"{name}.attention.output.LayerNorm")
    y = net.linear(x, f"{name}.intermediate.dense", INNER)
    y = net.op("Gelu", f"{name}.intermediate.intermediate_act_fn", y)
    y = net.op("Add", f"{name}.output.add", net.linear(y, f"{name}.output.dense", HIDDEN), x)
    return net.layer_norm(y, f"{name}.output.LayerNorm")


DEFINITIONS = [
    Definition(
        "bert_base",
        bert_base,
        'Devlin et al., "BERT", arXiv 1810.04805, section 3, BERT-base (12 layers, hidden size '
        "768, 12 heads; inner size 4 x 768; 30522 words in the published vocabulary); layers are "
        "named as transformers.BertModel names its modules",
        parameters={"batch": 1, "seq": 512},
    )
]
