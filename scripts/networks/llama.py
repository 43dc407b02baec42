"""A decoder like LLaMA 7B: a prompt at once, and one token more."""

from __future__ import annotations

from networks.graph import EVERY_SCORE, Definition, Graph

HIDDEN, LAYERS, HEADS, INNER = 4096, 32, 32, 11008
SIZE = HIDDEN // HEADS
VOCABULARY = 32000


class _Llama(Graph):
    def __init__(self, batch: int, tokens: int, past: int) -> None:
        super().__init__()
        self.batch, self.tokens, self.past = batch, tokens, past
        self.angles = [self.weights(part, batch, tokens, SIZE // 2) for part in ("cos", "sin")]

    def whole(self) -> _Llama:
        x = self.input("tokens", self.batch, self.tokens, integers=True)
        x = self.embedding(x, "model.embed_tokens", VOCABULARY, HIDDEN)
        for layer in range(LAYERS):
            x = self.layer(x, f"model.layers.{layer}")
        if self.tokens > 1:
            x = self.one_token(x, "last", self.tokens - 1)
        x = self.linear(self.norm(x, "model.norm"), "lm_head", VOCABULARY, bias=False)
        self.outputs.append(x)
        return self

    def norm(self, x: str, name: str) -> str:
        return self.op("RMSNormalization", name, x, self.weights(f"{name}.weight", HIDDEN))

    def layer(self, x: str, name: str) -> str:
        y = self.norm(x, f"{name}.input_layernorm")
        y = self.attended(y, f"{name}.self_attn")
        x = self.op("Add", f"{name}.add", x, y)
        y = self.norm(x, f"{name}.post_attention_layernorm")
        gate = self.linear(y, f"{name}.mlp.gate_proj", INNER, bias=False)
        gate = self.op("Swish", f"{name}.mlp.act_fn", gate)
        up = self.linear(y, f"{name}.mlp.up_proj", INNER, bias=False)
        y = self.op("Mul", f"{name}.mlp.mul", gate, up)
        y = self.linear(y, f"{name}.mlp.down_proj", HIDDEN, bias=False)
        return self.op("Add", f"{name}.add_2", x, y)

    def attended(self, x: str, name: str) -> str:
        queries, keys, values = (
            self.linear(x, f"{name}.{part}_proj", HIDDEN, bias=False) for part in "qkv"
        )
        queries, keys = (
            self.op(
                "RotaryEmbedding", f"{name}.rotary_{part}", value, *self.angles, num_heads=HEADS
            )
            for part, value in (("q", queries), ("k", keys))
        )
        if self.past:
            keys, values = (
                self.after_cached(value, f"{name}.{part}_cache")
                for part, value in (("k", keys), ("v", values))
            )
        y = self.attention(name, queries, keys, values, heads=HEADS, causal=self.tokens > 1)
        return self.linear(y, f"{name}.o_proj", HIDDEN, bias=False)

    def after_cached(self, new: str, name: str) -> str:
        """Put the token after those that came before it."""
        cached = self.input(name, self.batch, self.past, HIDDEN, channels=HIDDEN)
        return self.op("Concat", f"{name}.with_new", cached, new, axis=1)


def llama_7b_prefill(batch: int, seq: int) -> Graph:
    """Build the model as it reads a prompt of ``seq`` tokens."""
    return _Llama(batch, seq, 0).whole()


def llama_7b_decode(batch: int, context: int) -> Graph:
    """Build the model as it makes one token, the last of ``context``."""
    return _Llama(batch, 1, context - 1).whole()


SOURCE = (
    'Touvron et al., "LLaMA", arXiv 2302.13971, table 2 and section 2.2, 7B (32 layers, hidden '
    "size 4096, 32 heads; inner size 2/3 of 4 x 4096, rounded up to a multiple of 256 as in the "
    "published configuration: 11008; 32000 words); layers are named as "
    "transformers.LlamaForCausalLM names its modules"
)

DEFINITIONS = [
    Definition(
        "llama_7b_prefill",
        llama_7b_prefill,
        f"{SOURCE}; a prompt is read",
        parameters={"batch": 1, "seq": 2048},
        assumptions=(EVERY_SCORE, "lm_head is run for the last token alone"),
    ),
    Definition(
        "llama_7b_decode",
        llama_7b_decode,
        f"{SOURCE}; one token is made, the last of `context`",
        parameters={"batch": 1, "context": 2048},
        assumptions=("keys and values of the tokens before are read from a cache",),
    ),
]
